"""Shared fixtures: the real content, a fake interpreter, a trained model, a running server."""

import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from postgres import PostgresServer
from sqlalchemy.exc import OperationalError
from store_tools import KEY, MINUTES, BuildAssistant, Clock, TakeAway, Worker

from bot.assistant import Assistant
from bot.content import Content, load_content
from bot.conversations import MemoryStore
from bot.crisis import EmergencyModel
from bot.hours import BERLIN
from bot.models import IntentScore, Prediction
from bot.preparation import ensure_crisis_model
from bot.settings import Settings
from bot.store import database
from bot.store.state import SharedState

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

# Performance belongs in the benchmark; a busy machine must not fail a property.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=BERLIN)


@pytest.fixture(scope="session")
def content() -> Content:
    """The real content of the project."""
    return load_content(ROOT / "responses")


@pytest.fixture(scope="session")
def crisis_model(content: Content) -> EmergencyModel:
    """The model of emergencies; trained within seconds when its sentences have changed."""
    model = ensure_crisis_model(Settings(), content)
    assert model is not None
    return model


def predict(*scores: tuple[str, float]) -> Prediction:
    """Build a prediction from (topic, confidence) pairs."""
    return Prediction(tuple(IntentScore(name, confidence) for name, confidence in scores))


class FakeInterpreter:
    """Returns the prediction a test asked for and keeps the texts it was given."""

    def __init__(self) -> None:
        self.prediction = predict(("unbekannt", 0.9))
        self.seen: list[str] = []

    async def parse(self, text: str) -> Prediction:
        """Return the prepared prediction."""
        self.seen.append(text)
        return self.prediction


@pytest.fixture
def interpreter() -> FakeInterpreter:
    """An interpreter without a model."""
    return FakeInterpreter()


@pytest.fixture
def assistant(content: Content, interpreter: FakeInterpreter) -> Assistant:
    """The real assistant with a fake interpreter at a fixed moment."""
    return Assistant(content, interpreter.parse, MemoryStore(30, 100), 2000, lambda: NOW)


@pytest.fixture(scope="session")
def model_archive() -> Path:
    """The model for the present sentences; trained once and kept by the hash of its inputs."""
    from bot.preparation import ensure_model

    return ensure_model(Settings())


StartServer = Callable[..., "RunningServer"]


class RunningServer:
    """The real bot in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        self.process.terminate()
        return self.process.wait(20)

    def find_workers(self) -> set[int]:
        """Return the ids of its worker processes."""
        return find_children(self.process.pid)


def find_children(parent: int) -> set[int]:
    """Return the ids of the processes another one started with multiprocessing, which keeps a helper beside them."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    children = [int(child) for task in tasks for child in _read_if_there(task).split()]
    return {child for child in children if b"spawn_main" in _read_if_there(Path(f"/proc/{child}/cmdline"))}


def _read_if_there(path: Path) -> bytes:
    """Read what the kernel says about a process or thread that may just have ended."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.fixture(scope="module")
def start_server(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start servers with extra settings; all are stopped after the tests of the module."""
    with stop_in_the_end(tmp_path_factory) as start:
        yield start


@contextmanager
def stop_in_the_end(folders: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Yield what starts a server; those that still run are stopped afterwards."""
    servers: list[RunningServer] = []

    def start(**settings: str) -> RunningServer:
        log = folders.mktemp("server") / "log.txt"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBCENTER_BOT_")}
        environment |= {"JOBCENTER_BOT_PORT": "0"}
        environment |= {f"JOBCENTER_BOT_{name.upper()}": value for name, value in settings.items()}
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, stderr=output, text=True
            )
        server = RunningServer(process, wait_for_url(process, log), log)
        servers.append(server)
        return server

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def wait_for_url(process: "subprocess.Popen[str]", log: Path) -> str:
    """Wait until the server says its address and answers there."""
    deadline = time.monotonic() + 180  # eight starts at once on two cores were seen to take a minute
    while time.monotonic() < deadline:
        words = log.read_text().split()
        url = next((word.rstrip("/") for word in words if word.startswith("http://127.0.0.1:")), None)
        if url and _is_up(url):
            return url
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"server did not start: {log.read_text()}")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def server_url(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a bot with default settings, one for all tests."""
    with stop_in_the_end(tmp_path_factory) as start:
        yield start().url


# Beside the others, not in tests/browser: a second conftest.py would take the place of this one in every import.


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, one for all tests of a module."""
    from chromium import launch_chromium  # takes a second, and only browser tests need it

    with launch_chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    """A fresh profile: nothing stored, no cookies."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real server, for as long as the tests run."""
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def empty_postgres(postgres: PostgresServer) -> PostgresServer:
    """The server without any tables."""
    postgres.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.e2e)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that does not exist yet."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("empty_postgres")
        return server.url
    return f"sqlite:///{tmp_path}/data/state.db"


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    """Where the SQLite file is."""
    return tmp_path / "data" / "state.db"


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()


@pytest.fixture
def make_worker(clock: Clock) -> Iterator[Worker]:
    """Start workers on a database; each has its own connections, like a process of its own."""
    workers: list[SharedState] = []

    def make(database_url: str, key: bytes = KEY, review: bool = False) -> SharedState:
        worker = SharedState(database_url, key, MINUTES, clock, review)
        workers.append(worker)
        worker.open()
        return worker

    with pytest.MonkeyPatch.context() as patch:  # a busy machine must not look like a database that hangs
        patch.setattr(database, "OPERATION_SECONDS", 60.0)
        patch.setattr(database, "BUSY_MILLISECONDS", 30_000)
        yield make
        for worker in workers:
            worker.database.close()


@pytest.fixture
def worker(make_worker: Worker, database_url: str) -> SharedState:
    """A worker on either database."""
    return make_worker(database_url)


@pytest.fixture
def on_sqlite(make_worker: Worker, database_file: Path) -> SharedState:
    """A worker on the SQLite file."""
    return make_worker(f"sqlite:///{database_file}")


@pytest.fixture
def take_away(monkeypatch: pytest.MonkeyPatch) -> TakeAway:
    """Let every use of the database fail, or stop that."""

    def fail(*args: object) -> None:
        raise OperationalError("SELECT geheim", {}, sqlite3.OperationalError("geheim"))

    def switch(away: bool) -> None:
        if away:
            monkeypatch.setattr(database.Database, "_transact", fail)
            monkeypatch.setattr(database, "migrate", fail)
        else:
            monkeypatch.undo()

    return switch


@pytest.fixture
def build_assistant(content: Content, interpreter: FakeInterpreter) -> BuildAssistant:
    """Builds the real assistant on the state of a worker."""

    def build(worker: SharedState) -> Assistant:
        return Assistant(content, interpreter.parse, worker.conversations, 2000, lambda: NOW, counters=worker.counters)

    return build
