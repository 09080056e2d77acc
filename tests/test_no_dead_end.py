"""Whatever is recognised, typed or tapped: every turn leads on, speaks plain words and never apologises twice alike."""

import asyncio
import random
import re
from collections.abc import Callable, Iterator

import pytest
from conftest import NOW, FakeInterpreter, predict
from msgspec import Struct

from bot.assistant import Assistant
from bot.content import Content
from bot.conversations import Conversation, MemoryStore
from bot.crisis import EmergencyModel
from bot.models import Turn, UserMessage
from bot.rendering import HUMAN

WALKS = 2000
"""Conversations that are walked through, with up to MOST_TURNS turns each; all of them take 3 s."""
MOST_TURNS = 10
MOST_OPTIONS = 3
PHONE = "06831 444 8000"
FAILED = frozenset({"clarification", "fallback", "guardrail_input", "error"})
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
_KEY = re.compile(r"[{}]|\b[a-z0-9]+_[a-z0-9_]+\b")
# fmt: off
# Short messages with a meaning of their own, slips, and what people send by mistake.
TEXTS = (
    "ja", "nein", "jo", "nee", "2", "3", "das zweite", "das vierte", "keins davon", "und wo ist das?", "warum?", "wann",
    "hä?", "nochmal bitte", "und für meine kinder?", "geht das online?", "bin erst 19", "abbrechen", "doch nicht",
    "450", "1.200,50", "99", "25000", "zwischen 400 und 500", "3.11.2026", "31.2.2026", "gestern", "irgendwann", "zwei",
    "xyz", "👍", "?", "12345", "", "t:kaution", "einfach bitte", "in üblicher sprache", "etwas anderes", "chat löschen",
    "mit einem menschen sprechen", "bei mir ist es anders", "noch einmal von vorn", "widerspruchsfrist berechnen",
    "ausrechnen: was bleibt vom lohn?", "ausrechnen: bedarf für meinen haushalt", "wohin muss ich?",
    "ich habe einen brief bekommen", "war das hilfreich?", "ich will nicht mehr leben",
    "meine iban ist DE89 3704 0044 0532 0130 00", "meine nummer ist 0151 23456789",
    "Was ist das? Und wer zahlt das? Und wann kommt das Geld?", "what documents do I need for the application",
)
# fmt: on
VALUES = {
    "date": ("3.11.2026", "am 20. november", "gestern", "5.8.2020", "1.12.2026"),
    "amount": ("450", "1.200,50 euro", "0"),
    "count": ("0", "2", "keine"),
}
SIGNS = "aeinrstäöüß 0123456789.,?!-/{}_\n\t\u200b🙂жع"


class Exchange(Struct, frozen=True):
    """What a person did, and what came of it."""

    action: str
    turn: Turn


class Walker:
    """The real assistant with a fake interpreter; what happens is drawn, the same in every run."""

    def __init__(self, content: Content, crisis_model: EmergencyModel) -> None:
        self._content = content
        self._draw = random.Random(0)
        self._payloads = list_payloads(content)
        steps = [step for flow in content.flows.values() for step in flow.steps.values()]
        self._texts = [*TEXTS * 2, *(option.title for step in steps for option in step.options)]
        self._interpreter = FakeInterpreter()
        self._store = MemoryStore(30, 10)
        self._assistant = Assistant(
            content,
            self._interpreter.parse,
            self._store,
            2000,
            lambda: NOW,
            easy_language=True,
            crisis_model=crisis_model,
        )

    async def walk(self, conversation: str) -> list[Exchange]:
        """Go through one conversation from any state."""
        if self._draw.random() < 0.5:
            await self._store.save(conversation, self._draw_state())
        exchanges: list[Exchange] = []
        for _ in range(self._draw.randint(1, MOST_TURNS)):
            message = self._draw_message(conversation, exchanges[-1].turn if exchanges else None)
            turn = await self._assistant.handle(message)
            exchanges.append(Exchange(message.text if message.payload is None else f"[{message.payload}]", turn))
        return exchanges

    def _draw_state(self) -> Conversation:
        answers = list(self._content.answers)
        return Conversation(
            last_topic=self._draw.choice([None, *answers]),
            offered=tuple(self._draw.sample(answers, self._draw.randint(0, MOST_OPTIONS))),
            failures=self._draw.randint(0, 4),
            last_text_key=self._draw.choice([None, "fallback_1", "fallback_3", "clarification_1", "clarification_2"]),
            wording=self._draw.choice(["text", "plain", "easy"]),
        )

    def _draw_message(self, conversation: str, last: Turn | None) -> UserMessage:
        shown = [button.payload for reply in last.replies for button in reply.buttons] if last else []
        move = last.decision.move if last else None
        if move is not None and move.step is not None and self._draw.random() < 0.7:  # or no calculator ever ends
            step = self._content.flows[move.flow].steps[move.step]
            if step.kind != "choice":
                return UserMessage("test", conversation, self._draw.choice(VALUES[step.kind]))
            return UserMessage("test", conversation, payload=self._draw.choice(shown[: len(step.options)]))
        kind = self._draw.choices(["text", "signs", "shown", "payload"], [10, 1, 5, 4])[0]
        if kind == "payload" or (kind == "shown" and not shown):
            return UserMessage("test", conversation, payload=self._draw.choice(self._payloads))
        if kind == "shown":
            return UserMessage("test", conversation, payload=self._draw.choice(shown))
        self._interpreter.prediction = predict(*self._draw_scores())
        signs = "".join(self._draw.choices(SIGNS, k=self._draw.randint(1, 30)))
        return UserMessage("test", conversation, self._draw.choice(self._texts) if kind == "text" else signs)

    def _draw_scores(self) -> list[tuple[str, float]]:
        talk = ["eigener_fall", "unbekannt", "ja", "nein", "nicht_verstanden", "fremd"]
        best = self._draw.choice([*self._content.topics, *talk * 5])
        others = self._draw.sample(list(self._content.topics), self._draw.randint(0, 4))
        confidence = self._draw.choice([0.0, 0.02, 0.3, 0.95, self._draw.random()])
        names = dict.fromkeys([best, *others]) if self._draw.random() < 0.95 else {}
        return [(name, confidence / place) for place, name in enumerate(names, 1)]


def list_payloads(content: Content) -> list[str]:
    """Return every payload there is, and some there is not."""
    options = [
        f"f:{name}:{step}:{option.value}"
        for name, flow in content.flows.items()
        for step, known in flow.steps.items()
        for option in known.options
    ]
    fixed = ["s:start", "s:topics", "s:else", "s:stop", "s:delete", "s:plain", "s:easy", "s:normal"]
    lost = ["", "t:", "t:gibt_es_nicht", "g:gibt_es_nicht", "f:gibt_es_nicht", "f:brief:art:gibtsnicht", "x:y", "f::"]
    ours = [*(f"t:{topic}" for topic in content.topics), *(f"g:{group}" for group in content.groups())]
    return [*ours, *options, *fixed * 3, *lost, *[f"f:{name}" for name in content.flows] * 20]


@pytest.fixture(scope="module")
def walks(content: Content, crisis_model: EmergencyModel) -> list[list[Exchange]]:
    """Many conversations, the same in every run."""

    async def walk() -> list[list[Exchange]]:
        walker = Walker(content, crisis_model)
        return [await walker.walk(f"c{number}") for number in range(WALKS)]

    return asyncio.run(walk())


def is_failure(turn: Turn) -> bool:
    """Tell whether a turn left the person without an answer."""
    decision = turn.decision
    return decision.status in FAILED or (decision.status == "guardrail_personal_data" and decision.topic is None)


def list_buttons(turn: Turn) -> set[str]:
    """Return the payloads of all buttons of a turn."""
    return {button.payload for reply in turn.replies for button in reply.buttons}


def says_phone(turn: Turn) -> bool:
    """Tell whether the central number stands in a turn."""
    return any(PHONE in reply.text for reply in turn.replies)


def describe(turn: Turn) -> str:
    """Name what a turn was about, for messages."""
    decision = turn.decision
    if decision.move is not None:
        return f"{decision.move.flow}/{decision.move.step or decision.move.result}"
    return f"{decision.status}/{decision.text_key or decision.topic}"


def find_missing_text(before: Turn | None, turn: Turn) -> Iterator[str]:
    """Every reply says something, and no turn breaks down."""
    if turn.decision.status == "error":
        yield "Störung"
    if not turn.replies or not all(reply.text.strip() for reply in turn.replies):
        yield "leere Antwort"


def find_dead_end(before: Turn | None, turn: Turn) -> Iterator[str]:
    """Every turn offers a next step: buttons, or a number to call."""
    if not turn.replies[-1].buttons and PHONE not in turn.replies[-1].text:
        yield "kein nächster Schritt"


def find_too_many_options(before: Turn | None, turn: Turn) -> Iterator[str]:
    """Who gets no answer chooses among at most three topics."""
    topics = {payload for payload in list_buttons(turn) if payload.startswith("t:")} - {f"t:{HUMAN}"}
    if is_failure(turn) and len(topics) > MOST_OPTIONS:
        yield f"{len(topics)} Themen zur Auswahl"


def find_missing_human(before: Turn | None, turn: Turn) -> Iterator[str]:
    """Who gets no answer is shown the way to a human."""
    if is_failure(turn) and f"t:{HUMAN}" not in list_buttons(turn) and not says_phone(turn):
        yield "kein Weg zu einem Menschen"


def find_internal_words(before: Turn | None, turn: Turn) -> Iterator[str]:
    """No id, key or placeholder of the program is shown."""
    for reply in turn.replies:
        for text in (reply.text, *(button.title for button in reply.buttons)):
            yield from (f"„{word}“ im Text" for word in _KEY.findall(_ADDRESS.sub("", text)))


def find_double_buttons(before: Turn | None, turn: Turn) -> Iterator[str]:
    """No reply offers the same words twice."""
    for reply in turn.replies:
        titles = [button.title for button in reply.buttons]
        yield from (f"Knopf „{title}“ doppelt" for title in dict.fromkeys(titles) if titles.count(title) > 1)


def find_repeated_apology(before: Turn | None, turn: Turn) -> Iterator[str]:
    """Two turns in a row without an answer are not worded alike."""
    if before is not None and is_failure(before) and is_failure(turn):
        first, second = (each.replies[-1].text.partition("\n")[0] for each in (before, turn))
        if first == second:
            yield f"dieselben Worte noch einmal: {first}"


def find_missing_phone(before: Turn | None, turn: Turn) -> Iterator[str]:
    """After two turns in a row without an answer the central number is named."""
    if before is not None and is_failure(before) and is_failure(turn) and not says_phone(turn):
        yield "nach zwei Fehlschlägen keine Telefonnummer"


Find = Callable[[Turn | None, Turn], Iterator[str]]
FINDS: list[Find] = [
    find_missing_text,
    find_dead_end,
    find_too_many_options,
    find_missing_human,
    find_internal_words,
    find_double_buttons,
    find_repeated_apology,
    find_missing_phone,
]


@pytest.mark.parametrize("find", FINDS, ids=lambda find: find.__name__.removeprefix("find_"))
def test_walks_show_no(find: Find, walks: list[list[Exchange]]) -> None:
    ways: dict[str, list[str]] = {}
    for exchanges in walks:
        turns = [exchange.turn for exchange in exchanges]
        for place, (before, turn) in enumerate(zip([None, *turns], turns, strict=False), 1):
            way = [exchange.action for exchange in exchanges[:place]]
            for fault in find(before, turn):
                name = f"{describe(turn)}: {fault}"
                ways[name] = min(ways.get(name, way), way, key=len)
    assert not ways, "\n".join(f"{fault}\n    {' → '.join(way)}" for fault, way in ways.items())
