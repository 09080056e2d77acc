"""Short-lived state per conversation: last topic, offered options, failures in a row. No texts; it expires."""

import time
from collections.abc import Callable
from typing import Protocol

import msgspec
from cachetools import TTLCache
from msgspec import Struct

from bot.models import Wording


class Conversation(Struct, frozen=True):
    """What the bot remembers between two messages of one person."""

    last_topic: str | None = None
    also: tuple[str, ...] = ()
    """Further topics answered together with the last one."""
    case: str | None = None
    """The help with the own file that came with it."""
    offered: tuple[str, ...] = ()
    """Topic ids of the last clarification, in the order shown."""
    failures: int = 0
    """Turns in a row that ended without an answer."""
    last_text_key: str | None = None
    """The last system text, so that the same apology never comes twice in a row."""
    flow: str | None = None
    """The flow whose question is open."""
    answers: tuple[tuple[str, str], ...] = ()
    """What was answered in it so far; gone when it ends."""
    paused: bool = False
    """True when another question came in between; the flow goes on when its answer or its button comes."""
    last_flow: str | None = None
    """The flow that was opened last."""
    wording: Wording = "text"
    """The wording the person has asked for."""
    noticed: tuple[str, ...] = ()
    """Marks of the banners that were said already, where a banner is a message."""

    def changed(self, **fields: object) -> "Conversation":
        """Return a copy with some fields changed."""
        return msgspec.structs.replace(self, **fields)


class ConversationStore(Protocol):
    """Where conversations live; the id is opaque and carries no personal data. Never waits long."""

    async def load(self, conversation: str) -> Conversation:
        """Return the state, or a fresh one when unknown or expired."""

    async def save(self, conversation: str, state: Conversation) -> None:
        """Keep the state until it expires."""

    async def delete(self, conversation: str) -> None:
        """Forget the conversation at once."""


class MemoryStore:
    """Keeps conversations in this process; old ones expire, the oldest go when there are too many."""

    def __init__(self, minutes: int, most: int, timer: Callable[[], float] = time.monotonic) -> None:
        self._states: TTLCache[str, Conversation] = TTLCache(maxsize=most, ttl=minutes * 60, timer=timer)

    async def load(self, conversation: str) -> Conversation:
        """Return the state, or a fresh one when unknown or expired."""
        return self._states.get(conversation) or Conversation()

    async def save(self, conversation: str, state: Conversation) -> None:
        """Keep the state until it expires."""
        self._states[conversation] = state

    async def delete(self, conversation: str) -> None:
        """Forget the conversation at once."""
        self._states.pop(conversation, None)
