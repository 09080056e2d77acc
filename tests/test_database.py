"""What the workers share survives restarts, is unreadable for others, expires, and goes on request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from conftest import NOW
from sqlalchemy import text
from store_tools import CHAT, KEY, MINUTES, STATE, Clock, TakeAway, Worker, read

from bot.conversations import Conversation
from bot.ledger import KEPT_SECONDS
from bot.preparation import StartError, open_state
from bot.settings import Secret, Settings
from bot.store import schema
from bot.store.database import DatabaseRefused, DatabaseUnavailable
from bot.store.sealing import Sealer
from bot.store.state import SharedState

# ---- conversations -------------------------------------------------------------------------------------------------


async def test_conversation_survives_a_restart_and_is_shared(make_worker: Worker, database_url: str) -> None:
    first, second = make_worker(database_url), make_worker(database_url)
    await first.conversations.save("web:a", STATE)
    assert await second.conversations.load("web:a") == STATE
    await second.conversations.save("web:a", STATE.changed(failures=2))
    assert await first.conversations.load("web:a") == STATE.changed(failures=2)
    assert await first.conversations.load("web:b") == Conversation()


async def test_stored_conversation_is_unreadable_without_its_id(
    worker: SharedState, make_worker: Worker, database_url: str
) -> None:
    await worker.conversations.save("web:a", STATE)
    ((hidden, sealed),) = await read(worker, "SELECT id, state FROM conversations")
    for word in ("web:a", "schulden", "1234", "lohn"):
        assert word not in hidden + sealed
    assert Sealer(KEY).unseal("web:a", sealed) == STATE
    assert Sealer(KEY).unseal("web:b", sealed) == Conversation()
    assert Sealer(b"x" * 32).unseal("web:a", sealed) == Conversation()
    assert await make_worker(database_url, b"x" * 32).conversations.load("web:a") == Conversation()


async def test_state_of_another_release_counts_as_none(worker: SharedState) -> None:
    await worker.conversations.save("web:a", STATE)
    odd = Sealer(KEY)._cipher("web:a").encrypt(b'{"failures": "viele"}').decode()
    await worker.database.run(lambda c: c.execute(text("UPDATE conversations SET state = :odd"), {"odd": odd}))
    assert await worker.conversations.load("web:a") == Conversation()


async def test_conversation_expires_and_its_row_goes(worker: SharedState, clock: Clock) -> None:
    await worker.conversations.save("web:old", STATE)
    clock.now += MINUTES * 60 - 1
    await worker.conversations.save("web:new", STATE)
    await worker.keep()
    assert await worker.conversations.load("web:old") == STATE
    clock.now += 61
    assert await worker.conversations.load("web:old") == Conversation()
    await worker.keep()
    assert await read(worker, "SELECT count(*) FROM conversations") == [(1,)]
    assert await worker.conversations.load("web:new") == STATE


async def test_everything_about_conversations_is_gone_after_the_retention(worker: SharedState, clock: Clock) -> None:
    await worker.conversations.save("web:a", STATE)
    async with worker.ledger.turn(CHAT, 1):
        await worker.conversations.save(CHAT, STATE)
    clock.now += Settings().retention_days * 86_400
    await worker.keep()
    for table in ("conversations", "telegram_updates"):
        assert await read(worker, f"SELECT * FROM {table}") == []


async def test_clock_that_is_put_back_neither_loses_nor_keeps_rows(worker: SharedState, clock: Clock) -> None:
    clock.now += 86_400
    await worker.conversations.save("web:a", STATE)
    async with worker.ledger.turn(CHAT, 1):
        pass
    clock.now -= 86_400
    await worker.keep()
    assert await worker.conversations.load("web:a") == STATE
    async with worker.ledger.turn(CHAT, 1) as number:
        assert number == 0
    clock.now += MINUTES * 60
    assert await worker.conversations.load("web:a") == Conversation()
    clock.now += KEPT_SECONDS
    await worker.keep()
    assert await read(worker, "SELECT * FROM conversations") == []
    assert await read(worker, "SELECT * FROM telegram_updates") == []


async def test_purge_goes_on_after_the_clock_is_put_back(worker: SharedState, clock: Clock) -> None:
    await worker.keep()
    clock.now -= 86_400
    await worker.conversations.save("web:a", STATE)
    await worker.keep()
    clock.now += MINUTES * 60 + 60
    await worker.keep()
    assert await read(worker, "SELECT * FROM conversations") == []


async def test_deleting_removes_all_rows_at_once(worker: SharedState) -> None:
    hidden = Sealer(KEY).hide(CHAT)
    async with worker.ledger.turn(CHAT, 1):
        await worker.conversations.save(CHAT, STATE)
    assert await read(worker, f"SELECT id FROM telegram_updates WHERE chat = '{hidden}'") == [(1,)]
    async with worker.ledger.turn(CHAT, 2):  # the message that asks for it
        await worker.conversations.delete(CHAT)
        assert await read(worker, "SELECT * FROM conversations") == []
    assert await read(worker, "SELECT id, chat FROM telegram_updates ORDER BY id") == [(1, ""), (2, "")]
    assert await worker.conversations.load(CHAT) == Conversation()


async def test_deleting_while_the_database_is_away_is_done_when_it_is_back(
    worker: SharedState, take_away: TakeAway
) -> None:
    await worker.conversations.save("web:a", STATE)
    take_away(True)
    await worker.conversations.delete("web:a")
    assert worker.is_degraded
    take_away(False)
    await worker.database.heal()
    assert await worker.conversations.load("web:a") == Conversation(), "not even before the next round"
    await worker.keep()
    assert await read(worker, "SELECT * FROM conversations") == []


async def test_conversation_that_begins_anew_survives_the_late_deletion(
    worker: SharedState, take_away: TakeAway
) -> None:
    await worker.conversations.save("web:a", STATE)
    take_away(True)
    await worker.conversations.delete("web:a")
    take_away(False)
    await worker.database.heal()
    await worker.conversations.save("web:a", STATE.changed(failures=7))
    await worker.keep()
    assert await worker.conversations.load("web:a") == STATE.changed(failures=7)


# ---- counts --------------------------------------------------------------------------------------------------------


async def test_counts_of_all_workers_add_up(make_worker: Worker, database_url: str) -> None:
    workers = [make_worker(database_url), make_worker(database_url)]
    for worker in [*workers, *workers]:
        worker.counters.count_turn(NOW, "web", "answered", "kaution")
        worker.counters.count_turn(NOW, "telegram", "fallback", None)
        worker.counters.count_feedback(NOW, "kaution", "ja")
    await asyncio.gather(*(worker.keep() for worker in workers))
    await workers[0].keep()
    assert await read(workers[0], "SELECT * FROM turn_counts ORDER BY channel") == [
        ("2026-11-22", "telegram", "fallback", "", 4),
        ("2026-11-22", "web", "answered", "kaution", 4),
    ]
    assert await read(workers[0], "SELECT day, hour, channel, count FROM hour_counts ORDER BY channel") == [
        ("2026-11-22", 10, "telegram", 4),
        ("2026-11-22", 10, "web", 4),
    ]
    assert await read(workers[0], "SELECT * FROM feedback_counts") == [("2026-11-22", "kaution", "ja", 4)]


async def test_counts_wait_for_the_database_and_are_written_once(worker: SharedState, take_away: TakeAway) -> None:
    worker.counters.count_turn(NOW, "web", "answered", "kaution")
    take_away(True)
    await worker.keep()
    worker.counters.count_turn(NOW, "web", "answered", "kaution")
    await worker.keep()
    take_away(False)
    await worker.keep()
    await worker.keep()
    assert await read(worker, "SELECT count FROM turn_counts") == [(2,)]


async def test_counts_that_could_not_be_added_are_not_lost(
    on_sqlite: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError

    on_sqlite.counters.count_turn(NOW, "web", "answered", "kaution")
    on_sqlite.counters.count_feedback(NOW, "kaution", "ja")
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.state.add_counts", fail)
        await on_sqlite.keep()
    await on_sqlite.keep()
    for table in ("turn_counts", "hour_counts", "feedback_counts"):
        assert len(await read(on_sqlite, f"SELECT * FROM {table}")) == 1, table


async def test_counts_are_written_when_the_bot_stops(make_worker: Worker, database_url: str) -> None:
    stopping, other = make_worker(database_url), make_worker(database_url)
    async with stopping.running():
        stopping.counters.count_feedback(NOW, None, "nein")
    assert await read(other, "SELECT * FROM feedback_counts") == [("2026-11-22", "", "nein", 1)]
    assert await read(other, "SELECT * FROM workers") == [], "a worker that has stopped holds up nobody"


@asynccontextmanager
async def running(*workers: SharedState) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker.running())
        yield


async def test_many_conversations_on_two_workers_never_swap(make_worker: Worker, database_url: str) -> None:
    workers = [make_worker(database_url), make_worker(database_url)]
    async with running(*workers):

        async def talk(number: int) -> None:
            for turn in range(10):
                worker = workers[(number + turn) % 2]
                assert (await worker.conversations.load(f"web:{number}")).failures == (number + turn if turn else 0)
                await worker.conversations.save(f"web:{number}", Conversation(failures=number + turn + 1))

        await asyncio.gather(*(talk(number) for number in range(100)))
        assert not any(worker.is_degraded for worker in workers)


# ---- migrations ----------------------------------------------------------------------------------------------------

VERSIONS = "SELECT version FROM schema_version ORDER BY version"


def list_steps() -> list[tuple[int]]:
    return [(number,) for number in range(1, len(schema.MIGRATIONS) + 1)]


async def test_workers_that_start_together_set_up_the_tables_once(make_worker: Worker, database_url: str) -> None:
    workers = [SharedState(database_url, KEY, MINUTES) for _ in range(4)]
    await asyncio.gather(*(worker.database.heal() for worker in workers))
    assert not any(worker.is_degraded for worker in workers)
    assert await read(workers[0], VERSIONS) == list_steps()
    for worker in workers:
        worker.database.close()


async def test_new_step_is_applied_to_existing_tables(
    make_worker: Worker, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_worker(database_url).conversations.save("web:a", STATE)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("ALTER TABLE workers ADD COLUMN host TEXT",)))
    worker = make_worker(database_url)
    assert await read(worker, VERSIONS) == list_steps()
    assert await read(worker, "SELECT host FROM workers") == []
    assert await worker.conversations.load("web:a") == STATE


async def test_step_that_fails_changes_nothing(
    make_worker: Worker, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = ("ALTER TABLE workers ADD COLUMN host TEXT", "ALTER TABLE gibt_es_nicht ADD COLUMN x TEXT")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
        assert make_worker(database_url).is_degraded
    worker = make_worker(database_url)
    assert await read(worker, VERSIONS) == list_steps()
    with pytest.raises(DatabaseUnavailable):
        await read(worker, "SELECT host FROM workers")


async def test_newer_database_is_refused_with_a_clear_sentence(
    worker: SharedState, database_url: str, clock: Clock
) -> None:
    await worker.database.run(lambda c: c.execute(text("INSERT INTO schema_version (version) VALUES (99)")))
    older = SharedState(database_url, KEY, MINUTES, clock)
    with pytest.raises(DatabaseRefused, match="neueren Fassung"):
        older.open()
    older.database.close()
    with pytest.raises(StartError, match="neueren Fassung"):
        open_state(Settings(database_url=Secret(database_url), secret_key=Secret(KEY.decode())))
    await worker.database.heal()
    assert not worker.is_degraded or await worker.conversations.load("web:a") == Conversation()


# ---- settings ------------------------------------------------------------------------------------------------------


def test_without_a_key_everything_stays_in_memory(capsys: pytest.CaptureFixture[str]) -> None:
    assert open_state(Settings()) is None
    assert "Arbeitsspeicher" in capsys.readouterr().err
    assert open_state(Settings(secret_key=Secret(KEY.decode()), database_url=Secret("memory:"))) is None


def test_with_a_key_the_default_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bot.settings.DEFAULT_DATABASE", tmp_path / "data" / "state.db")
    state = open_state(Settings(secret_key=Secret(KEY.decode())))
    assert state is not None and not state.is_degraded
    assert (tmp_path / "data" / "state.db").exists()
    state.database.close()


@pytest.mark.parametrize("database_url", ["sqlite:///", "mysql://x/y", "kein Pfad", "postgresql://host"])
def test_address_nobody_can_use_is_refused(database_url: str) -> None:
    with pytest.raises(StartError, match="JOBCENTER_BOT_DATABASE_URL"):
        open_state(Settings(database_url=Secret(database_url), secret_key=Secret(KEY.decode())))


def test_moment_is_counted_in_local_time(on_sqlite: SharedState) -> None:
    on_sqlite.counters.count_turn(datetime.fromisoformat("2026-11-22T23:30:00+01:00"), "web", "answered", None)
    counts = on_sqlite.counters.take()
    assert list(counts.hours) == [("2026-11-22", 23, "web")]
    assert not on_sqlite.counters.take()
