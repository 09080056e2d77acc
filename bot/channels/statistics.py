"""The statistics for the operator, behind a token that is never part of an address."""

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.statistics_html import DOWNLOAD, PAGE, STYLES, write_sentence, write_statistics
from bot.channels.styles import read_styles
from bot.content import Content
from bot.hours import local_now
from bot.settings import Settings
from bot.statistics.summary import DEFAULT_DAYS, Period, PeriodError, Summary, Tally, last_days, read_period, summarise
from bot.statistics.tables import write_csv
from bot.statistics.words import AWAY, NO_DATABASE

Read = Callable[[Period], Awaitable[Tally | None]]
"""Returns what was counted, None while the database is away."""
WRONG_ATTEMPTS = RateLimitItemPerMinute(10)
PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}
CHALLENGE = {"www-authenticate": 'Basic realm="Statistik", charset="UTF-8"'}
LOCKED = "Diese Seite braucht das Geheimwort aus JOBCENTER_BOT_STATISTICS_TOKEN als Passwort. Der Name ist beliebig."
TOO_MANY = "Zu viele falsche Geheimwörter. Bitte in einer Minute noch einmal versuchen."


class NoNumbers(Exception):
    """The numbers cannot be shown; the message says in German why."""

    def __init__(self, sentence: str, status: int, period: Period | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.period = period


def statistics_routes(
    settings: Settings, content: Content, read: Read | None, now: Callable[[], datetime] = local_now
) -> list[BaseRoute]:
    """Return the routes, none without a token; `read` is None without a database."""
    if not settings.statistics_token:
        return []
    return StatisticsChannel(settings.statistics_token, content, read, now).routes()


class StatisticsChannel:
    """Shows the numbers of a period as a page and as a table to download."""

    def __init__(self, token: str, content: Content, read: Read | None, now: Callable[[], datetime]) -> None:
        self._token = token.encode()
        self._content = content
        self._read = read
        self._now = now
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._styles = read_styles("statistics.css")

    def routes(self) -> list[BaseRoute]:
        """Return all routes of this channel."""
        return [
            Route(PAGE, self.get_page, methods=["GET"]),
            Route(DOWNLOAD, self.get_download, methods=["GET"]),
            Route(STYLES, self.get_styles, methods=["GET"]),
        ]

    async def get_page(self, request: Request) -> Response:
        """Show the page."""
        refusal = self._refuse(request)
        if refusal is not None:
            status, sentence, headers = refusal
            return HTMLResponse(write_sentence(sentence), status, PRIVATE | headers)
        try:
            summary = await self._summarise(request)
        except NoNumbers as error:
            return HTMLResponse(write_sentence(str(error), error.period), error.status, PRIVATE)
        return HTMLResponse(write_statistics(summary, self._content, request.query_params), headers=PRIVATE)

    async def get_download(self, request: Request) -> Response:
        """Send the same numbers as CSV."""
        refusal = self._refuse(request)
        if refusal is not None:
            status, sentence, headers = refusal
            return PlainTextResponse(sentence, status, PRIVATE | headers)
        try:
            summary = await self._summarise(request)
        except NoNumbers as error:
            return PlainTextResponse(str(error), error.status, PRIVATE)
        name = f"statistik-{summary.period.first}-bis-{summary.period.last}.csv"
        headers = PRIVATE | {"content-disposition": f'attachment; filename="{name}"'}
        return Response(write_csv(summary, self._content), media_type="text/csv; charset=utf-8", headers=headers)

    async def get_styles(self, request: Request) -> Response:
        """Serve the style sheet; it tells nothing."""
        return Response(self._styles, media_type="text/css", headers={"cache-control": "no-cache"})

    async def _summarise(self, request: Request) -> Summary:
        today = self._now().date()
        try:
            period = read_period(request.query_params, today)
        except PeriodError as error:
            raise NoNumbers(str(error), 400, _default(today)) from None
        if self._read is None:
            raise NoNumbers(NO_DATABASE, 503)
        tally = await self._read(period)
        if tally is None:
            raise NoNumbers(AWAY, 503, period)
        # up to 0.7 s for two years, and meanwhile others want answers
        return await asyncio.to_thread(summarise, tally, period, today)

    def _refuse(self, request: Request) -> tuple[int, str, dict[str, str]] | None:
        """Return status, sentence and headers for somebody who may not see the numbers."""
        if not self._limiter.test(WRONG_ATTEMPTS):  # before the comparison: else guessing would go on
            free = self._limiter.get_window_stats(WRONG_ATTEMPTS).reset_time
            return 429, TOO_MANY, {"retry-after": str(max(1, round(free - time.time()) + 1))}
        given = read_password(request.headers.get("authorization", ""))
        if given is not None and hmac.compare_digest(given, self._token):
            return None
        if given is not None:  # a browser asks once without before it asks the person
            self._limiter.hit(WRONG_ATTEMPTS)
        return 401, LOCKED, CHALLENGE


def read_password(header: str) -> bytes | None:
    """Return the password of HTTP Basic or the bearer token, None when there is neither."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _default(today: date) -> Period:
    return last_days(DEFAULT_DAYS, today)
