"""Shared fixtures: the real content, a fake interpreter, a trained model, a running server."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from bot.app import ensure_crisis_model
from bot.assistant import Assistant
from bot.content import Content, load_content
from bot.conversations import MemoryStore
from bot.crisis import EmergencyModel
from bot.hours import BERLIN
from bot.models import IntentScore, Prediction
from bot.settings import Settings

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
    from bot.app import ensure_model

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


@pytest.fixture(scope="session")
def start_server(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start servers with extra settings; all are stopped at the end."""
    servers: list[RunningServer] = []

    def start(**settings: str) -> RunningServer:
        log = tmp_path_factory.mktemp("server") / "log.txt"
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
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        words = log.read_text().split()
        url = next((word.rstrip("/") for word in words if word.startswith("http://127.0.0.1:")), None)
        if url and _is_up(url):
            return url
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"server did not start: {log.read_text()}")


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def server_url(start_server: StartServer) -> str:
    """Address of a running bot with default settings."""
    return start_server().url


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
