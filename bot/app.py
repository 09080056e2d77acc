"""Composition root: builds everything, runs it on one event loop, shuts it down cleanly."""

import asyncio
import contextlib
import logging
import multiprocessing
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

from bot.assistant import Assistant
from bot.channels.connection import ServerConfig
from bot.channels.gallery import gallery_routes
from bot.channels.limits import TOO_MANY, MessageLimiter
from bot.channels.operation import OperationChannel, Readiness, RequestMeter
from bot.channels.pages import PageChannel
from bot.channels.statistics import statistics_routes
from bot.channels.telegram import TelegramChannel, TelegramUnavailable
from bot.channels.web import build_web_app
from bot.configuration import DEFAULT_DATABASE
from bot.content import Content, load_content
from bot.conversations import MemoryStore
from bot.crisis import EmergencyModel
from bot.ledger import MemoryLedger, UpdateLedger
from bot.logs import announce
from bot.model_archive import load_interpreter
from bot.nlu.fingerprint import fingerprint
from bot.notice_board import NoticeBoard
from bot.notices import FILE as NOTICES_FILE
from bot.settings import MEMORY, Settings
from bot.versions import describe_versions

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from bot.store.state import SharedState

logger = logging.getLogger(__name__)

TELEGRAM_RETRY_SECONDS = 60


class StartError(Exception):
    """The bot cannot start; the message says in German why and what to do."""


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
        self.metrics = build_metrics(settings)
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


def build_metrics(settings: Settings) -> "Metrics | None":
    """Return the numbers for Prometheus, or None when nobody may ask for them."""
    if not settings.metrics_token:
        return None
    from bot.metrics import Metrics  # prometheus-client takes a tenth of a second

    metrics = Metrics()
    versions = describe_versions(settings.responses_dir)
    model = model_path(settings).name.partition(".")[0]
    metrics.describe(version=versions.program, content=versions.content, model=model)
    return metrics


def require_secret_key(settings: Settings, shared: bool) -> bytes:
    """Return the key that makes identifiers unrecognisable; what is shared needs one that outlives the process."""
    if settings.secret_key:
        return settings.secret_key.encode()
    if shared:
        raise StartError(
            "JOBCENTER_BOT_SECRET_KEY fehlt. Ohne festen Schlüssel erkennt der Bot nach einem Neustart und in einem "
            "zweiten Prozess kein Gespräch wieder. Einen guten Schlüssel erzeugt: openssl rand -hex 32"
        )
    return secrets.token_bytes(32)


def open_state(settings: Settings) -> "SharedState | None":
    """Return the database all workers share, or None when everything stays in this process."""
    if settings.database_url == MEMORY:
        return None
    if not settings.secret_key:
        announce("JOBCENTER_BOT_SECRET_KEY fehlt: Gespräche bleiben im Arbeitsspeicher dieses Prozesses.")
        return None
    from bot.store.database import DatabaseRefused  # SQLAlchemy takes 0.3 s and 13 MB, and few commands need it
    from bot.store.state import SharedState

    url = settings.database_url or f"sqlite:///{DEFAULT_DATABASE}"
    try:
        state = SharedState(
            url,
            require_secret_key(settings, shared=True),
            settings.conversation_minutes,
            review=settings.review,
            retention_days=settings.retention_days,
        )
        state.open()
    except DatabaseRefused as error:
        raise StartError(str(error)) from None
    return state


def ensure_crisis_model(settings: Settings, content: Content) -> EmergencyModel | None:
    """Return the model that recognises emergencies; it is independent of the topic model."""
    from bot.crisis_model import find_archive, fit_once, load_or_fit  # scikit-learn takes a second to import

    # people who are desperate ask for counselling as well
    emergencies = {kind.topic for kind in content.crisis.values()} | {"psychosoziale_hilfe"}
    sources = settings.models_dir, settings.responses_dir, settings.nlu_data_dir
    ordinary = content.topics.keys() - emergencies
    if not find_archive(*sources).exists():
        announce("Lerne die Notlagen …")
        run_apart(fit_once, *sources, ordinary)
    return load_or_fit(*sources, ordinary)


def model_path(settings: Settings) -> Path:
    """Return where the model for the present configuration and sentences is kept."""
    return settings.models_dir / f"nlu-{fingerprint(settings.rasa_config, settings.nlu_data_dir)}.tar.gz"


def ensure_model(settings: Settings) -> Path:
    """Return the model for the present inputs; trains it when there is none yet."""
    archive = model_path(settings)
    if not archive.exists():
        announce("Trainiere das Modell, weil sich Sätze oder Konfiguration geändert haben …")
        from bot.nlu.training import train_model  # imports half of Rasa, and a ready model needs none of it

        run_apart(train_model, settings.rasa_config, settings.nlu_data_dir, archive)
        _remove_older_models(archive)
    return archive


def run_apart(work: Callable[..., None], *arguments: object) -> None:
    """Do something in a process of its own: its memory, above all that of a training, would stay with the server."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            pool.submit(work, *arguments).result()
        except BrokenProcessPool:
            raise StartError(
                "Die Vorbereitung wurde von außen abgebrochen, vermutlich weil der Arbeitsspeicher nicht reicht. "
                "Bitte noch einmal versuchen; gebraucht werden 2 GB freier Speicher."
            ) from None


def _remove_older_models(archive: Path) -> None:
    for path in archive.parent.glob("nlu-*.tar.gz"):
        if path != archive:
            path.unlink(missing_ok=True)


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
    task = asyncio.create_task(_connect(telegram))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
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
