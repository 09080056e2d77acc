"""Brings replies to Telegram: within its limits, and again when something goes wrong on the way."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.channels.telegram_limits import SendLimiter
from bot.channels.telegram_text import render_text, split_text
from bot.models import Button, Reply

# Without it python-telegram-bot 22 raises a deprecation warning inside every 429 it reports.
os.environ.setdefault("PTB_TIMEDELTA", "true")

T = TypeVar("T")

RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Pauses after network trouble; their number also bounds the retries after 429."""
LONGEST_PAUSE = 60.0
"""Telegram sometimes asks for hours; nobody waits that long for a reply."""


class Delivery:
    """Sends replies and repeats what failed.

    A request whose answer got lost is repeated too, although Telegram may have carried it out: a reply that comes
    twice is the smaller evil than one that never comes, and Telegram offers no way to ask.
    """

    def __init__(self, bot: Bot, limiter: SendLimiter, source_label: str, as_of_label: str) -> None:
        self._bot = bot
        self._limiter = limiter
        self._labels = (source_label, as_of_label)
        self.hurry = asyncio.Event()
        """Set when there is no time left to wait: every pause ends at once."""

    async def send(self, chat_id: int, chat: str, reply: Reply) -> None:
        """Send a reply, in several messages when it is long; `chat` is the hash the limits are counted by."""
        parts = split_text(render_text(reply, *self._labels))
        for number, part in enumerate(parts, start=1):
            buttons = reply.buttons if number == len(parts) else ()
            await self.call(partial(self._send_part, chat_id, chat, part, buttons))

    async def _send_part(self, chat_id: int, chat: str, text: str, buttons: tuple[Button, ...]) -> None:
        await self._limiter.wait(chat)
        await self._bot.send_message(
            chat_id,
            text,
            reply_markup=build_keyboard(buttons),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    async def call(self, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Repeat a request after 429 and network trouble, as often as RETRY_SECONDS has pauses."""
        for seconds in RETRY_SECONDS:
            try:
                return await request()
            except BadRequest:  # a NetworkError by inheritance, but repeating cannot help
                raise
            except RetryAfter as error:
                wish = error.retry_after
                pause = wish.total_seconds() if isinstance(wish, timedelta) else wish
                if pause > LONGEST_PAUSE:
                    raise
            except NetworkError:
                pause = seconds
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.hurry.wait(), pause)
        return await request()


def build_keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """One button per row: the titles are sentences, and phones are narrow."""
    rows = [[InlineKeyboardButton(button.title, callback_data=button.payload)] for button in buttons]
    return InlineKeyboardMarkup(rows) if rows else None
