"""What editors write for flows: lists of questions, the choices, and what is said at the end."""

from datetime import date
from typing import Literal

from msgspec import Struct, field

StepKind = Literal["choice", "date", "amount", "count"]


class Wordings(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence in Standardsprache and in Einfache Sprache."""

    text: str
    plain: str


class Option(Struct, frozen=True, forbid_unknown_fields=True):
    """One button of a choice; with `result` or `topic` it ends the flow."""

    title: str
    value: str
    result: str | None = None
    topic: str | None = None


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One question of a flow."""

    kind: StepKind
    text: str
    plain: str
    options: list[Option] = field(default_factory=list)
    only_if: dict[str, list[str]] = field(default_factory=dict)
    """Earlier choices that must have been made, or the step is skipped."""
    again: Wordings | None = None
    """Said when a typed value is not understood; needed for every kind but choice."""


class FlowResult(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said at the end; `{name}` takes what the calculator returns or a value of `_values.yml`."""

    text: str
    plain: str
    sources: list[str] = field(default_factory=list)
    next: list[str] = field(default_factory=list)


class Flow(Struct, frozen=True, forbid_unknown_fields=True):
    """A short path of questions to a result or a topic."""

    title: str
    steps: dict[str, Step]
    results: dict[str, FlowResult]
    reviewed: date
    topics: list[str] = field(default_factory=list)
    """Answers that carry a button to this flow."""
    calculator: str | None = None
    """Name in `bot/calculators`; without one every path ends in an option's result or topic."""


class OwnCase(Struct, frozen=True, forbid_unknown_fields=True):
    """Help for people who ask about their own file: the way, what to have ready, and a message to copy."""

    topics: list[str]
    text: str
    plain: str
    message: str


class FollowUp(Struct, frozen=True, forbid_unknown_fields=True):
    """A short question that only makes sense after an answer, and where it leads."""

    patterns: list[str]
    """Wordings of the whole message, in the language of `_crisis.yml`."""
    lead: Literal["card", "hours", "plain", "sources", "topic", "again", "flow"]
    topic: str | None = None
    """Where `lead: topic` leads, unless `by_topic` says otherwise, and `lead: hours` when the card has none."""
    by_topic: dict[str, str] = field(default_factory=dict)


class TypedWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The file `_typed.yml`: what short messages mean beside the topics, in the language of `_crisis.yml`."""

    openers: list[str]
    """Words before a follow-up that change nothing: "und", "ok"."""
    follow_ups: dict[str, FollowUp]
    ordinals: list[list[str]]
    """How people name the first, the second, the third option."""
    other: list[str]
    """None of the options."""
    own_case: dict[str, list[str]]
    """Per case of `_own_case.yml`; wordings anywhere in the message."""
    yes: list[str]
    """Other words for an option "ja" of a flow."""
    no: list[str]
    """Other words for an option "nein" of a flow."""
    stop: list[str]
    """Leaves a flow."""
    delete: list[str]
    flows: dict[str, list[str]]
    """Per menu or calculator: whole messages that open it, whatever the conversation is about."""
    """Forgets the conversation."""
