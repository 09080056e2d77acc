"""What one connection may take: time for a request, bytes of its head, a place among the open connections."""

import asyncio
import json
import resource
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bot.settings import Settings

HEAD_BYTES = 32 * 1024
"""Address and headers of a request; browsers and proxies stay far below."""
REQUEST_BYTES = 512 * 1024
"""The whole request, trailers too; the channels allow less."""
SLICE = 16 * 1024
"""Looked at after so many bytes: the parser itself would collect headers without end."""
RESPONSE_SECONDS = 60
"""Longest time from the end of a request until its answer is fetched."""
FLUSH_SECONDS = 2
MOST_CONNECTIONS = 2000
"""Per process; a connection takes about 20 kB."""
RESERVED_FILES = 100
"""Model, database, Telegram."""

TOO_SLOW = "Die Anfrage kam nicht rechtzeitig vollständig an. Bitte senden Sie sie noch einmal."
TOO_FULL = "Gerade sind sehr viele Menschen hier. Bitte versuchen Sie es in einer Minute noch einmal."
HEAD_TOO_LARGE = "Adresse und Kopfzeilen der Anfrage sind zu groß; erlaubt sind 32 kB."
REQUEST_TOO_LARGE = "Die Anfrage ist zu groß."
NOT_HTTP = "Die Anfrage ist kein gültiges HTTP."


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, with the limits of this bot."""

    def __init__(self, app: ASGIApp | str, settings: Settings, **options: Any) -> None:
        super().__init__(
            app,
            http=GuardedConnection,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            proxy_headers=True,
            forwarded_allow_ips=list(settings.trusted_proxies),
            **options,
        )
        self.request_seconds = settings.request_seconds
        self.most_connections = count_allowed_connections()
        self.waiting: dict[GuardedConnection, None] = {}
        """Connections whose request is not complete, the longest waiting first."""


def count_allowed_connections() -> int:
    """Return how many connections this process may hold, after asking the system for enough open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft - RESERVED_FILES)


class GuardedConnection(HttpToolsProtocol):
    """uvicorn's connection, which by itself waits for a slow client as long as the client likes."""

    config: ServerConfig
    _timer: asyncio.TimerHandle | None = None
    _is_reading = True
    """A request has begun, or is expected on a new connection, and is not complete."""
    _is_in_head = True
    _received = 0
    """Bytes of the request so far, to the slice."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room when all places are taken: whoever has waited longest with an unfinished request leaves."""
        super().connection_made(transport)
        if len(self.connections) > self.config.most_connections:
            next(iter(self.config.waiting), self)._refuse(503, TOO_FULL)
        if not transport.is_closing():
            self.config.waiting[self] = None
            self._start_timer(self.config.request_seconds, self._end_waiting)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back what the connection held."""
        self._stop_timer()
        self.config.waiting.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, in slices, as long as it stays within the limits."""
        if not self._is_reading:
            self._is_reading = True
            self._start_timer(self.config.request_seconds, self._end_waiting)
        for start in range(0, len(data), SLICE):
            if self.transport.is_closing():
                return
            piece = data[start : start + SLICE]
            super().data_received(piece)
            self._received += len(piece)
            if self._is_in_head and self._received > HEAD_BYTES:
                self._refuse(431, HEAD_TOO_LARGE)
            elif self._received > REQUEST_BYTES:
                self._refuse(413, REQUEST_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Count from here."""
        super().on_message_begin()
        self._is_in_head = True
        self._received = 0

    def on_headers_complete(self) -> None:
        """Let the body be longer than the head."""
        super().on_headers_complete()
        self._is_in_head = False

    def on_message_complete(self) -> None:
        """Give the app, and then the client, time for the answer."""
        super().on_message_complete()
        self._is_reading = False
        self._is_in_head = True
        self._received = 0
        self.config.waiting.pop(self, None)
        self._start_timer(RESPONSE_SECONDS, self.transport.abort)

    def on_response_complete(self) -> None:
        """Wait for the next request of this connection, among those that leave first when it gets crowded."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self.config.waiting[self] = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, in German."""
        self._refuse(400, NOT_HTTP)

    def _end_waiting(self) -> None:
        if self._received:
            self._refuse(408, TOO_SLOW)
        else:  # browsers open connections they may need later
            self.transport.close()

    def _refuse(self, status: int, sentence: str) -> None:
        """Say a sentence where nothing was said yet to this request, and close."""
        self.config.waiting.pop(self, None)
        is_answering = self.cycle is not None and self.cycle.response_started != self.cycle.response_complete
        is_answered = not self._is_in_head and self.cycle is not None and self.cycle.response_complete
        is_idle = not self._is_reading
        if not (is_answering or is_answered or is_idle or self.pipeline):
            body = json.dumps({"error": sentence}, ensure_ascii=False).encode()
            head = (
                b"content-type: application/json\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
                b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
            )
            self.transport.write(STATUS_LINE[status] + head + body)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # as connection_lost does, which comes only after the last byte
            self.cycle.message_event.set()
        self.transport.close()
        self._start_timer(FLUSH_SECONDS, self.transport.abort)

    def _start_timer(self, seconds: float, action: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, action)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
