"""Keeps below what Telegram allows a bot to send: so many messages a second, overall and in one chat."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

CHAT_BURST = 3
"""Messages one chat may get at once; after that one a second. Telegram's FAQ allows "short bursts"."""
CHATS = 100_000
LONGEST_QUEUE = 600
"""Seconds after which a chat's allowance is full again in any case."""


class SendLimiter:
    """Hands out moments to send at, first come, first served; for one process."""

    def __init__(
        self,
        per_second: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._gate = asyncio.Lock()
        self._recent: deque[float] = deque(maxlen=per_second)
        """When the last messages left. A window, not a beat: on a busy machine a beat would fall behind its pace."""
        self._chats: TTLCache[str, float] = TTLCache(CHATS, LONGEST_QUEUE, timer=clock)
        """When each chat's allowance is full again."""

    async def wait(self, chat: str) -> None:
        """Return as soon as one message may leave for this chat."""
        now = self._clock()
        full = max(self._chats.get(chat, now), now)
        self._chats[chat] = full + 1
        await self._sleep_until(full - (CHAT_BURST - 1))
        # Asked for only now: a chat that waits for its second must not hold up the others.
        async with self._gate:
            if len(self._recent) == self._recent.maxlen:
                await self._sleep_until(self._recent[0] + 1)
            self._recent.append(self._clock())

    async def _sleep_until(self, moment: float) -> None:
        seconds = moment - self._clock()
        if seconds > 0:
            await self._sleep(seconds)
