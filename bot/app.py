"""Composition root: builds everything, runs it on one event loop, shuts it down cleanly."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

from bot.assistant import Assistant
from bot.background import in_background
from bot.channels.connection import ServerConfig
from bot.channels.gallery import gallery_routes
from bot.channels.limits import TOO_MANY, MessageLimiter
from bot.channels.operation import OperationChannel, Readiness, RequestMeter
from bot.channels.pages import PageChannel
from bot.channels.statistics import statistics_routes
from bot.channels.telegram import TelegramChannel, TelegramUnavailable
from bot.channels.web import build_web_app
from bot.content import Content, load_content
from bot.conversations import MemoryStore
from bot.ledger import MemoryLedger, UpdateLedger
from bot.logs import announce
from bot.model_archive import load_interpreter
from bot.notice_board import NoticeBoard
from bot.notices import FILE as NOTICES_FILE
from bot.preparation import StartError, ensure_crisis_model, ensure_model, model_path, open_state, require_secret_key
from bot.settings import Settings
from bot.versions import Versions, describe_versions

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from bot.store.state import SharedState

logger = logging.getLogger(__name__)

TELEGRAM_RETRY_SECONDS = 60
NO_RELOAD = (
    "Ein einzelner Prozess übernimmt neue Inhalte nur mit einem Neustart. "
    "Mit JOBCENTER_BOT_WORKERS=2 geht es ohne Pause."
)


class Bot:
    """Everything one process needs to answer."""

    def __init__(self, settings: Settings, state: "SharedState | None" = None) -> None:
        """Load content and model, training the model first when its inputs have changed.

        Without a shared state everything is remembered in this process.
        """
        self.settings = settings
        self.state = state
        self.content: Content = load_content(settings.responses_dir)
        self.versions = describe_versions(settings.responses_dir)
        self.board = NoticeBoard(settings.responses_dir / NOTICES_FILE)
        self.key = require_secret_key(settings, shared=False)
        self.ledger: UpdateLedger = state.ledger if state else MemoryLedger()
        self.interpreter = load_interpreter(ensure_model(settings))
        self.metrics = build_metrics(settings, self.versions)
        memory = MemoryStore(settings.conversation_minutes, settings.max_conversations)
        self.assistant = Assistant(
            self.content,
            self.interpreter.parse,
            state.conversations if state else memory,
            settings.max_text_length,
            easy_language=settings.easy_language,
            crisis_model=ensure_crisis_model(settings, self.content),
            counters=state.counters if state else None,
            board=self.board,
            review=state.review if state else None,
            review_days=settings.retention_days if settings.review else 0,
            observe_turn=self.metrics.observe_turn if self.metrics else None,
        )

    def close(self) -> None:
        """Stop the worker thread of the NLU."""
        self.interpreter.close()


def build_metrics(settings: Settings, versions: Versions) -> "Metrics | None":
    """Return the numbers for Prometheus, or None when nobody may ask for them."""
    if not settings.metrics_token:
        return None
    from bot.metrics import Metrics  # prometheus-client takes a tenth of a second

    metrics = Metrics()
    model = model_path(settings).name.partition(".")[0]
    metrics.describe(version=versions.program, content=versions.content, model=model)
    return metrics


def serve(settings: Settings) -> None:
    """Serve the website, and Telegram when a token is set, until the process is told to stop."""
    listener = bind(settings)
    with contextlib.closing(listener), contextlib.closing(Bot(settings, open_state(settings))) as bot:
        app = build_app(bot)
        config = ServerConfig(app, settings)
        host, port = listener.getsockname()[:2]
        announce(f"Der Bot läuft: http://{host}:{port}/   (Beenden mit Strg+C)")
        # uvicorn stops cleanly at SIGTERM and then raises it once more; this makes the exit code 0
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        signal.signal(signal.SIGHUP, lambda number, frame: logger.error(NO_RELOAD))
        server = uvicorn.Server(config)
        app.state.readiness.watch(lambda: server.should_exit)
        asyncio.run(server.serve(sockets=[listener]))


def build_app(bot: Bot) -> Starlette:
    """Return the ASGI app with every channel that is switched on."""
    telegram = _build_telegram(bot)
    sentence = bot.content.system[TOO_MANY].text.strip()
    limiter = MessageLimiter(bot.assistant.handle, bot.settings, sentence)
    pages = PageChannel(bot.settings, bot.content, bot.assistant.handle, board=bot.board, answer=limiter.answer)
    gallery = (
        gallery_routes(bot.assistant.handle, bot.content.labels, bot.assistant.show_off) if bot.settings.gallery else []
    )
    statistics = statistics_routes(bot.settings, bot.content, bot.state.statistics.read if bot.state else None)
    readiness = Readiness(bot.assistant.is_ready)
    operation = OperationChannel(readiness, bot.metrics, bot.settings.metrics_token)
    app = build_web_app(
        bot.assistant.handle,
        bot.assistant.is_ready,
        bot.content.labels,
        bot.settings.allowed_origins,
        [
            *(telegram.webhook_routes() if telegram else []),
            *pages.routes(),
            *statistics,
            *gallery,
            *operation.routes(),
        ],
        lambda app: _run(bot.state, telegram, bot.metrics),
        pages.show_missing,
        {name: bot.content.topics[name].title for name in bot.content.answers},
        lambda: bot.state is not None and bot.state.is_degraded,
        bot.board,
        bot.versions,
        limiter.answer,
    )
    app.state.readiness = readiness
    if bot.metrics:
        app.add_middleware(RequestMeter, metrics=bot.metrics)
        bot.metrics.watch("notices_broken", lambda: bot.board.is_broken)
        _watch(bot.metrics, bot.state, telegram)
    return app


def _watch(metrics: "Metrics", state: "SharedState | None", telegram: TelegramChannel | None) -> None:
    if state:
        metrics.watch("database_available", lambda: not state.is_degraded)
    if telegram:
        metrics.watch("telegram_waiting", lambda: telegram.waiting)


def _build_telegram(bot: Bot) -> TelegramChannel | None:
    if not bot.settings.telegram_token:
        return None
    texts = {key: entry.text.strip() for key, entry in bot.content.system.items()}
    return TelegramChannel(bot.settings, bot.assistant.handle, texts, bot.ledger, bot.key)


@contextlib.asynccontextmanager
async def _run(
    state: "SharedState | None", telegram: TelegramChannel | None, metrics: "Metrics | None"
) -> AsyncIterator[None]:
    """Run what works beside the website; Telegram ends first, because its last turns are still written."""
    async with (
        metrics.running() if metrics else contextlib.nullcontext(),
        state.running() if state else contextlib.nullcontext(),
        _run_telegram(telegram),
    ):
        yield


@contextlib.asynccontextmanager
async def _run_telegram(telegram: TelegramChannel | None) -> AsyncIterator[None]:
    """Keep Telegram running beside the website, which never waits for it."""
    if telegram is None:
        yield
        return
    try:
        async with in_background(_connect(telegram)):
            yield
    finally:
        await telegram.stop()


async def _connect(telegram: TelegramChannel) -> None:
    while True:
        try:
            await telegram.start()
            return
        except TelegramUnavailable as error:
            logger.error("%s Die Website läuft weiter; neuer Versuch in %d s.", error, TELEGRAM_RETRY_SECONDS)
        await asyncio.sleep(TELEGRAM_RETRY_SECONDS)


def bind(settings: Settings) -> socket.socket:
    """Return a socket at the address that is set; raises StartError when it is taken or not ours."""
    # IPPROTO_TCP: without it asyncio does not set TCP_NODELAY, and an answer takes 44 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise StartError(
            f"Auf {settings.host}:{settings.port} lässt sich kein Server starten ({error.strerror}). "
            "Läuft der Bot schon? Einen anderen Port setzt JOBCENTER_BOT_PORT."
        ) from error
    return listener
