"""Telegram: translates updates into messages and replies into chat messages, nothing else."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseUpdateProcessor,
    CallbackContext,
    CallbackQueryHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.channels.telegram_text import COMMANDS, read_text, render_text, split_text
from bot.models import Button, Handle, Reply, UserMessage
from bot.settings import Settings

# Without it python-telegram-bot 22 raises a deprecation warning inside every 429 it reports.
os.environ.setdefault("PTB_TIMEDELTA", "true")

LOGGER = logging.getLogger(__name__)
T = TypeVar("T")
Context = CallbackContext[Any, Any, Any, Any]

ALLOWED_UPDATES = ("message", "callback_query")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
TEXT_KEYS = (
    "telegram_privacy",
    "private_chats_only",
    "source_label",
    "as_of_label",
    *(f"command_{name}" for name in COMMANDS),
)
MAX_BODY = 256 * 1024
REMEMBERED = 8192
"""Update ids, albums and groups that were already served."""
WORKERS = 32
"""Chats answered at the same time."""
WAITING = 2000
"""Updates taken from the queue at the same time; nearly all of them wait for their chat."""
RETRY_SECONDS = (0.5, 2.0, 5.0)
"""Pauses after network trouble; their number also bounds the retries after 429."""
LONGEST_PAUSE = 60.0
"""Telegram sometimes asks for hours; nobody waits that long for a reply."""


class TelegramUnavailable(Exception):
    """Telegram cannot be used now; the message is a German sentence for the operator."""


class TelegramChannel:
    """The bot on Telegram, by polling or by a webhook inside our own web server; needs a token."""

    def __init__(self, settings: Settings, handle: Handle, texts: Mapping[str, str]) -> None:
        """`texts` are system texts by key; a missing one of TEXT_KEYS raises KeyError."""
        self._settings = settings
        self._handle = handle
        self._texts = {key: texts[key] for key in TEXT_KEYS}
        self._key = secrets.token_bytes(32)
        self._stopping = asyncio.Event()
        self._served: LRUCache[int | str, bool] = LRUCache(REMEMBERED)
        self._undeliverable = 0
        self._failed_polls = 0
        _keep_content_out_of_logs()
        self.application = _build_application(settings)
        self._add_handlers()

    async def start(self) -> None:
        """Connect and begin to receive; after TelegramUnavailable it may be called again."""
        self._stopping.clear()
        try:
            await self.application.initialize()
            await self.application.start()
            await self._register_commands()
            await self._receive()
        except TelegramError as error:
            problem = _explain(error)
        else:
            LOGGER.info("Telegram ist verbunden (%s).", "Polling" if self.application.updater else "Webhook")
            return
        # Raised outside the except block: the library's own error quotes the token.
        await self.stop()
        raise TelegramUnavailable(problem)

    async def stop(self) -> None:
        """Answer what has arrived, then disconnect; does nothing when not started."""
        self._stopping.set()
        updater = self.application.updater
        if updater and updater.running:
            try:
                await updater.stop()
            except TelegramError as error:  # a token withdrawn while running surfaces only here
                LOGGER.warning("Die Abfrage bei Telegram endete mit %s.", type(error).__name__)
        if self.application.running:
            await self.application.update_queue.join()  # the library warns about what stop() still finds
            await self.application.stop()
        await self.application.shutdown()
        await self.application.bot.shutdown()  # shutdown() above skips it after a failed initialize()

    def webhook_routes(self) -> list[Route]:
        """What our web server mounts: POST /telegram, or nothing while polling."""
        if self.application.updater:
            return []
        return [Route("/telegram", self._on_webhook, methods=["POST"])]

    async def _receive(self) -> None:
        if self.application.updater:
            await self.application.updater.start_polling(
                allowed_updates=ALLOWED_UPDATES,
                drop_pending_updates=False,
                error_callback=self._on_failed_poll,
            )
        else:
            await self.application.bot.set_webhook(
                self._settings.telegram_webhook_url.rstrip("/") + "/telegram",
                allowed_updates=ALLOWED_UPDATES,
                drop_pending_updates=False,
                secret_token=self._settings.telegram_webhook_secret,
            )

    async def _register_commands(self) -> None:
        menu = [(name, self._texts[f"command_{name}"]) for name in COMMANDS]
        try:
            await self._call(partial(self.application.bot.set_my_commands, menu))
        except TelegramError as error:
            LOGGER.warning("Die Befehlsliste wurde nicht angenommen (%s).", type(error).__name__)

    def _add_handlers(self) -> None:
        message = filters.UpdateType.MESSAGE
        private = message & filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL
        self.application.add_handler(MessageHandler(private, self._on_message))
        groups = message & filters.ChatType.GROUPS
        self.application.add_handler(CommandHandler("start", self._on_group_start, filters=groups))
        self.application.add_handler(CallbackQueryHandler(self._on_tap))
        self.application.add_error_handler(self._on_error)

    async def _on_message(self, update: Update, context: Context) -> None:
        message, chat = update.message, update.effective_chat
        if message is None or chat is None:
            return
        if message.text is None:
            # An album arrives as one message per picture; one reply is enough.
            if message.media_group_id is None or self._is_new(f"album {message.media_group_id}"):
                await self._answer(chat.id, attachment=True)
            return
        text, payload = read_text(message.text)
        if payload == "s:start":
            await self._send(chat.id, Reply(self._texts["telegram_privacy"]))
        await self._answer(chat.id, text=text, payload=payload)

    async def _on_group_start(self, update: Update, context: Context) -> None:
        chat = update.effective_chat
        if chat is not None and self._is_new(self._conversation(chat.id)):
            await self._send(chat.id, Reply(self._texts["private_chats_only"]))

    async def _on_tap(self, update: Update, context: Context) -> None:
        query, chat = update.callback_query, update.effective_chat
        if query is None:
            return
        try:
            await self._call(query.answer)
        except TelegramError as error:  # usually too old; the person still waits for the reply
            LOGGER.info("Ein Tipp wurde nicht bestätigt (%s).", type(error).__name__)
        if query.data and chat is not None and chat.type == chat.PRIVATE:
            await self._answer(chat.id, payload=query.data)

    async def _answer(
        self, chat_id: int, *, text: str = "", payload: str | None = None, attachment: bool = False
    ) -> None:
        turn = await self._handle(UserMessage("telegram", self._conversation(chat_id), text, payload, attachment))
        for reply in turn.replies:
            await self._send(chat_id, reply)

    async def _send(self, chat_id: int, reply: Reply) -> None:
        parts = split_text(render_text(reply, self._texts["source_label"], self._texts["as_of_label"]))
        for number, part in enumerate(parts, start=1):
            await self._call(
                partial(
                    self.application.bot.send_message,
                    chat_id,
                    part,
                    reply_markup=_build_keyboard(reply.buttons) if number == len(parts) else None,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
            )

    async def _call(self, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
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
            with contextlib.suppress(TimeoutError):  # stop() ends every pause
                await asyncio.wait_for(self._stopping.wait(), pause)
        return await request()

    def _is_new(self, key: int | str) -> bool:
        is_new = key not in self._served
        self._served[key] = True
        return is_new

    def _conversation(self, chat_id: int) -> str:
        """An id that means nothing outside this process, so that no chat id is kept."""
        return "tg:" + hmac.new(self._key, str(chat_id).encode(), hashlib.sha256).hexdigest()

    async def _on_error(self, update: object, context: Context) -> None:
        error = context.error
        if isinstance(error, Forbidden) or "chat not found" in str(error).lower():
            self._undeliverable += 1
            LOGGER.info("Auf Telegram nicht zustellbare Antworten bisher: %d", self._undeliverable)
            return
        update_id = update.update_id if isinstance(update, Update) else None
        LOGGER.error("Telegram-Update %s: %s", update_id, type(error).__name__)

    def _on_failed_poll(self, error: TelegramError) -> None:
        self._failed_polls += 1
        LOGGER.warning(
            "Abfrage bei Telegram gescheitert (%s), bisher %d-mal; sie wird wiederholt.",
            type(error).__name__,
            self._failed_polls,
        )

    async def _on_webhook(self, request: Request) -> Response:
        sent, secret = request.headers.get(SECRET_HEADER, ""), self._settings.telegram_webhook_secret
        if not secret or not hmac.compare_digest(sent.encode(), secret.encode()):
            return PlainTextResponse("Das Geheimwort fehlt oder stimmt nicht.", 403)
        if self._stopping.is_set() or not self.application.running:
            return PlainTextResponse("Der Bot startet oder hält gerade an.", 503)
        body = await _read_body(request)
        if body is None:
            return PlainTextResponse("Der Inhalt ist größer als 256 kB.", 413)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return PlainTextResponse("Der Inhalt ist kein gültiges JSON.", 400)
        update_id = data.get("update_id") if isinstance(data, dict) else None
        if not isinstance(update_id, int):
            return PlainTextResponse("Der Inhalt ist kein Telegram-Update: update_id fehlt.", 400)
        if self._is_new(update_id):
            await self._enqueue(update_id, data)
        return Response()

    async def _enqueue(self, update_id: int, data: dict[str, Any]) -> None:
        try:
            update = Update.de_json(data, self.application.bot)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Answered with 200 all the same: Telegram would send it again and again.
            LOGGER.error("Telegram-Update %d ist nicht lesbar: %s", update_id, type(error).__name__)
            return
        await self.application.update_queue.put(update)


class ChatOrder(BaseUpdateProcessor):
    """One chat's updates in order; different chats at the same time, at most WORKERS of them."""

    def __init__(self) -> None:
        # The base class counts before the chat is known, so a small number here would let
        # one person's hundred messages hold up everybody else.
        super().__init__(max_concurrent_updates=WAITING)
        self._chats: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._workers = asyncio.Semaphore(WORKERS)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's turn, then for a free worker."""
        chat = update.effective_chat if isinstance(update, Update) else None
        turn = self._chats.setdefault(chat.id if chat else 0, asyncio.Lock())
        async with turn, self._workers:
            await coroutine

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""


def _build_keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(button.title, callback_data=button.payload)] for button in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _build_application(settings: Settings) -> Application[Any, Any, Any, Any, Any, Any]:
    builder = (
        ApplicationBuilder()
        .token(settings.telegram_token)
        .base_url(settings.telegram_api_url)
        .job_queue(None)
        .concurrent_updates(ChatOrder())
        .connection_pool_size(2 * WORKERS)
        .pool_timeout(10)
        .connect_timeout(10)
        .read_timeout(20)
        .write_timeout(20)
    )
    if settings.telegram_webhook_url:
        return builder.updater(None).build()
    return builder.get_updates_connect_timeout(10).get_updates_read_timeout(10).build()


def _explain(error: TelegramError) -> str:
    if isinstance(error, InvalidToken):
        return (
            "Das Token in JOBCENTER_BOT_TELEGRAM_TOKEN wurde von Telegram abgelehnt. "
            "Bitte bei @BotFather nachsehen und neu eintragen."
        )
    if isinstance(error, BadRequest):
        return f"Telegram nimmt JOBCENTER_BOT_TELEGRAM_WEBHOOK_URL nicht an: {error.message}."
    return (
        f"Telegram ist gerade nicht erreichbar ({type(error).__name__}). Bitte die Internetverbindung "
        "und JOBCENTER_BOT_TELEGRAM_API_URL prüfen."
    )


async def _read_body(request: Request) -> bytes | None:
    """The body, or None as soon as it is too long; Content-Length is not trusted."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


class _ContentFreeLog(logging.Handler):
    """Reports where python-telegram-bot complained: its own messages quote updates and the token."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        if error is InvalidToken and record.name == "telegram.ext":  # ends the library's polling for good
            LOGGER.error("Telegram nimmt das Token nicht mehr an; bis zum Neustart kommt nichts mehr an.")
        kind = error.__name__ if error else record.levelname
        LOGGER.log(record.levelno, "%s, Zeile %d: %s", record.name, record.lineno, kind)


def _keep_content_out_of_logs() -> None:
    for name in ("httpx", "httpcore"):  # the token is part of every address
        logging.getLogger(name).setLevel(logging.WARNING)
    library = logging.getLogger("telegram")
    library.setLevel(logging.WARNING)
    library.propagate = False
    library.handlers = [_ContentFreeLog()]
