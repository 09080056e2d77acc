"""A small Telegram Bot API for tests: one bot, long polling and webhook, in a thread of its own.

    with TelegramEmulator() as telegram:
        ...                                     # start the bot with telegram.token and telegram.api_url
        telegram.send_text("Wer zahlt die Miete?")
        sent = telegram.next_message()          # waits; Sent(chat_id, text, buttons, params)
        telegram.tap(sent.buttons[0][1])
        telegram.fail("sendMessage", 429, retry_after=1)

A webhook is served as Telegram does it: chats at the same time, the updates of one chat one after the other, each
until it is answered with 2xx. `inject` makes sendMessage fail at random and repeats deliveries; `targets` spreads
them over several workers, as a load balancer would.

In async tests wait with `await asyncio.to_thread(telegram.next_message)`. `calls` lists every accepted or
refused call as (method, params); `blocked` holds chats that blocked the bot; a chat the bot may write to
exists once it has written itself, as on Telegram.
"""

import asyncio
import contextlib
import itertools
import json
import queue
import random
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

BOT = {"id": 123456, "is_bot": True, "first_name": "Jobcenter", "username": "jobcenter_test_bot"}
Params = dict[str, Any]
CONNECTIONS = 40
"""Telegram's default for max_connections of a webhook."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds before a refused update comes again; doubled each time."""
HANG_SECONDS = 30.0
"""Longer than the bot waits for an answer."""


class Sent(NamedTuple):
    """One message the bot sent."""

    chat_id: int
    text: str
    buttons: list[tuple[str, str]]
    """Title and payload, row by row."""
    params: Params
    at: float = 0.0
    """Moment of a monotonic clock."""
    is_confirmed: bool = True
    """False when the bot never learnt that it arrived, and must send it again."""


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


def make_server(app: ASGIApp) -> uvicorn.Server:
    """A quiet server; run it with `serve(sockets=[open_socket()])`."""
    return uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False))


class Abortable:
    """Lets a handler cut its connection: `request.scope["abort"]()`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on the request together with uvicorn's transport."""
        cycle: Any = getattr(send, "__self__", None)
        await self._app({**scope, "abort": lambda: cycle.transport.abort()}, receive, send)


class TelegramEmulator:
    """Use as a context manager; all methods may be called from any thread and return at once."""

    def __init__(self, token: str = "123456:TEST-token") -> None:
        self.token = token
        self.calls: list[tuple[str, Params]] = []
        self.webhook: Params = {}
        self.webhook_answers: list[int] = []
        self.webhook_seconds: list[float] = []
        """How long each of the answers took."""
        self.blocked: set[int] = set()
        self.targets: list[str] = []
        """Addresses of webhooks to choose from at random, in the place of the registered one."""
        self.accepted: list[Sent] = []
        """Every message that arrived, in order."""
        self.injected: Counter[str] = Counter()
        """Failures and repeats so far, by kind."""
        self._rates: Mapping[str, float] = {}
        self._random = random.Random(1)
        self._chat_queues: dict[int, deque[Params]] = {}
        self._pending: list[Params] = []
        self._chats: set[int] = set()
        self._failures: list[tuple[str, Refusal]] = []
        self._sent: queue.Queue[Sent] = queue.Queue()
        self._ids = itertools.count(1)
        self._socket = open_socket()
        self.api_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/bot"
        route = Route("/bot{token}/{method}", self._on_call, methods=["GET", "POST"])
        self._server = make_server(Abortable(Starlette(routes=[route])))
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

    def inject(self, rates: Mapping[str, float], seed: int = 1) -> None:
        """Let things go wrong at random; `rates` are shares of calls by kind.

        sendMessage: "429", "502", "reset" (connection cut), "hang" (no answer), each before the message is accepted,
        and "lost": accepted, but the connection is cut before the bot learns it. Webhook: "repeat" (the answer of the
        bot got lost, the same update comes again at once) and "late" (it comes again after others).
        """
        self._random.seed(seed)
        self._rates = dict(rates)

    def next_message(self, timeout: float = 5.0) -> Sent:
        """The next message the bot sends, in order; AssertionError when none comes."""
        try:
            return self._sent.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no message within {timeout} s; calls: {self.methods()}") from None

    def count_pending(self) -> int:
        """Updates the bot has not taken yet."""
        return len(self._pending) + sum(map(len, list(self._chat_queues.values())))

    def methods(self) -> list[str]:
        """Names of all calls so far."""
        return [method for method, _ in self.calls]

    async def _serve(self) -> None:
        pusher = asyncio.create_task(self._push())
        await self._server.serve(sockets=[self._socket])
        await pusher

    async def _push(self) -> None:
        """Send pending updates to the webhook, chats at the same time."""
        slots = asyncio.Semaphore(CONNECTIONS)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client, asyncio.TaskGroup() as chats:
            while not self._server.should_exit:
                if not (self._pending and (self.targets or self.webhook.get("url"))):
                    await asyncio.sleep(0.01)
                    continue
                update = self._pending.pop(0)
                chat = find_chat(update)
                if chat in self._chat_queues:
                    self._chat_queues[chat].append(update)
                else:
                    self._chat_queues[chat] = deque([update])
                    chats.create_task(self._push_chat(client, slots, chat))

    async def _push_chat(self, client: httpx.AsyncClient, slots: asyncio.Semaphore, chat: int) -> None:
        """Send the updates of one chat in order, each until it is answered with 2xx."""
        waiting = self._chat_queues[chat]
        late: list[Params] = []
        pause = SHORTEST_PAUSE
        while (waiting or late) and not self._server.should_exit:
            update = waiting[0] if waiting else late[0]
            async with slots:
                is_taken = await self._post(client, update)
            if not is_taken:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            pause = SHORTEST_PAUSE
            if self._draw("repeat"):
                continue
            elif not waiting:
                late.pop(0)
            else:
                waiting.popleft()
                late += [update] if self._draw("late") else []
        del self._chat_queues[chat]

    async def _post(self, client: httpx.AsyncClient, update: Params) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        url = self._random.choice(self.targets) if self.targets else self.webhook["url"]
        started = time.monotonic()
        try:
            answer = await client.post(url, json=update, headers=headers)
        except httpx.TransportError:  # the bot is not up yet, or gone
            self.webhook_answers.append(0)
            return False
        self.webhook_answers.append(answer.status_code)
        self.webhook_seconds.append(time.monotonic() - started)
        return answer.is_success

    def _draw(self, *kinds: str) -> str | None:
        """At most one of these kinds of trouble: each once to begin with, then at random."""
        point = self._random.random()
        for kind in kinds:
            rate = self._rates.get(kind, 0.0)
            point -= rate
            if point < 0 or (rate and not self.injected[kind]):
                self.injected[kind] += 1
                return kind
        return None

    async def _on_call(self, request: Request) -> Response:
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
            trouble = self._draw("429", "502", "reset", "hang", "lost") if method == "sendMessage" else None
            if trouble not in (None, "lost"):
                return await self._make_trouble(trouble, request)
            result = await self._call(method, params, request)
            if trouble == "lost":
                self.accepted[-1] = self.accepted[-1]._replace(is_confirmed=False)
                request.scope["abort"]()
            return JSONResponse({"ok": True, "result": result})
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.code)

    async def _make_trouble(self, kind: str | None, request: Request) -> Response:
        if kind == "429":
            raise Refusal(429, "Too Many Requests: retry after 1", retry_after=1)
        if kind == "502":
            raise Refusal(502, "Bad Gateway")
        if kind == "hang":
            with contextlib.suppress(TimeoutError):  # the next thing to receive is that the bot hangs up
                await asyncio.wait_for(request.receive(), HANG_SECONDS)
        request.scope["abort"]()
        return Response()

    async def _call(self, method: str, params: Params, request: Request) -> Any:
        if method == "getUpdates":
            return await self._get_updates(params, request)
        if method == "sendMessage":
            return self._send_message(params)
        if method == "getMe":
            return BOT | {"can_join_groups": False, "supports_inline_queries": False}
        if method == "getWebhookInfo":
            known = {"url": self.webhook.get("url", ""), "pending_update_count": self.count_pending()}
            return known | {"has_custom_certificate": False}
        if method in ("setWebhook", "deleteWebhook"):
            self.webhook = params if method == "setWebhook" else {}
            return True
        if method in ("answerCallbackQuery", "setMyCommands", "setMyDescription", "leaveChat"):
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
        self.accepted.append(Sent(chat_id, text, buttons, params, time.monotonic()))
        self._sent.put(self.accepted[-1])
        return make_message(next(self._ids), chat_id, "private") | {"from": BOT, "text": text}


def read_params(body: bytes) -> Params:
    """Form fields; lists and objects arrive as JSON, everything else stays a string."""
    fields = parse_qsl(body.decode(), keep_blank_values=True)
    return {
        key: json.loads(value) if key not in ("text", "description") and value.startswith(("[", "{")) else value
        for key, value in fields
    }


def find_chat(update: Params) -> int:
    """The chat an update belongs to, or 0."""
    content: Params = next((value for key, value in update.items() if key != "update_id"), {})
    chat: Params = (content.get("message") or content).get("chat", {})
    return int(chat.get("id", 0))


def make_person(chat_id: int) -> Params:
    """Who writes: in private chats the person's id is the chat's."""
    return {"id": chat_id, "is_bot": False, "first_name": "Test"}


def make_message(number: int, chat_id: int, chat_type: str) -> Params:
    """An empty message; content is added with `|`."""
    chat = {"id": chat_id, "type": chat_type, "title": "Test"}
    return {"message_id": number, "date": int(time.time()), "chat": chat, "from": make_person(chat_id)}
