"""Several processes behind one port: they share conversations and end together. Replaced: test_faults_e2e.py."""

import os
import pickle
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import conftest
import pytest
from conftest import ROOT, RunningServer, StartServer, find_children
from store_tools import KEY
from test_database_e2e import UNKNOWN, post

from bot.content import ContentError
from bot.models import Problem
from bot.workers import Supervisor

until = partial(conftest.until, seconds=90)


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> RunningServer:
    """Two workers on one SQLite file."""
    return start_server(workers="2", secret_key=KEY.decode(), database_url=f"sqlite:///{tmp_path}/state.db")


@pytest.mark.e2e
def test_workers_share_conversations_and_end_cleanly(server: RunningServer) -> None:
    until(lambda: len(server.find_workers()) == 2)
    conversation, once = post(server, UNKNOWN)
    assert all(post(server, UNKNOWN, conversation)[1] != once for _ in range(10))
    workers = server.find_workers()
    assert server.stop() == 0
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert "Traceback" not in server.log.read_text()


@pytest.mark.e2e
def test_workers_do_not_outlive_a_killed_supervisor(server: RunningServer) -> None:
    until(lambda: len(server.find_workers()) == 2)
    workers = server.find_workers()
    server.process.kill()
    server.process.wait(20)
    until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


@pytest.mark.e2e
def test_preparation_does_not_outlive_the_killed_process_it_was_for(tmp_path: Path) -> None:
    program = "import time; from bot.preparation import run_apart; run_apart(time.sleep, 600)"
    with subprocess.Popen([sys.executable, "-c", f"if __name__ == '__main__': {program}"], cwd=ROOT) as process:
        until(lambda: bool(find_children(process.pid)))
        helpers = find_children(process.pid)
        process.kill()
    until(lambda: not any(Path(f"/proc/{helper}").exists() for helper in helpers))


@pytest.mark.e2e
def test_content_error_is_said_before_anything_is_started(model_archive: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "responses", tmp_path / "responses")
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
