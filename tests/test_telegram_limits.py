"""Messages leave no faster than Telegram allows, overall and in one chat."""

import asyncio
import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_limits import CHAT_BURST, SendLimiter


class FakeTime:
    """A clock that jumps to the next sleeper once everybody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        """Sleep until `run` lets the clock get there."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, id(future), future))
        await future

    async def run(self, *tasks: "asyncio.Task[None]") -> None:
        """Let time pass until all tasks are done."""
        while not all(task.done() for task in tasks):
            for _ in range(5):
                await asyncio.sleep(0)
            if self._sleepers:
                self.now, _, future = heapq.heappop(self._sleepers)
                future.set_result(None)


async def send_all(chats: list[str], per_second: int) -> list[tuple[str, float]]:
    time = FakeTime()
    limiter = SendLimiter(per_second, lambda: time.now, time.sleep)
    sent: list[tuple[str, float]] = []

    async def send(chat: str) -> None:
        await limiter.wait(chat)
        sent.append((chat, time.now - 100.0))

    await time.run(*(asyncio.create_task(send(chat)) for chat in chats))
    return sent


async def test_one_chat_gets_a_short_burst_and_then_one_message_a_second() -> None:
    moments = [moment for _, moment in await send_all(["a"] * (CHAT_BURST + 3), 1000)]
    assert moments == pytest.approx([0, 0, 0, 1, 2, 3])


async def test_all_chats_together_stay_below_the_limit() -> None:
    moments = [moment for _, moment in await send_all([str(number) for number in range(61)], 30)]
    assert moments == pytest.approx([0] * 30 + [1] * 30 + [2])


async def test_full_chat_does_not_hold_up_others() -> None:
    sent = await send_all(["a"] * 10 + ["b"], 1000)
    assert dict(reversed(sent))["b"] < 0.1


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60), st.integers(1, 10))
def test_limit_of_all_holds_for_any_mixture(chats: list[str], per_second: int) -> None:
    sent = asyncio.run(send_all(chats, per_second))
    assert sorted(chat for chat, _ in sent) == sorted(chats)
    assert_spread([moment for _, moment in sent], per_second)


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_limit_of_each_chat_holds_for_any_mixture(chats: list[str]) -> None:
    sent = asyncio.run(send_all(chats, 1000))
    for name in "abc":
        assert_spread([moment for chat, moment in sent if chat == name], CHAT_BURST)


def assert_spread(moments: list[float], most: int) -> None:
    """In no second leave more messages than this."""
    assert all(late - early >= 1 - 1e-9 for early, late in zip(moments, moments[most:], strict=False))
