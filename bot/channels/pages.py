"""The channel for browsers without JavaScript: a page per answer, a plain form, sitemap, accessibility statement."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.limits import Answer, TooManyMessages, answer_all
from bot.channels.page_data import write_robots, write_sitemap
from bot.channels.page_frame import LANGUAGE, PLAIN, QUESTION, STATEMENT, TOPICS, View
from bot.channels.page_html import Pages
from bot.channels.styles import read_styles
from bot.content import Content
from bot.hours import local_now
from bot.models import Handle, UserMessage, Wording
from bot.notice_board import NO_NOTICES, NoticeBoard
from bot.rendering import Renderer
from bot.settings import Settings

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 10
SWITCH_TO_PLAIN = "s:plain"
HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:]+\](?::\d+)?")
# Amounts and opening hours change with the day: a stored page must be asked for again before it is shown.
FRESH = {"cache-control": "no-cache"}
PRIVATE = {"cache-control": "no-store"}


class PageChannel:
    """Translates requests for pages into HTML."""

    def __init__(
        self,
        settings: Settings,
        content: Content,
        handle: Handle,
        now: Callable[[], datetime] = local_now,
        board: NoticeBoard = NO_NOTICES,
        answer: Answer | None = None,
    ) -> None:
        """`answer` is what keeps within the limits; without it everything is answered."""
        self._handle = handle
        self._answer = answer or answer_all(handle)
        self._now = now
        self._public_url = settings.public_url.rstrip("/")
        self._board = board
        self._urgent = {kind.topic for kind in content.crisis.values()}
        review_days = settings.retention_days if settings.review else 0
        renderer = Renderer(content, settings.max_text_length, special_days=board.special_days, review_days=review_days)
        self._pages = Pages(content, renderer)
        self._styles = read_styles("pages.css")

    def routes(self) -> list[BaseRoute]:
        """Return all routes of this channel."""
        return [
            Route(TOPICS, self.get_overview, methods=["GET"]),
            Route(TOPICS, self.post_question, methods=["POST"]),
            Route(f"{TOPICS}/{{topic}}", self.get_topic, methods=["GET"]),
            Route(STATEMENT, self.get_statement, methods=["GET"]),
            Route("/pages.css", self.get_styles, methods=["GET"]),
            Route("/sitemap.xml", self.get_sitemap, methods=["GET"]),
            Route("/robots.txt", self.get_robots, methods=["GET"]),
        ]

    async def get_overview(self, request: Request) -> Response:
        """Show all topics."""
        off = self._board.off_text("page")
        if off is not None:
            return self._show_off(off, request)
        return HTMLResponse(self._pages.write_overview(self._view(request)), headers=FRESH)

    async def get_topic(self, request: Request) -> Response:
        """Show one answer."""
        topic = request.path_params["topic"]
        if not self._pages.has(topic):
            return self.show_missing(request)
        off = self._board.off_text("page")
        if off is not None and topic not in self._urgent:
            return self._show_off(off, request)
        return HTMLResponse(self._pages.write_topic(topic, self._view(request)), headers=FRESH)

    async def get_statement(self, request: Request) -> Response:
        """Show the accessibility statement."""
        return HTMLResponse(self._pages.write_statement(self._view(request)), headers=FRESH)

    async def post_question(self, request: Request) -> Response:
        """Answer a question; each one is a conversation of its own."""
        fields = await _read_form(request)
        text = fields.get(QUESTION, "")
        view = self._view(request, fields.get(LANGUAGE, ""))
        conversation = f"page:{secrets.token_urlsafe(16)}"
        if view.wording == "plain":
            await self._handle(UserMessage("page", conversation, payload=SWITCH_TO_PLAIN))
        try:
            turn = await self._answer(request, UserMessage("page", conversation, text))
        except TooManyMessages as error:
            page = self._pages.write_result(error.turn, view)
            return HTMLResponse(page, 429, headers=PRIVATE | error.headers)
        return HTMLResponse(self._pages.write_result(turn, view), headers=PRIVATE)

    async def get_styles(self, request: Request) -> Response:
        """Serve the style sheet."""
        return Response(self._styles, media_type="text/css", headers=FRESH)

    async def get_sitemap(self, request: Request) -> Response:
        """List the pages for search engines."""
        pages = self._pages.addresses(self._view(request))
        return Response(write_sitemap(pages), media_type="application/xml", headers=FRESH)

    async def get_robots(self, request: Request) -> Response:
        """Tell search engines what to leave alone, and where the sitemap is."""
        text = write_robots(f"{self._view(request).base}/sitemap.xml")
        return Response(text, media_type="text/plain", headers=FRESH)

    def show_missing(self, request: Request) -> Response:
        """Return the page for an address that does not exist."""
        return HTMLResponse(self._pages.write_missing(self._view(request)), 404, headers=PRIVATE)

    def _show_off(self, text: str, request: Request) -> Response:
        """Return the text of the switch; 503 keeps it out of the search engines."""
        return HTMLResponse(self._pages.write_off(text, self._view(request)), 503, headers=PRIVATE)

    def _view(self, request: Request, language: str | None = None) -> View:
        wanted = request.query_params.get(LANGUAGE) if language is None else language
        wording: Wording = "plain" if wanted == PLAIN else "text"
        return View(self._now(), wording, self._base(request), self._board.texts("page"))

    def _base(self, request: Request) -> str:
        """Return scheme and host for addresses that must be whole; a strange Host header is not repeated."""
        host = request.headers.get("host", "")
        if self._public_url or not HOST.fullmatch(host):
            return self._public_url
        return f"{request.url.scheme}://{host}"


async def _read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; what is beyond reason is cut, and the bot says that the text is too long."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                break
    except ClientDisconnect:
        return {}
    text = bytes(body[:MAX_BODY_BYTES]).decode("utf-8", "replace")
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
