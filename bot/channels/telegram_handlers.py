"""What the bot does with each kind of Telegram update."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from cachetools import LRUCache
from telegram import Chat, Message, Update
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.channels.limits import TOO_MANY, may_answer, may_read
from bot.channels.telegram_delivery import Delivery
from bot.channels.telegram_order import NUMBER, NameChat
from bot.channels.telegram_text import COMMANDS, is_command, read_emoji, read_text
from bot.models import Handle, Link, Reply, UserMessage
from bot.settings import Settings

LOGGER = logging.getLogger(__name__)
Context = CallbackContext[Any, Any, Any, Any]

TEXT_KEYS = (
    "telegram_privacy",
    "telegram_website",
    "telegram_unknown_command",
    "telegram_caption_note",
    TOO_MANY,
    "private_chats_only",
)
REMEMBERED = 8192
"""Albums, groups and newest messages kept in mind."""
EDIT_TIME = timedelta(minutes=10)
"""How long after a message an edited version of it is still meant as the question."""


class UpdateHandlers:
    """Translates updates into messages for the assistant and sends what it replies."""

    def __init__(
        self, settings: Settings, handle: Handle, texts: Mapping[str, str], delivery: Delivery, name_chat: NameChat
    ) -> None:
        """`texts` are system texts by key; a missing one of TEXT_KEYS raises KeyError."""
        self._most = settings.telegram_messages_per_minute
        self._website = settings.telegram_webhook_url.rstrip("/")
        self._handle = handle
        self._texts = {name: texts[name] for name in TEXT_KEYS}
        self._delivery = delivery
        self._name_chat = name_chat
        self._seen: LRUCache[str, bool] = LRUCache(REMEMBERED)
        self._newest: LRUCache[str, tuple[int, int]] = LRUCache(REMEMBERED)
        """Id and hash of the newest message, by chat."""

    def add_to(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Register every handler; what none of them takes is ignored."""
        new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
        private = filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL
        groups = new & filters.ChatType.GROUPS
        application.add_handlers(
            [
                MessageHandler(new & private, self._on_message),
                MessageHandler(edited & private & filters.TEXT, self._on_edited),
                CommandHandler(list(COMMANDS), self._on_group_command, filters=groups),
                CallbackQueryHandler(self._on_tap),
                ChatMemberHandler(self._on_membership, ChatMemberHandler.MY_CHAT_MEMBER),
            ]
        )
        # in a group of its own: it runs after the message was answered
        application.add_handler(TypeHandler(Update, self._on_any), group=1)

    async def _on_message(self, update: Update, context: Context) -> None:
        message = update.message
        assert message is not None
        self._newest[self._name_chat(message.chat_id)] = (message.message_id, hash(message.text))
        emoji = read_emoji(message)
        if message.text is not None:
            await self._on_text(message)
        elif emoji:
            await self._answer(message.chat_id, text=emoji)
        else:
            await self._on_attachment(message)

    async def _on_text(self, message: Message) -> None:
        assert message.text is not None
        # What somebody else once typed is a text, not a command of this person.
        text, payload = read_text(message.text) if message.forward_origin is None else (message.text, None)
        before = None
        if payload == "s:start":
            links = (Link(self._texts["telegram_website"], f"{self._website}/"),) if self._website else ()
            before = Reply(self._texts["telegram_privacy"], links=links)
        await self._answer(
            message.chat_id, text=text, payload=payload, before=before, is_command=is_command(message.text)
        )

    async def _on_attachment(self, message: Message) -> None:
        # An album arrives as one message per picture; one reply is enough.
        is_first = message.media_group_id is None or self._is_new(f"album {message.media_group_id}")
        caption = (message.caption or "").strip()
        if caption:
            note = Reply(self._texts["telegram_caption_note"]) if is_first else None
            await self._answer(message.chat_id, text=caption, after=note)
        elif is_first:
            await self._answer(message.chat_id, attachment=True)

    async def _on_edited(self, update: Update, context: Context) -> None:
        """Answer an edited question once more, unless the person has gone on or only the preview of a link changed."""
        message = update.edited_message
        assert message is not None
        chat = self._name_chat(message.chat_id)
        version = (message.message_id, hash(message.text))
        number, digest = self._newest.get(chat, (0, 0))
        is_late = message.edit_date is None or message.edit_date - message.date > EDIT_TIME
        if is_late or message.message_id < number or version == (number, digest):
            return
        self._newest[chat] = version
        await self._on_text(message)

    async def _on_group_command(self, update: Update, context: Context) -> None:
        if update.effective_chat is not None:
            await self._leave(update.effective_chat, context)

    async def _on_membership(self, update: Update, context: Context) -> None:
        """Leave groups and channels we were added to; forget who blocked us."""
        change = update.my_chat_member
        assert change is not None
        status = change.new_chat_member.status
        if change.chat.type == Chat.PRIVATE:
            if status == ChatMemberStatus.BANNED:
                chat = self._name_chat(change.chat.id)
                self._newest.pop(chat, None)
                await self._handle(UserMessage("telegram", chat, payload=COMMANDS["loeschen"]))
        elif status in (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.RESTRICTED):
            await self._leave(change.chat, context)

    async def _leave(self, place: Chat, context: Context) -> None:
        chat = self._name_chat(place.id)
        try:
            if place.type != Chat.CHANNEL and self._is_new(chat):
                await self._delivery.send(place.id, chat, Reply(self._texts["private_chats_only"]))
        finally:
            await self._delivery.call(partial(context.bot.leave_chat, place.id))

    async def _on_tap(self, update: Update, context: Context) -> None:
        query, chat = update.callback_query, update.effective_chat
        assert query is not None
        if query.data and chat is not None and chat.type == Chat.PRIVATE:
            # at the same time: whether the button stops blinking must not delay the reply
            await asyncio.gather(self._confirm(update), self._answer(chat.id, payload=query.data))
        else:
            await self._confirm(update)

    async def _confirm(self, update: Update) -> None:
        assert update.callback_query is not None
        try:
            await update.callback_query.answer()
        except TelegramError as error:  # usually too old
            LOGGER.info("Ein Tipp wurde nicht bestätigt (%s).", type(error).__name__)

    async def _answer(
        self,
        chat_id: int,
        *,
        text: str = "",
        payload: str | None = None,
        attachment: bool = False,
        before: Reply | None = None,
        after: Reply | None = None,
        is_command: bool = False,
    ) -> None:
        """Answer with what the assistant says, and a reply before or after it.

        Beyond the limit a chat gets no answers, but still the numbers that help in an emergency.
        """
        number = NUMBER.get()
        if not may_read(number, self._most):
            return
        chat = self._name_chat(chat_id)
        turn = await self._handle(UserMessage("telegram", chat, text, payload, attachment))
        if not may_answer(number, self._most, turn):
            return
        if is_command and turn.decision.status == "fallback":
            before = Reply(self._texts["telegram_unknown_command"])
        for reply in (before, *turn.replies, after):
            if reply is not None:
                await self._delivery.send(chat_id, chat, reply)

    async def _on_any(self, update: Update, context: Context) -> None:
        """Say once that it is too much, when a chat has just gone beyond its limit."""
        chat = update.effective_chat
        if chat is None or chat.type != Chat.PRIVATE:
            return
        if NUMBER.get() == self._most + 1:
            await self._delivery.send(chat.id, self._name_chat(chat.id), Reply(self._texts[TOO_MANY]))

    def _is_new(self, key: str) -> bool:
        is_new = key not in self._seen
        self._seen[key] = True
        return is_new
