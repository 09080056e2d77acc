"""Conversations in the database; while it is away, each message is the first of its conversation."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, text

from bot.conversations import Conversation
from bot.store.database import Database, DatabaseUnavailable
from bot.store.sealing import Sealer

_LOAD = text("SELECT state FROM conversations WHERE id = :id AND expires_at > :now")
_SAVE = text(
    "INSERT INTO conversations (id, state, expires_at) VALUES (:id, :state, :expires_at)"
    " ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at"
)
_DELETE = text("DELETE FROM conversations WHERE id = :id")
_FORGET_UPDATES = text("UPDATE telegram_updates SET chat = '' WHERE chat = :id AND state = 'done'")
_EXPIRE = text("DELETE FROM conversations WHERE expires_at <= :now")
# Only a clock that was put back makes a row live longer than any row lives. It gets a full life from now on: deleting
# it could take the context of somebody who is writing at the moment.
_SHORTEN = text("UPDATE conversations SET expires_at = :latest WHERE expires_at > :latest")


class SqlConversations:
    """A ConversationStore that all workers share; knows conversations only by keyed hashes."""

    def __init__(
        self, database: Database, sealer: Sealer, minutes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._seconds = minutes * 60
        self._clock = clock
        self._to_delete: set[str] = set()
        """Hashes of conversations that were to be deleted while the database was away."""

    async def load(self, conversation: str) -> Conversation:
        """Return the state, or a fresh one when unknown, expired, deleted or out of reach."""
        hidden = self._sealer.hide(conversation)
        if hidden in self._to_delete:
            return Conversation()
        values = {"id": hidden, "now": int(self._clock())}
        try:
            sealed = await self._database.run(lambda c: c.execute(_LOAD, values).scalar(), single=True)
        except DatabaseUnavailable:
            return Conversation()
        return Conversation() if sealed is None else self._sealer.unseal(conversation, sealed)

    async def save(self, conversation: str, state: Conversation) -> None:
        """Keep the state until it expires, when the database is there."""
        values = {
            "id": self._sealer.hide(conversation),
            "state": self._sealer.seal(conversation, state),
            "expires_at": int(self._clock()) + self._seconds,
        }
        try:
            await self._database.run(lambda c: c.execute(_SAVE, values), single=True)
        except DatabaseUnavailable:
            return
        self._to_delete.discard(values["id"])

    async def delete(self, conversation: str) -> None:
        """Forget everything of the conversation at once; a database that is away does so when it is back."""
        hidden = self._sealer.hide(conversation)
        self._to_delete.add(hidden)
        try:
            await self._database.run(lambda c: _delete(c, {hidden}))
        except DatabaseUnavailable:
            return
        self._to_delete.discard(hidden)

    async def catch_up(self) -> None:
        """Delete what could not be deleted; raises DatabaseUnavailable."""
        waiting = frozenset(self._to_delete)
        if waiting:
            await self._database.run(lambda c: _delete(c, waiting))
            self._to_delete -= waiting

    def purge(self, connection: Connection) -> None:
        """Delete what has expired."""
        now = int(self._clock())
        connection.execute(_EXPIRE, {"now": now})
        connection.execute(_SHORTEN, {"latest": now + self._seconds})


def _delete(connection: Connection, hidden: frozenset[str] | set[str]) -> None:
    for id_ in sorted(hidden):
        connection.execute(_DELETE, {"id": id_})
        connection.execute(_FORGET_UPDATES, {"id": id_})
