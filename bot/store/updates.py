"""Telegram updates shared by all workers: each is answered once, and one at a time per chat."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, text

from bot.ledger import KEPT_SECONDS, MINUTE, MemoryLedger
from bot.store.database import Database, DatabaseUnavailable
from bot.store.sealing import Sealer

logger = logging.getLogger(__name__)

DEAD_SECONDS = 60
"""A worker that has not been heard of for so long answers nothing any more."""
POLL_SECONDS = 0.05
LINKED_SECONDS = 2 * MINUTE
"""So long a finished update tells its chat; the limit of messages a minute needs it."""

_ALIVE = "worker IN (SELECT id FROM workers WHERE seen_at BETWEEN :alive_from AND :alive_until)"
_ARRIVE = text(
    "INSERT INTO telegram_updates (id, chat, arrived_at, number, state, worker)"
    " SELECT :id, :chat, :now, 1 + count(*), 'waiting', :worker FROM telegram_updates"
    " WHERE chat = :chat AND arrived_at >= :minute AND arrived_at < :next_minute"
    " ON CONFLICT (id) DO UPDATE SET state = 'waiting', worker = excluded.worker"
    f" WHERE telegram_updates.state <> 'done' AND (telegram_updates.worker IS NULL OR NOT telegram_updates.{_ALIVE})"
)
# In this process the queue keeps the order, so only the updates of other workers can be in the way.
_IN_THE_WAY = text(
    "SELECT count(*) FROM telegram_updates WHERE chat = :chat AND worker <> :worker"
    f" AND (state = 'working' OR (state = 'waiting' AND id < :id)) AND {_ALIVE}"
)
_LOOK = text("SELECT state, number FROM telegram_updates WHERE id = :id")
_TAKE = text("UPDATE telegram_updates SET state = 'working', worker = :worker WHERE id = :id")
_LOCK_CHAT = text("SELECT pg_advisory_xact_lock(hashtext(:chat))")
# A conversation that was just deleted leaves nothing but the number of the update.
_FINISH = text(
    "UPDATE telegram_updates SET state = 'done', chat = CASE WHEN EXISTS"
    " (SELECT 1 FROM conversations WHERE conversations.id = telegram_updates.chat) THEN chat ELSE '' END"
    " WHERE id = :id"
)
_FINISH_LATE = text(
    "INSERT INTO telegram_updates (id, chat, arrived_at, number, state, worker) VALUES (:id, '', :now, 1, 'done', NULL)"
    " ON CONFLICT (id) DO UPDATE SET state = 'done', chat = ''"
)
_RELEASE = text(
    "UPDATE telegram_updates SET state = 'waiting', worker = NULL WHERE id = :id AND worker = :worker"
    " AND state = 'working'"
)
_SEEN = text(
    "INSERT INTO workers (id, seen_at) VALUES (:worker, :now) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
)
_LEAVE = text("DELETE FROM workers WHERE id = :worker")
_PURGE = (
    text("DELETE FROM telegram_updates WHERE arrived_at <= :expired"),
    # only a clock that was put back lets an update arrive in the future; it is kept from now on, not forever
    text("UPDATE telegram_updates SET arrived_at = :now WHERE arrived_at > :alive_until"),
    text("UPDATE telegram_updates SET chat = '' WHERE state = 'done' AND chat <> '' AND arrived_at <= :unlinked"),
    text("DELETE FROM workers WHERE seen_at NOT BETWEEN :alive_from AND :alive_until"),
)


class _Queue:
    """Who waits in one chat within this process."""

    def __init__(self) -> None:
        self.waiting: list[tuple[int, int]] = []
        """Update id and a number of its own: the same update may wait twice."""
        self.is_free = True
        self.changed = asyncio.Condition()


class SqlLedger:
    """An UpdateLedger in the database; knows only this process while the database is away."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._local = MemoryLedger(clock)
        self._worker = secrets.token_hex(8)
        self._queues: dict[str, _Queue] = {}
        self._entries = 0
        self._finished: set[int] = set()
        """Updates that were answered while the database was away."""

    async def arrive(self, chat: str, update_id: int) -> None:
        """Note an update; noting it again changes nothing unless its worker is dead."""
        await self._local.arrive(chat, update_id)
        values = self._values(chat, update_id)
        try:
            await self._database.run(lambda c: c.execute(_ARRIVE, values))
        except DatabaseUnavailable:
            logger.info("Ein Telegram-Update wurde nur in diesem Prozess vermerkt.")

    @asynccontextmanager
    async def turn(self, chat: str, update_id: int) -> AsyncIterator[int]:
        """Wait for this update's turn among all workers; see UpdateLedger."""
        queue = self._queues.setdefault(chat, _Queue())
        self._entries += 1
        ticket = (update_id, self._entries)
        queue.waiting.append(ticket)
        try:
            shared = await self._enter(queue, ticket, chat)
        except BaseException:  # cancelled, perhaps in the moment of taking it
            queue.waiting.remove(ticket)
            await asyncio.shield(self._release(update_id))
            await self._leave(chat, queue)
            raise
        queue.waiting.remove(ticket)
        try:
            async with self._local.turn(chat, update_id) as number:
                yield 0 if 0 in (number, shared) else number if shared is None else shared
        except Exception:
            await self._finish(update_id)
            raise
        except BaseException:
            await asyncio.shield(self._release(update_id))
            raise
        else:
            await self._finish(update_id)
        finally:
            queue.is_free = True
            await self._leave(chat, queue)

    async def _enter(self, queue: _Queue, ticket: tuple[int, int], chat: str) -> int | None:
        """Wait for the place in this process and then among the workers; None when the database is away.

        Who waits for other workers lets in whoever comes with a lower id: two workers could wait for each other.
        """
        while True:
            async with queue.changed:
                await queue.changed.wait_for(lambda: queue.is_free and min(queue.waiting) == ticket)
                queue.is_free = False
            number: int | None = -1
            try:
                number = await self._take(self._values(chat, ticket[0]))
            finally:
                if number == -1:
                    queue.is_free = True
            if number != -1:
                return number
            async with queue.changed:
                queue.changed.notify_all()
            await asyncio.sleep(POLL_SECONDS)

    async def _leave(self, chat: str, queue: _Queue) -> None:
        if queue.is_free and not queue.waiting:
            self._queues.pop(chat, None)
        async with queue.changed:
            queue.changed.notify_all()

    async def _take(self, values: dict[str, Any]) -> int | None:
        """Return the number of the update, 0 when it is done, -1 to wait, None when the database is away."""
        try:
            return await self._database.run(lambda c: _take(c, values, self._database.is_postgres))
        except DatabaseUnavailable:
            return None

    async def _finish(self, update_id: int) -> None:
        try:
            await self._database.run(lambda c: c.execute(_FINISH, {"id": update_id}), single=True)
        except DatabaseUnavailable:
            self._finished.add(update_id)

    async def _release(self, update_id: int) -> None:
        values = {"id": update_id, "worker": self._worker}
        try:
            await self._database.run(lambda c: c.execute(_RELEASE, values), single=True)
        except DatabaseUnavailable:
            logger.info("Ein abgebrochenes Telegram-Update wird frei, sobald dieser Prozess endet.")

    async def catch_up(self) -> None:
        """Say that this worker lives and which updates it answered alone; raises DatabaseUnavailable."""
        now, late = int(self._clock()), frozenset(self._finished)

        def write(connection: Connection) -> None:
            self._database.check_file()
            connection.execute(_SEEN, {"worker": self._worker, "now": now})
            for update_id in sorted(late):
                connection.execute(_FINISH_LATE, {"id": update_id, "now": now})

        await self._database.run(write)
        self._finished -= late

    async def sign_off(self) -> None:
        """Say that this worker ends; raises DatabaseUnavailable."""
        await self._database.run(lambda c: c.execute(_LEAVE, {"worker": self._worker}), single=True)

    def purge(self, connection: Connection) -> None:
        """Delete what is too old to come again, and earlier what connects an update with its chat."""
        now = int(self._clock())
        values = self._alive(now) | {"now": now, "expired": now - KEPT_SECONDS, "unlinked": now - LINKED_SECONDS}
        for statement in _PURGE:
            connection.execute(statement, {name: values[name] for name in statement.compile().params})

    def _values(self, chat: str, update_id: int) -> dict[str, Any]:
        now = int(self._clock())
        minute = now - now % MINUTE
        return self._alive(now) | {
            "id": update_id,
            "chat": self._sealer.hide(chat),
            "worker": self._worker,
            "now": now,
            "minute": minute,
            "next_minute": minute + MINUTE,
        }

    @staticmethod
    def _alive(now: int) -> dict[str, int]:
        return {"alive_from": now - DEAD_SECONDS, "alive_until": now + DEAD_SECONDS}


def _take(connection: Connection, values: dict[str, Any], is_postgres: bool) -> int:
    if is_postgres:  # SQLite lets in one writer at a time anyway
        connection.execute(_LOCK_CHAT, values)
    connection.execute(_ARRIVE, values)
    state, number = connection.execute(_LOOK, values).one()
    if state == "done":
        return 0
    if connection.execute(_IN_THE_WAY, values).scalar():
        return -1
    connection.execute(_TAKE, values)
    return int(number)
