"""What the Telegram tests share: a fake assistant, a fake Bot API, updates as Telegram sends them."""

import asyncio
import json
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from telegram import Update
from telegram.request import HTTPXRequest, RequestData
from telegram_emulator import BOT, make_message, make_person

from bot.channels import telegram_delivery, telegram_limits
from bot.channels.telegram import TEXT_KEYS as CHANNEL_KEYS
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_handlers import TEXT_KEYS as HANDLER_KEYS
from bot.channels.telegram_webhook import SECRET_HEADER
from bot.ledger import MemoryLedger, UpdateLedger
from bot.models import Decision, Reply, Status, Turn, UserMessage
from bot.settings import Secret, Settings

TOKEN = "123456:geheimes-Token"
SECRET = "geheimwort-fuer-tests"
KEY = b"schluessel-fuer-tests-0123456789"
TEXTS = {key: f"[{key}]" for key in (*CHANNEL_KEYS, *HANDLER_KEYS)} | {"source_label": "Quelle", "as_of_label": "Stand"}
SETTINGS = Settings(
    telegram_token=Secret(TOKEN),
    telegram_webhook_url="https://bot.example",
    telegram_webhook_secret=Secret(SECRET),
    telegram_sends_per_second=1_000_000,
)
Params = dict[str, Any]


class FakeAssistant:
    """Records what arrives and answers with prepared replies."""

    def __init__(self) -> None:
        self.messages: list[UserMessage] = []
        self.replies: tuple[Reply, ...] = (Reply("Antwort"),)
        self.statuses: defaultdict[str, Status] = defaultdict(lambda: "answered")
        self.gates: defaultdict[str, asyncio.Event] = defaultdict(open_gate)

    async def handle(self, message: UserMessage) -> Turn:
        """Answer once the gate for this text is open; all are unless a test closes one."""
        self.messages.append(message)
        await self.gates[message.text].wait()
        return Turn(self.replies, Decision(self.statuses[message.text]))


def open_gate() -> asyncio.Event:
    """An event that has happened already."""
    gate = asyncio.Event()
    gate.set()
    return gate


class FakeApi:
    """Stands in for python-telegram-bot's HTTP layer."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Params]] = []
        self.failures: dict[str, list[tuple[int, Params] | Exception]] = defaultdict(list)

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, **timeouts: object
    ) -> tuple[int, bytes]:
        """Record the call; fail if a test asked for it."""
        name = urlsplit(url).path.rpartition("/")[2]
        params = dict(request_data.parameters) if request_data else {}
        self.calls.append((name, params))
        if self.failures[name]:
            failure = self.failures[name].pop(0)
            if isinstance(failure, Exception):
                raise failure
            return failure[0], json.dumps({"ok": False} | failure[1]).encode()
        results = {"getMe": BOT, "sendMessage": make_message(1, 1, "private")}
        return 200, json.dumps({"ok": True, "result": results.get(name, True)}).encode()

    def sent(self) -> list[str]:
        """Texts of all messages the bot tried to send."""
        return [params["text"] for name, params in self.calls if name == "sendMessage"]


class FrozenLedger:
    """A ledger whose clock moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.ledger = MemoryLedger(lambda: self.now)


def patch_api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Put the fake API in the place of the network, and let nobody wait."""
    fake = FakeApi()

    async def do_request(request: HTTPXRequest, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        return await fake.do_request(*args, **kwargs)

    monkeypatch.setattr(HTTPXRequest, "do_request", do_request)
    # Nothing leaves the process, and reading the certificates takes 20 ms for each client.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *args, **kwargs: None)
    monkeypatch.setattr(telegram_delivery, "RETRY_SECONDS", (0.001, 0.001, 0.001))
    monkeypatch.setattr(telegram_limits, "CHAT_BURST", 1_000_000)
    return fake


def build_channel(
    assistant: FakeAssistant, settings: Settings = SETTINGS, ledger: UpdateLedger | None = None, key: bytes = KEY
) -> TelegramChannel:
    """A channel that has not been started."""
    return TelegramChannel(settings, assistant.handle, TEXTS, ledger or MemoryLedger(), key)


@asynccontextmanager
async def running(assistant: FakeAssistant, **how: Any) -> AsyncIterator[TelegramChannel]:
    """A channel that is started, and stopped at the end."""
    channel = build_channel(assistant, **how)
    await channel.start()
    yield channel
    for gate in assistant.gates.values():  # stop() waits for every reply, also after a failed test
        gate.set()
    await channel.stop()


def make_update(content: Params, chat_id: int = 7, chat_type: str = "private", number: int = 1) -> Params:
    """A new message with this content."""
    return {"update_id": number, "message": make_message(number, chat_id, chat_type) | content}


def make_text(text: str, **where: Any) -> Params:
    """A new message with this text; a command is marked as one."""
    length = len(text.split()[0]) if text.startswith("/") else 0
    entities = [{"type": "bot_command", "offset": 0, "length": length}] if length else []
    return make_update({"text": text, "entities": entities}, **where)


def make_edit(text: str, message_id: int = 1, seconds: int = 5, chat_id: int = 7) -> Params:
    """The message with this id got another text, so many seconds after it was sent."""
    message = make_message(message_id, chat_id, "private")
    return {"update_id": 99, "edited_message": message | {"text": text, "edit_date": message["date"] + seconds}}


ADMINISTRATOR_RIGHTS = (
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
    *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories"),
)
RESTRICTED_RIGHTS = (
    *("is_member", "can_change_info", "can_invite_users", "can_pin_messages", "can_send_messages", "can_send_polls"),
    *("can_send_other_messages", "can_add_web_page_previews", "can_manage_topics", "can_send_audios"),
    *(
        "can_edit_tag",
        "can_react_to_messages",
        "can_send_documents",
        "can_send_photos",
        "can_send_videos",
        "can_send_video_notes",
        "can_send_voice_notes",
    ),
)


def make_membership(status: str, chat_id: int = 7, chat_type: str = "private") -> Params:
    """The bot was added, removed, blocked or let in again."""
    chat = make_message(1, chat_id, chat_type)["chat"]
    rights = {"administrator": ADMINISTRATOR_RIGHTS, "restricted": RESTRICTED_RIGHTS}.get(status, ())
    old = {"user": BOT, "status": "left"}
    until = {"until_date": 0} if status in ("restricted", "kicked", "member") else {}
    new = {"user": BOT, "status": status} | until | dict.fromkeys(rights, False)
    change = {"chat": chat, "from": make_person(7), "date": 0, "old_chat_member": old, "new_chat_member": new}
    return {"update_id": 98, "my_chat_member": change}


def make_tap(data: str | None, message: Params | None) -> Params:
    """A tap on a button under this message."""
    query = {"id": "5", "from": make_person(7), "chat_instance": "1", "data": data, "message": message}
    return {"update_id": 1, "callback_query": {key: value for key, value in query.items() if value}}


async def feed(channel: TelegramChannel, update: Params) -> None:
    """Let the handlers work on an update, out of any order."""
    application = channel.application
    await application.process_update(Update.de_json(update, application.bot))


async def settle() -> None:
    """Let everything run that is not waiting for a gate or a pause; counted, so no clock decides."""
    for _ in range(500):
        await asyncio.sleep(0)


async def enqueue(channel: TelegramChannel, update: Params) -> None:
    """Hand over an update as polling does."""
    await channel.application.update_queue.put(Update.de_json(update, channel.application.bot))


async def post(channel: TelegramChannel, body: bytes, secret: str | None = SECRET) -> httpx.Response:
    """Hand over a body as Telegram does."""
    transport = httpx.ASGITransport(Starlette(routes=channel.webhook_routes()))
    headers = {} if secret is None else {SECRET_HEADER.encode(): secret.encode()}
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        return await client.post("/telegram", content=body, headers=headers)
