"""Whole conversations of `dialogues/_conversations.yml`, with real recognition, over the website and over Telegram."""

import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
import pytest
from conftest import NOW
from msgspec import Struct, field
from telegram_emulator import make_message
from telegram_fakes import SETTINGS, FakeApi, feed, make_tap, make_text, patch_api

from bot.assistant import Assistant
from bot.channels.telegram import TelegramChannel
from bot.channels.web import build_web_app
from bot.content import Content
from bot.conversations import MemoryStore
from bot.crisis import EmergencyModel
from bot.ledger import MemoryLedger
from bot.models import Decision, Status, Turn, UserMessage
from bot.nlu.interpreter import Interpreter
from bot.yaml_reader import read_yaml

FILE = Path(__file__).resolve().parent / "dialogues" / "_conversations.yml"
LEAST_BY_POINT = {1: 16, 2: 10, 3: 10, 4: 6, 5: 10, 6: 14, 7: 5, 8: 6, 9: 6, 10: 8}
"""How many conversations each point of the order must have; 11 is feedback."""
POINTS = range(1, 12)


class Expectation(Struct, frozen=True, forbid_unknown_fields=True):
    """What a turn must bring; what is not named is not looked at."""

    status: Status | None = None
    topic: str | None = None
    topics: list[str] | None = None
    """All topics that are answered, in their order."""
    options: list[str] = field(default_factory=list)
    """Topics that must be among those offered."""
    buttons: list[str] = field(default_factory=list)
    contains: list[str] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    """Parts of the sources that are shown."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person does: writes, or taps a button of the last turn, or one further up."""

    say: str | None = None
    tap: str | None = None
    tap_earlier: str | None = None
    expect: Expectation = Expectation()

    @property
    def label(self) -> str:
        """What is done, in German, for messages."""
        button = self.tap or self.tap_earlier
        return f"„{self.say}“" if button is None else f"Knopf „{button}“"


class Dialogue(Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation."""

    name: str
    point: int
    turns: list[Step]
    open: str | None = None
    """Why it does not hold yet; strict, so whoever mends it deletes this line."""


class Seen(Struct, frozen=True):
    """What one turn showed, and what the assistant had decided."""

    text: str
    buttons: list[tuple[str, str]]
    """Title and payload."""
    sources: str
    status: str
    decision: Decision


class Chat(Protocol):
    """A channel as a person sees it; one conversation each."""

    async def say(self, text: str) -> Seen:
        """Write."""

    async def tap(self, payload: str) -> Seen:
        """Tap a button."""


class Recorder:
    """Keeps what the assistant decided: people see only texts and buttons of it."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.decision = Decision("error")

    async def handle(self, message: UserMessage) -> Turn:
        """Answer like the assistant."""
        turn = await self._assistant.handle(message)
        self.decision = turn.decision
        return turn


class WebsiteChat:
    """Speaks with POST /api/messages."""

    def __init__(self, client: httpx.AsyncClient, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._conversation: str | None = None

    async def say(self, text: str) -> Seen:
        """Write."""
        return await self._post(text=text)

    async def tap(self, payload: str) -> Seen:
        """Tap a button."""
        return await self._post(payload=payload)

    async def _post(self, **message: str) -> Seen:
        response = await self._client.post("/api/messages", json={"conversation": self._conversation} | message)
        body = response.raise_for_status().json()
        self._conversation = body["conversation"]
        replies = body["replies"]
        return Seen(
            "\n\n".join(reply["text"] for reply in replies),
            [(button["title"], button["payload"]) for reply in replies for button in reply["buttons"]],
            "; ".join(source for reply in replies for source in reply["sources"]),
            body["status"],
            self._recorder.decision,
        )


class TelegramChat:
    """Feeds updates into the Telegram channel and reads what it sends."""

    def __init__(self, channel: TelegramChannel, api: FakeApi, recorder: Recorder) -> None:
        self._channel = channel
        self._api = api
        self._recorder = recorder

    async def say(self, text: str) -> Seen:
        """Write."""
        return await self._feed(make_text(text))

    async def tap(self, payload: str) -> Seen:
        """Tap a button."""
        return await self._feed(make_tap(payload, make_message(3, 7, "private")))

    async def _feed(self, update: dict[str, Any]) -> Seen:
        self._api.calls.clear()
        await feed(self._channel, update)
        messages = [params for name, params in self._api.calls if name == "sendMessage"]
        rows = [row for params in messages for row in params.get("reply_markup", {}).get("inline_keyboard", [])]
        text = "\n\n".join(params["text"] for params in messages)
        return Seen(
            text,
            [(button["text"], button["callback_data"]) for row in rows for button in row],
            "; ".join(re.findall(r"^Quelle: (.*)$", text, re.M)),
            self._recorder.decision.status,
            self._recorder.decision,
        )


def read_dialogues() -> list[Dialogue]:
    """Return all conversations; a wrong key is an error."""
    return msgspec.convert(read_yaml(FILE).data["conversations"], list[Dialogue], strict=False)


DIALOGUES = read_dialogues()


@pytest.fixture(scope="module")
def interpreter(model_archive: Path) -> Iterator[Interpreter]:
    interpreter = Interpreter(model_archive)
    yield interpreter
    interpreter.close()


@pytest.fixture(scope="module")
def assistant(content: Content, interpreter: Interpreter, crisis_model: EmergencyModel) -> Assistant:
    return Assistant(content, interpreter.parse, MemoryStore(30, 1000), 2000, lambda: NOW, crisis_model=crisis_model)


@asynccontextmanager
async def open_website(content: Content, assistant: Assistant) -> AsyncIterator[Chat]:
    """Start a conversation on the website."""
    recorder = Recorder(assistant)
    app = build_web_app(recorder.handle, assistant.is_ready, content.labels, (), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield WebsiteChat(client, recorder)


@asynccontextmanager
async def open_telegram(content: Content, assistant: Assistant) -> AsyncIterator[Chat]:
    """Start a conversation in Telegram, without a network."""
    recorder = Recorder(assistant)
    texts = {key: entry.text.strip() for key, entry in content.system.items()}
    with pytest.MonkeyPatch.context() as patch:
        api = patch_api(patch)
        channel = TelegramChannel(SETTINGS, recorder.handle, texts, MemoryLedger(), secrets.token_bytes(32))
        await channel.start()
        yield TelegramChat(channel, api, recorder)
        await channel.stop()


@pytest.fixture(params=[open_website, open_telegram], ids=["website", "telegram"])
async def chat(request: pytest.FixtureRequest, content: Content, assistant: Assistant) -> AsyncIterator[Chat]:
    async with request.param(content, assistant) as chat:
        yield chat


async def play(dialogue: Dialogue, chat: Chat) -> list[str]:
    """Return in German what did not come as expected."""
    problems: list[str] = []
    last: dict[str, str] = {}
    all_shown: dict[str, str] = {}
    for number, step in enumerate(dialogue.turns, 1):
        place = f"„{dialogue.name}“, Zug {number} ({step.label})"
        if step.say is not None:
            seen = await chat.say(step.say)
        else:
            shown, title = (last, step.tap) if step.tap else (all_shown, step.tap_earlier)
            if title not in shown:
                return [*problems, f"{place}: Diesen Knopf gibt es nicht. Angeboten sind: {', '.join(shown)}"]
            seen = await chat.tap(shown[title])
        problems += [f"{place}: {problem}" for problem in find_problems(step.expect, seen)]
        last = dict(reversed(seen.buttons))  # the first of two buttons with the same title counts
        all_shown |= last
    return problems


def find_problems(expected: Expectation, seen: Seen) -> Iterator[str]:
    """Compare a turn with what was expected of it; one German sentence for each difference."""
    decision, titles = seen.decision, [title for title, _ in seen.buttons]
    answered = [topic for topic in (decision.topic, *decision.also) if topic is not None]
    if expected.status not in (None, seen.status):
        yield f"erwartet Status {expected.status}, gekommen {seen.status}"
    if expected.topic not in (None, decision.topic):
        yield f"erwartet Thema {expected.topic}, gekommen {decision.topic}"
    if expected.topics not in (None, answered):
        yield f"erwartet Themen {expected.topics}, gekommen {answered}"
    yield from (
        f"erwartet zur Auswahl {topic}, gekommen {list(decision.options)}"
        for topic in expected.options
        if topic not in decision.options
    )
    yield from (f"erwartet Knopf „{title}“, gekommen {titles}" for title in expected.buttons if title not in titles)
    yield from (f"erwartet „{part}“, gekommen: {seen.text}" for part in expected.contains if part not in seen.text)
    yield from (f"nicht erwartet „{part}“, gekommen: {seen.text}" for part in expected.excludes if part in seen.text)
    yield from (
        f"erwartet Quelle „{part}“, gekommen: {seen.sources}" for part in expected.sources if part not in seen.sources
    )
    if not titles:
        yield "Es gibt keinen Knopf, also keinen nächsten Schritt."


@pytest.mark.model
@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)
async def test_conversation_helps(dialogue: Dialogue, chat: Chat) -> None:
    problems = await play(dialogue, chat)
    if dialogue.open is None:
        assert not problems, "\n".join(problems)
    elif problems:
        pytest.xfail("\n".join([dialogue.open, *problems]))
    else:
        pytest.fail(f"„{dialogue.name}“ hält jetzt: bitte „open“ löschen.")


def test_conversations_are_written_as_agreed(content: Content) -> None:
    counts = Counter(dialogue.point for dialogue in DIALOGUES)
    names = Counter(dialogue.name for dialogue in DIALOGUES)
    assert [name for name, count in names.items() if count > 1] == [], "jeder Name nur einmal"
    assert {point: counts[point] for point, least in LEAST_BY_POINT.items() if counts[point] < least} == {}
    for dialogue in DIALOGUES:
        assert dialogue.point in POINTS, dialogue.name
        assert 2 <= len(dialogue.turns) <= 6, dialogue.name
        for step in dialogue.turns:
            assert sum(part is not None for part in (step.say, step.tap, step.tap_earlier)) == 1, dialogue.name
            expected = step.expect
            named = {*(expected.topics or ()), *expected.options} | ({expected.topic} - {None})
            assert named <= set(content.topics), dialogue.name
