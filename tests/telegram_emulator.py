"""A small Telegram Bot API for tests: one bot, long polling and webhook, in a thread of its own.

    with TelegramEmulator() as telegram:
        ...                                     # start the bot with telegram.token and telegram.api_url
        telegram.send_text("Wer zahlt die Miete?")
        sent = telegram.next_message()          # waits; Sent(chat_id, text, buttons, params)
        telegram.tap(sent.buttons[0][1])
        telegram.fail("sendMessage", 429, retry_after=1)

In async tests wait with `await asyncio.to_thread(telegram.next_message)`. `calls` lists every accepted or
refused call as (method, params); `blocked` holds chats that blocked the bot; a chat the bot may write to
exists once it has written itself, as on Telegram.
"""

import asyncio
import itertools
import json
import queue
import socket
import threading
import time
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

BOT = {"id": 123456, "is_bot": True, "first_name": "Jobcenter", "username": "jobcenter_test_bot"}
Params = dict[str, Any]


class Sent(NamedTuple):
    """One message the bot sent."""

    chat_id: int
    text: str
    buttons: list[tuple[str, str]]
    """Title and payload, row by row."""
    params: Params


class Refusal(Exception):
    """An answer with "ok": false."""

    def __init__(self, code: int, description: str, retry_after: float | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.body: Params = {"ok": False, "error_code": code, "description": description}
        if retry_after is not None:
            self.body["parameters"] = {"retry_after": retry_after}


def open_socket() -> socket.socket:
    """A free port on loopback; without IPPROTO_TCP every answer takes 44 ms (no TCP_NODELAY)."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    return sock


def make_server(app: Starlette) -> uvicorn.Server:
    """A quiet server; run it with `serve(sockets=[open_socket()])`."""
    return uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False))


class TelegramEmulator:
    """Use as a context manager; all methods may be called from any thread and return at once."""

    def __init__(self, token: str = "123456:TEST-token") -> None:
        self.token = token
        self.calls: list[tuple[str, Params]] = []
        self.webhook: Params = {}
        self.webhook_answers: list[int] = []
        self.blocked: set[int] = set()
        self._pending: list[Params] = []
        self._chats: set[int] = set()
        self._failures: list[tuple[str, Refusal]] = []
        self._sent: queue.Queue[Sent] = queue.Queue()
        self._ids = itertools.count(1)
        self._socket = open_socket()
        self.api_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/bot"
        route = Route("/bot{token}/{method}", self._on_call, methods=["GET", "POST"])
        self._server = make_server(Starlette(routes=[route]))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> "TelegramEmulator":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def send_text(self, text: str, chat_id: int = 1, chat_type: str = "private") -> int:
        """A person writes; commands need no special care. Returns the update id."""
        command = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return self.send({"text": text, "entities": command if text[0] == "/" else []}, chat_id, chat_type)

    def send_photo(self, chat_id: int = 1) -> int:
        """A person sends a picture without words."""
        size = {"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}
        return self.send({"photo": [size]}, chat_id)

    def send(self, content: Params, chat_id: int = 1, chat_type: str = "private") -> int:
        """A person sends any other content, e.g. {"voice": {…}}."""
        self._chats.add(chat_id)
        return self.deliver({"message": make_message(next(self._ids), chat_id, chat_type) | content})

    def tap(self, payload: str, chat_id: int = 1) -> int:
        """A person taps a button under an earlier message."""
        number = next(self._ids)
        query = {"id": str(number), "from": make_person(chat_id), "chat_instance": "1", "data": payload}
        return self.deliver({"callback_query": query | {"message": make_message(number, chat_id, "private")}})

    def deliver(self, update: Params) -> int:
        """Hand any update to the bot, numbered unless it has an update_id."""
        update = {"update_id": next(self._ids)} | update
        self._pending.append(update)
        return int(update["update_id"])

    def fail(self, method: str, code: int, times: int = 1, retry_after: float | None = None) -> None:
        """Refuse the next calls of a method with this HTTP status."""
        self._failures += [(method, Refusal(code, "Injected", retry_after))] * times

    def next_message(self, timeout: float = 5.0) -> Sent:
        """The next message the bot sends, in order; AssertionError when none comes."""
        try:
            return self._sent.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no message within {timeout} s; calls: {self.methods()}") from None

    def methods(self) -> list[str]:
        """Names of all calls so far."""
        return [method for method, _ in self.calls]

    async def _serve(self) -> None:
        pusher = asyncio.create_task(self._push())
        await self._server.serve(sockets=[self._socket])
        await pusher

    async def _push(self) -> None:
        """Send pending updates to the webhook, in order, each until it is answered with 2xx."""
        async with httpx.AsyncClient(trust_env=False) as client:
            while not self._server.should_exit:
                if not (self._pending and self.webhook.get("url")):
                    await asyncio.sleep(0.01)
                    continue
                headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
                try:
                    answer = await client.post(self.webhook["url"], json=self._pending[0], headers=headers)
                except httpx.TransportError:  # the bot is not up yet, or gone
                    await asyncio.sleep(0.05)
                    continue
                self.webhook_answers.append(answer.status_code)
                if answer.is_success:
                    self._pending.pop(0)
                else:
                    await asyncio.sleep(0.05)

    async def _on_call(self, request: Request) -> JSONResponse:
        method = request.path_params["method"]
        params = read_params(await request.body())
        try:
            if request.path_params["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            self.calls.append((method, params))
            for failure in self._failures:
                if failure[0] == method:
                    self._failures.remove(failure)
                    raise failure[1]
            return JSONResponse({"ok": True, "result": await self._call(method, params, request)})
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.code)

    async def _call(self, method: str, params: Params, request: Request) -> Any:
        if method == "getUpdates":
            return await self._get_updates(params, request)
        if method == "sendMessage":
            return self._send_message(params)
        if method == "getMe":
            return BOT | {"can_join_groups": False, "supports_inline_queries": False}
        if method == "getWebhookInfo":
            known = {"url": self.webhook.get("url", ""), "pending_update_count": len(self._pending)}
            return known | {"has_custom_certificate": False}
        if method in ("setWebhook", "deleteWebhook"):
            self.webhook = params if method == "setWebhook" else {}
            return True
        if method in ("answerCallbackQuery", "setMyCommands", "sendChatAction"):
            return True
        raise Refusal(404, "Not Found")

    async def _get_updates(self, params: Params, request: Request) -> list[Params]:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        while self._pending and self._pending[0]["update_id"] < int(params.get("offset", 0)):
            self._pending.pop(0)
        deadline = time.monotonic() + float(params.get("timeout", 0))
        while not self._pending and time.monotonic() < deadline and not self._server.should_exit:
            if await request.is_disconnected():
                break
            await asyncio.sleep(0.01)
        return self._pending[:100]

    def _send_message(self, params: Params) -> Params:
        chat_id, text = int(params["chat_id"]), str(params.get("text", ""))
        rows = params.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [(button["text"], button["callback_data"]) for row in rows for button in row]
        if chat_id in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat_id not in self._chats:
            raise Refusal(400, "Bad Request: chat not found")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        if any(not 1 <= len(payload.encode()) <= 64 for _, payload in buttons):
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        self._sent.put(Sent(chat_id, text, buttons, params))
        return make_message(next(self._ids), chat_id, "private") | {"from": BOT, "text": text}


def read_params(body: bytes) -> Params:
    """Form fields; lists and objects arrive as JSON, everything else stays a string."""
    fields = parse_qsl(body.decode(), keep_blank_values=True)
    return {
        key: json.loads(value) if key != "text" and value.startswith(("[", "{")) else value for key, value in fields
    }


def make_person(chat_id: int) -> Params:
    """Who writes: in private chats the person's id is the chat's."""
    return {"id": chat_id, "is_bot": False, "first_name": "Test"}


def make_message(number: int, chat_id: int, chat_type: str) -> Params:
    """An empty message; content is added with `|`."""
    chat = {"id": chat_id, "type": chat_type, "title": "Test"}
    return {"message_id": number, "date": int(time.time()), "chat": chat, "from": make_person(chat_id)}
