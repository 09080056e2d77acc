"""What goes wrong in a cellar: killed processes, full and read-only disks, jumping clocks, damaged files, bad content.

Real servers every time. People get an answer, what was confirmed stays, and the operator reads one German sentence.
Databases that are away or hang: test_database_faults.py and test_database_e2e.py.
"""

import contextlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import conftest
import httpx
import pytest
from conftest import ROOT, RunningServer, StartServer
from store_tools import KEY
from telegram_emulator import TelegramEmulator
from telegram_load import SECRET, find_free_port
from test_database_e2e import UNKNOWN, health, post

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


PATIENCE = 180
"""Seconds on a busy machine for two workers to start, one after the other."""
until = partial(conftest.until, seconds=PATIENCE)


def read_counts(database: Path, table: str = "turn_counts") -> int:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(f"SELECT coalesce(sum(count), 0) FROM {table}").fetchone()[0])


def rate(server: RunningServer, payload: str, conversation: str) -> list[str]:
    """Tap a button; return the payloads offered next."""
    body = {"conversation": conversation, "payload": payload}
    answer = httpx.post(f"{server.url}/api/messages", json=body, timeout=20).raise_for_status().json()
    return [button["payload"] for reply in answer["replies"] for button in reply["buttons"]]


# ---- processes -----------------------------------------------------------------------------------------------------


class Visitors:
    """People who write all the time in other conversations and try again when a connection breaks, as browsers do."""

    def __init__(self, server: RunningServer) -> None:
        self.answered = self.broken = 0
        self._refused: list[str] = []
        self._server = server
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(4)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        assert self._refused == []

    def _write(self) -> None:
        while not self._stopped.is_set():
            try:
                post(self._server, "wer zahlt die kaution")
                self.answered += 1
            except httpx.TransportError:
                self.broken += 1
            except Exception as error:  # told at the end, in the thread that can fail the test
                self._refused.append(repr(error))


def test_killed_worker_is_replaced_and_nothing_confirmed_is_lost(start_server: StartServer, tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    server = start_server(workers="2", database_url=f"sqlite:///{database}", secret_key=KEY.decode())
    conversation, once = post(server, UNKNOWN)
    until(lambda: read_counts(database) == 1)
    with Visitors(server) as visitors:
        for _ in range(2):
            victim, other = server.find_workers()
            limits = Path(f"/proc/{other}/limits").read_text()
            assert re.search(r"Max core file size +0 +0 ", limits), "a crash writes down what people wrote"
            os.kill(victim, signal.SIGKILL)
            assert post(server, UNKNOWN, conversation)[1] != once, "the other one answers"
            until(lambda gone=victim: gone not in server.find_workers() and len(server.find_workers()) == 2)  # type: ignore[misc]
            answered = visitors.answered
            until(lambda least=answered: visitors.answered > least + 20)  # type: ignore[misc]
    assert visitors.broken < 20, "only what the killed process was just answering"
    assert health(server) == "ok"
    assert post(server, UNKNOWN, conversation)[1] != once, "the conversation goes on"
    assert read_counts(database) >= 1
    log = server.log.read_text()
    assert log.count("Ein Prozess ist ausgefallen") == 2
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_answered_telegram_update_is_not_answered_again_after_all_workers_were_killed(
    start_server: StartServer, tmp_path: Path
) -> None:
    database = tmp_path / "state.db"
    port = find_free_port()
    with TelegramEmulator() as telegram:
        server = start_server(
            port=str(port),
            workers="2",
            database_url=f"sqlite:///{database}",
            secret_key=KEY.decode(),
            telegram_token=telegram.token,
            telegram_api_url=telegram.api_url,
            telegram_webhook_url=f"http://127.0.0.1:{port}",
            telegram_webhook_secret=SECRET,
        )
        update = telegram.send_text("Was ist eine Optionskommune?")
        first = telegram.next_message(30)
        until(lambda: is_done(database))
        before = server.find_workers()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until(lambda: len(server.find_workers() - before) == 2)
        telegram.deliver({"update_id": update} | message("Was ist eine Optionskommune?"))
        telegram.send_text("Hilfe unter 25?")
        second = telegram.next_message(60)
        assert second.text != first.text, "the repeated update stays silent"
        assert telegram.count_pending() == 0
        assert server.stop() == 0


def message(text: str) -> dict[str, object]:
    """Content of an update, as Telegram repeats it."""
    person = {"id": 1, "is_bot": False, "first_name": "Test"}
    chat = {"id": 1, "type": "private"}
    return {"message": {"message_id": 1, "date": int(time.time()), "chat": chat, "from": person, "text": text}}


def is_done(database: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("SELECT count(*) FROM telegram_updates WHERE state = 'done'").fetchone()[0])


def test_bad_content_is_refused_at_a_reload_and_good_content_taken_up(
    start_server: StartServer, tmp_path: Path
) -> None:
    responses = shutil.copytree(ROOT / "responses", tmp_path / "responses")
    server = start_server(
        workers="2",
        database_url=f"sqlite:///{tmp_path}/state.db",
        secret_key=KEY.decode(),
        responses_dir=str(responses),
    )
    page = responses / "wohnen.yml"
    good = page.read_text(encoding="utf-8")
    before = server.find_workers()
    with Visitors(server) as visitors:
        page.write_text(good.replace("\n  kaution:\n", "\n  kaution:\n    text: [\n", 1), encoding="utf-8")
        assert page.read_text(encoding="utf-8") != good
        os.kill(server.process.pid, signal.SIGHUP)
        until(lambda: "Nicht übernommen" in server.log.read_text())
        assert server.find_workers() == before, "those that answered still do"
        assert "Das Jobcenter kann Kaution" in post(server, "wer zahlt die kaution")[1]
        log = server.log.read_text()
        assert "kann nicht starten" in log and "wohnen.yml:" in log
        new = good.replace("Das Jobcenter kann Kaution", "Neuer Wortlaut: Das Jobcenter kann Kaution")
        assert new != good
        page.write_text(new, encoding="utf-8")
        os.kill(server.process.pid, signal.SIGHUP)
        until(lambda: "Übernommen: Alle Prozesse" in server.log.read_text())
        assert not server.find_workers() & before
    assert visitors.answered > 20
    for _ in range(6):
        assert "Neuer Wortlaut" in post(server, "wer zahlt die kaution")[1]
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


# ---- disks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    assert os.getuid() == 0, "Einen kleinen Datenträger kann nur root einhängen; .ci/run läuft als root."
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    yield folder
    mount("--lazy", str(folder), program="umount")


def mount(*arguments: str, program: str = "mount") -> None:
    subprocess.run([program, *arguments], check=True)


def test_full_disk_costs_the_context_and_nothing_that_was_counted(start_server: StartServer, small_disk: Path) -> None:
    database = small_disk / "state.db"
    server = start_server(database_url=f"sqlite:///{database}", secret_key=KEY.decode())
    conversation, once = post(server, UNKNOWN)
    until(lambda: read_counts(database) == 1)
    sent = 1
    with (small_disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 4096)
    while health(server) != "degraded":
        assert len(post(server, UNKNOWN)[1]) > 30, "everybody still gets an answer"
        sent += 1
        assert sent < 5000
    log = server.log.read_text()
    assert "Der Datenträger ist voll" in log
    assert sum(" ERROR " in line for line in log.splitlines()) <= 3, "a line when it begins, not one a turn"
    for _ in range(5):
        assert post(server, UNKNOWN, conversation)[1]
        sent += 1
    (small_disk / "filler").unlink()
    until(lambda: health(server) == "ok")
    assert post(server, UNKNOWN, conversation)[1] != once, "what was confirmed before is still there"
    assert server.stop() == 0
    assert read_counts(database) == sent + 1
    assert "Traceback" not in server.log.read_text()


def test_read_only_disk_is_said_and_taken_up_when_it_can_be_written(
    start_server: StartServer, small_disk: Path
) -> None:
    settings = {"database_url": f"sqlite:///{small_disk}/state.db", "secret_key": KEY.decode()}
    server = start_server(**settings)
    post(server, UNKNOWN)
    assert server.stop() == 0
    mount("-o", "remount,ro", str(small_disk))
    server = start_server(**settings)
    conversation, once = post(server, UNKNOWN)
    assert len(once) > 30
    assert health(server) == "degraded"
    log = server.log.read_text()
    assert "nicht erreichbar" in log and ("schreibgeschützt" in log or "Read-only file system" in log)
    mount("-o", "remount,rw", str(small_disk))
    until(lambda: health(server) == "ok")
    conversation, once = post(server, UNKNOWN)
    assert post(server, UNKNOWN, conversation)[1] != once
    assert server.stop() == 0
    assert read_counts(small_disk / "state.db") == 4
    assert "Traceback" not in server.log.read_text()


# ---- clock ---------------------------------------------------------------------------------------------------------

MOVED_CLOCK = """\
import os, time
_true = time.time
def moved():
    try:
        with open(os.environ["CLOCK_OFFSET"]) as file:
            return _true() + float(file.read() or 0)
    except FileNotFoundError:
        return _true()
time.time = moved
"""


def test_clock_that_jumps_costs_nobody_an_answer(
    start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(MOVED_CLOCK)
    offset = tmp_path / "offset"
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("CLOCK_OFFSET", str(offset))
    server = start_server(database_url=f"sqlite:///{tmp_path}/state.db", secret_key=KEY.decode())
    conversation, once = post(server, UNKNOWN)
    assert post(server, UNKNOWN, conversation)[1] != once
    offset.write_text(str(3 * 86_400))
    assert post(server, UNKNOWN, conversation)[1] == once, "three days later the conversation is forgotten"
    assert post(server, UNKNOWN, conversation)[1] != once
    offset.write_text(str(-30 * 86_400))
    assert len(post(server, UNKNOWN, conversation)[1]) > 30
    conversation, once = post(server, UNKNOWN)
    assert post(server, UNKNOWN, conversation)[1] != once, "a new conversation works in the past as well"
    assert health(server) == "ok"
    assert server.stop() == 0
    log = server.log.read_text()
    assert "Traceback" not in log and " ERROR " not in log
    assert read_counts(tmp_path / "state.db") == 7


# ---- damaged files -------------------------------------------------------------------------------------------------


def test_damaged_database_file_is_kept_aside_at_the_start(start_server: StartServer, tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    database.write_bytes(b"kein SQLite " * 500)
    server = start_server(workers="2", database_url=f"sqlite:///{database}", secret_key=KEY.decode())
    conversation, once = post(server, UNKNOWN)
    assert post(server, UNKNOWN, conversation)[1] != once
    assert health(server) == "ok"
    assert server.stop() == 0
    (kept,) = tmp_path.glob("state.db.defekt-*")
    assert kept.read_bytes() == b"kein SQLite " * 500
    log = server.log.read_text()
    assert log.count("ist beschädigt") == 1 and kept.name in log
    assert "Traceback" not in log


def damage(archive: Path, how: str) -> None:
    intact = archive.read_bytes()
    flipped = bytearray(intact)
    flipped[random.Random(how).randrange(len(intact) // 10, len(intact))] ^= 0x55
    ways = {
        "garbage": b"kein Modell " * 1000,
        "truncated": intact[: len(intact) // 2],
        "one byte": bytes(flipped),
        "a page of zeros": intact[:4096] + bytes(4096) + intact[8192:],
    }
    archive.write_bytes(ways[how])


@pytest.mark.parametrize(
    ("how", "workers"),
    [("garbage", "1"), ("truncated", "1"), ("one byte", "1"), ("a page of zeros", "1"), ("one byte", "2")],
)
def test_damaged_model_is_said_in_one_sentence(model_archive: Path, tmp_path: Path, how: str, workers: str) -> None:
    shutil.copytree(model_archive.parent, tmp_path / "models")
    damage(tmp_path / "models" / model_archive.name, how)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBCENTER_BOT_")}
    environment |= {
        "JOBCENTER_BOT_PORT": "0",
        "JOBCENTER_BOT_MODELS_DIR": str(tmp_path / "models"),
        "JOBCENTER_BOT_WORKERS": workers,
        "JOBCENTER_BOT_SECRET_KEY": KEY.decode(),
        "JOBCENTER_BOT_DATABASE_URL": f"sqlite:///{tmp_path}/state.db",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "Neu trainieren: ./run train" in done.stderr
    assert "Traceback" not in done.stderr


def test_damaged_model_of_emergencies_is_learnt_anew(
    start_server: StartServer, model_archive: Path, tmp_path: Path
) -> None:
    shutil.copytree(model_archive.parent, tmp_path / "models")
    (archive,) = (path for path in (tmp_path / "models").glob("crisis-*.npz"))
    damage(archive, "truncated")
    server = start_server(models_dir=str(tmp_path / "models"))
    _, reply = post(server, "ich will nicht mehr leben")
    assert "0800" in reply
    assert server.stop() == 0
    log = server.log.read_text()
    assert log.count("Notlagen") >= 1 and "neu gelernt" in log
    assert "Traceback" not in log
