"""Questions that were not understood wait sealed, lose their conversation, expire, and go on request."""

import asyncio
import base64
from datetime import datetime
from pathlib import Path

import pytest
from postgres import PostgresServer
from sqlalchemy import text
from store_tools import CHAT, KEY, MINUTES, STATE, Clock, TakeAway, Worker, read

from bot.hours import BERLIN
from bot.settings import Settings
from bot.store import review
from bot.store.database import DatabaseUnavailable
from bot.store.review_desk import Entry, Proposal, ReviewDesk
from bot.store.sealing import Sealer
from bot.store.state import SharedState

QUESTION = "wann kommt der sperrmüll"
EVERYTHING = "SELECT * FROM review_pending", "SELECT * FROM review_queue"


@pytest.fixture
def keeper(make_worker: Worker, database_url: str) -> SharedState:
    """A worker that keeps what was not understood."""
    return make_worker(database_url, review=True)


def open_desk(worker: SharedState, key: bytes = KEY) -> ReviewDesk:
    """What editors see."""
    return ReviewDesk(worker.database, Sealer(key), worker.review)


async def list_entries(worker: SharedState) -> list[Entry]:
    entries, unreadable = await open_desk(worker).list_entries()
    assert unreadable == 0
    return entries


async def is_empty(worker: SharedState) -> bool:
    return [await read(worker, sql) for sql in EVERYTHING] == [[], []]


async def let_conversations_end(worker: SharedState, clock: Clock) -> None:
    clock.now += MINUTES * 60 + 61
    await worker.keep()


def read_files(database_url: str, request: pytest.FixtureRequest) -> bytes:
    """Return every byte of the database, write-ahead log included."""
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        assert {path.name for path in folder.iterdir()} >= {"state.db", "state.db-wal"}
        return b"".join(path.read_bytes() for path in folder.iterdir())
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.dump()


# ---- collecting ----------------------------------------------------------------------------------------------------


async def test_nothing_is_kept_unless_the_operator_wants_it(worker: SharedState, clock: Clock) -> None:
    worker.review.note("web:a", QUESTION)
    await worker.keep()
    await let_conversations_end(worker, clock)
    assert await is_empty(worker)


async def test_question_reaches_the_editors_when_its_conversation_is_over(keeper: SharedState, clock: Clock) -> None:
    await keeper.conversations.save("web:a", STATE)
    keeper.review.note("web:a", QUESTION)
    await keeper.keep()
    assert await list_entries(keeper) == []
    clock.now += MINUTES * 60 - 1
    await keeper.conversations.save("web:a", STATE)  # the person goes on writing
    await let_conversations_end(keeper, clock)
    (entry,) = await list_entries(keeper)
    assert (entry.text, entry.count, entry.day) == (QUESTION, 1, datetime.fromtimestamp(1_800_000_000, BERLIN).date())
    assert await read(keeper, "SELECT * FROM review_pending") == []


async def test_conversation_that_goes_on_holds_its_question_back(keeper: SharedState, clock: Clock) -> None:
    keeper.review.note("web:a", QUESTION)
    for _ in range(3):
        await keeper.conversations.save("web:a", STATE)
        clock.now += MINUTES * 60 - 1
        await keeper.keep()
    assert await list_entries(keeper) == []


async def test_same_question_is_counted_by_conversations(
    keeper: SharedState, make_worker: Worker, database_url: str, clock: Clock
) -> None:
    other = make_worker(database_url, review=True)
    for spelling in (QUESTION, "Wann kommt der Sperrmüll?", "WANN KOMMT DER SPERRMUELL!!"):
        keeper.review.note("web:a", spelling)  # somebody who repeats it is one person
    other.review.note("web:b", "wann kommt der Sperrmüll")
    await asyncio.gather(keeper.keep(), other.keep())
    await let_conversations_end(keeper, clock)
    other.review.note("web:c", QUESTION)
    await let_conversations_end(other, clock)
    assert [(entry.text.lower().rstrip("?"), entry.count) for entry in await list_entries(keeper)] == [(QUESTION, 3)]


async def test_workers_that_hand_over_together_count_once(
    keeper: SharedState, make_worker: Worker, database_url: str, clock: Clock
) -> None:
    workers = [keeper, make_worker(database_url, review=True), make_worker(database_url, review=True)]
    for number in range(60):
        workers[number % 3].review.note(f"web:{number}", f"frage {number % 4}")
    await asyncio.gather(*(worker.keep() for worker in workers))
    clock.now += MINUTES * 60 + 61
    await asyncio.gather(*(worker.keep() for worker in workers))
    assert not any(worker.is_degraded for worker in workers)
    assert sorted((entry.text, entry.count) for entry in await list_entries(keeper)) == [
        (f"frage {number}", 15) for number in range(4)
    ]


async def test_dead_database_keeps_questions_in_memory(keeper: SharedState, take_away: TakeAway, clock: Clock) -> None:
    take_away(True)
    keeper.review.note("web:a", QUESTION)
    await keeper.keep()
    assert keeper.is_degraded
    take_away(False)
    await keeper.keep()
    await let_conversations_end(keeper, clock)
    assert [entry.text for entry in await list_entries(keeper)] == [QUESTION]


async def test_memory_is_bounded(keeper: SharedState) -> None:
    for number in range(review.MOST_NOTES + 50):
        keeper.review.note(f"web:{number}", QUESTION)
    await keeper.keep()
    assert await read(keeper, "SELECT count(*) FROM review_pending") == [(review.MOST_NOTES,)]


async def test_flood_does_not_fill_the_disk(keeper: SharedState, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "MOST_ENTRIES", 3)
    monkeypatch.setattr(review, "MOST_PENDING", 5)
    for number in range(9):
        keeper.review.note(f"web:{number}", f"frage {number}")
    await keeper.keep()
    assert await read(keeper, "SELECT count(*) FROM review_pending") == [(5,)]
    await let_conversations_end(keeper, clock)
    entries = await list_entries(keeper)
    assert len(entries) == 3
    keeper.review.note("web:again", entries[0].text)
    await let_conversations_end(keeper, clock)
    await let_conversations_end(keeper, clock)
    assert sorted(entry.count for entry in await list_entries(keeper)) == [1, 1, 2], "known questions still count"


async def test_questions_are_written_when_the_bot_stops(
    keeper: SharedState, make_worker: Worker, database_url: str
) -> None:
    other = make_worker(database_url)
    async with keeper.running():
        keeper.review.note("web:a", QUESTION)
    assert len(await read(other, "SELECT * FROM review_pending")) == 1


# ---- nothing that tells --------------------------------------------------------------------------------------------


async def test_database_alone_does_not_show_texts(
    keeper: SharedState, database_url: str, clock: Clock, request: pytest.FixtureRequest
) -> None:
    keeper.review.note(CHAT, QUESTION)
    await keeper.keep()
    stored = read_files(database_url, request)
    await let_conversations_end(keeper, clock)
    (entry,) = await list_entries(keeper)
    # a name no other test writes into the same server
    await open_desk(keeper).propose(entry, Proposal("nur_hier_vorgeschlagen", "A. Beispiel", "eine andere Fassung"))
    stored += read_files(database_url, request)
    assert b"gAAAA" in stored, "the right bytes are looked at"
    for part in (QUESTION, "sperrm", CHAT, "nur_hier_vorgeschlagen", "Beispiel", "Fassung"):
        assert part.encode() not in stored
    assert await open_desk(keeper, b"x" * 32).list_entries() == ([], 1)
    assert await open_desk(keeper, b"x" * 32).find(entry.id) is None


async def test_row_for_the_editors_tells_the_day_and_no_conversation(keeper: SharedState, clock: Clock) -> None:
    clock.now = datetime(2027, 1, 15, 0, 20, tzinfo=BERLIN).timestamp()  # still the 14th in UTC
    await keeper.conversations.save(CHAT, STATE)
    keeper.review.note(CHAT, QUESTION)
    await keeper.keep()
    await let_conversations_end(keeper, clock)
    ((number, digest, sealed, day, count, proposal),) = await read(keeper, "SELECT * FROM review_queue")
    assert (day, count, proposal) == ("2027-01-15", 1, None)
    assert Sealer(KEY).hide(CHAT) not in (digest, sealed)
    assert 100_000 <= number < 1_000_000
    seconds = int.from_bytes(base64.urlsafe_b64decode(sealed)[1:9], "big")
    assert seconds % 86_400 == 0, "Fernet writes the time of sealing in clear"


async def test_numbers_do_not_tell_the_order(keeper: SharedState, clock: Clock) -> None:
    texts = [f"frage {number}" for number in range(20)]
    for number, question in enumerate(texts):
        keeper.review.note(f"web:{number}", question)
        await keeper.keep()
        await let_conversations_end(keeper, clock)
    entries = sorted(await list_entries(keeper), key=lambda entry: entry.id)
    assert sorted(entry.text for entry in entries) == sorted(texts)
    assert [entry.text for entry in entries] != texts


# ---- deleting and expiring -----------------------------------------------------------------------------------------


async def test_deleting_the_conversation_removes_its_questions_at_once(keeper: SharedState, clock: Clock) -> None:
    keeper.review.note("web:a", QUESTION)
    await keeper.keep()
    keeper.review.note("web:a", "noch eine frage")  # still in memory
    keeper.review.note("web:b", "frage eines anderen")
    await keeper.review.forget("web:a")
    ((conversation,),) = await read(keeper, "SELECT conversation FROM review_pending")
    assert conversation == Sealer(KEY).hide("web:b")
    await let_conversations_end(keeper, clock)
    assert [entry.text for entry in await list_entries(keeper)] == ["frage eines anderen"]


async def test_deleting_reaches_what_another_worker_has_not_written_yet(
    keeper: SharedState, make_worker: Worker, database_url: str, clock: Clock
) -> None:
    other = make_worker(database_url, review=True)
    other.review.note("web:a", QUESTION)
    clock.now += 1
    await keeper.review.forget("web:a")
    await keeper.conversations.save("web:a", STATE)  # the person begins anew
    await other.keep()
    assert await is_empty(keeper)
    clock.now += review.CLOCKS_DIFFER_BY + 1
    keeper.review.note("web:a", "eine neue frage")
    await keeper.keep()
    await let_conversations_end(keeper, clock)
    assert [entry.text for entry in await list_entries(keeper)] == ["eine neue frage"]


async def test_deleting_while_the_database_is_away_is_done_when_it_is_back(
    keeper: SharedState, take_away: TakeAway, clock: Clock
) -> None:
    keeper.review.note("web:a", QUESTION)
    await keeper.keep()
    take_away(True)
    keeper.review.note("web:a", "noch eine frage")
    await keeper.review.forget("web:a")
    assert keeper.is_degraded
    assert keeper.review._notes == {}, "not even in memory"
    take_away(False)
    await keeper.keep()
    assert await is_empty(keeper)


async def test_deleting_works_after_the_review_was_switched_off(
    keeper: SharedState, make_worker: Worker, database_url: str
) -> None:
    keeper.review.note("web:a", QUESTION)
    await keeper.keep()
    off = make_worker(database_url)
    await off.review.forget("web:a")
    assert await is_empty(off)
    assert await read(off, "SELECT * FROM review_forgotten") == []


async def test_everything_is_gone_after_the_retention(keeper: SharedState, clock: Clock) -> None:
    days = Settings().retention_days
    clock.now = datetime(2026, 11, 22, 23, 0, tzinfo=BERLIN).timestamp()
    keeper.review.note("web:a", QUESTION)
    keeper.review.note("web:b", "frage zwei")
    await keeper.review.forget("web:c")
    await keeper.keep()
    await let_conversations_end(keeper, clock)
    (entry, _) = await list_entries(keeper)
    await open_desk(keeper).propose(entry, Proposal("kaution", "A. Beispiel", QUESTION))
    clock.now = datetime(2026, 11, 22, 23, 59, tzinfo=BERLIN).timestamp() + (days - 1) * 86_400
    await keeper.keep()
    assert len(await list_entries(keeper)) == 2
    clock.now += 120  # the next day, 14 days after the question at the latest
    await keeper.keep()
    for table in ("review_pending", "review_queue", "review_forgotten"):
        assert await read(keeper, f"SELECT * FROM {table}") == [], table


async def test_question_of_an_endless_conversation_expires_as_well(keeper: SharedState, clock: Clock) -> None:
    keeper.review.note("web:a", QUESTION)
    await keeper.keep()
    for _ in range(Settings().retention_days * 2):
        await keeper.conversations.save("web:a", STATE)
        await keeper.database.run(lambda c: c.execute(text("UPDATE conversations SET expires_at = 4000000000")))
        clock.now += 43_200
        await keeper.database.run(keeper.review.purge)
    assert await is_empty(keeper)


async def test_what_is_asked_again_does_not_live_longer(keeper: SharedState, clock: Clock) -> None:
    for number in range(Settings().retention_days):
        keeper.review.note(f"web:{number}", QUESTION)
        await keeper.keep()
        clock.now += 86_400
        await keeper.keep()
    (entry,) = await list_entries(keeper)
    assert entry.count == 1, "the first expired with all that was counted, only the last has begun anew"


async def test_clock_that_is_put_back_keeps_nothing_for_longer(keeper: SharedState, clock: Clock) -> None:
    clock.now += 30 * 86_400
    keeper.review.note("web:a", QUESTION)
    keeper.review.note("web:b", "frage zwei")
    await keeper.keep()
    await keeper.review.forget("web:c")
    clock.now += MINUTES * 60 + 61
    keeper.review.note("web:d", "frage drei")
    await keeper.keep()
    clock.now -= 30 * 86_400
    await keeper.keep()
    await let_conversations_end(keeper, clock)
    assert len(await list_entries(keeper)) == 3
    clock.now += Settings().retention_days * 86_400
    await keeper.keep()
    assert await is_empty(keeper)
    assert await read(keeper, "SELECT * FROM review_forgotten") == []


async def test_retention_is_the_operators(database_url: str, clock: Clock) -> None:
    worker = SharedState(database_url, KEY, MINUTES, clock, review=True, retention_days=2)
    worker.open()
    worker.review.note("web:a", QUESTION)
    await worker.keep()
    await let_conversations_end(worker, clock)
    assert len(await list_entries(worker)) == 1
    clock.now += 2 * 86_400
    assert await list_entries(worker) == [], "not even between two rounds"
    worker.database.close()


# ---- editors -------------------------------------------------------------------------------------------------------


async def test_proposal_stays_with_its_question_and_goes_with_it(keeper: SharedState, clock: Clock) -> None:
    for conversation in ("web:a", "web:b"):
        keeper.review.note(conversation, QUESTION)
    keeper.review.note("web:c", "frage zwei")
    await keeper.keep()
    await let_conversations_end(keeper, clock)
    desk = open_desk(keeper)
    first, second = await list_entries(keeper)
    assert (first.count, second.count) == (2, 1), "what many people asked comes first"
    proposal = Proposal("kaution", "A. Beispiel", "Wann kommt der Sperrmüll?")
    await desk.propose(first, proposal)
    found = await desk.find(first.id)
    assert found is not None and found.proposal == proposal
    await desk.remove(found)
    assert await desk.find(first.id) is None
    assert [entry.text for entry in await list_entries(keeper)] == ["frage zwei"]


async def test_database_that_is_away_is_said(keeper: SharedState, take_away: TakeAway) -> None:
    take_away(True)
    with pytest.raises(DatabaseUnavailable):
        await open_desk(keeper).list_entries()
