"""Several processes behind one port: uvicorn's supervisor starts, watches and replaces them."""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from socket import socket
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from bot.app import Bot, bind, build_app
from bot.channels.connection import ServerConfig
from bot.channels.operation import Readiness
from bot.content import ContentError, load_content
from bot.core_dumps import forbid_core_dumps
from bot.logs import announce, catch_unexpected, configure_logging
from bot.model_archive import load_interpreter
from bot.nlu.errors import ModelError, TrainingError
from bot.preparation import (
    StartError,
    end_with_parent,
    ensure_crisis_model,
    ensure_model,
    open_state,
    run_apart,
)
from bot.settings import PREFIX, Settings, load_settings

logger = logging.getLogger(__name__)

READY_SECONDS = 60
"""Longest wait for a worker to become ready, and for a sign of life of one that is."""
PAUSE_SECONDS = 5.0
"""Between two attempts to bring a worker back that ended, so that one that cannot start costs little."""
CANNOT_START = 70
"""Exit code of a worker that cannot start. Not uvicorn's own 3: that would stop the workers that still answer."""


class Supervisor(Multiprocess):
    """Brings back workers that end; at SIGHUP replaces all, one after the other, each only once the next is ready."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        self._paused_until = 0.0

    def init_processes(self) -> None:
        """Start all workers and say so when the first of them answers."""
        super().init_processes()
        if self.processes[0].wait_until_ready(READY_SECONDS):
            host, port = self.sockets[0].getsockname()[:2]
            announce(f"Der Bot läuft mit {self.processes_num} Prozessen: http://{host}:{port}/   (Beenden mit Strg+C)")

    def keep_subprocess_alive(self) -> None:
        """Bring back what ended, and then leave it some time to start."""
        if time.monotonic() < self._paused_until:
            return
        before = [process.pid for process in self.processes]
        super().keep_subprocess_alive()
        if [process.pid for process in self.processes] != before:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            logger.error("Ein Prozess ist ausgefallen und wird ersetzt.")

    def handle_hup(self) -> None:
        """Take over new content: no worker goes before the one in its place answers."""
        before = [process.pid for process in self.processes]
        self.restart_all()
        if any(process.pid in before for process in self.processes):
            logger.error("Nicht übernommen: Ein neuer Prozess konnte nicht starten. Die bisherigen antworten weiter.")
        else:
            logger.info("Übernommen: Alle Prozesse arbeiten mit dem neuen Stand.")


def serve_many(settings: Settings) -> None:
    """Serve with several processes until told to stop; what none of them could start with is said before."""
    run_apart(prepare, settings)
    if settings.metrics_token:
        from bot.metrics import prepare_shared_metrics  # prometheus-client decides what it is when it is imported

        prepare_shared_metrics()
    os.environ[f"{PREFIX}WORKERS"] = str(settings.workers)
    listener = bind(settings)
    with contextlib.closing(listener):
        config = ServerConfig(
            "bot.workers:build_worker",
            settings,
            factory=True,
            workers=settings.workers,
            timeout_worker_healthcheck=READY_SECONDS,
        )
        Supervisor(config, [listener]).run()


def prepare(settings: Settings) -> None:
    """Do once what every worker needs; content and models then never fill the memory of the supervisor."""
    content = load_content(settings.responses_dir)
    load_interpreter(ensure_model(settings)).close()
    ensure_crisis_model(settings, content)
    state = open_state(settings)
    if state is not None:
        state.database.close()


def build_worker() -> Starlette:
    """Return the app of one worker process; uvicorn calls this there."""
    forbid_core_dumps()
    end_with_parent()
    settings = load_settings(os.environ)
    configure_logging(settings.log_level, settings.log_format)
    catch_unexpected()
    try:
        app = build_app(Bot(settings, open_state(settings)))
    except (ContentError, ModelError, TrainingError, StartError) as error:
        logger.error("Dieser Prozess kann nicht starten: %s", error)
        sys.exit(CANNOT_START)
    _tell_when_leaving(app.state.readiness)
    return app


def _tell_when_leaving(readiness: Readiness) -> None:
    """Send new requests to others from the moment this worker is told to stop; uvicorn listens already."""
    leaving = threading.Event()
    stop = signal.getsignal(signal.SIGTERM)
    assert callable(stop)

    def leave(number: int, frame: FrameType | None) -> None:
        leaving.set()
        stop(number, frame)

    signal.signal(signal.SIGTERM, leave)
    readiness.watch(leaving.is_set)
