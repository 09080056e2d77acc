"""Runs the preview for editors on this machine and nowhere else."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.channels.preview_page import PreviewPage
from bot.channels.web import SecurityHeaders
from bot.editing.preview import Preview
from bot.editing.preview_trial import Trial
from bot.preparation import StartError
from bot.settings import Settings

HOST = "127.0.0.1"
NAMES = [HOST, "localhost"]
"""Under any other name a foreign website might read along through the browser of the editor."""


def serve_preview(settings: Settings, port: int, dialogues: Path) -> None:
    """Show the content until the process is told to stop."""
    with contextlib.closing(_bind(port)) as listener:
        preview = Preview(settings.responses_dir, settings.nlu_data_dir, dialogues)
        app = build_preview_app(settings, preview)
        config = uvicorn.Config(
            app, ws="none", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        print(f"Vorschau: http://{HOST}:{listener.getsockname()[1]}/   (Beenden mit Strg+C)", file=sys.stderr)
        # uvicorn stops cleanly at SIGTERM and then raises it once more; this makes the exit code 0
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        asyncio.run(_Server(config, preview).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Sends whoever waits for a change home before it stops."""

    def __init__(self, config: uvicorn.Config, preview: Preview) -> None:
        super().__init__(config)
        self._preview = preview

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal; the handler may not touch the event loop directly."""
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self._preview.close)


def build_preview_app(settings: Settings, preview: Preview) -> Starlette:
    """Return the ASGI app of the preview."""
    trial = Trial(settings, preview.show_change)
    page = PreviewPage(preview, trial.ask, settings.easy_language)

    @contextlib.asynccontextmanager
    async def run(app: Starlette) -> AsyncIterator[None]:
        async with preview.running():
            yield
        trial.close()

    return Starlette(
        routes=page.routes(),
        middleware=[Middleware(SecurityHeaders), Middleware(TrustedHostMiddleware, allowed_hosts=NAMES)],
        exception_handlers={500: _answer_error},
        lifespan=run,
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    sentence = f"Die Vorschau kann das nicht zeigen ({type(error).__name__}). Was fehlt, sagt: ./run check"
    return PlainTextResponse(sentence, 500)


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # whoever opens the printed address at once waits instead of being refused
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "ein Port ist eine Zahl von 0 bis 65535"
        raise StartError(
            f"Auf {HOST}:{port} lässt sich keine Vorschau starten ({reason}). Läuft sie schon in einem anderen "
            f"Fenster? Einen anderen Port wählt: ./run preview --port {port + 1 if port < 65535 else 8090}"
        ) from error
    return listener
