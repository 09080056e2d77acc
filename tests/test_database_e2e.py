"""Real servers on one database: a conversation outlives its worker, and every fault is survived over HTTP."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from conftest import ROOT, RunningServer, StartServer, until
from postgres import PostgresServer
from store_tools import KEY

pytestmark = pytest.mark.e2e
UNKNOWN = "qwertz asdfgh"


def post(server: RunningServer, text: str, conversation: str | None = None) -> tuple[str, str]:
    """Return conversation and reply."""
    body = {"conversation": conversation, "text": text}
    answer = httpx.post(f"{server.url}/api/messages", json=body, timeout=20).raise_for_status().json()
    return answer["conversation"], "\n".join(reply["text"] for reply in answer["replies"])


def health(server: RunningServer) -> str:
    response = httpx.get(f"{server.url}/healthz", timeout=20)
    assert response.status_code == 200
    status: str = response.json()["status"]
    return status


def test_conversation_outlives_its_worker(start_server: StartServer, database_url: str) -> None:
    first, second = (start_server(database_url=database_url, secret_key=KEY.decode()) for _ in range(2))
    conversation, once = post(first, UNKNOWN)
    assert post(second, UNKNOWN)[1] == once, "in a conversation of its own it is the first time"
    first.process.kill()
    first.process.wait(20)
    assert post(second, UNKNOWN, conversation)[1] != once, "the second worker knows what was said to the first"
    assert health(second) == "ok"
    again = start_server(database_url=database_url, secret_key=KEY.decode())
    assert post(again, UNKNOWN, conversation)[1] != once
    assert [server.stop() for server in (second, again)] == [0, 0]
    assert "Traceback" not in second.log.read_text() + again.log.read_text()


def test_what_was_counted_is_written_at_the_end(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(database_url=f"sqlite:///{tmp_path}/state.db", secret_key=KEY.decode())
    for _ in range(3):
        post(server, UNKNOWN)
    assert server.stop() == 0
    database = sqlite3.connect(tmp_path / "state.db")
    assert database.execute("SELECT channel, sum(count) FROM turn_counts GROUP BY channel").fetchall() == [("web", 3)]
    database.close()


def test_postgres_killed_and_back(start_server: StartServer, empty_postgres: PostgresServer) -> None:
    server = start_server(database_url=empty_postgres.url, secret_key=KEY.decode())
    conversation, once = post(server, UNKNOWN)
    empty_postgres.kill()
    assert post(server, UNKNOWN, conversation)[1] == once, "an answer, but without context"
    until(lambda: health(server) == "degraded")
    empty_postgres.start()
    until(lambda: health(server) == "ok")
    assert post(server, UNKNOWN, conversation)[1] != once
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_lost_sqlite_file_is_begun_anew(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(database_url=f"sqlite:///{tmp_path}/state.db", secret_key=KEY.decode())
    post(server, UNKNOWN)
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    until(lambda: "ausgefallen" in server.log.read_text() and health(server) == "ok")
    conversation, once = post(server, UNKNOWN)
    assert post(server, UNKNOWN, conversation)[1] != once
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("url", "key", "code", "sentence"),
    [
        ("sqlite:///{folder}/state.db", "", 2, "JOBCENTER_BOT_SECRET_KEY wird mit einer Datenbank gebraucht"),
        ("mysql://bot:geheim@db/bot", KEY.decode(), 2, "muss mit sqlite:/// oder postgresql:// beginnen"),
        ("sqlite:///{folder}/newer.db", KEY.decode(), 1, "neueren Fassung des Bots"),
    ],
)
def test_database_nobody_can_use_is_refused(tmp_path: Path, url: str, key: str, code: int, sentence: str) -> None:
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
    newer.execute("INSERT INTO schema_version VALUES (99)")
    newer.commit()
    newer.close()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBCENTER_BOT_")}
    environment |= {"JOBCENTER_BOT_PORT": "0", "JOBCENTER_BOT_SECRET_KEY": key}
    environment |= {"JOBCENTER_BOT_DATABASE_URL": url.format(folder=tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code
    assert sentence in done.stderr
    assert "geheim" not in done.stderr and "Traceback" not in done.stderr
