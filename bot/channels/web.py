"""The website channel: JSON for the widget, Rasa's REST format for existing clients, health and static files."""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.limits import Answer, TooManyMessages, answer_all
from bot.channels.openapi import describe_api
from bot.channels.styles import FOLDER, read_styles
from bot.channels.web_messages import (
    CONVERSATION_PATTERN,
    Health,
    RestButton,
    RestMessage,
    RestReply,
    WebMessage,
    WebReplies,
)
from bot.channels.widget_script import build_widget
from bot.models import Handle, Turn, UserMessage
from bot.notice_board import NO_NOTICES, NoticeBoard
from bot.versions import Versions

MAX_BODY_BYTES = 64 * 1024
FOR_PROGRAMS = ("/api/", "/webhooks/")
"""Addresses whose errors are JSON."""
BROKEN = (
    "Hier ist gerade etwas kaputt. Bitte versuchen Sie es in ein paar Minuten noch einmal "
    "oder rufen Sie das Jobcenter an."
)
CONVERSATION_ID = re.compile(CONVERSATION_PATTERN)
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class BadRequest(Exception):
    """The request cannot be understood; the message says in German what is wrong."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


T = TypeVar("T")
Check = Callable[[], Awaitable[bool]]
UNKNOWN = Versions("", "")


def build_web_app(
    handle: Handle,
    is_healthy: Check,
    labels: Mapping[str, str],
    allowed_origins: tuple[str, ...],
    extra_routes: list[BaseRoute],
    lifespan: Any = None,
    missing_page: Callable[[Request], Response] | None = None,
    titles: Mapping[str, str] | None = None,
    is_degraded: Callable[[], bool] = lambda: False,
    board: NoticeBoard = NO_NOTICES,
    versions: Versions = UNKNOWN,
    answer: Answer | None = None,
) -> Starlette:
    """Return the ASGI app with all routes; `missing_page` shows people that there is no page at an address.

    `answer` is what keeps within the limits; without it `handle` answers everything.
    """

    async def answer_not_found(request: Request, error: Exception) -> Response:
        if missing_page is None or request.url.path.startswith(FOR_PROGRAMS):
            return await _answer_not_found(request, error)
        return missing_page(request)

    channel = WebChannel(answer or answer_all(handle), is_healthy, labels, titles or {}, is_degraded, board, versions)
    middleware = [Middleware(SecurityHeaders)]
    if allowed_origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=["POST"],
            allow_headers=["content-type"],
        )
        middleware.append(cors)
    return Starlette(
        routes=[*channel.routes(), *extra_routes],
        middleware=middleware,
        exception_handlers={
            BadRequest: _answer_bad_request,
            TooManyMessages: _answer_too_many,
            Exception: _answer_failure,
            404: answer_not_found,
            405: _answer_wrong_method,
        },
        lifespan=lifespan,
    )


class WebChannel:
    """Translates HTTP requests into messages and turns into JSON."""

    def __init__(
        self,
        answer: Answer,
        is_healthy: Check,
        labels: Mapping[str, str],
        titles: Mapping[str, str],
        is_degraded: Callable[[], bool],
        board: NoticeBoard,
        versions: Versions,
    ) -> None:
        self._answer = answer
        self._is_healthy = is_healthy
        self._titles = titles
        self._is_degraded = is_degraded
        self._board = board
        self._versions = versions
        self._files = load_static_files()
        self._description = describe_api()
        self._widget = build_widget(labels)

    def routes(self) -> list[BaseRoute]:
        """Return all routes of this channel."""
        return [
            Route("/", self.get_file, methods=["GET"]),
            Route("/widget.js", self.get_widget, methods=["GET"]),
            Route("/demo.css", self.get_file, methods=["GET"]),
            Route("/healthz", self.get_health, methods=["GET"]),
            Route("/api/topics", self.get_topics, methods=["GET"]),
            Route("/api/openapi.json", self.get_description, methods=["GET"]),
            Route("/api/messages", self.post_message, methods=["POST"]),
            Route("/webhooks/rest", self.get_rest_status, methods=["GET"]),
            Route("/webhooks/rest/webhook", self.post_rest_message, methods=["POST"]),
        ]

    async def post_message(self, request: Request) -> Response:
        """Answer the widget."""
        body = await _read(request, WebMessage)
        if (body.text is None) == (body.payload is None):
            raise BadRequest('Bitte entweder "text" oder "payload" angeben.')
        conversation = body.conversation or secrets.token_urlsafe(16)
        if not CONVERSATION_ID.fullmatch(conversation):
            raise BadRequest('"conversation" ist keine Kennung, die dieser Server vergeben hat. Bitte null senden.')
        message = UserMessage("web", f"web:{conversation}", body.text or "", body.payload)
        turn = await self._answer(request, message)
        status, notices = turn.decision.status, self._board.texts("web")
        return _respond(
            WebReplies(conversation, turn.replies, status, notices, self._versions.program, self._versions.content)
        )

    async def post_rest_message(self, request: Request) -> Response:
        """Answer a client that speaks Rasa's REST channel.

        Such clients send a tapped button's payload as a message. Our payloads here are the words on the button,
        so a tap is nothing but typed text, and typed text can trigger nothing.
        """
        body = await _read(request, RestMessage)
        sender = body.sender or "default"
        digest = hashlib.sha256(sender.encode()).hexdigest()[:32]
        turn = await self._answer(request, UserMessage("rest", f"rest:{digest}", body.message or ""))
        return _respond(format_rest_replies(sender, turn))

    async def get_rest_status(self, request: Request) -> Response:
        """Answer Rasa clients that look whether the channel is there."""
        return _respond({"status": "ok"})

    async def get_health(self, request: Request) -> Response:
        """Answer 200 only when a question can be answered; "degraded" means without the context of a conversation."""
        if not await self._is_healthy():
            return _respond({"status": "unavailable"}, 503)
        return _respond(
            Health(
                "degraded" if self._is_degraded() else "ok",
                self._versions.program,
                self._versions.content,
                self._board.off_channels(),
                "broken" if self._board.is_broken else "ok",
            )
        )

    async def get_topics(self, request: Request) -> Response:
        """Tell the titles of all topics that have an answer."""
        return _respond(dict(self._titles))

    async def get_description(self, request: Request) -> Response:
        """Describe this API for programs (OpenAPI)."""
        return _respond(self._description)

    async def get_file(self, request: Request) -> Response:
        """Serve the demo page."""
        body, media_type = self._files[request.url.path]
        return Response(body, media_type=media_type, headers={"cache-control": "no-cache"})

    async def get_widget(self, request: Request) -> Response:
        """Serve the chat window to any website: only with this header can its browser compare the hash."""
        headers = {"cache-control": "no-cache", "access-control-allow-origin": "*"}
        return Response(self._widget, media_type="text/javascript", headers=headers)


def load_static_files() -> dict[str, tuple[bytes, str]]:
    """Return path → (body, media type)."""
    return {
        "/": ((FOLDER / "demo.html").read_bytes(), "text/html"),
        "/demo.css": (read_styles("demo.css"), "text/css"),
    }


def format_rest_replies(sender: str, turn: Turn) -> list[RestReply]:
    """Return the replies of a turn in Rasa's REST format."""
    return [
        RestReply(
            recipient_id=sender,
            text=reply.text,
            buttons=tuple(RestButton(button.title, button.title) for button in reply.buttons),
        )
        for reply in turn.replies
    ]


async def _read(request: Request, kind: type[T]) -> T:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise BadRequest(f"Die Anfrage ist zu groß; erlaubt sind {MAX_BODY_BYTES // 1024} kB.", 413)
    except ClientDisconnect:
        raise BadRequest("Die Verbindung wurde unterbrochen.") from None
    try:
        return msgspec.json.decode(bytes(body), type=kind)
    except msgspec.ValidationError:
        raise BadRequest("Die Felder der Anfrage passen nicht; siehe README, Abschnitt „Schnittstellen“.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadRequest("Die Anfrage ist kein gültiges JSON.") from None


def _respond(body: Any, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(body), status, media_type="application/json", headers={"cache-control": "no-store"}
    )


async def _answer_bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadRequest)
    return _respond({"error": str(error)}, error.status)


async def _answer_failure(request: Request, error: Exception) -> Response:
    """Say that something is broken; the server itself would say it in English."""
    if request.url.path.startswith(FOR_PROGRAMS):
        return _respond({"error": BROKEN}, 500)
    return Response(BROKEN, 500, media_type="text/plain", headers={"cache-control": "no-store"})


async def _answer_too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooManyMessages)
    response = _respond({"error": error.turn.replies[0].text}, 429)
    response.headers.update(error.headers)
    return response


async def _answer_not_found(request: Request, error: Exception) -> Response:
    return _respond({"error": "Diese Adresse gibt es hier nicht."}, 404)


async def _answer_wrong_method(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _respond({"error": "Diese Adresse versteht die Anfrage nur mit einer anderen Methode."}, 405)
    response.headers.update(error.headers or {})
    return response


class SecurityHeaders:
    """Adds the same protective headers to every response that does not bring its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                added = [header for header in self._headers if header[0] not in given]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)
