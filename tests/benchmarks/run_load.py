"""Many people at once on the real server; prints figures, fails when a reply is missing, wrong or swapped.

PYTHONPATH=.:tests .venv/bin/python tests/benchmarks/run_load.py [--minutes 5] [--postgres --workers 2]
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import load_people
from measurements import PYTHON
from postgres import PostgresServer
from processes import ROOT, build_environment, read_memory, serve

from bot.content import load_content
from bot.evaluation import read_dialogue_questions

PLANS = 400
SATURATION_SECONDS = 20
UNLIMITED = "1000000"


class Memory(NamedTuple):
    """Megabytes of all processes of the server, second by second."""

    samples: list[tuple[float, float]]

    @property
    def slope(self) -> float:
        """Megabytes a minute over the second half (least squares): at first caches fill."""
        half = self.samples[len(self.samples) // 2 :]
        return 60 * statistics.linear_regression(*zip(*half, strict=True)).slope


def main() -> int:
    """Run once and print what came of it; 1 when a reply was missing or wrong."""
    chosen = read_arguments()
    # asked to end, the server and the database end as well
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, measure_size = prepare_store(stack, folder, chosen.postgres)
        settings = {
            "SECRET_KEY": secrets.token_hex(32),
            "DATABASE_URL": url,
            "WORKERS": str(chosen.workers),
            "MESSAGES_PER_MINUTE": UNLIMITED,
            "ADDRESS_MESSAGES_PER_MINUTE": UNLIMITED,
        }
        environment = build_environment(**{f"JOBCENTER_BOT_{name}": value for name, value in settings.items()})
        log = folder / "serve.log"
        server, _ = stack.enter_context(serve(PYTHON, log, environment))
        failed = asyncio.run(measure(chosen, server.url, server.pid, measure_size))
        wrong_lines = [line for line in log.read_text(encoding="utf-8").splitlines() if " ERROR " in line]
    print(f"Fehlermeldungen im Protokoll: {len(wrong_lines)}", *wrong_lines[:5], sep="\n")
    return 1 if failed or wrong_lines else 0


def read_arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--conversations", type=int, default=256)
    parser.add_argument("--think", type=float, default=3.0, help="mean pause of a person in seconds (exponential)")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--postgres", action="store_true", help="a PostgreSQL of its own as the store, not the SQLite file"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def prepare_store(stack: contextlib.ExitStack, folder: Path, postgres: bool) -> tuple[str, Callable[[], float]]:
    """Return the address of an empty store, and what tells its size in megabytes."""
    if postgres:
        server = PostgresServer(fsync=True)
        stack.callback(server.remove)
        return server.url, lambda: int(server.query("SELECT pg_database_size('postgres')")) / 1e6
    files = folder / "data"
    return f"sqlite:///{files}/state.db", lambda: sum(path.stat().st_size for path in files.iterdir()) / 1e6


async def measure(chosen: argparse.Namespace, url: str, pid: int, measure_size: Callable[[], float]) -> bool:
    """Play alone, with everybody, and with everybody in a hurry; returns whether something went wrong."""
    content = load_content(ROOT / "responses")
    openings = [question.text for question in read_dialogue_questions(ROOT / "tests" / "dialogues", content)]
    step = max(len(openings) // PLANS, 1)
    plans = await load_people.plan(url, openings[::step], PLANS, chosen.seed)
    telling, follow_ups = load_people.count_telling(plans)
    store = "PostgreSQL" if chosen.postgres else "SQLite"
    print(f"Speicher {store}, Prozesse {chosen.workers}, Kerne {len(os.sched_getaffinity(0))}")
    print(f"{PLANS} Gespräche vorab allein gespielt; {telling} von {follow_ups} Nachfragen verraten eine Verwechslung")
    failed = False
    for name, seconds, think in (
        (f"{chosen.conversations} Gespräche, Denkpause {chosen.think:g} s", 60 * chosen.minutes, chosen.think),
        (f"{chosen.conversations} Gespräche ohne Denkpause", SATURATION_SECONDS, 0.0),
    ):
        with sample_memory(pid) as memory:
            result = await load_people.run(url, plans, chosen.conversations, seconds, think, chosen.seed)
        failures = await load_people.excuse(url, plans, result.failures)
        failed = failed or bool(failures)
        print(f"\n{name}\n{describe(result, failures, memory)}\nGröße der Datenbank: {measure_size():.1f} MB")
    return failed


@contextlib.contextmanager
def sample_memory(pid: int) -> Iterator[Memory]:
    """Look once a second how much the server and its children hold."""
    memory, stopped = Memory([]), threading.Event()

    def sample() -> None:
        begun = time.monotonic()
        while not stopped.wait(1):
            memory.samples.append((time.monotonic() - begun, read_memory(pid)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield memory
    finally:
        stopped.set()
        thread.join()


def describe(result: load_people.Result, failures: list[load_people.Failure], memory: Memory) -> str:
    """The figures as lines."""
    counts = Counter(failure.kind for failure in failures)
    ordered = sorted(result.latencies)
    marks = {f"p{share}": ordered[min(len(ordered) * share // 100, len(ordered) - 1)] for share in (50, 95, 99)}
    shown = ", ".join(f"{name} {1000 * value:.0f}" for name, value in {**marks, "max": ordered[-1]}.items())
    held = [megabytes for _, megabytes in memory.samples]
    return "\n".join(
        [
            f"Nachrichten: {len(ordered)} ({len(ordered) / result.seconds:.0f} je Sekunde)",
            f"Fehler {counts['error']}, verloren {counts['lost']}, vertauscht oder falsch {counts['wrong']}",
            f"Antwortzeit in ms: {shown}",
            f"Arbeitsspeicher: {held[0]:.0f} MB zu Beginn, {max(held):.0f} MB höchstens, Steigung "
            f"{memory.slope:+.2f} MB je Minute in der zweiten Hälfte",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
