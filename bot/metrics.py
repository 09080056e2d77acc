"""What Prometheus reads: numbers of this bot, over all its processes, with labels from closed sets only."""

import asyncio
import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.background import in_background
from bot.models import Status

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client, and our workers, know the folder of the shared numbers."""
CHANNELS = frozenset({"web", "rest", "page", "telegram"})
STATUSES = frozenset(get_args(Status))
OTHER = "other"
REFUSED = {408: "slow", 413: "too_large", 429: "too_many", 503: "busy"}
"""Why a request was turned away, by the status of the answer."""
HEALTH = frozenset({"/healthz", "/readyz"})
"""Where 503 is the answer to the question and turns nobody away."""
TURN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
READ_SECONDS = 5.0
"""Between two readings of what is not counted but looked up."""
OWN_MEMORY = Path("/proc/self/statm")

Read = Callable[[], float]
Mode = Literal["livemin", "livemax", "livesum", "liveall"]
"""How the numbers of several processes become one; "liveall" keeps them apart."""
GAUGES: dict[str, tuple[str, Mode]] = {
    "database_available": ("1, solange alle Prozesse die Datenbank erreichen", "livemin"),
    "notices_broken": ("1, wenn die Datei mit den Hinweisen fehlerhaft ist", "livemax"),
    "telegram_waiting": ("Telegram-Nachrichten, die auf ihre Antwort warten", "livesum"),
    "memory_bytes": ("Arbeitsspeicher eines Prozesses", "liveall"),
    "workers": ("Prozesse, die antworten", "livesum"),
}
"""What can be looked up; only what is watched appears."""

# the moment of the first turn of a kind, say of the first emergency, is nobody's business
disable_created_metrics()  # type: ignore[no-untyped-call]


def prepare_shared_metrics() -> Path:
    """Make the folder in which the workers add up their numbers; the parent calls it once, before it starts any.

    It is removed when the parent ends. Workers inherit the variable and need do nothing else than build Metrics.
    """
    folder = Path(tempfile.mkdtemp(prefix="jobcenter-bot-metrics-"))
    os.environ[SHARED] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Metrics:
    """The numbers of this process, or its share of those of all workers."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        folder = os.environ.get(SHARED)
        self._slot = _Slot(Path(folder)) if folder else None
        # a number that is used again, not the process id: the files of dead workers would pile up over the years
        shared = values.MultiProcessValue(self._slot.name) if self._slot else None  # type: ignore[no-untyped-call]
        values.ValueClass = shared or values.MutexValue
        self._registry = CollectorRegistry()
        self._turns = self._counter("turns", "Beantwortete Nachrichten", "channel", "status")
        self._requests = self._counter("http_requests", "HTTP-Anfragen", "route", "status_class")
        self._refused = self._counter("http_refused", "Abgewiesene HTTP-Anfragen", "reason")
        self._turn_seconds = Histogram(
            "jobcenter_bot_turn_seconds",
            "Dauer von der Nachricht bis zur Antwort",
            ("channel",),
            buckets=TURN_SECONDS,
            registry=self._registry,
        )
        for reason in REFUSED.values():  # so that an alarm sees 0 before the first one
            self._refused.labels(reason)
        self._watched: list[tuple[Gauge, Read]] = []
        self.watch("workers", lambda: 1)
        if OWN_MEMORY.exists():
            self.watch("memory_bytes", read_memory)

    def describe(self, **versions: str) -> None:
        """Name what runs, for example the versions of program, content and model."""
        info = Gauge(
            "jobcenter_bot_info", "Was läuft", tuple(versions), registry=self._registry, multiprocess_mode="livemax"
        )
        info.labels(**versions).set(1)

    def watch(self, name: str, read: Read) -> None:
        """Look a number up every few seconds; KeyError for a name that GAUGES does not have."""
        text, mode = GAUGES[name]
        gauge = Gauge(f"jobcenter_bot_{name}", text, registry=self._registry, multiprocess_mode=mode)
        self._watched.append((gauge, read))

    def observe_turn(self, channel: str, status: str, seconds: float) -> None:
        """Count one answered message."""
        channel = channel if channel in CHANNELS else OTHER
        self._turns.labels(channel, status if status in STATUSES else OTHER).inc()
        self._turn_seconds.labels(channel).observe(seconds)

    def observe_request(self, template: str | None, status: int) -> None:
        """Count one HTTP request under the template of its route, never under its address."""
        self._requests.labels(template or OTHER, f"{status // 100}xx" if 100 <= status < 600 else OTHER).inc()
        if status in REFUSED and template not in HEALTH:
            self._refused.labels(REFUSED[status]).inc()

    def refresh(self) -> None:
        """Look up everything that is watched."""
        for gauge, read in self._watched:
            gauge.set(read())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep what is watched fresh meanwhile: the worker that is asked cannot look into the others."""
        async with in_background(self._keep()):
            yield

    def write(self) -> bytes:
        """Return everything in Prometheus' text format."""
        self.refresh()
        if self._slot is None:
            return generate_latest(self._registry)
        self._slot.forget_dead()
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together, str(self._slot.folder))  # type: ignore[no-untyped-call]
        return generate_latest(together)

    async def _keep(self) -> None:
        while True:
            self.refresh()
            await asyncio.sleep(READ_SECONDS)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"jobcenter_bot_{name}", text, labels, registry=self._registry)


def read_memory() -> float:
    """Return how many bytes of memory this process occupies."""
    return int(OWN_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Slot:
    """The place of a worker among the others; whoever dies, however it dies, leaves it to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = 0
        while (file := _try_lock(self._path(self._number))) is None:
            self._number += 1
        self._lock = file
        """Held as long as this process lives."""
        self._forget(self._number)

    def name(self) -> int:
        """Return the number of this worker."""
        return self._number

    def forget_dead(self) -> None:
        """Drop the gauges of workers that are gone; what they counted stays."""
        for path in self.folder.glob("*.lock"):
            with _try_lock(path) or contextlib.nullcontext() as file:
                if file is not None:
                    self._forget(int(path.stem))

    def _forget(self, number: int) -> None:
        multiprocess.mark_process_dead(number, str(self.folder))  # type: ignore[no-untyped-call]

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}.lock"


def _try_lock(path: Path) -> IO[str] | None:
    """Return the locked file, or None when somebody else holds it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
