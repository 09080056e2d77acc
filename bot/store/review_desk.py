"""What editors do with the questions that were not understood: read, propose a topic, confirm or discard."""

from datetime import date
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import text

from bot.store.database import Database
from bot.store.review import ReviewQueue
from bot.store.sealing import Sealer

_LIST = text("SELECT id, sealed, day, count, proposal FROM review_queue ORDER BY count DESC, day, id")
_FIND = text("SELECT id, sealed, day, count, proposal FROM review_queue WHERE id = :id")
_PROPOSE = text("UPDATE review_queue SET proposal = :proposal WHERE id = :id")
_REMOVE = text("DELETE FROM review_queue WHERE id = :id")


class Proposal(Struct, frozen=True):
    """Who wants to teach the bot what; kept sealed, until somebody else confirms or the question goes."""

    topic: str
    name: str
    text: str
    """The wording that would be learnt."""


class Entry(Struct, frozen=True):
    """A question that was not understood, and in how many conversations."""

    id: int
    text: str
    day: date
    """When it came for the first time; its retention begins then."""
    count: int
    proposal: Proposal | None = None


class ReviewDesk:
    """The queue as editors see it; every method raises DatabaseUnavailable."""

    def __init__(self, database: Database, sealer: Sealer, queue: ReviewQueue) -> None:
        self._database = database
        self._sealer = sealer
        self._queue = queue

    async def list_entries(self) -> tuple[list[Entry], int]:
        """Return what can be read, most frequent first, and how many were sealed with another key."""
        await self._database.run(self._queue.purge)  # nothing that is due may be shown, also when no bot is running
        rows = await self._database.run(lambda c: c.execute(_LIST).all())
        entries = [entry for row in rows if (entry := self._read(*row)) is not None]
        return entries, len(rows) - len(entries)

    async def find(self, number: int) -> Entry | None:
        """Return one question, or None when there is none with this number that can be read."""
        await self._database.run(self._queue.purge)
        row = await self._database.run(lambda c: c.execute(_FIND, {"id": number}).one_or_none())
        return None if row is None else self._read(*row)

    async def propose(self, entry: Entry, proposal: Proposal) -> None:
        """Keep a proposal with its question, in place of an earlier one."""
        sealed = self._sealer.seal_for_review(msgspec.json.encode(proposal), entry.day)
        await self._database.run(lambda c: c.execute(_PROPOSE, {"id": entry.id, "proposal": sealed}))

    async def remove(self, entry: Entry) -> None:
        """Delete a question together with its proposal."""
        await self._database.run(lambda c: c.execute(_REMOVE, {"id": entry.id}))

    def _read(self, number: int, sealed: str, day: str, count: int, proposal: str | None) -> Entry | None:
        opened = self._sealer.unseal_for_review(sealed)
        if opened is None:
            return None
        return Entry(number, opened.decode(), date.fromisoformat(day), count, self._read_proposal(proposal))

    def _read_proposal(self, sealed: str | None) -> Proposal | None:
        opened: Any = None if sealed is None else self._sealer.unseal_for_review(sealed)
        return None if opened is None else msgspec.json.decode(opened, type=Proposal)
