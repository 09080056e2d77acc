"""What the confidence is worth: how it spreads over right and wrong, and what each threshold would do."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from bot.content import Content
from bot.conversations import Conversation
from bot.dialogue import decide
from bot.evaluation import UNKNOWN, Outcome
from bot.models import Turn

BINS = 10
STEPS = 100


class Coverage(Struct, frozen=True):
    """What a threshold does, as shares of all questions."""

    threshold: float
    answered: float
    """Answered with a topic at once, right or wrong."""
    wrong: float


class Histogram(Struct, frozen=True):
    """Questions by the confidence of the best topic, in tenths from 0 to 1."""

    right: list[int]
    wrong: list[int]


def count_confidences(outcomes: Sequence[Outcome]) -> Histogram:
    """Count how sure the NLU is where its best topic is accepted, and where it is not."""
    right, wrong = [0] * BINS, [0] * BINS
    for outcome in outcomes:
        if outcome.turn.prediction and outcome.confidence is not None:
            best = outcome.turn.prediction.intent_ranking[0]
            bins = right if best.name in outcome.question.accept else wrong
            bins[min(int(best.confidence * BINS), BINS - 1)] += 1
    return Histogram(right, wrong)


def measure_coverage(outcomes: Sequence[Outcome], threshold: float) -> Coverage:
    """Return how much was answered and how much of it is wrong."""
    count = len(outcomes) or 1
    answered = sum(outcome.answered not in (None, UNKNOWN) for outcome in outcomes)
    return Coverage(threshold, answered / count, sum(outcome.is_wrong for outcome in outcomes) / count)


def trace_coverage(outcomes: Sequence[Outcome], content: Content, lead: float) -> list[Coverage]:
    """Return the coverage for every threshold from 0 to 1 with one and the same lead."""
    fixed = [outcome for outcome in outcomes if not _follows_threshold(outcome, content)]
    movable = [outcome for outcome in outcomes if _follows_threshold(outcome, content)]
    line = []
    for step in range(STEPS + 1):
        thresholds = msgspec.structs.replace(content.thresholds, answer=step / STEPS, lead=lead)
        tried = msgspec.structs.replace(content, thresholds=thresholds)
        line.append(measure_coverage([*fixed, *(_retry(outcome, tried) for outcome in movable)], step / STEPS))
    return line


def _follows_threshold(outcome: Outcome, content: Content) -> bool:
    """Guardrails and typed button titles decide without any threshold."""
    if outcome.turn.prediction is None:
        return False
    again, before = _retry(outcome, content).turn.decision, outcome.turn.decision
    return (again.topic, again.options) == (before.topic, before.options)


def _retry(outcome: Outcome, content: Content) -> Outcome:
    assert outcome.turn.prediction is not None
    decision = decide(outcome.turn.prediction, Conversation(), content)
    return Outcome(outcome.question, Turn((), decision, outcome.turn.prediction))
