"""The Telegram channel without a network: real updates, a fake assistant, a fake Bot API."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from telegram.error import NetworkError
from telegram_fakes import (
    SECRET,
    SETTINGS,
    TEXTS,
    TOKEN,
    FakeApi,
    FakeAssistant,
    build_channel,
    enqueue,
    feed,
    make_text,
    patch_api,
    post,
    running,
    settle,
)

from bot.channels import telegram as channel_module
from bot.channels.telegram import TelegramChannel, TelegramUnavailable
from bot.channels.telegram_order import WORKERS
from bot.channels.telegram_text import COMMANDS, read_text, render_text, split_text
from bot.channels.telegram_webhook import MAX_BODY
from bot.ledger import MemoryLedger
from bot.models import Button, Link, Reply
from bot.settings import Secret, Settings


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    return patch_api(monkeypatch)


@pytest_asyncio.fixture
async def channel(assistant: FakeAssistant, api: FakeApi) -> AsyncIterator[TelegramChannel]:
    async with running(assistant) as channel:
        yield channel


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
        ("/einfach", "s:plain"),
        ("/loeschen", "s:delete"),
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
        ("s:delete", "s:delete"),
        ("/s:delete", "s:delete"),
        ("/einfach erklären", "einfach erklären"),
        ("bitte /loeschen", "bitte /loeschen"),
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
    first, second = build_channel(assistant), build_channel(assistant, key=b"ein anderer Schluessel")
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
    texts = ["langsam"] + [f"Nachricht {number}" for number in range(SETTINGS.telegram_messages_per_minute - 1)]
    for number, text in enumerate(texts):
        await enqueue(channel, make_text(text, chat_id=1, number=number))
    await enqueue(channel, make_text("anderer Chat", chat_id=2, number=len(texts)))
    await settle()
    assert [message.text for message in assistant.messages] == ["langsam", "anderer Chat"]
    assistant.gates["langsam"].set()
    await channel.stop()
    assert [message.text for message in assistant.messages] == ["langsam", "anderer Chat", *texts[1:]]
    assert len(api.sent()) == len(texts) + 1


async def test_two_workers_answer_each_update_once_and_in_order(api: FakeApi, assistant: FakeAssistant) -> None:
    ledger = MemoryLedger()
    assistant.gates["Nachricht 0"] = asyncio.Event()
    async with running(assistant, ledger=ledger) as one, running(assistant, ledger=ledger) as other:
        for number in range(10):
            body = json.dumps(make_text(f"Nachricht {number}", number=number)).encode()
            first, second = (one, other) if number % 2 else (other, one)
            assert (await post(first, body)).status_code == 200
            assert (await post(second, body)).status_code == 200
        await settle()
        assert len(assistant.messages) == 1
        assistant.gates["Nachricht 0"].set()
    assert [message.text for message in assistant.messages] == [f"Nachricht {number}" for number in range(10)]
    assert len(api.sent()) == 10


async def test_polling_answers_each_update_once(api: FakeApi, assistant: FakeAssistant) -> None:
    async with running(assistant) as channel:
        for number in (4, 5, 4, 6, 5):
            await enqueue(channel, make_text(f"Nachricht {number}", number=number))
    assert [message.text for message in assistant.messages] == ["Nachricht 4", "Nachricht 5", "Nachricht 6"]


async def test_number_of_chats_at_work_is_bounded(channel: TelegramChannel, assistant: FakeAssistant) -> None:
    assistant.gates["warten"] = asyncio.Event()
    for chat_id in range(2 * WORKERS):
        await enqueue(channel, make_text("warten", chat_id=chat_id, number=chat_id))
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
        (403, {"description": "Forbidden: user is deactivated"}),
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


async def test_stopping_waits_for_a_retry_but_not_forever(
    channel: TelegramChannel, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "STOP_SECONDS", 0.01)
    api.failures["sendMessage"] = [(429, {"description": "", "parameters": {"retry_after": 30}})]
    await enqueue(channel, make_text("Hallo"))
    await settle()
    async with asyncio.timeout(5):
        await channel.stop()
    assert api.sent() == ["Antwort"] * 2


async def test_what_was_taken_is_answered_before_the_stop(channel: TelegramChannel, api: FakeApi) -> None:
    api.failures["sendMessage"] = [LIMITED, (502, {}), NetworkError("httpx.ReadError")]
    for number in range(5):
        assert (await post(channel, json.dumps(make_text("Hallo", number=number)).encode())).status_code == 200
    await channel.stop()
    assert len(api.sent()) == 5 + 3


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
    assert calls["setMyDescription"] == {"description": TEXTS["telegram_description"]}
    menus = [params for name, params in api.calls if name == "setMyCommands"]
    assert [menu.get("language_code") for menu in menus] == [None, "de"]
    assert calls["setWebhook"]["url"] == "https://bot.example/telegram"
    assert calls["setWebhook"]["secret_token"] == SECRET
    assert list(calls["setWebhook"]["allowed_updates"]) == [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    ]
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
    channel = build_channel(assistant)
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
    channel = build_channel(assistant)
    await channel.start()
    assert channel.application.running
    await channel.stop()


async def test_stop_without_start_does_nothing(assistant: FakeAssistant) -> None:
    await build_channel(assistant).stop()


def test_polling_has_no_webhook_route(assistant: FakeAssistant) -> None:
    settings = Settings(telegram_token=Secret(TOKEN))
    assert build_channel(assistant, settings).webhook_routes() == []


def test_missing_system_text_is_named(assistant: FakeAssistant) -> None:
    with pytest.raises(KeyError, match="as_of_label"):
        texts = {key: text for key, text in TEXTS.items() if key != "as_of_label"}
        TelegramChannel(SETTINGS, assistant.handle, texts, MemoryLedger(), b"")


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
    channel = build_channel(assistant, settings)
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
    channel = build_channel(assistant)
    assert (await post(channel, json.dumps(make_text("Hallo")).encode())).status_code == 503


async def test_webhook_asks_telegram_to_wait_while_the_bot_stops(
    channel: TelegramChannel, assistant: FakeAssistant
) -> None:
    assistant.gates["langsam"] = asyncio.Event()
    assert (await post(channel, json.dumps(make_text("langsam")).encode())).status_code == 200
    stopping = asyncio.create_task(channel.stop())
    await settle()
    assert (await post(channel, json.dumps(make_text("zu spät", number=2)).encode())).status_code == 503
    assistant.gates["langsam"].set()
    await stopping
    assert [message.text for message in assistant.messages] == ["langsam"]


class SlowLedger(MemoryLedger):
    """A ledger that takes its time to note an update."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def arrive(self, chat: str, update_id: int) -> None:
        """Note it once the gate is open."""
        await self.gate.wait()
        await super().arrive(chat, update_id)


async def test_update_that_was_let_in_is_kept_whatever_happens_meanwhile(
    api: FakeApi, assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "BACKLOG_SECONDS", 0.02)
    settings = msgspec.structs.replace(SETTINGS, telegram_sends_per_second=100)
    ledger = SlowLedger()
    async with running(assistant, settings=settings, ledger=ledger) as channel:
        posts = [
            asyncio.create_task(post(channel, json.dumps(make_text("Hallo", number=number)).encode()))
            for number in range(3)
        ]
        await settle()
        stopping = asyncio.create_task(channel.stop())
        await settle()
        ledger.gate.set()
        assert [(await task).status_code for task in posts] == [200, 200, 503]
        await stopping
        assert len(api.sent()) == 2


async def test_webhook_asks_telegram_to_wait_while_too_many_wait(
    api: FakeApi, assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "BACKLOG_SECONDS", 0.1)
    settings = msgspec.structs.replace(SETTINGS, telegram_sends_per_second=200)
    assistant.gates["langsam"] = asyncio.Event()
    async with running(assistant, settings=settings) as channel:
        statuses = [
            (await post(channel, json.dumps(make_text("langsam", chat_id=number, number=number)).encode())).status_code
            for number in range(22)
        ]
        assistant.gates["langsam"].set()
        await channel.application.update_queue.join()
        again = await post(channel, json.dumps(make_text("langsam", chat_id=21, number=21)).encode())
    assert statuses == [200] * 20 + [503] * 2
    assert again.status_code == 200
    assert len(api.sent()) == 21
