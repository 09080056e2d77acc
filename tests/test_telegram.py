"""The Telegram channel without a network: real updates, a fake assistant, a fake Bot API."""

import asyncio
import json
import logging
import ssl
import traceback
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from telegram import Update
from telegram.error import NetworkError
from telegram.request import HTTPXRequest, RequestData
from telegram_emulator import BOT, make_message, make_person

from bot.channels import telegram as channel_module
from bot.channels.telegram import MAX_BODY, SECRET_HEADER, WORKERS, TelegramChannel, TelegramUnavailable
from bot.channels.telegram_text import COMMANDS, read_text, render_text, split_text
from bot.models import Button, Decision, Link, Reply, Turn, UserMessage
from bot.settings import Secret, Settings

TOKEN = "123456:geheimes-Token"
SECRET = "geheimwort-fuer-tests"
TEXTS = {
    "telegram_privacy": "Telegram liest mit.",
    "private_chats_only": "Bitte schreiben Sie mir einzeln.",
    "source_label": "Quelle",
    "as_of_label": "Stand",
    **{f"command_{name}": f"Befehl {name}" for name in COMMANDS},
}
SETTINGS = Settings(
    telegram_token=Secret(TOKEN),
    telegram_webhook_url="https://bot.example",
    telegram_webhook_secret=Secret(SECRET),
)
Params = dict[str, Any]


class FakeAssistant:
    """Records what arrives and answers with prepared replies."""

    def __init__(self) -> None:
        self.messages: list[UserMessage] = []
        self.replies: tuple[Reply, ...] = (Reply("Antwort"),)
        self.gates: defaultdict[str, asyncio.Event] = defaultdict(open_gate)

    async def handle(self, message: UserMessage) -> Turn:
        """Answer once the gate for this text is open; all are unless a test closes one."""
        self.messages.append(message)
        await self.gates[message.text].wait()
        return Turn(self.replies, Decision("answered"))


def open_gate() -> asyncio.Event:
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


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()

    async def do_request(request: HTTPXRequest, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        return await fake.do_request(*args, **kwargs)

    monkeypatch.setattr(HTTPXRequest, "do_request", do_request)
    # Nothing leaves the process, and reading the certificates takes 20 ms for each client.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *args, **kwargs: None)
    monkeypatch.setattr(channel_module, "RETRY_SECONDS", (0.001, 0.001, 0.001))
    return fake


@pytest_asyncio.fixture
async def channel(assistant: FakeAssistant, api: FakeApi) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(SETTINGS, assistant.handle, TEXTS)
    await channel.start()
    yield channel
    for gate in assistant.gates.values():  # stop() waits for every reply, also after a failed test
        gate.set()
    await channel.stop()


def make_update(content: Params, chat_id: int = 7, chat_type: str = "private", number: int = 1) -> Params:
    return {"update_id": number, "message": make_message(number, chat_id, chat_type) | content}


def make_text(text: str, **where: Any) -> Params:
    length = len(text.split()[0]) if text.startswith("/") else 0
    entities = [{"type": "bot_command", "offset": 0, "length": length}] if length else []
    return make_update({"text": text, "entities": entities}, **where)


def make_tap(data: str | None, message: Params | None) -> Params:
    query = {"id": "5", "from": make_person(7), "chat_instance": "1", "data": data, "message": message}
    return {"update_id": 1, "callback_query": {key: value for key, value in query.items() if value}}


async def feed(channel: TelegramChannel, update: Params) -> None:
    application = channel.application
    await application.process_update(Update.de_json(update, application.bot))


async def settle() -> None:
    """Let everything run that is not waiting for a gate or a pause; counted, so no clock decides."""
    for _ in range(500):
        await asyncio.sleep(0)


async def post(channel: TelegramChannel, body: bytes, secret: str | None = SECRET) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=channel.webhook_routes()))
    headers = {} if secret is None else {SECRET_HEADER.encode(): secret.encode()}
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        return await client.post("/telegram", content=body, headers=headers)


# Reading


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("/start", "s:start"),
        ("/start flyer", "s:start"),
        ("/START", "s:start"),
        ("/hilfe", "t:bedienung"),
        ("/themen", "s:topics"),
        ("/themen@jobcenter_test_bot", "s:topics"),
        ("/kontakt", "t:kontakt"),
        ("/datenschutz ", "t:datenschutz"),
    ],
)
def test_known_command_becomes_its_payload(text: str, payload: str) -> None:
    assert read_text(text) == ("", payload)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/miete", "miete"),
        ("/hilfe ich kann nicht mehr", "hilfe ich kann nicht mehr"),
        ("/start ich kann nicht mehr", "start ich kann nicht mehr"),
        ("/", ""),
        ("t:kaution", "t:kaution"),
        ("s:start", "s:start"),
        ("Kosten 3/4 Zimmer", "Kosten 3/4 Zimmer"),
    ],
)
def test_other_text_never_becomes_a_payload(text: str, expected: str) -> None:
    assert read_text(text) == (expected, None)


async def test_text_reaches_the_assistant(channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi) -> None:
    await feed(channel, make_text("Zahlt das Amt die Kaution?"))
    message = assistant.messages[0]
    assert (message.channel, message.text, message.payload, message.attachment) == (
        "telegram",
        "Zahlt das Amt die Kaution?",
        None,
        False,
    )
    assert api.sent() == ["Antwort"]


async def test_start_sends_the_privacy_notice_first(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    await feed(channel, make_text("/start"))
    assert api.sent() == ["Telegram liest mit.", "Antwort"]
    assert assistant.messages[0].payload == "s:start"


FILE = {"file_id": "f", "file_unique_id": "u"}
SIZE = FILE | {"width": 9, "height": 9}


@pytest.mark.parametrize(
    "content",
    [
        {"photo": [SIZE]},
        {"photo": [SIZE], "caption": "Mein Bescheid"},
        {"voice": FILE | {"duration": 3}},
        {"audio": FILE | {"duration": 3}},
        {"video": SIZE | {"duration": 3}},
        {"video_note": FILE | {"duration": 3, "length": 9}},
        {"document": FILE},
        {"sticker": SIZE | {"type": "regular", "is_animated": False, "is_video": False}},
        {"location": {"longitude": 6.7, "latitude": 49.3}},
        {"contact": {"phone_number": "1", "first_name": "Test"}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {"content_of_the_year_2030": {}},
    ],
)
async def test_other_content_is_passed_on_as_attachment(
    channel: TelegramChannel, assistant: FakeAssistant, content: Params
) -> None:
    await feed(channel, make_update(content))
    assert [(message.attachment, message.text) for message in assistant.messages] == [(True, "")]


async def test_album_is_answered_once(channel: TelegramChannel, assistant: FakeAssistant) -> None:
    for number in range(3):
        await feed(channel, make_update({"photo": [SIZE], "media_group_id": "9"}, number=number))
    assert len(assistant.messages) == 1


@pytest.mark.parametrize(
    "update",
    [
        make_update({"pinned_message": make_message(1, 7, "private")}),
        make_update({"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}}),
        make_update({"write_access_allowed": {}}),
        make_text("Hallo", chat_type="group"),
        make_text("/hilfe", chat_type="supergroup"),
        make_text("/start@another_bot", chat_type="group"),
        make_text("Hallo", chat_type="channel"),
        {"update_id": 1, "edited_message": make_text("Hallo")["message"]},
        {"update_id": 1, "edited_message": make_text("/start")["message"]},
        {"update_id": 1, "channel_post": make_text("/start", chat_type="channel")["message"]},
        {"update_id": 1, "something_new": {}},
    ],
)
async def test_update_nobody_expects_a_reply_to_is_ignored(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, update: Params
) -> None:
    await feed(channel, update)
    assert assistant.messages == []
    assert api.sent() == []


@pytest.mark.parametrize("chat_type", ["group", "supergroup"])
async def test_group_is_answered_once_without_the_assistant(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, chat_type: str
) -> None:
    for text in ("/start", "/start@jobcenter_test_bot", "Miete?"):
        await feed(channel, make_text(text, chat_id=-5, chat_type=chat_type))
    assert api.sent() == ["Bitte schreiben Sie mir einzeln."]
    await feed(channel, make_text("/start", chat_id=-6, chat_type=chat_type))
    assert len(api.sent()) == 2
    assert assistant.messages == []


# Buttons


@pytest.mark.parametrize(
    "message",
    [make_message(3, 7, "private"), {"message_id": 3, "date": 0, "chat": {"id": 7, "type": "private"}}],
)
async def test_tap_is_confirmed_and_reaches_the_assistant(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, message: Params
) -> None:
    await feed(channel, make_tap("t:kaution", message))
    assert assistant.messages[0].payload == "t:kaution"
    assert assistant.messages[0].text == ""
    assert [name for name, _ in api.calls][-2:] == ["answerCallbackQuery", "sendMessage"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("t:kaution", None),
        (None, make_message(3, 7, "private")),
        ("t:kaution", make_message(3, -5, "group")),
    ],
)
async def test_tap_without_data_or_private_chat_is_only_confirmed(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, data: str | None, message: Params | None
) -> None:
    await feed(channel, make_tap(data, message))
    assert assistant.messages == []
    assert api.calls[-1][0] == "answerCallbackQuery"


async def test_tap_that_is_too_old_is_answered_all_the_same(channel: TelegramChannel, api: FakeApi) -> None:
    api.failures["answerCallbackQuery"] = [(400, {"description": "Bad Request: query is too old"})]
    await feed(channel, make_tap("t:kaution", make_message(3, 7, "private")))
    assert api.sent() == ["Antwort"]


# Rendering


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply("Ja."), "Ja."),
        (Reply("Ja.\n"), "Ja."),
        (Reply("Ja.", sources=("§ 22 SGB II",)), "Ja.\n\nQuelle: § 22 SGB II"),
        (Reply("Ja.", as_of="2026-11-22"), "Ja.\n\nStand: 22.11.2026"),
        (
            Reply(
                "Ja.",
                links=(Link("Antrag", "https://a.example"), Link("Karte", "https://b.example")),
                sources=("§ 22 SGB II", "Landkreis, Stand 2019"),
                as_of="2026-01-02",
            ),
            "Ja.\n\nAntrag: https://a.example\nKarte: https://b.example\n\n"
            "Quelle: § 22 SGB II; Landkreis, Stand 2019 · Stand: 02.01.2026",
        ),
    ],
)
def test_reply_is_rendered_as_plain_text(reply: Reply, expected: str) -> None:
    assert render_text(reply, "Quelle", "Stand") == expected
    assert render_text(reply, "Quelle:", "Stand: ") == expected


async def test_message_has_one_button_per_row_and_no_markup_or_preview(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    assistant.replies = (Reply("*Ja* <b>", buttons=(Button("Umzug", "t:umzug"), Button("Miete", "t:miete"))),)
    await feed(channel, make_text("Kaution"))
    name, params = api.calls[-1]
    assert (name, params["text"]) == ("sendMessage", "*Ja* <b>")
    assert "parse_mode" not in params
    assert params["link_preview_options"] == {"is_disabled": True}
    assert params["reply_markup"]["inline_keyboard"] == [
        [{"text": "Umzug", "callback_data": "t:umzug"}],
        [{"text": "Miete", "callback_data": "t:miete"}],
    ]


async def test_long_reply_carries_its_buttons_on_the_last_part(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    assistant.replies = (Reply("\n\n".join(["Wort " * 300] * 5), buttons=(Button("Umzug", "t:umzug"),)),)
    await feed(channel, make_text("Kaution"))
    messages = [params for name, params in api.calls if name == "sendMessage"]
    assert ["reply_markup" in params for params in messages] == [False, False, True]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("kurz", ["kurz"]),
        ("", [""]),
        ("aaaa bbbb\n\ncccc\n\ndd", ["aaaa bbbb", "cccc\n\ndd"]),
        ("aaaa bbbb\ncccc dd", ["aaaa bbbb", "cccc dd"]),
        ("aaaa bbb cccc", ["aaaa bbb", "cccc"]),
        ("aaaaa bbbb\n\ncc", ["aaaaa bbbb", "cc"]),
        ("aaaaa bbbbb\n\ncc", ["aaaaa", "bbbbb\n\ncc"]),
        ("aaaaaaaaaabbbbbbbbbbcc", ["aaaaaaaaaa", "bbbbbbbbbb", "cc"]),
        ("ä" * 10, ["ä" * 10]),
        ("😀" * 11, ["😀" * 5, "😀" * 5, "😀"]),
        ("a" + "😀" * 5, ["a" + "😀" * 4, "😀"]),
    ],
)
def test_long_text_is_cut_at_the_widest_gap(text: str, parts: list[str]) -> None:
    assert split_text(text, limit=10) == parts


def test_text_of_exactly_the_limit_is_not_cut() -> None:
    assert [len(part) for part in split_text("a" * 4096)] == [4096]
    assert [len(part) for part in split_text("a" * 4097)] == [4096, 1]


# Conversations and order


async def test_conversation_id_hides_the_chat(assistant: FakeAssistant, api: FakeApi) -> None:
    first, second = (TelegramChannel(SETTINGS, assistant.handle, TEXTS) for _ in range(2))
    for channel, chat_id in ((first, 123456789), (first, 123456789), (first, 5), (second, 123456789)):
        await channel.start()
        await feed(channel, make_text("Hallo", chat_id=chat_id))
        await channel.stop()
    ids = [message.conversation for message in assistant.messages]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(text.startswith("tg:") and "123456789" not in text for text in ids)


async def test_one_chat_stays_in_order_and_does_not_block_others(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    assistant.gates["langsam"] = asyncio.Event()
    texts = ["langsam"] + [f"Nachricht {number}" for number in range(2 * WORKERS)]
    for number, text in enumerate(texts):
        await channel.application.update_queue.put(
            Update.de_json(make_text(text, chat_id=1, number=number), channel.application.bot)
        )
    await channel.application.update_queue.put(
        Update.de_json(make_text("anderer Chat", chat_id=2), channel.application.bot)
    )
    await settle()
    assert [message.text for message in assistant.messages] == ["langsam", "anderer Chat"]
    assistant.gates["langsam"].set()
    await channel.stop()
    assert [message.text for message in assistant.messages] == ["langsam", "anderer Chat", *texts[1:]]
    assert len(api.sent()) == len(texts) + 1


async def test_number_of_chats_at_work_is_bounded(channel: TelegramChannel, assistant: FakeAssistant) -> None:
    assistant.gates["warten"] = asyncio.Event()
    for chat_id in range(2 * WORKERS):
        update = make_text("warten", chat_id=chat_id, number=chat_id)
        await channel.application.update_queue.put(Update.de_json(update, channel.application.bot))
    await settle()
    assert len(assistant.messages) == WORKERS
    assistant.gates["warten"].set()
    await channel.stop()
    assert len(assistant.messages) == 2 * WORKERS


# Trouble

LIMITED = (429, {"description": "Too Many Requests", "parameters": {"retry_after": 0.001}})


@pytest.mark.parametrize(
    "failures",
    [
        [LIMITED],
        [LIMITED, LIMITED, LIMITED],
        [(502, {"description": "Bad Gateway"})],
        [(500, {}), LIMITED, NetworkError("httpx.ReadError")],
    ],
)
async def test_passing_trouble_is_retried(channel: TelegramChannel, api: FakeApi, failures: list[Any]) -> None:
    tries = len(failures) + 1
    api.failures["sendMessage"] = failures
    await feed(channel, make_text("Hallo"))
    assert api.sent() == ["Antwort"] * tries


@pytest.mark.parametrize(
    ("failure", "tries"),
    [
        (LIMITED, 4),
        ((500, {}), 4),
        ((429, {"description": "Too Many Requests", "parameters": {"retry_after": 3600}}), 1),
        ((400, {"description": "Bad Request: BUTTON_DATA_INVALID"}), 1),
    ],
)
async def test_lasting_trouble_is_given_up_and_logged_without_content(
    channel: TelegramChannel, api: FakeApi, caplog: pytest.LogCaptureFixture, failure: Any, tries: int
) -> None:
    api.failures["sendMessage"] = [failure] * 9
    await feed(channel, make_text("Geheime Frage", chat_id=987654, number=4711))
    assert len(api.sent()) == tries
    assert "Telegram-Update 4711: " in caplog.text
    assert not any(word in caplog.text for word in ("Geheim", "987654", TOKEN, "Antwort", "Traceback"))


@pytest.mark.parametrize(
    "failure",
    [
        (403, {"description": "Forbidden: bot was blocked by the user"}),
        (400, {"description": "Bad Request: chat not found"}),
    ],
)
async def test_unreachable_person_is_counted_quietly(
    channel: TelegramChannel,
    assistant: FakeAssistant,
    api: FakeApi,
    caplog: pytest.LogCaptureFixture,
    failure: Any,
) -> None:
    caplog.set_level(logging.INFO)
    assistant.replies = (Reply("eins"), Reply("zwei"))
    api.failures["sendMessage"] = [failure] * 2
    for _ in range(2):
        await feed(channel, make_text("Hallo", chat_id=987654))
    assert api.sent() == ["eins", "eins"]
    records = [record for record in caplog.records if "nicht zustellbare" in record.getMessage()]
    assert [record.args for record in records] == [(1,), (2,)]
    assert "987654" not in caplog.text
    assert all(record.levelno <= logging.INFO for record in caplog.records)


async def test_stopping_ends_a_pause(channel: TelegramChannel, api: FakeApi) -> None:
    api.failures["sendMessage"] = [(429, {"description": "", "parameters": {"retry_after": 30}})]
    update = Update.de_json(make_text("Hallo"), channel.application.bot)
    await channel.application.update_queue.put(update)
    await settle()
    async with asyncio.timeout(1):
        await channel.stop()
    assert api.sent() == ["Antwort"] * 2


async def test_library_log_loses_its_content(channel: TelegramChannel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("telegram.Bot").critical("Received data was %r", {"text": "Geheime Frage"})
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logging.getLogger("telegram.ext.Updater").exception("Token %s", TOKEN)
    logging.getLogger("httpx").info("POST https://api.telegram.org/bot%s/getMe", TOKEN)
    await feed(channel, make_text("Geheime Frage"))
    assert "Geheim" not in caplog.text
    assert TOKEN not in caplog.text
    assert "telegram.Bot" in caplog.text
    assert "ValueError" in caplog.text


# Starting


async def test_start_registers_webhook_and_commands(channel: TelegramChannel, api: FakeApi) -> None:
    calls = dict(api.calls)
    assert calls["setWebhook"]["url"] == "https://bot.example/telegram"
    assert calls["setWebhook"]["secret_token"] == SECRET
    assert list(calls["setWebhook"]["allowed_updates"]) == ["message", "callback_query"]
    assert [entry["command"] for entry in calls["setMyCommands"]["commands"]] == list(COMMANDS)


@pytest.mark.parametrize(
    ("method", "failure", "words"),
    [
        ("getMe", (401, {"description": "Unauthorized"}), "von Telegram abgelehnt"),
        ("getMe", (404, {"description": "Not Found"}), "von Telegram abgelehnt"),
        ("getMe", NetworkError("httpx.ConnectError"), "nicht erreichbar"),
        ("getMe", LIMITED, "nicht erreichbar"),
        ("setWebhook", (400, {"description": "Bad Request: bad webhook"}), "TELEGRAM_WEBHOOK_URL"),
        ("setWebhook", (401, {"description": "Unauthorized"}), "von Telegram abgelehnt"),
    ],
)
async def test_failed_start_is_one_sentence_and_may_be_repeated(
    assistant: FakeAssistant, api: FakeApi, method: str, failure: Any, words: str
) -> None:
    channel = TelegramChannel(SETTINGS, assistant.handle, TEXTS)
    api.failures[method] = [failure]
    with pytest.raises(TelegramUnavailable, match=words) as raised:
        await channel.start()
    assert TOKEN not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__context__ is None
    assert not channel.application.running
    await channel.start()
    await feed(channel, make_text("Hallo"))
    assert api.sent() == ["Antwort"]
    await channel.stop()


async def test_refused_command_list_does_not_stop_the_bot(assistant: FakeAssistant, api: FakeApi) -> None:
    api.failures["setMyCommands"] = [(400, {"description": "Bad Request"})]
    channel = TelegramChannel(SETTINGS, assistant.handle, TEXTS)
    await channel.start()
    assert channel.application.running
    await channel.stop()


async def test_stop_without_start_does_nothing(assistant: FakeAssistant) -> None:
    await TelegramChannel(SETTINGS, assistant.handle, TEXTS).stop()


def test_polling_has_no_webhook_route(assistant: FakeAssistant) -> None:
    settings = Settings(telegram_token=Secret(TOKEN))
    assert TelegramChannel(settings, assistant.handle, TEXTS).webhook_routes() == []


def test_missing_system_text_is_named(assistant: FakeAssistant) -> None:
    with pytest.raises(KeyError, match="as_of_label"):
        TelegramChannel(SETTINGS, assistant.handle, {key: TEXTS[key] for key in list(TEXTS)[:3]})


# Webhook


async def test_webhook_answers_before_the_work_is_done(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    assistant.gates["Hallo"] = asyncio.Event()
    response = await post(channel, json.dumps(make_text("Hallo")).encode())
    assert response.status_code == 200
    assert api.sent() == []
    assistant.gates["Hallo"].set()
    await channel.stop()
    assert api.sent() == ["Antwort"]


async def test_webhook_answers_repeated_updates_once(channel: TelegramChannel, api: FakeApi) -> None:
    for number in (1, 1, 2, 1):
        response = await post(channel, json.dumps(make_text("Hallo", number=number)).encode())
        assert response.status_code == 200
    await channel.stop()
    assert len(api.sent()) == 2


@pytest.mark.parametrize("secret", [None, "", "falsch", SECRET + "x", "Schlüssel"])
async def test_webhook_refuses_a_wrong_secret(
    channel: TelegramChannel, assistant: FakeAssistant, secret: str | None
) -> None:
    response = await post(channel, json.dumps(make_text("Hallo")).encode(), secret)
    assert response.status_code == 403
    assert assistant.messages == []


async def test_webhook_without_a_configured_secret_is_closed(assistant: FakeAssistant, api: FakeApi) -> None:
    settings = Settings(telegram_token=Secret(TOKEN), telegram_webhook_url="https://bot.example")
    channel = TelegramChannel(settings, assistant.handle, TEXTS)
    assert (await post(channel, b"{}", secret="")).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe{", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"update_id": "1"}', 400),
        (b'"' + b"a" * MAX_BODY + b'"', 413),
        (b'{"update_id": 1}', 200),
        (b'{"update_id": 2, "message": {"text": "Geheime Frage"}}', 200),
        (b'{"update_id": 3, "message": "Geheime Frage"}', 200),
    ],
)
async def test_webhook_survives_any_body(
    channel: TelegramChannel, caplog: pytest.LogCaptureFixture, body: bytes, status: int
) -> None:
    response = await post(channel, body)
    assert response.status_code == status
    assert response.text.endswith(".") == (status != 200)
    assert "Geheim" not in response.text + caplog.text


async def test_webhook_asks_telegram_to_wait_while_the_bot_is_down(assistant: FakeAssistant, api: FakeApi) -> None:
    channel = TelegramChannel(SETTINGS, assistant.handle, TEXTS)
    assert (await post(channel, json.dumps(make_text("Hallo")).encode())).status_code == 503
