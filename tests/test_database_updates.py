"""Telegram updates over several workers: each answered once, one at a time per chat, the lowest first."""

import asyncio

import pytest
from sqlalchemy import text
from store_tools import CHAT, STATE, Clock, TakeAway, Worker, answer_once, read

from bot.store.state import SharedState
from bot.store.updates import DEAD_SECONDS, LINKED_SECONDS

# ---- Telegram updates ----------------------------------------------------------------------------------------------


async def test_update_is_answered_by_one_of_two_workers(make_worker: Worker, database_url: str) -> None:
    workers = [make_worker(database_url), make_worker(database_url)]
    for worker in workers:
        await worker.keep()
    answered: list[int] = []

    async def answer(worker: SharedState, update: int) -> None:
        async with worker.ledger.turn(CHAT, update) as number:
            if number:
                await asyncio.sleep(0.01)
                answered.append(update)

    await asyncio.gather(*(answer(worker, update) for update in range(1, 9) for worker in [*workers, *workers]))
    assert sorted(answered) == list(range(1, 9))


async def test_one_update_of_a_chat_at_a_time_and_the_lowest_first(make_worker: Worker, database_url: str) -> None:
    workers = [make_worker(database_url), make_worker(database_url)]
    for worker in workers:
        await worker.keep()
    for update in range(1, 11):
        await workers[update % 2].ledger.arrive(CHAT, update)
    events: list[int] = []

    async def answer(update: int) -> None:
        async with workers[update % 2].ledger.turn(CHAT, update):
            events.append(update)
            await asyncio.sleep(0.01)
            events.append(-update)

    await asyncio.gather(*(answer(update) for update in reversed(range(1, 11))))
    assert events == [sign * update for update in range(1, 11) for sign in (1, -1)]


async def test_chats_do_not_wait_for_each_other(worker: SharedState) -> None:
    async with worker.ledger.turn(CHAT, 1), worker.ledger.turn("tg:" + "b" * 64, 2) as number:
        assert number == 1


async def test_updates_of_a_minute_are_numbered_over_all_workers(
    make_worker: Worker, database_url: str, clock: Clock
) -> None:
    workers = [make_worker(database_url), make_worker(database_url)]
    clock.now -= clock.now % 60
    numbers = []
    for update in range(1, 5):
        async with workers[update % 2].ledger.turn(CHAT, update) as number:
            numbers.append(number)
            await workers[0].conversations.save(CHAT, STATE)
    clock.now += 60
    async with workers[0].ledger.turn(CHAT, 5) as number:
        numbers.append(number)
    assert numbers == [1, 2, 3, 4, 1]


async def test_dead_worker_holds_up_nobody(make_worker: Worker, database_url: str, clock: Clock) -> None:
    dead, other = make_worker(database_url), make_worker(database_url)
    await dead.keep()
    await other.keep()
    await dead.ledger.arrive(CHAT, 1)
    await dead.database.run(lambda c: c.execute(text("UPDATE telegram_updates SET state = 'working'")))
    waiting = asyncio.create_task(answer_once(other, 2))
    await asyncio.sleep(0.2)
    assert not waiting.done(), "the other one may still be at work"
    clock.now += DEAD_SECONDS + 1
    await other.keep()
    assert await asyncio.wait_for(waiting, 10) == 2
    assert await answer_once(other, 1) == 1, "and its update is answered by whoever gets it again"


async def test_failed_turn_counts_as_answered_and_a_cancelled_one_does_not(
    make_worker: Worker, database_url: str
) -> None:
    first, second = make_worker(database_url), make_worker(database_url)
    await first.keep()
    await second.keep()
    with pytest.raises(ValueError):
        async with first.ledger.turn(CHAT, 1):
            raise ValueError
    assert await answer_once(second, 1) == 0
    taken = asyncio.Event()

    async def hold() -> None:
        async with first.ledger.turn(CHAT, 2):
            taken.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await taken.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.wait_for(answer_once(second, 2), 10) > 0


async def test_cancelled_wait_gives_way(worker: SharedState) -> None:
    async with worker.ledger.turn(CHAT, 1):
        waiting = [asyncio.create_task(answer_once(worker, update)) for update in (2, 3)]
        await asyncio.sleep(0.05)
        waiting[0].cancel()
    assert await asyncio.wait_for(waiting[1], 10) > 0


async def test_updates_are_answered_once_while_the_database_is_away(
    make_worker: Worker, database_url: str, take_away: TakeAway
) -> None:
    worker, other = make_worker(database_url), make_worker(database_url)
    take_away(True)
    await worker.ledger.arrive(CHAT, 1)
    assert await answer_once(worker, 1) == 1
    assert await answer_once(worker, 1) == 0
    assert await answer_once(worker, 2) == 2
    take_away(False)
    await worker.keep()
    assert await answer_once(worker, 1) == 0
    assert await answer_once(other, 2) == 0, "the others learn of it"


async def test_finished_update_does_not_tell_its_chat_for_long(worker: SharedState, clock: Clock) -> None:
    async with worker.ledger.turn(CHAT, 1):
        await worker.conversations.save(CHAT, STATE)
    clock.now += LINKED_SECONDS
    await worker.keep()
    assert await read(worker, "SELECT id, chat FROM telegram_updates") == [(1, "")]
    assert await answer_once(worker, 1) == 0
