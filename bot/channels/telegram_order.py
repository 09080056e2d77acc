"""One chat's updates in order, each once; different chats at the same time."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.ledger import UpdateLedger

WORKERS = 128
"""Chats answered at the same time; most of them wait for Telegram."""
WAITING = 2000
"""Updates taken from the queue at the same time; nearly all of them wait for their chat."""

NameChat = Callable[[int], str]
"""Turns a chat id into a conversation id, which nobody can turn back without the key."""
NUMBER: ContextVar[int] = ContextVar("number", default=1)
"""Which of its chat's updates in this clock minute the update at work is."""


def build_chat_namer(key: bytes) -> NameChat:
    """Return the function that names chats with this key."""

    def name_chat(chat_id: int) -> str:
        return "tg:" + hmac.new(key, b"telegram:%d" % chat_id, hashlib.sha256).hexdigest()

    return name_chat


def find_chat_id(update: object) -> int:
    """Return the chat an update belongs to; without one the person, who is the same in private chats."""
    if not isinstance(update, Update):
        return 0
    place = update.effective_chat or update.effective_user
    return place.id if place else 0


class ChatOrder(BaseUpdateProcessor):
    """Lets an update be answered when the ledger says that it is its turn, at most WORKERS of them at once."""

    def __init__(self, ledger: UpdateLedger, name_chat: NameChat) -> None:
        # The base class counts before the chat is known, so a small number here would let
        # one person's hundred messages hold up everybody else.
        super().__init__(max_concurrent_updates=WAITING)
        self._ledger = ledger
        self._name_chat = name_chat
        self._workers = asyncio.Semaphore(WORKERS)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the update's turn, then for a free worker; an update that was answered before is dropped."""
        assert isinstance(update, Update) and isinstance(coroutine, Coroutine)
        try:
            async with self._ledger.turn(self._name_chat(find_chat_id(update)), update.update_id) as number:
                if number:
                    NUMBER.set(number)
                    async with self._workers:
                        await coroutine
        finally:
            coroutine.close()  # does nothing once it has run

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""
