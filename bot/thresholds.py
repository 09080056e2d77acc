"""Finds where the three zones of the dialogue begin: a grid search over questions the model has not seen."""

import itertools
import re
from collections.abc import Iterable, Sequence
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
FINE_STEPS = 4
"""Hundredths below and above the best answer threshold of the coarse grid."""
MOST_WRONG = 0.04
"""Share of wrong answers that is bearable on questions as people really ask them."""
WORTH_OF_OPTIONS = 0.5
"""What a right option is worth beside a right answer: one more tap."""


class Sample(Struct, frozen=True):
    """A prediction made without having seen the question, and the topics that are accepted."""

    prediction: Prediction
    accept: frozenset[str]


class Zones(Struct, frozen=True):
    """Thresholds with what they would have done, as shares of the samples."""

    thresholds: Thresholds
    right: float
    offered: float
    """Answered right or offered among the options."""
    wrong: float

    @property
    def worth(self) -> float:
        """One number to compare by: as much help as possible once wrong answers are bearable."""
        unbearable = max(0.0, self.wrong - MOST_WRONG)
        return self.right + WORTH_OF_OPTIONS * (self.offered - self.right) - 100 * unbearable


def choose_thresholds(samples: Sequence[Sample], content: Content) -> Zones:
    """Return the zones that are worth most on these samples: a coarse search, then a fine one around its best."""
    grid = (
        msgspec.structs.replace(content.thresholds, answer=answer, lead=lead, suggest=suggest)
        for answer, lead, suggest in itertools.product(ANSWERS, LEADS, SUGGESTS)
        if suggest < answer
    )
    coarse = _choose_best(grid, samples, content)
    near = (round(coarse.answer + step / 100, 2) for step in range(-FINE_STEPS, FINE_STEPS + 1))
    fine = _choose_best((msgspec.structs.replace(coarse, answer=answer) for answer in near), samples, content)
    return measure_zones(samples, content, fine)


def _choose_best(grid: Iterable[Thresholds], samples: Sequence[Sample], content: Content) -> Thresholds:
    tried = (measure_zones(samples, content, thresholds) for thresholds in grid)
    return max(tried, key=lambda zones: zones.worth).thresholds


def measure_zones(samples: Sequence[Sample], content: Content, thresholds: Thresholds) -> Zones:
    """Return what the zones would have done."""
    tried = msgspec.structs.replace(content, thresholds=thresholds)
    verdicts = [_judge(sample, tried) for sample in samples]
    count = len(verdicts)
    right, offered = verdicts.count("right"), verdicts.count("offered")
    return Zones(thresholds, right / count, (right + offered) / count, verdicts.count("wrong") / count)


def _judge(sample: Sample, content: Content) -> str:
    decision = decide(sample.prediction, Conversation(), content)
    if decision.options:
        return "offered" if sample.accept & set(decision.options) else "nothing"
    # a topic that still waits for its answer is a right recognition all the same
    missing = decision.text_key == "no_answer_yet"
    topic = decision.topic if decision.status != "fallback" or missing else UNKNOWN
    if topic in sample.accept:
        return "right"
    return "nothing" if topic == UNKNOWN else "wrong"


def write_thresholds(path: Path, thresholds: Thresholds) -> None:
    """Change the three numbers in `_dialogue.yml` and leave every comment as it is."""
    text = path.read_text(encoding="utf-8")
    for name, value in msgspec.structs.asdict(thresholds).items():
        text = re.sub(rf"^(  {name}: )[\d.]+", rf"\g<1>{value}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
