"""The frozen structs everybody passes around."""

from collections.abc import Awaitable, Callable
from typing import Literal

from msgspec import Struct

Status = Literal[
    "answered",
    "clarification",
    "fallback",
    "handoff",
    "own_case",
    "guardrail_crisis",
    "guardrail_personal_data",
    "guardrail_language",
    "guardrail_input",
    "error",
]


Wording = Literal["text", "plain", "easy"]
"""How an answer is worded: Standardsprache, Einfache Sprache or Leichte Sprache; the names of the fields."""


class UserMessage(Struct, frozen=True):
    """One incoming message, whatever the channel."""

    channel: str
    conversation: str
    """Opaque id; two messages with the same id share short-lived context."""
    text: str = ""
    payload: str | None = None
    """Set only by a tapped button; typed text never reaches this field."""
    attachment: bool = False
    """True for photo, voice, document and other content that is not text."""


class IntentScore(Struct, frozen=True):
    """One line of Rasa's intent ranking."""

    name: str
    confidence: float


class Prediction(Struct, frozen=True):
    """What the NLU recognised: topics, best first."""

    intent_ranking: tuple[IntentScore, ...]


class FlowMove(Struct, frozen=True):
    """Where a flow stands after a turn: the next question, a result, or a topic that answers."""

    flow: str
    step: str | None = None
    again: bool = False
    """True when the last typed value was not understood and the question is put once more."""
    result: str | None = None
    topic: str | None = None
    names: tuple[tuple[str, str], ...] = ()
    """What fills the placeholders of the result."""
    answers: tuple[tuple[str, str], ...] = ()
    """Step and answer so far; kept only until the flow ends."""


class Decision(Struct, frozen=True):
    """What one turn does; `status` is the only thing that is counted."""

    status: Status
    topic: str | None = None
    also: tuple[str, ...] = ()
    """Further topics answered in the same turn, in the order they were asked."""
    options: tuple[str, ...] = ()
    """Topic ids offered as buttons, best first."""
    text_key: str | None = None
    """Key in `_system.yml` when the bot speaks for itself instead of giving an answer."""
    crisis_kind: str | None = None
    """Key in `_crisis.yml` when help numbers come first."""
    language: str | None = None
    """Code of the other language the message is written in; the reply is the card in that language."""
    move: FlowMove | None = None
    """What a flow does next."""
    case: str | None = None
    """Key in `_own_case.yml` when somebody asks about the own file."""
    group: str | None = None
    """Group whose topics are listed, when the person browses the overview."""


class Button(Struct, frozen=True):
    """A tap the person can make next; the payload fits Telegram's 64 bytes."""

    title: str
    payload: str


class Link(Struct, frozen=True):
    """A web address shown below a reply."""

    title: str
    url: str


class Reply(Struct, frozen=True):
    """One message that leaves the bot; every text comes from `responses/`."""

    text: str
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    sources: tuple[str, ...] = ()
    as_of: str | None = None
    """Day of the last review, ISO format."""
    topic: str | None = None
    language: str | None = None
    """ISO 639-1 code of a text that is not German, so that it is read out in the right voice."""


class Turn(Struct, frozen=True):
    """Everything that came of one message."""

    replies: tuple[Reply, ...]
    decision: Decision
    prediction: Prediction | None = None


Handle = Callable[[UserMessage], Awaitable[Turn]]
"""What a channel receives from the app: it never raises."""


class Problem(Struct, frozen=True, order=True):
    """Something an editor should mend, with the place where it stands."""

    file: str
    line: int
    message: str
    severity: Literal["FEHLER", "HINWEIS"] = "FEHLER"

    def __str__(self) -> str:
        return f"[{self.severity}] {self.file}:{self.line}: {self.message}"
