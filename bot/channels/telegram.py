"""Telegram: translates updates into messages and replies into chat messages, nothing else."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from starlette.routing import Route
from telegram import Update
from telegram.constants import UpdateType
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, CallbackContext

from bot.channels.telegram_delivery import Delivery
from bot.channels.telegram_handlers import UpdateHandlers
from bot.channels.telegram_limits import SendLimiter
from bot.channels.telegram_log import keep_content_out_of_logs
from bot.channels.telegram_order import WORKERS, ChatOrder, build_chat_namer, find_chat_id
from bot.channels.telegram_text import COMMANDS
from bot.channels.telegram_webhook import Webhook
from bot.ledger import UpdateLedger
from bot.models import Handle
from bot.settings import Settings

LOGGER = logging.getLogger(__name__)
Context = CallbackContext[Any, Any, Any, Any]

ALLOWED_UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
)
LANGUAGES = (None, "de")
"""Telegram shows the command menu of the app's language, and the first one where there is none."""
TEXT_KEYS = ("telegram_description", "source_label", "as_of_label", *(f"command_{name}" for name in COMMANDS))
BACKLOG_SECONDS = 30.0
"""When the replies that wait need longer than this at full speed, Telegram is asked to keep further updates.
It also bounds how long stop() takes."""
STOP_SECONDS = 45.0
"""From stop() on, how long failed sends still wait for their next try; systemd allows 90 s by default."""


class TelegramUnavailable(Exception):
    """Telegram cannot be used now; the message is a German sentence for the operator."""


class TelegramChannel:
    """The bot on Telegram, by polling or by a webhook inside our own web server; needs a token."""

    def __init__(
        self, settings: Settings, handle: Handle, texts: Mapping[str, str], ledger: UpdateLedger, key: bytes
    ) -> None:
        """`texts` are system texts by key; a missing one raises KeyError.

        `key` makes chat ids unrecognisable; all processes that share a ledger need the same.
        """
        self._settings = settings
        self._texts = {name: texts[name] for name in TEXT_KEYS}
        self._ledger = ledger
        self._name_chat = build_chat_namer(key)
        self._most_waiting = BACKLOG_SECONDS * settings.telegram_sends_per_second
        self._stopping = asyncio.Event()
        self._undeliverable = 0
        self._failed_polls = 0
        keep_content_out_of_logs()
        self._order = ChatOrder(ledger, self._name_chat)
        self.application = _build_application(settings, self._order)
        bot = self.application.bot
        limiter = SendLimiter(settings.telegram_sends_per_second)
        self._delivery = Delivery(bot, limiter, self._texts["source_label"], self._texts["as_of_label"])
        self._webhook = Webhook(settings.telegram_webhook_secret, bot, self._take)
        UpdateHandlers(settings, handle, texts, self._delivery, self._name_chat).add_to(self.application)
        self.application.add_error_handler(self._on_error)

    async def start(self) -> None:
        """Connect and begin to receive; after TelegramUnavailable it may be called again."""
        self._stopping.clear()
        self._delivery.hurry.clear()
        try:
            await self.application.initialize()
            await self.application.start()
            await self._describe_bot()
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
        """Answer what was taken, then disconnect; does nothing when not started."""
        self._stopping.set()
        hurry = asyncio.get_running_loop().call_later(STOP_SECONDS, self._delivery.hurry.set)
        updater = self.application.updater
        if updater and updater.running:
            try:
                await updater.stop()
            except TelegramError as error:  # a token withdrawn while running surfaces only here
                LOGGER.warning("Die Abfrage bei Telegram endete mit %s.", type(error).__name__)
        if self.application.running:
            await self.application.update_queue.join()  # the library warns about what stop() still finds
            await self.application.stop()
        hurry.cancel()
        await self.application.shutdown()
        await self.application.bot.shutdown()  # shutdown() above skips it after a failed initialize()

    def webhook_routes(self) -> list[Route]:
        """What our web server mounts: POST /telegram, or nothing while polling."""
        return [] if self.application.updater else self._webhook.routes()

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

    async def _take(self, update: Update) -> bool:
        if not self._has_room():
            return False
        # In this order: what the ledger knows as ours must be in our queue, or later updates could overtake it.
        self.application.update_queue.put_nowait(update)
        await self._ledger.arrive(self._name_chat(find_chat_id(update)), update.update_id)
        return True

    @property
    def waiting(self) -> int:
        """How many updates wait for their answer here."""
        return self.application.update_queue.qsize() + self._order.current_concurrent_updates

    def _has_room(self) -> bool:
        return self.application.running and not self._stopping.is_set() and self.waiting < self._most_waiting

    async def _describe_bot(self) -> None:
        """Fill in the command menu and what people read before they write the first word."""
        bot = self.application.bot
        menu = [(name, self._texts[f"command_{name}"]) for name in COMMANDS]
        try:
            for language in LANGUAGES:
                await bot.set_my_commands(menu, language_code=language)
            await bot.set_my_description(self._texts["telegram_description"])
        except TelegramError as error:  # both were set by an earlier start; messages must not wait for them
            LOGGER.warning("Befehlsliste oder Beschreibung wurde nicht angenommen (%s).", type(error).__name__)

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


def _build_application(settings: Settings, order: ChatOrder) -> Application[Any, Any, Any, Any, Any, Any]:
    builder = (
        ApplicationBuilder()
        .token(settings.telegram_token)
        .base_url(settings.telegram_api_url)
        .job_queue(None)
        .concurrent_updates(order)
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
