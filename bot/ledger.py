"""Which Telegram updates were answered already, and whose turn it is in each chat."""

import heapq
import time
from asyncio import Future, get_running_loop
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from cachetools import TTLCache

KEPT_SECONDS = 25 * 3600
"""Telegram repeats an update for at most 24 hours; after that nothing about it is kept."""
MINUTE = 60
MOST_UPDATES = 100_000
"""Updates remembered in one process; a bot at Telegram's limit of 30 messages a second fills it in an hour."""


class UpdateLedger(Protocol):
    """Shared by everything that answers for one bot; `chat` is a keyed hash, never a chat id.

    No method fails because the place where the ledger is kept is away; it then knows only this process.
    """

    async def arrive(self, chat: str, update_id: int) -> None:
        """Note an update before Telegram is told that it was taken; noting it again changes nothing."""

    def turn(self, chat: str, update_id: int) -> AbstractAsyncContextManager[int]:
        """Wait until this update may be answered; an update that was not noted arrives now.

        Gives its number among the chat's updates of the same clock minute (1 for the first), or 0 when it was
        answered before. One update of a chat at a time, and of those that have arrived the lowest id first.
        Leaving the block means answered, also after an Exception; a cancelled turn is open to others again.
        """


class MemoryLedger:
    """A ledger for one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._numbers: TTLCache[int, int] = TTLCache(MOST_UPDATES, KEPT_SECONDS, timer=clock)
        """Number in its minute by update that has arrived; 0 once it is answered."""
        self._minutes: TTLCache[str, tuple[int, int]] = TTLCache(MOST_UPDATES, MINUTE, timer=clock)
        """Clock minute and updates in it, by chat."""
        self._queues: dict[str, list[tuple[int, int, Future[None]]]] = {}
        """Who waits in each chat somebody is at work in."""
        self._entries = 0

    async def arrive(self, chat: str, update_id: int) -> None:
        """Note an update; noting it again changes nothing."""
        if update_id not in self._numbers:
            this_minute = int(self._clock() // MINUTE)
            minute, count = self._minutes.get(chat, (this_minute, 0))
            count = count + 1 if minute == this_minute else 1
            self._minutes[chat] = (this_minute, count)
            self._numbers[update_id] = count

    @asynccontextmanager
    async def turn(self, chat: str, update_id: int) -> AsyncIterator[int]:
        """Wait until nobody is at work in this chat and nobody with a lower id waits; see UpdateLedger."""
        await self.arrive(chat, update_id)
        await self._enter(chat, update_id)
        try:
            yield self._numbers.get(update_id, 1)
        except Exception:
            self._finish(update_id)
            raise
        else:
            self._finish(update_id)
        finally:
            self._leave(chat)

    def _finish(self, update_id: int) -> None:
        if self._numbers.get(update_id) != 0:  # a repeat must not keep it in mind for longer
            self._numbers[update_id] = 0

    async def _enter(self, chat: str, update_id: int) -> None:
        if chat not in self._queues:
            self._queues[chat] = []
            return
        self._entries += 1  # the same update may wait twice, and futures cannot be compared
        future: Future[None] = get_running_loop().create_future()
        heapq.heappush(self._queues[chat], (update_id, self._entries, future))
        try:
            await future
        except BaseException:
            if future.done() and not future.cancelled():  # called in the same moment: the turn passes on
                self._leave(chat)
            raise

    def _leave(self, chat: str) -> None:
        queue = self._queues[chat]
        while queue:
            future = heapq.heappop(queue)[2]
            if not future.done():
                future.set_result(None)
                return
        del self._queues[chat]
