"""A backup holds the figures, restores into a working database, and holds nothing of a conversation."""

import os
import sqlite3
import stat
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from postgres import PostgresServer, find_binaries
from store_tools import CHAT, KEY, STATE, Worker, answer_once, read

from bot.__main__ import main
from bot.settings import Secret, Settings
from bot.store.backup import BackupError, write_backup
from bot.store.state import SharedState

NOW = datetime(2026, 11, 22, 3, 0)
CONVERSATION = "web:0123456789abcdef"


async def fill(worker: SharedState) -> None:
    """Leave a conversation, a Telegram update and some figures behind."""
    await worker.conversations.save(CONVERSATION, STATE)
    await answer_once(worker, 1)
    worker.counters.count_turn(NOW, "web", "answered", "schulden")
    await worker.keep()


def settings_for(url: str) -> Settings:
    return Settings(secret_key=Secret(KEY.decode()), database_url=Secret(url))


async def test_backup_keeps_figures_and_nothing_else(
    make_worker: Worker, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{find_binaries()}")
    worker = make_worker(database_url)
    await fill(worker)
    before = await read(worker, "SELECT * FROM turn_counts")
    path = write_backup(settings_for(database_url), tmp_path / "sicherung", NOW)
    assert path.name.startswith("jobcenter-bot-20261122-030000")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    (sealed,) = await read(worker, "SELECT id, state FROM conversations")
    for part in (*sealed, CHAT):
        assert str(part).encode() not in path.read_bytes()
    assert before == [("2026-11-22", "web", "answered", "schulden", 1)]
    assert await read(worker, "SELECT count(*) FROM conversations") == [(1,)], "the database itself stays as it is"


async def test_sqlite_backup_is_a_database_the_bot_goes_on_with(
    make_worker: Worker, database_file: Path, tmp_path: Path
) -> None:
    await fill(make_worker(f"sqlite:///{database_file}"))
    path = write_backup(settings_for(f"sqlite:///{database_file}"), tmp_path / "sicherung", NOW)
    restored = make_worker(f"sqlite:///{path}")
    assert restored.database.is_available
    assert await read(restored, "SELECT sum(count) FROM turn_counts") == [(1,)]
    assert await read(restored, "SELECT count(*) FROM conversations") == [(0,)]
    await fill(restored)
    assert await read(restored, "SELECT sum(count) FROM turn_counts") == [(2,)]


def restore(url: str, path: Path) -> None:
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={url}", path], check=True)


@pytest.mark.e2e
async def test_postgres_backup_restores_with_pg_restore(
    make_worker: Worker, empty_postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{find_binaries()}")
    worker = make_worker(empty_postgres.url)
    await fill(worker)
    path = write_backup(settings_for(empty_postgres.url), tmp_path, NOW)
    worker.database.close()
    empty_postgres.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    restore(empty_postgres.url, path)
    restored = make_worker(empty_postgres.url)
    assert restored.database.is_available
    assert await read(restored, "SELECT sum(count) FROM turn_counts") == [(1,)]
    assert await read(restored, "SELECT count(*) FROM conversations") == [(0,)]


def test_only_the_last_backups_stay(
    make_worker: Worker, database_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_worker(f"sqlite:///{database_file}")
    monkeypatch.setenv("JOBCENTER_BOT_SECRET_KEY", KEY.decode())
    monkeypatch.setenv("JOBCENTER_BOT_DATABASE_URL", f"sqlite:///{database_file}")
    folder = tmp_path / "sicherung"
    folder.mkdir()
    for day in range(1, 5):
        (folder / f"jobcenter-bot-2020010{day}-030000.db").touch()
    (folder / "anderes.db").touch()
    assert main(["backup", str(folder), "--keep", "3"]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names[:3] == ["anderes.db", "jobcenter-bot-20200103-030000.db", "jobcenter-bot-20200104-030000.db"]
    assert len(names) == 4


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        (Settings(), "nichts zu sichern"),
        (settings_for("memory:"), "nichts zu sichern"),
        (settings_for("sqlite:////gibt/es/nicht.db"), "gibt es nicht"),
        (settings_for("postgresql://bot:geheim@127.0.0.1:1/bot"), "lässt sich nicht sichern"),
    ],
)
def test_nothing_saved_is_a_clear_sentence_and_leaves_nothing(settings: Settings, part: str, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=part) as error:
        write_backup(settings, tmp_path, NOW)
    assert "geheim" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_damaged_database_is_not_kept_as_a_backup(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"SQLite format 3\0" + b"kaputt" * 500)
    with pytest.raises(BackupError, match="lässt sich nicht sichern"):
        write_backup(settings_for(f"sqlite:///{tmp_path}/state.db"), tmp_path / "sicherung", NOW)
    assert list((tmp_path / "sicherung").iterdir()) == []


def test_backup_of_a_running_database_sees_the_last_write(
    make_worker: Worker, database_file: Path, tmp_path: Path
) -> None:
    make_worker(f"sqlite:///{database_file}")
    with sqlite3.connect(database_file) as writer:
        writer.execute("INSERT INTO hour_counts VALUES ('2026-11-22', 3, 'web', 7)")
    path = write_backup(settings_for(f"sqlite:///{database_file}"), tmp_path / "sicherung", NOW)
    copy = sqlite3.connect(path)
    assert copy.execute("SELECT count FROM hour_counts").fetchall() == [(7,)]
    copy.close()
    writer.close()
