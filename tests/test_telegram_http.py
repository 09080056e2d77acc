"""The Telegram channel end to end over HTTP, against the emulator, by polling and by webhook."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from telegram_emulator import Sent, TelegramEmulator, make_server, open_socket
from telegram_fakes import KEY, TEXTS

from bot.channels import telegram_delivery
from bot.channels.telegram import ALLOWED_UPDATES, TelegramChannel, TelegramUnavailable
from bot.channels.telegram_text import COMMANDS
from bot.channels.telegram_webhook import SECRET_HEADER
from bot.ledger import MemoryLedger
from bot.models import Button, Decision, Reply, Turn, UserMessage
from bot.settings import Secret, Settings

pytestmark = pytest.mark.e2e

SECRET = "geheimwort-fuer-tests"


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramEmulator]:
    monkeypatch.setattr(telegram_delivery, "RETRY_SECONDS", (0.01, 0.01, 0.01))
    with TelegramEmulator() as emulator:
        yield emulator


async def echo(message: UserMessage) -> Turn:
    """A stand-in for the assistant that says what it was given."""
    what = "Anhang" if message.attachment else f"Knopf {message.payload}" if message.payload else message.text
    reply = Reply(what, buttons=(Button("Weiter", "t:weiter"),), sources=("§ 1",), as_of="2026-11-22")
    return Turn((reply,), Decision("answered"))


def build(settings: Settings) -> TelegramChannel:
    return TelegramChannel(settings, echo, TEXTS, MemoryLedger(), KEY)


@asynccontextmanager
async def polling(telegram: TelegramEmulator) -> AsyncIterator[TelegramChannel]:
    settings = Settings(telegram_token=Secret(telegram.token), telegram_api_url=telegram.api_url)
    channel = build(settings)
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()


@asynccontextmanager
async def webhook(telegram: TelegramEmulator) -> AsyncIterator[str]:
    """The channel inside a web server of its own; gives the address of the route."""
    sock = open_socket()
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = Settings(
        telegram_token=Secret(telegram.token),
        telegram_api_url=telegram.api_url,
        telegram_webhook_url=address,
        telegram_webhook_secret=Secret(SECRET),
    )
    channel = build(settings)
    server = make_server(Starlette(routes=channel.webhook_routes()))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    await channel.start()
    try:
        yield f"{address}/telegram"
    finally:
        await channel.stop()
        server.should_exit = True
        await serving


async def receive(telegram: TelegramEmulator) -> Sent:
    return await asyncio.to_thread(telegram.next_message)


async def converse(telegram: TelegramEmulator) -> None:
    """The same short conversation by either way of receiving."""
    telegram.send_text("/start")
    assert (await receive(telegram)).text.startswith(TEXTS["telegram_privacy"])
    assert (await receive(telegram)).text.startswith("Knopf s:start")
    telegram.send_text("Wer zahlt die Miete?", chat_id=2)
    sent = await receive(telegram)
    assert sent.chat_id == 2
    assert sent.text == "Wer zahlt die Miete?\n\nQuelle: § 1 · Stand: 22.11.2026"
    assert sent.buttons == [("Weiter", "t:weiter")]
    assert sent.params["link_preview_options"] == {"is_disabled": True}
    telegram.tap("t:weiter", chat_id=2)
    assert (await receive(telegram)).text.startswith("Knopf t:weiter")
    assert "answerCallbackQuery" in telegram.methods()
    telegram.send_photo()
    assert (await receive(telegram)).text.startswith("Anhang")


async def test_conversation_by_polling(telegram: TelegramEmulator) -> None:
    async with polling(telegram):
        await converse(telegram)
    calls = dict(telegram.calls)
    assert [entry["command"] for entry in calls["setMyCommands"]["commands"]] == list(COMMANDS)
    assert calls["getUpdates"]["allowed_updates"] == list(ALLOWED_UPDATES)
    assert telegram.methods().count("sendMessage") == 5


async def test_conversation_by_webhook(telegram: TelegramEmulator) -> None:
    async with webhook(telegram):
        await converse(telegram)
    assert telegram.webhook["allowed_updates"] == list(ALLOWED_UPDATES)
    assert telegram.webhook["secret_token"] == SECRET
    assert "getUpdates" not in telegram.methods()


async def test_webhook_refuses_strangers_and_answers_repeats_once(telegram: TelegramEmulator) -> None:
    async with webhook(telegram) as address, httpx.AsyncClient() as stranger:
        first = telegram.send_text("eins")
        assert (await receive(telegram)).text.startswith("eins")
        telegram.deliver({"update_id": first, "message": {}})
        refused = await stranger.post(address, json={}, headers={SECRET_HEADER: "falsch"})
        too_long = await stranger.post(address, content=b"x" * 300_000, headers={SECRET_HEADER: SECRET})
        assert (refused.status_code, too_long.status_code) == (403, 413)
        telegram.send_text("zwei")
        assert (await receive(telegram)).text.startswith("zwei")
    assert telegram.webhook_answers == [200, 200, 200]


async def test_messages_from_before_the_start_are_answered(telegram: TelegramEmulator) -> None:
    telegram.send_text("früh")
    async with polling(telegram):
        assert (await receive(telegram)).text.startswith("früh")
    telegram.send_text("Pause")
    async with polling(telegram):
        assert (await receive(telegram)).text.startswith("Pause")
    assert telegram.methods().count("sendMessage") == 2


async def test_flood_limit_and_server_errors_are_outlasted(telegram: TelegramEmulator) -> None:
    async with polling(telegram):
        telegram.fail("sendMessage", 429, retry_after=0.05)
        telegram.fail("sendMessage", 502, times=2)
        telegram.send_text("Hallo")
        assert (await receive(telegram)).text.startswith("Hallo")
    assert telegram.methods().count("sendMessage") == 4


async def test_chat_that_blocked_the_bot_does_not_disturb_others(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.blocked.add(4711)
    async with polling(telegram):
        telegram.send_text("blockiert", chat_id=4711)
        telegram.send_text("erreichbar", chat_id=2)
        assert (await receive(telegram)).chat_id == 2
    bot_log = "".join(record.getMessage() for record in caplog.records)
    assert "nicht zustellbare Antworten bisher: 1" in bot_log
    assert not any(word in bot_log for word in ("4711", "blockiert", telegram.token))


async def test_token_withdrawn_while_running_ends_in_a_clean_stop(
    telegram: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with polling(telegram):
        telegram.send_text("Hallo")
        await receive(telegram)
        telegram.fail("getUpdates", 401)
        telegram.send_text("noch einmal")
        await asyncio.sleep(0.1)
    assert "nimmt das Token nicht mehr an" in caplog.text
    assert telegram.token not in caplog.text


async def test_wrong_token_is_one_sentence(telegram: TelegramEmulator) -> None:
    settings = Settings(telegram_token=Secret("1:falsch"), telegram_api_url=telegram.api_url)
    with pytest.raises(TelegramUnavailable, match=r"Token .* von Telegram abgelehnt"):
        await build(settings).start()


async def test_unreachable_server_is_one_sentence_and_start_may_be_repeated(
    telegram: TelegramEmulator,
) -> None:
    telegram.fail("getMe", 502)
    settings = Settings(telegram_token=Secret(telegram.token), telegram_api_url=telegram.api_url)
    channel = build(settings)
    with pytest.raises(TelegramUnavailable, match="nicht erreichbar"):
        await channel.start()
    await channel.start()
    telegram.send_text("Hallo")
    assert (await receive(telegram)).text.startswith("Hallo")
    await channel.stop()

    closed = open_socket()  # bound but not listening: connections are refused
    address = f"http://127.0.0.1:{closed.getsockname()[1]}/bot"
    with pytest.raises(TelegramUnavailable, match="nicht erreichbar"):
        await build(Settings(telegram_token=Secret(telegram.token), telegram_api_url=address)).start()
    closed.close()
