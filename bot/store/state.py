"""What the workers share, kept in order by a task in the background: heals, writes counts, deletes what is due."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

from sqlalchemy import Connection, text

from bot.background import in_background
from bot.counters import Counters
from bot.store.conversations import SqlConversations
from bot.store.counts import add_counts
from bot.store.database import Database, DatabaseUnavailable
from bot.store.review import ReviewQueue
from bot.store.sealing import Sealer
from bot.store.statistics import SqlStatistics
from bot.store.updates import SqlLedger

logger = logging.getLogger(__name__)

ROUND_SECONDS = 5.0
"""Between two signs of life; what was counted since is lost when the machine dies."""
HEAL_SECONDS = 1.0
"""First pause between two attempts to reach a database that is away; then it doubles."""
LONGEST_PAUSE = 10.0
PURGE_SECONDS = 60


class SharedState:
    """Conversations, Telegram updates and counts in one database."""

    def __init__(
        self,
        url: str,
        key: bytes,
        conversation_minutes: int,
        clock: Callable[[], float] = time.time,
        review: bool = False,
        retention_days: int = 14,
    ) -> None:
        """Prepare everything without touching the database; raises DatabaseRefused for an address nobody can use."""
        sealer = Sealer(key)
        self._clock = clock
        self._purged_at: float | None = None
        self.database = Database(url)
        self.conversations = SqlConversations(self.database, sealer, conversation_minutes, clock)
        self.ledger = SqlLedger(self.database, sealer, clock)
        self.counters = Counters()
        self.review = ReviewQueue(self.database, sealer, conversation_minutes, retention_days, review, clock)
        self.statistics = SqlStatistics(self.database)

    @property
    def is_degraded(self) -> bool:
        """Tell whether answers come without context at the moment."""
        return not self.database.is_available

    def open(self) -> None:
        """Connect for the first time; a database that is away is tried again in the background."""
        self.database.open()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep everything in order meanwhile, and write the rest at the end."""
        try:
            async with in_background(self._keep()):
                yield
        finally:
            with contextlib.suppress(DatabaseUnavailable):
                await self._write()
                await self.ledger.sign_off()
            self.database.close()

    async def keep(self) -> None:
        """Do one round: heal, catch up, write counts, delete what is due."""
        if not self.database.is_available:
            await self.database.heal()
        with contextlib.suppress(DatabaseUnavailable):
            await self._write()
            await self._purge()

    async def _keep(self) -> None:
        pause = HEAL_SECONDS
        while True:
            try:
                await self.keep()
            except Exception as error:  # the next round must come whatever happens in this one
                logger.error("Die Pflege der Datenbank ist gescheitert (%s).", type(error).__name__)
            await asyncio.sleep(pause)
            # a full disk often takes one more write and then none
            pause = HEAL_SECONDS if await self._stays_available() else min(2 * pause, LONGEST_PAUSE)

    async def _stays_available(self) -> bool:
        """Wait until the next round is due, or the database fails."""
        if self.database.is_available:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.database.failed.wait(), ROUND_SECONDS)
        return self.database.is_available

    async def _write(self) -> None:
        await self.ledger.catch_up()
        await self.conversations.catch_up()
        await self.review.catch_up()
        counts = self.counters.take()
        if not counts:
            return
        try:
            await self.database.run(lambda c: add_counts(c, counts))
        except BaseException:
            self.counters.give_back(counts)
            raise

    async def _purge(self) -> None:
        now = self._clock()
        if self._purged_at is not None and 0 <= now - self._purged_at < PURGE_SECONDS:
            return

        def purge(connection: Connection) -> None:
            self.conversations.purge(connection)
            self.ledger.purge(connection)
            self.review.purge(connection)

        await self.database.run(purge)
        if not self.database.is_postgres:  # what was deleted must not live on in the write-ahead log
            await self.database.run(lambda c: c.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).all(), single=True)
        self._purged_at = now
