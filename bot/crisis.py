"""Recognises a person in danger before anything else: by certain wordings, then by likeness to example sentences."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from bot.content import CrisisKind
from bot.patterns import compile_patterns, fold_message

CERTAIN = -0.05
"""Score from which the help text comes first; all three are measured by tests/measure_crisis.py --thresholds."""
POSSIBLE = -0.6
"""Score from which the help numbers stand above the usual reply."""
HARMLESS = -1.4
"""Score below which the model overrules a pattern: "ich will nicht mehr warten" has words of one."""


class Emergency(Struct, frozen=True):
    """What kind of emergency a message may speak of."""

    kind: str
    is_certain: bool


class EmergencyModel(Protocol):
    """What judges by likeness; `crisis_model` has the one that is used."""

    def judge(self, text: str) -> tuple[str, float]:
        """Return the most likely kind of emergency and its score."""


class CrisisDetector:
    """Looks at messages with the patterns of `_crisis.yml` and, where there is one, the model of example sentences."""

    def __init__(self, kinds: Mapping[str, CrisisKind], model: EmergencyModel | None = None) -> None:
        self._kinds = {
            name: (compile_patterns(kind.patterns), compile_patterns(kind.exceptions)) for name, kind in kinds.items()
        }
        self._model = model

    def detect(self, text: str) -> Emergency | None:
        """Return the emergency a text speaks of, or None; of two kinds the first in the file wins."""
        matched = self._match(text)
        if self._model is None:
            return Emergency(matched, True) if matched else None
        kind, score = self._model.judge(text)
        if matched and score >= HARMLESS:
            return Emergency(matched, True)
        # a kind that an editor has just renamed has no help text yet
        if score < POSSIBLE or kind not in self._kinds:
            return None
        return Emergency(kind, score >= CERTAIN)

    def _match(self, text: str) -> str | None:
        folded = fold_message(text)
        for name, (patterns, exceptions) in self._kinds.items():
            rest = exceptions.sub(" ", folded) if exceptions else folded
            if patterns and patterns.search(rest):
                return name
        return None
