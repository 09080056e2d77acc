"""Several processes behind one port: they share conversations, are replaced, and end together."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import test_database_e2e as database_e2e
from conftest import ROOT, RunningServer, StartServer
from store_tools import KEY
from test_database_e2e import UNKNOWN, post

from bot.content import ContentError
from bot.models import Problem
from bot.workers import Supervisor

until = partial(database_e2e.until, seconds=90)


def workers_of(server: RunningServer) -> set[int]:
    """Process ids of the workers, without multiprocessing's resource tracker."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the content that a test may break."""
    return Path(shutil.copytree(ROOT / "responses", tmp_path / "responses"))


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path, folder: Path) -> RunningServer:
    """Two workers on one SQLite file."""
    return start_server(
        workers="2",
        secret_key=KEY.decode(),
        database_url=f"sqlite:///{tmp_path}/state.db",
        responses_dir=str(folder),
        address_messages_per_minute="100000",
        messages_per_minute="100000",
    )


@pytest.mark.e2e
def test_workers_share_conversations_and_end_cleanly(server: RunningServer) -> None:
    until(lambda: len(workers_of(server)) == 2)
    conversation, once = post(server, UNKNOWN)
    assert all(post(server, UNKNOWN, conversation)[1] != once for _ in range(10))
    workers = workers_of(server)
    assert server.stop() == 0
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert "Traceback" not in server.log.read_text()


@pytest.mark.e2e
def test_killed_worker_is_replaced_and_the_conversation_goes_on(server: RunningServer) -> None:
    until(lambda: len(workers_of(server)) == 2)
    conversation, once = post(server, UNKNOWN)
    before = workers_of(server)
    os.kill(min(before), signal.SIGKILL)
    assert post(server, UNKNOWN, conversation)[1] != once, "the other one answers"
    until(lambda: len(workers_of(server) - before) == 1)
    assert "Ein Prozess ist ausgefallen und wird ersetzt." in server.log.read_text()


@pytest.mark.e2e
def test_reload_takes_over_new_content_while_the_old_goes_on_answering(server: RunningServer, folder: Path) -> None:
    until(lambda: len(workers_of(server)) == 2)
    before = workers_of(server)
    file = _file_with(folder, "optionskommune:")
    original = file.read_text(encoding="utf-8")
    file.write_text(original.replace("optionskommune:", "optionskomune:"), encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "Nicht übernommen" in server.log.read_text())
    assert f"{file.name}:" in server.log.read_text(), "the editor reads where the error is"
    assert workers_of(server) == before
    assert "Optionskommune ist" in post(server, "Was ist eine Optionskommune?")[1]

    file.write_text(original.replace("text: |\n", "text: |\n      Neu hier.\n"), encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "Übernommen: Alle Prozesse" in server.log.read_text())
    assert not workers_of(server) & before
    assert "Neu hier." in post(server, "Was ist eine Optionskommune?")[1]


def _file_with(folder: Path, key: str) -> Path:
    return next(path for path in sorted(folder.glob("[a-z]*.yml")) if f"\n  {key}" in path.read_text(encoding="utf-8"))


@pytest.mark.e2e
def test_workers_do_not_outlive_a_killed_supervisor(server: RunningServer) -> None:
    until(lambda: len(workers_of(server)) == 2)
    workers = workers_of(server)
    server.process.kill()
    server.process.wait(20)
    until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


@pytest.mark.e2e
def test_content_error_is_said_before_anything_is_started(model_archive: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "_values.yml").write_text("kaputt: [", encoding="utf-8")
    environment = {
        "JOBCENTER_BOT_RESPONSES_DIR": str(folder),
        "JOBCENTER_BOT_SECRET_KEY": KEY.decode(),
        "JOBCENTER_BOT_DATABASE_URL": f"sqlite:///{tmp_path}/state.db",
        "JOBCENTER_BOT_PORT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve", "--workers", "2"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "_values.yml:2" in done.stderr and "Traceback" not in done.stderr


def test_content_error_crosses_to_another_process_unchanged() -> None:
    error = ContentError([Problem("wohnen.yml", 6, "unbekanntes Feld"), Problem("geld.yml", 2, "kein Text")])
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_worker_that_cannot_start_is_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        """A worker that has ended."""

        exitcode = 70
        pid = 0

        def is_alive(self, timeout: float) -> bool:
            return False

        def kill(self) -> None: ...

        def join(self) -> None: ...

        def start(self) -> None:
            started.append(self)

    started: list[Ended] = []
    now = 1000.0
    monkeypatch.setattr("bot.workers.time.monotonic", lambda: now)

    def build(config: object, sockets: object) -> Ended:
        process = Ended()
        process.pid = 100 + len(started)
        return process

    monkeypatch.setattr("uvicorn.supervisors.multiprocess.Process", build)
    monkeypatch.setattr("uvicorn.supervisors.multiprocess.signal.signal", lambda *args: None)
    import uvicorn

    supervisor = Supervisor(uvicorn.Config("bot.workers:build_worker", factory=True, workers=1), [])
    supervisor.processes = [Ended()]  # type: ignore[list-item]
    for _ in range(5):
        supervisor.keep_subprocess_alive()
    assert len(started) == 1
    now += 6
    supervisor.keep_subprocess_alive()
    assert len(started) == 2
    assert not supervisor.should_exit.is_set(), "the workers that still answer go on"
