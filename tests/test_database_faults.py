"""A database that is away, hangs, is full or damaged costs no answer, says so in /healthz, and heals by itself."""

import asyncio
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from postgres import PostgresServer
from sqlalchemy import Engine, event
from store_tools import KEY, MINUTES, STATE, BuildAssistant, TakeAway, Worker, read

from bot.assistant import Assistant
from bot.channels.web import build_web_app
from bot.conversations import Conversation
from bot.models import UserMessage
from bot.store import database
from bot.store.database import DatabaseUnavailable
from bot.store.state import SharedState

PHONE = "06831 444 8000"


# ---- the database is away ------------------------------------------------------------------------------------------


async def ask(assistant: Assistant, words: str = "Telefon?", payload: str | None = None) -> str:
    turn = await assistant.handle(UserMessage("web", "web:a", words, payload))
    assert turn.decision.status != "error"
    return "\n".join(reply.text for reply in turn.replies)


async def health(worker: SharedState, assistant: Assistant) -> tuple[int, str]:
    app = build_web_app(assistant.handle, assistant.is_ready, {}, (), [], is_degraded=lambda: worker.is_degraded)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        response = await client.get("/healthz")
    return response.status_code, response.json()["status"]


async def test_away_means_answers_without_context_and_health_degraded(
    worker: SharedState,
    build_assistant: BuildAssistant,
    take_away: TakeAway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assistant = build_assistant(worker)
    await ask(assistant, payload="t:kaution")
    assert (await worker.conversations.load("web:a")).last_topic == "kaution"
    assert await health(worker, assistant) == (200, "ok")
    take_away(True)
    for _ in range(5):
        assert PHONE in await ask(assistant, payload="t:mensch")
    assert await health(worker, assistant) == (200, "degraded")
    await worker.keep()
    assert worker.is_degraded
    failures = [record for record in caplog.records if record.name == database.logger.name]
    assert len([record for record in failures if "ausgefallen" in record.message]) == 1, "one line, not one a turn"
    assert "geheim" not in caplog.text
    take_away(False)
    await worker.keep()
    assert await health(worker, assistant) == (200, "ok")
    assert (await worker.conversations.load("web:a")).last_topic == "kaution"


async def test_while_it_is_away_nobody_asks_it_but_the_healing(
    worker: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def fail(*args: object) -> None:
        calls.append(args)
        raise OSError

    monkeypatch.setattr(database.Database, "_transact", fail)
    for _ in range(10):
        assert await worker.conversations.load("web:a") == Conversation()
        await worker.conversations.save("web:a", STATE)
    assert len(calls) == 1


async def test_it_heals_in_the_background_without_being_asked(
    worker: SharedState, take_away: TakeAway, caplog: pytest.LogCaptureFixture
) -> None:
    async with worker.running():
        take_away(True)
        await worker.conversations.save("web:a", STATE)
        assert worker.is_degraded
        take_away(False)
        await until(lambda: not worker.is_degraded)
        await worker.conversations.save("web:a", STATE)
        assert await worker.conversations.load("web:a") == STATE
    assert [record for record in caplog.records if "gescheitert" in record.message] == []


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)


async def test_hanging_database_holds_up_a_turn_once_and_the_loop_never(
    worker: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(database, "OPERATION_SECONDS", 0.1)
    monkeypatch.setattr(database.Database, "_transact", lambda *args: released.wait(60))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    for _ in range(3):
        assert await worker.conversations.load("web:a") == Conversation()
    assert worker.is_degraded
    assert ticks > 100
    ticking.cancel()
    released.set()


async def test_long_queue_is_not_a_failure(on_sqlite: SharedState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OPERATION_SECONDS", 0.5)
    slow = [on_sqlite.database.run(lambda c: time.sleep(0.05)) for _ in range(40)]
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert {type(result) for result in results} == {type(None), DatabaseUnavailable}
    assert not on_sqlite.is_degraded


# ---- SQLite --------------------------------------------------------------------------------------------------------


def test_file_is_for_the_bot_alone(on_sqlite: SharedState, database_file: Path) -> None:
    assert stat.S_IMODE(database_file.parent.stat().st_mode) == 0o700
    for path in database_file.parent.iterdir():
        if path.suffix != ".lock":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def damage_file(database_file: Path, content: bytes = b"") -> None:
    """Overwrite the file, with noise after its first page unless something else is given."""
    database_file.parent.mkdir(exist_ok=True)
    if not content:
        intact = database_file.read_bytes()
        content = intact[:4096] + os.urandom(len(intact) - 4096)
    database_file.write_bytes(content)


@pytest.mark.parametrize("damage", [b"kein SQLite " * 500, b"SQLite format 3\0" + b"\xff" * 8000])
async def test_damaged_file_is_kept_aside_and_a_new_one_begun(
    make_worker: Worker, database_file: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    damage_file(database_file, damage)
    workers = [make_worker(f"sqlite:///{database_file}"), make_worker(f"sqlite:///{database_file}")]
    await workers[0].conversations.save("web:a", STATE)
    assert await workers[1].conversations.load("web:a") == STATE
    (kept,) = database_file.parent.glob("state.db.defekt-*")
    assert kept.read_bytes() == damage
    assert "beschädigt" in caplog.text and kept.name in caplog.text


async def test_workers_that_find_the_damage_together_begin_one_new_file(database_file: Path) -> None:
    damage_file(database_file, b"kein SQLite " * 500)
    workers = [SharedState(f"sqlite:///{database_file}", KEY, MINUTES) for _ in range(6)]
    await asyncio.gather(*(worker.database.heal() for worker in workers))
    assert not any(worker.is_degraded for worker in workers)
    assert len(list(database_file.parent.glob("state.db.defekt-*"))) == 1
    for number, worker in enumerate(workers):
        await worker.conversations.save(f"web:{number}", STATE)
        assert await workers[0].conversations.load(f"web:{number}") == STATE
    for worker in workers:
        worker.database.close()


async def test_file_damaged_while_running_is_replaced_in_all_workers(make_worker: Worker, database_file: Path) -> None:
    workers = [make_worker(f"sqlite:///{database_file}"), make_worker(f"sqlite:///{database_file}")]
    for number in range(200):
        await workers[0].conversations.save(f"web:{number}", STATE)
    await workers[0].keep()
    damage_file(database_file)
    for _ in range(4):
        for number in range(200):
            await workers[0].conversations.save(f"web:{number}", STATE)
        for worker in workers:
            await worker.keep()
    await workers[0].conversations.save("web:a", STATE)
    assert not any(worker.is_degraded for worker in workers)
    assert await workers[1].conversations.load("web:a") == STATE
    assert list(database_file.parent.glob("state.db.defekt-*"))


async def test_restored_file_is_taken_up_while_running(
    on_sqlite: SharedState, database_file: Path, tmp_path: Path
) -> None:
    await on_sqlite.conversations.save("web:a", STATE)
    backup = tmp_path / "backup.db"
    with sqlite3.connect(database_file) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    source.close()
    target.close()
    await on_sqlite.conversations.save("web:a", STATE.changed(failures=9))
    for path in database_file.parent.glob("state.db*"):
        path.unlink()
    backup.rename(database_file)
    await on_sqlite.keep()
    await on_sqlite.keep()
    assert await on_sqlite.conversations.load("web:a") == STATE


@pytest.fixture
def limit_sqlite() -> Iterator[Callable[[str], None]]:
    """Set a pragma on every new connection: SQLite then fails with the real errors of a full or read-only disk."""
    listeners: list[Callable[..., None]] = []

    def limit(pragma: str) -> None:
        for listener in listeners:
            event.remove(Engine, "connect", listener)
        listeners.clear()

        def configure(connection: sqlite3.Connection, record: object) -> None:
            connection.execute(f"PRAGMA {pragma}").close()

        if pragma:
            listeners.append(configure)
            event.listen(Engine, "connect", configure)

    yield limit
    limit("")


@pytest.mark.parametrize(
    ("pragma", "hint"),
    [("max_page_count = 1", "Der Datenträger ist voll"), ("query_only = ON", "schreibgeschützt")],
)
async def test_full_or_read_only_disk_costs_the_context_not_the_answer(
    make_worker: Worker,
    build_assistant: BuildAssistant,
    limit_sqlite: Callable[[str], None],
    database_file: Path,
    caplog: pytest.LogCaptureFixture,
    pragma: str,
    hint: str,
) -> None:
    make_worker(f"sqlite:///{database_file}")
    limit_sqlite(pragma)
    worker = make_worker(f"sqlite:///{database_file}")
    assistant = build_assistant(worker)
    for number in range(100):
        await worker.conversations.save(f"web:{number}", STATE)
    assert await health(worker, assistant) == (200, "degraded")
    assert await ask(assistant)
    assert hint in caplog.text
    if "query_only" in pragma:  # a full file still takes a change of what is there
        await worker.database.heal()
        assert worker.is_degraded
    limit_sqlite("")
    await worker.keep()
    assert await health(worker, assistant) == (200, "ok")


async def test_file_held_by_another_program_costs_the_context_not_the_answer(
    make_worker: Worker, database_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "BUSY_MILLISECONDS", 50)
    worker = make_worker(f"sqlite:///{database_file}")
    other = sqlite3.connect(database_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await worker.conversations.save("web:a", STATE)
    assert await worker.conversations.load("web:a") == Conversation()
    assert "Ein anderes Programm hält die Datei fest" in caplog.text
    other.execute("ROLLBACK")
    other.close()
    await worker.keep()
    await worker.conversations.save("web:a", STATE)
    assert await worker.conversations.load("web:a") == STATE


async def test_deleted_state_leaves_no_bytes_behind(on_sqlite: SharedState, database_file: Path) -> None:
    await on_sqlite.conversations.save("web:a", STATE)
    ((sealed,),) = await read(on_sqlite, "SELECT state FROM conversations")
    await on_sqlite.conversations.delete("web:a")
    await on_sqlite.keep()
    stored = b"".join(path.read_bytes() for path in database_file.parent.iterdir())
    assert sealed.encode() not in stored


# ---- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.mark.e2e
async def test_postgres_killed_and_back(
    empty_postgres: PostgresServer, make_worker: Worker, build_assistant: BuildAssistant
) -> None:
    worker = make_worker(empty_postgres.url)
    assistant = build_assistant(worker)
    async with worker.running():
        await ask(assistant, payload="t:kaution")
        empty_postgres.kill()
        for _ in range(3):
            assert PHONE in await ask(assistant, payload="t:mensch")
        assert await health(worker, assistant) == (200, "degraded")
        empty_postgres.start()
        await until(lambda: not worker.is_degraded)
        assert (await worker.conversations.load("web:a")).last_topic == "kaution", "what was confirmed is still there"
        await worker.keep()
    assert empty_postgres.query("SELECT sum(count) FROM turn_counts") == "4"


@pytest.mark.e2e
async def test_postgres_that_stands_still_costs_one_turn_its_patience(
    empty_postgres: PostgresServer,
    make_worker: Worker,
    build_assistant: BuildAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = make_worker(empty_postgres.url)
    assistant = build_assistant(worker)
    await asyncio.gather(*(worker.conversations.load(f"web:{number}") for number in range(20)))
    async with worker.running():
        monkeypatch.setattr(database, "OPERATION_SECONDS", 1.0)
        empty_postgres.freeze()
        try:
            replies = await asyncio.gather(*(ask(assistant, payload="t:mensch") for _ in range(20)))
            assert all(PHONE in reply for reply in replies)
            assert worker.is_degraded
            await worker.keep()  # would wait for ever if the hung connections still held the threads
        finally:
            empty_postgres.thaw()
        await until(lambda: not worker.is_degraded)
        await worker.conversations.save("web:a", STATE)
        assert await worker.conversations.load("web:a") == STATE


@pytest.mark.e2e
async def test_bot_starts_without_postgres_and_finds_it_later(
    empty_postgres: PostgresServer, make_worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    empty_postgres.kill()
    worker = make_worker(empty_postgres.url)
    assert worker.is_degraded
    assert "nicht erreichbar" in caplog.text
    async with worker.running():
        assert await worker.conversations.load("web:a") == Conversation()
        empty_postgres.start()
        await until(lambda: not worker.is_degraded)
        await worker.conversations.save("web:a", STATE)
        assert await worker.conversations.load("web:a") == STATE


@pytest.mark.e2e
def test_wrong_database_name_is_said_without_the_password(
    postgres: PostgresServer, make_worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    address = postgres.url.replace("bot@", "bot:geheim@").replace("/postgres", "/gibt_es_nicht")
    assert make_worker(address).is_degraded
    assert 'database "gibt_es_nicht" does not exist' in caplog.text
    assert "geheim" not in caplog.text
