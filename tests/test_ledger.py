"""The ledger lets each update be answered once, and those of a chat one after the other."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram_fakes import FrozenLedger, settle

from bot.ledger import KEPT_SECONDS, MINUTE, MemoryLedger


@pytest.fixture
def frozen() -> FrozenLedger:
    return FrozenLedger()


async def take(ledger: MemoryLedger, chat: str, update_id: int) -> int:
    async with ledger.turn(chat, update_id) as number:
        return number


async def test_update_is_answered_once(frozen: FrozenLedger) -> None:
    assert [await take(frozen.ledger, "a", update_id) for update_id in (7, 7, 8, 7)] == [1, 0, 2, 0]


async def test_arriving_again_changes_nothing(frozen: FrozenLedger) -> None:
    for update_id in (5, 5, 6, 5):
        await frozen.ledger.arrive("a", update_id)
    assert [await take(frozen.ledger, "a", update_id) for update_id in (6, 5)] == [2, 1]
    await frozen.ledger.arrive("a", 5)
    assert await take(frozen.ledger, "a", 5) == 0


async def test_numbers_begin_anew_each_minute_and_in_each_chat(frozen: FrozenLedger) -> None:
    first = [await take(frozen.ledger, chat, update_id) for update_id, chat in enumerate("aab")]
    frozen.now += MINUTE
    assert first == [1, 2, 1]
    assert await take(frozen.ledger, "a", 9) == 1


async def test_update_is_forgotten_when_telegram_cannot_repeat_it(frozen: FrozenLedger) -> None:
    await take(frozen.ledger, "a", 1)
    frozen.now += KEPT_SECONDS - 1
    assert await take(frozen.ledger, "a", 1) == 0
    frozen.now += 2
    assert await take(frozen.ledger, "a", 1) == 1


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
async def test_failure_counts_as_answered_and_being_cancelled_does_not(
    frozen: FrozenLedger, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        async with frozen.ledger.turn("a", 1):
            raise error
    assert await take(frozen.ledger, "a", 1) == (0 if error is ValueError else 1)


async def test_lowest_id_that_waits_is_next_and_other_chats_do_not_wait(frozen: FrozenLedger) -> None:
    order: list[int] = []

    async def answer(chat: str, update_id: int) -> None:
        async with frozen.ledger.turn(chat, update_id):
            order.append(update_id)
            await gates[update_id].wait()

    gates = {update_id: asyncio.Event() for update_id in (3, 9, 5, 1, 100)}
    tasks = [asyncio.create_task(answer("b" if update_id == 100 else "a", update_id)) for update_id in gates]
    await settle()
    assert order == [3, 100]
    for gate in gates.values():
        gate.set()
    await asyncio.gather(*tasks)
    assert order == [3, 100, 1, 5, 9]


@pytest.mark.parametrize("is_called", [False, True])
async def test_who_gives_up_waiting_lets_the_next_in(frozen: FrozenLedger, is_called: bool) -> None:
    gate = asyncio.Event()

    async def hold() -> None:
        async with frozen.ledger.turn("a", 1):
            await gate.wait()

    holder = asyncio.create_task(hold())
    await settle()
    waiting = [asyncio.create_task(take(frozen.ledger, "a", update_id)) for update_id in (2, 3)]
    await settle()
    if is_called:  # cancelled in the very moment its turn has come
        gate.set()
        await asyncio.sleep(0)
        assert holder.done()
    waiting[0].cancel()
    gate.set()
    assert await waiting[1] == 3
    await asyncio.gather(*waiting, holder, return_exceptions=True)
    assert waiting[0].cancelled()
    assert await take(frozen.ledger, "a", 2) == 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12), st.booleans()), max_size=40))
def test_any_mixture_is_answered_once_and_one_at_a_time(deliveries: list[tuple[str, int, bool]]) -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        answered: list[tuple[str, int]] = []
        at_work: set[str] = set()

        async def answer(chat: str, update_id: int) -> None:
            async with ledger.turn(chat, update_id) as number:
                assert chat not in at_work
                at_work.add(chat)
                try:
                    await asyncio.sleep(0)
                finally:
                    at_work.remove(chat)
                if number:
                    answered.append((chat, update_id))

        tasks = []
        for chat, step, is_cancelled in deliveries:
            update_id = step * 10 + ord(chat)  # an update belongs to one chat
            tasks.append(asyncio.create_task(answer(chat, update_id)))
            if is_cancelled:
                await asyncio.sleep(0)
                tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        lasting = {(chat, step * 10 + ord(chat)) for chat, step, is_cancelled in deliveries if not is_cancelled}
        assert len(answered) == len(set(answered))
        assert lasting <= set(answered)
        assert await asyncio.wait_for(take(ledger, "a", 9999), 1) > 0  # no chat stays locked

    asyncio.run(run())
