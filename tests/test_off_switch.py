"""Banners and the switch in every channel: shown where they belong, once, and never in the way of help."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from conftest import FakeInterpreter, predict
from notice_tools import BANNER, OFF, Board
from telegram_fakes import SETTINGS, FakeApi, feed, make_text, patch_api

from bot.assistant import Assistant
from bot.channels.pages import PageChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.terminal import chat
from bot.channels.web import build_web_app
from bot.content import Content
from bot.conversations import MemoryStore
from bot.counters import Counters
from bot.crisis import CERTAIN, POSSIBLE
from bot.ledger import MemoryLedger
from bot.models import Turn, UserMessage
from bot.settings import Settings
from bot.versions import Versions

PHONE = "06831 444 8000"
HOURS = "Öffnungszeiten: Mo, Di, Do, Fr 8.30–12 Uhr"
DANGER = "Ich will nicht mehr leben"
HELP = "TelefonSeelsorge 0800 111 0 111"
QUESTION = "Zahlt das Amt die Kaution?"
VERSIONS = Versions("1.2.3", "2026-11-22 ab12cd3")
CHANNELS = ("web", "rest", "page", "telegram", "terminal")


class Sure:
    """A model of emergencies that always says the same."""

    def __init__(self, score: float) -> None:
        self.score = score

    def judge(self, text: str) -> tuple[str, float]:
        return "suizid", self.score


@pytest.fixture
def file(tmp_path: Path) -> Board:
    return Board(tmp_path)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(30, 100)


Build = Callable[..., Assistant]


@pytest.fixture
def build(content: Content, interpreter: FakeInterpreter, file: Board, store: MemoryStore) -> Build:
    interpreter.prediction = predict(("kaution", 0.99))

    def start(**more: object) -> Assistant:
        arguments = {"board": file.board, **more}
        return Assistant(content, interpreter.parse, store, 2000, lambda: file.now, **arguments)  # type: ignore[arg-type]

    return start


@pytest.fixture
def bot(build: Build) -> Assistant:
    return build()


async def say(bot: Assistant, text: str, channel: str = "web", conversation: str = "c") -> Turn:
    return await bot.handle(UserMessage(channel, conversation, text))


async def tap(bot: Assistant, payload: str, channel: str = "web", conversation: str = "c") -> Turn:
    return await bot.handle(UserMessage(channel, conversation, payload=payload))


# ---- Switched off ----


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_message_gets_the_text_with_phone_and_hours(bot: Assistant, file: Board, channel: str) -> None:
    file.switch_off()
    for turn in (
        await say(bot, QUESTION, channel),
        await say(bot, "", channel),
        await say(bot, "x" * 3000, channel),
        await tap(bot, "s:start", channel),
        await tap(bot, "t:kaution", channel),
        await tap(bot, "f:freibetrag", channel),
        await bot.handle(UserMessage(channel, "c", attachment=True)),
    ):
        (reply,) = turn.replies
        assert reply.text.startswith(f"{OFF}\n\n")
        assert PHONE in reply.text and HOURS in reply.text
        assert reply.buttons == ()
        assert (turn.decision.status, turn.decision.text_key) == ("handoff", "switched_off")


async def test_only_the_named_channel_is_off_and_only_as_long_as_it_says(bot: Assistant, file: Board) -> None:
    file.switch_off("  channels: [telegram]\n")
    assert (await say(bot, QUESTION, "telegram")).decision.status == "handoff"
    assert (await say(bot, QUESTION, "web")).decision.status == "answered"
    file.write("")
    assert (await say(bot, QUESTION, "telegram")).decision.status == "answered"


async def test_off_bot_neither_classifies_nor_remembers_but_counts(
    build: Build, file: Board, interpreter: FakeInterpreter, store: MemoryStore
) -> None:
    counters = Counters()
    bot = build(counters=counters)
    file.switch_off()
    await say(bot, QUESTION)
    assert interpreter.seen == []
    assert await store.load("c") == await store.load("unbekannt")
    assert counters.take().turns == {("2026-12-01", "web", "handoff", ""): 1}


@pytest.mark.parametrize("channel", CHANNELS)
async def test_person_in_danger_gets_the_numbers_first_although_the_bot_is_off(
    bot: Assistant, file: Board, channel: str
) -> None:
    file.switch_off()
    turn = await say(bot, DANGER, channel)
    help_reply, off = turn.replies
    assert HELP in help_reply.text
    assert off.text.startswith(OFF)
    assert turn.decision.status == "guardrail_crisis"
    # the buttons below the numbers lead to more help, and to a human
    more = await tap(bot, help_reply.buttons[0].payload, channel)
    assert more.replies[0].topic == "krise_suizid" and OFF not in more.replies[0].text
    human = await tap(bot, help_reply.buttons[1].payload, channel)
    assert PHONE in human.replies[0].text


async def test_possible_danger_gets_the_numbers_above_the_text(build: Build, file: Board) -> None:
    file.switch_off()
    note, off = (await say(build(crisis_model=Sure((CERTAIN + POSSIBLE) / 2)), "Ich kann nicht mehr")).replies
    assert "0800 111 0 111" in note.text
    assert off.text.startswith(OFF)


@pytest.mark.parametrize("wish", ["s:delete", "alles löschen"])
async def test_conversation_can_still_be_deleted(bot: Assistant, file: Board, store: MemoryStore, wish: str) -> None:
    await say(bot, QUESTION)
    assert (await store.load("c")).last_topic == "kaution"
    file.switch_off()
    turn = await (tap(bot, wish) if ":" in wish else say(bot, wish))
    assert turn.decision.text_key == "conversation_deleted"
    assert (await store.load("c")).last_topic is None


async def test_nothing_of_a_message_is_logged_while_off(
    bot: Assistant, file: Board, caplog: pytest.LogCaptureFixture
) -> None:
    file.switch_off()
    with caplog.at_level(logging.DEBUG):
        await say(bot, "Zuckerwatte")
        await say(bot, f"{DANGER} Zuckerwatte")
    assert caplog.records
    assert "zuckerwatte" not in caplog.text.lower()


# ---- Banners as messages ----


async def test_banner_comes_once_in_a_conversation_and_always_with_start(bot: Assistant, file: Board) -> None:
    file.put_up()
    first, second = await say(bot, QUESTION, "telegram"), await say(bot, QUESTION, "telegram")
    assert first.replies[0].text == BANNER
    assert len(first.replies) == len(second.replies) + 1
    assert (await tap(bot, "s:start", "telegram")).replies[0].text == BANNER
    assert (await say(bot, QUESTION, "telegram")).replies == second.replies
    assert (await say(bot, QUESTION, "telegram", "another")).replies[0].text == BANNER
    file.put_up("Neu ist der Hinweis vom 23.12.")
    texts = [reply.text for reply in (await say(bot, QUESTION, "telegram")).replies]
    assert texts[0].startswith("Neu") and BANNER not in texts


async def test_banner_waits_for_the_message_after_an_emergency(bot: Assistant, file: Board) -> None:
    file.put_up()
    assert BANNER not in [reply.text for reply in (await say(bot, DANGER, "telegram")).replies]
    assert (await say(bot, QUESTION, "telegram")).replies[0].text == BANNER


async def test_banner_stands_below_the_help_numbers_of_a_possible_emergency(build: Build, file: Board) -> None:
    file.put_up()
    bot = build(crisis_model=Sure((CERTAIN + POSSIBLE) / 2))
    texts = [reply.text for reply in (await say(bot, "Ich kann bald nicht mehr", "telegram")).replies]
    assert "0800 111 0 111" in texts[0]
    assert texts[1] == BANNER


async def test_deleted_conversation_ends_without_a_banner_and_hears_it_again(bot: Assistant, file: Board) -> None:
    file.put_up()
    await say(bot, QUESTION, "telegram")
    assert BANNER not in [reply.text for reply in (await tap(bot, "s:delete", "telegram")).replies]
    assert (await say(bot, QUESTION, "telegram")).replies[0].text == BANNER


async def test_state_keeps_no_text_of_a_banner(bot: Assistant, file: Board, store: MemoryStore) -> None:
    file.put_up()
    await say(bot, QUESTION, "telegram")
    (mark,) = (await store.load("c")).noticed
    assert len(mark) == 8 and mark not in BANNER


async def test_broken_file_is_told_once_whatever_many_messages_come(
    bot: Assistant, file: Board, caplog: pytest.LogCaptureFixture
) -> None:
    file.put_up()
    await say(bot, QUESTION)
    file.write("off: {text: Pause, since: morgen}")
    with caplog.at_level(logging.ERROR):
        for _ in range(20):
            assert (await say(bot, QUESTION)).decision.status == "answered"
            file.wait()
    assert len(caplog.records) == 1


# ---- Website ----


@pytest.fixture
async def client(bot: Assistant, content: Content, file: Board) -> AsyncIterator[httpx.AsyncClient]:
    pages = PageChannel(Settings(), content, bot.handle, lambda: file.now, file.board)
    app = build_web_app(
        bot.handle, bot.is_ready, {}, (), pages.routes(), missing_page=pages.show_missing,
        board=file.board, versions=VERSIONS,
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


async def test_widget_gets_banner_and_versions_with_every_reply(client: httpx.AsyncClient, file: Board) -> None:
    file.put_up()
    for _ in range(2):
        body = (await client.post("/api/messages", json={"payload": "s:start"})).json()
        assert body["notices"] == [BANNER]
        assert (body["version"], body["content"]) == ("1.2.3", "2026-11-22 ab12cd3")
        assert BANNER not in [reply["text"] for reply in body["replies"]]
    file.put_up(more="    channels: [telegram]\n")
    assert (await client.post("/api/messages", json={"payload": "s:start"})).json()["notices"] == []


async def test_widget_gets_the_text_of_the_switch_as_an_ordinary_reply(client: httpx.AsyncClient, file: Board) -> None:
    file.switch_off()
    response = await client.post("/api/messages", json={"text": QUESTION})
    assert response.status_code == 200
    assert response.json()["status"] == "handoff"
    assert response.json()["replies"][0]["text"].startswith(OFF)
    rest = (await client.post("/webhooks/rest/webhook", json={"sender": "x", "message": QUESTION})).json()
    assert rest[0]["text"].startswith(OFF)


async def test_health_names_versions_switch_and_a_broken_file(client: httpx.AsyncClient, file: Board) -> None:
    fine: dict[str, object] = {"status": "ok", "version": "1.2.3", "content": "2026-11-22 ab12cd3"}
    states: list[tuple[str, dict[str, object]]] = [
        ("", {}),
        (f"off: {{text: {OFF}, channels: [telegram]}}", {"off": ["telegram"]}),
        (f"off: {{text: {OFF}}}", {"off": ["website", "telegram"]}),
        ("off: {txt: Pause}", {"off": ["website", "telegram"], "notices": "broken"}),
    ]
    for text, more in states:
        file.write(text)
        response = await client.get("/healthz")
        assert response.status_code == 200
        assert response.json() == fine | more


async def test_pages_carry_the_banner(client: httpx.AsyncClient, file: Board) -> None:
    file.put_up()
    for response in (
        await client.get("/themen"),
        await client.get("/themen/kaution"),
        await client.get("/barrierefreiheit"),
        await client.get("/gibt/es/nicht"),
        await client.post("/themen", data={"frage": QUESTION}),
    ):
        assert response.text.count(BANNER) == 1
        assert '<section class="notices" aria-label="Aktuelle Hinweise">' in response.text
    file.write("")
    assert "notices" not in (await client.get("/themen")).text


async def test_page_banner_is_text_and_nothing_else(client: httpx.AsyncClient, file: Board) -> None:
    file.put_up("<script>alert(1)</script>")
    assert "<script>alert" not in (await client.get("/barrierefreiheit")).text


async def test_switched_off_pages_say_so_but_help_and_duties_stay(client: httpx.AsyncClient, file: Board) -> None:
    file.switch_off("  channels: [website]\n")
    for path in ("/themen", "/themen/kaution"):
        response = await client.get(path)
        assert response.status_code == 503
        assert OFF in response.text and PHONE in response.text
        assert "no-store" in response.headers["cache-control"]
    assert (await client.get("/themen/krise_suizid")).status_code == 200
    assert (await client.get("/barrierefreiheit")).status_code == 200
    assert (await client.get("/themen/gibtesnicht")).status_code == 404
    answer = await client.post("/themen", data={"frage": QUESTION})
    assert answer.status_code == 200 and OFF in answer.text
    danger = (await client.post("/themen", data={"frage": DANGER})).text
    assert danger.index("0800 111 0 111") < danger.index(OFF)


# ---- Telegram and terminal ----


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    return patch_api(monkeypatch)


@pytest.fixture
async def telegram(bot: Assistant, content: Content, api: FakeApi) -> AsyncIterator[TelegramChannel]:
    texts = {key: entry.text.strip() for key, entry in content.system.items()}
    channel = TelegramChannel(SETTINGS, bot.handle, texts, MemoryLedger(), b"schluessel-fuer-tests-0123456789")
    await channel.start()
    yield channel
    await channel.stop()


async def test_telegram_shows_the_banner_with_start_and_then_no_more(
    telegram: TelegramChannel, api: FakeApi, file: Board, content: Content
) -> None:
    file.put_up()
    await feed(telegram, make_text("/start", number=1))
    privacy, banner, greeting = api.sent()
    assert privacy.startswith(content.system["telegram_privacy"].text[:40])
    assert banner == BANNER
    assert "kein Mensch" in greeting
    await feed(telegram, make_text(QUESTION, number=2))
    assert len(api.sent()) == 4 and BANNER not in api.sent()[3:]


async def test_telegram_shows_the_banner_with_the_first_question(
    telegram: TelegramChannel, api: FakeApi, file: Board
) -> None:
    file.put_up()
    for number in (1, 2):
        await feed(telegram, make_text(QUESTION, number=number))
    assert [text == BANNER for text in api.sent()] == [True, False, False]


async def test_telegram_can_be_switched_off_alone(telegram: TelegramChannel, api: FakeApi, file: Board) -> None:
    file.switch_off("  channels: [telegram]\n")
    await feed(telegram, make_text(QUESTION, number=1))
    await feed(telegram, make_text(DANGER, number=2))
    await feed(telegram, make_text("/loeschen", number=3))
    off, numbers, off_again, deleted = api.sent()
    assert off.startswith(OFF) and off_again == off
    assert HELP in numbers
    assert OFF not in deleted


def test_terminal_shows_the_banner_first(bot: Assistant, file: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    file.put_up()
    lines = iter([QUESTION, "ende"])
    monkeypatch.setattr("bot.channels.terminal._read_line", lambda: next(lines))
    written: list[str] = []
    asyncio.run(chat(bot.handle, written.append))
    assert written[0] == f"\n{BANNER}"
    assert written.count(f"\n{BANNER}") == 1
