"""POST /telegram: takes updates from Telegram, fast, and only those of Telegram."""

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot, Update

LOGGER = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MAX_BODY = 256 * 1024

Take = Callable[[Update], Awaitable[bool]]
"""Takes an update to be answered; False when Telegram shall send it again later."""


class Webhook:
    """Answers Telegram with 200 once an update is taken, and with 503 when it shall come again."""

    def __init__(self, secret: str, bot: Bot, take: Take) -> None:
        self._secret = secret
        self._bot = bot
        self._take = take

    def routes(self) -> list[Route]:
        """Return what our web server mounts."""
        return [Route("/telegram", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """Take one update."""
        sent = request.headers.get(SECRET_HEADER, "")
        if not self._secret or not hmac.compare_digest(sent.encode(), self._secret.encode()):
            return PlainTextResponse("Das Geheimwort fehlt oder stimmt nicht.", 403)
        body = await _read_body(request)
        if body is None:
            return PlainTextResponse("Der Inhalt ist größer als 256 kB oder unvollständig.", 413)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return PlainTextResponse("Der Inhalt ist kein gültiges JSON.", 400)
        update_id = data.get("update_id") if isinstance(data, dict) else None
        if not isinstance(update_id, int):
            return PlainTextResponse("Der Inhalt ist kein Telegram-Update: update_id fehlt.", 400)
        update = self._read_update(update_id, data)
        if update is not None and not await self._take(update):
            return PlainTextResponse("Der Bot startet, hält gerade an oder ist ausgelastet.", 503)
        return Response()

    def _read_update(self, update_id: int, data: dict[str, Any]) -> Update | None:
        try:
            return Update.de_json(data, self._bot)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Answered with 200 all the same: Telegram would send it again and again.
            LOGGER.error("Telegram-Update %d ist nicht lesbar: %s", update_id, type(error).__name__)
            return None


async def _read_body(request: Request) -> bytes | None:
    """The body, or None as soon as it is too long or breaks off; Content-Length is not trusted."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
