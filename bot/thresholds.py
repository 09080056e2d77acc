"""Finds where the three zones of the dialogue begin: a grid search over cross-validated and labelled questions."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from bot.content import Content, Thresholds
from bot.conversations import Conversation
from bot.dialogue import decide
from bot.evaluation import UNKNOWN
from bot.models import Prediction

ANSWERS = [round(0.2 + 0.05 * step, 2) for step in range(14)]
LEADS = [0.0, 0.05, 0.1, 0.2, 0.3]
SUGGESTS = [0.01, 0.02, 0.03, 0.05, 0.08, 0.12]
# What a turn is worth to a person: a wrong answer may cost a deadline, so two right ones do not make up for it.
RIGHT, OFFERED, NOTHING, WRONG = 1.0, 0.6, 0.0, -2.5


class Sample(Struct, frozen=True):
    """A prediction made without having seen the question, and the topics that are accepted."""

    prediction: Prediction
    accept: frozenset[str]
    weight: float


class Zones(Struct, frozen=True):
    """Thresholds with what they would have done."""

    thresholds: Thresholds
    worth: float
    right: float
    offered: float
    wrong: float


def choose_thresholds(samples: Sequence[Sample], content: Content) -> Zones:
    """Return the zones that are worth most over all samples."""
    grid = (
        Thresholds(answer, lead, suggest)
        for answer, lead, suggest in itertools.product(ANSWERS, LEADS, SUGGESTS)
        if suggest < answer
    )
    return max((measure(samples, content, thresholds) for thresholds in grid), key=lambda zones: zones.worth)


def measure(samples: Sequence[Sample], content: Content, thresholds: Thresholds) -> Zones:
    """Return what the zones would have done, as weighted shares."""
    tried = msgspec.structs.replace(content, thresholds=thresholds)
    totals = {RIGHT: 0.0, OFFERED: 0.0, NOTHING: 0.0, WRONG: 0.0}
    for sample in samples:
        totals[_judge(sample, tried)] += sample.weight
    everything = sum(totals.values())
    worth = sum(value * weight for value, weight in totals.items()) / everything
    offered = (totals[RIGHT] + totals[OFFERED]) / everything
    return Zones(thresholds, worth, totals[RIGHT] / everything, offered, totals[WRONG] / everything)


def _judge(sample: Sample, content: Content) -> float:
    decision = decide(sample.prediction, Conversation(), content)
    if decision.options:
        return OFFERED if sample.accept & set(decision.options) else NOTHING
    # a topic that still waits for its answer is a right recognition all the same
    missing = decision.text_key == "no_answer_yet"
    topic = decision.topic if decision.status != "fallback" or missing else UNKNOWN
    if topic in sample.accept:
        return RIGHT
    return NOTHING if topic == UNKNOWN else WRONG


def write_thresholds(path: Path, thresholds: Thresholds) -> None:
    """Change the three numbers in `_dialogue.yml` and leave every comment as it is."""
    text = path.read_text(encoding="utf-8")
    for name, value in msgspec.structs.asdict(thresholds).items():
        text = re.sub(rf"^(  {name}: )[\d.]+", rf"\g<1>{value}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
