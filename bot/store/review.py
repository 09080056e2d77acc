"""What the bot did not understand, on its way to the editors: sealed, counted, and soon without its conversation."""

import secrets
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from bot.hours import BERLIN
from bot.store.database import Database, DatabaseUnavailable
from bot.store.sealing import Sealer
from bot.text import fold_words

MOST_NOTES = 500
"""Texts in memory that are not written yet; with an attack or a dead database no more are taken."""
MOST_PENDING = 10_000
MOST_ENTRIES = 2000
"""Different texts in the queue; nobody reads more, and a flood of nonsense must not fill the disk."""
FORGOTTEN_SECONDS = 86_400
"""So long a worker that was cut off from the database could still bring a text of a deleted conversation."""
CLOCKS_DIFFER_BY = 60
FIRST_NUMBER = 100_000

_NOTE = text(
    "INSERT INTO review_pending (conversation, hash, sealed, day, noted_at)"
    " VALUES (:conversation, :hash, :sealed, :day, :noted_at) ON CONFLICT (conversation, hash) DO NOTHING"
)
_FORGET = text("DELETE FROM review_pending WHERE conversation = :conversation")
_REMEMBER_FORGOTTEN = text(
    "INSERT INTO review_forgotten (conversation, forgotten_at) VALUES (:conversation, :now)"
    " ON CONFLICT (conversation) DO UPDATE SET forgotten_at = excluded.forgotten_at"
)
# Another worker may bring a text only after its conversation was deleted.
_DROP_FORGOTTEN = text(
    "DELETE FROM review_pending WHERE EXISTS (SELECT 1 FROM review_forgotten"
    " WHERE review_forgotten.conversation = review_pending.conversation"
    f" AND review_forgotten.forgotten_at + {CLOCKS_DIFFER_BY} >= review_pending.noted_at)"
)
_EXPIRE = (
    text("DELETE FROM review_pending WHERE day <= :oldest"),
    text("DELETE FROM review_queue WHERE day <= :oldest"),
    text("DELETE FROM review_forgotten WHERE forgotten_at NOT BETWEEN :kept_from AND :kept_until"),
    # only a clock that was put back makes a text come from the future
    text("UPDATE review_pending SET noted_at = :now WHERE noted_at > :now"),
    text("UPDATE review_pending SET day = :today WHERE day > :today"),
    text("UPDATE review_queue SET day = :today WHERE day > :today"),
)
_TAKE_FREE = text(
    "DELETE FROM review_pending WHERE noted_at <= :before AND NOT EXISTS (SELECT 1 FROM conversations"
    " WHERE conversations.id = review_pending.conversation AND conversations.expires_at > :now)"
    " RETURNING hash, sealed, day"
)
_COUNT = text("UPDATE review_queue SET count = count + 1 WHERE hash = :hash")
_ENTER = text(
    "INSERT INTO review_queue (id, hash, sealed, day, count) VALUES (:id, :hash, :sealed, :day, 1)"
    " ON CONFLICT DO NOTHING"
)
_PENDING = text("SELECT count(*) FROM review_pending")
_SIZE = text("SELECT count(*) FROM review_queue")


class _Note(Struct, frozen=True):
    """A text that waits in memory, already sealed; the fields are the columns of `review_pending`."""

    conversation: str
    hash: str
    sealed: str
    day: str
    noted_at: int


class ReviewQueue:
    """Collects texts in memory, writes them in the rounds of the shared state, and lets them go.

    A text stands beside the hash of its conversation until that has expired, so that deleting the conversation
    removes it. Only then it enters the queue of the editors, where nothing but the day tells where it comes from.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        conversation_minutes: int,
        retention_days: int,
        is_on: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """What was collected before `is_on` was switched off can still be deleted, and expires."""
        self.is_on = is_on
        self._database = database
        self._sealer = sealer
        self._conversation_seconds = conversation_minutes * 60
        self._retention = timedelta(days=retention_days)
        self._clock = clock
        self._notes: dict[tuple[str, str], _Note] = {}
        self._to_forget: dict[str, int] = {}
        """When a conversation was deleted that the database does not know of yet."""

    def note(self, conversation: str, text: str) -> None:
        """Keep a masked text in memory until the next round."""
        if not self.is_on or len(self._notes) >= MOST_NOTES:
            return
        hidden, digest, day = self._sealer.hide(conversation), self._hash(text), self.today()
        sealed = self._sealer.seal_for_review(text.encode(), day)
        note = _Note(hidden, digest, sealed, day.isoformat(), int(self._clock()))
        self._notes.setdefault((hidden, digest), note)

    async def forget(self, conversation: str) -> None:
        """Remove every text of the conversation at once; a database that is away does so when it is back."""
        hidden = self._sealer.hide(conversation)
        self._notes = {key: note for key, note in self._notes.items() if note.conversation != hidden}
        self._to_forget[hidden] = int(self._clock())
        try:
            await self.catch_up()
        except DatabaseUnavailable:
            return

    async def catch_up(self) -> None:
        """Write what waits; raises DatabaseUnavailable and then keeps it."""
        oldest = int(self._clock()) - FORGOTTEN_SECONDS
        self._notes = {key: note for key, note in self._notes.items() if note.noted_at >= oldest}
        notes, to_forget = dict(self._notes), dict(self._to_forget)
        if not notes and not to_forget:
            return
        await self._database.run(lambda c: self._write(c, [*notes.values()], to_forget))
        self._notes = {key: note for key, note in self._notes.items() if notes.get(key) is not note}
        self._to_forget = {name: when for name, when in self._to_forget.items() if to_forget.get(name) != when}

    def _write(self, connection: Connection, notes: list[_Note], to_forget: dict[str, int]) -> None:
        room = MOST_PENDING - (connection.execute(_PENDING).scalar() or 0)
        for note in sorted(notes[: max(0, room)], key=lambda note: (note.conversation, note.hash)):
            connection.execute(_NOTE, msgspec.structs.asdict(note))
        for hidden, when in sorted(to_forget.items()):
            connection.execute(_FORGET, {"conversation": hidden})
            if self.is_on:
                connection.execute(_REMEMBER_FORGOTTEN, {"conversation": hidden, "now": when})
        connection.execute(_DROP_FORGOTTEN)

    def purge(self, connection: Connection) -> None:
        """Delete what is due, and hand the editors what no living conversation can take back any more."""
        now, today = int(self._clock()), self.today()
        values: dict[str, Any] = {
            "now": now,
            "kept_from": now - FORGOTTEN_SECONDS,
            "kept_until": now + FORGOTTEN_SECONDS,
            "today": today.isoformat(),
            "oldest": (today - self._retention).isoformat(),
        }
        connection.execute(_DROP_FORGOTTEN)
        for statement in _EXPIRE:
            connection.execute(statement, {name: values[name] for name in statement.compile().params})
        free = connection.execute(_TAKE_FREE, {"now": now, "before": now - self._conversation_seconds}).all()
        for digest, sealed, day in sorted(map(tuple, free)):  # by hash: two workers never wait for each other's rows
            _enter(connection, {"hash": digest, "sealed": sealed, "day": day})

    def today(self) -> date:
        """Return the local day."""
        return datetime.fromtimestamp(self._clock(), BERLIN).date()

    def _hash(self, text: str) -> str:
        return self._sealer.hash_text(" ".join(fold_words(text)) or text)


def _enter(connection: Connection, entry: dict[str, Any]) -> None:
    """Count a text, or enter it under a number that tells nothing about when it came."""
    while not connection.execute(_COUNT, entry).rowcount:
        if (connection.execute(_SIZE).scalar() or 0) >= MOST_ENTRIES:
            return
        if connection.execute(_ENTER, entry | {"id": FIRST_NUMBER + secrets.randbelow(9 * FIRST_NUMBER)}).rowcount:
            return
