"""Mends typos: a word nobody has used in training becomes the known word that is one slip away."""

from __future__ import annotations

import re
from collections import Counter
from typing import Dict, Iterable, List, Sequence

from bot.text import fold_spelling

_WORD = re.compile(r"\w+")
SHORTEST = 4
"""Shorter words have too many neighbours."""
LEAST_USED = 3
"""How often a word must occur in training to be somebody's intention."""


class Speller:
    """Knows the words of the training sentences; all words are in folded spelling."""

    def __init__(self, common: Sequence[str], rare: Sequence[str]) -> None:
        """`common` are words typos are mended to, most frequent first; `rare` ones are known but no aim."""
        self.common = list(common)
        self.rare = list(rare)
        self._known = {*common, *rare}
        self._by_shortened: Dict[str, str] = {}
        for word in self.common:
            for shortened in _shorten(word):
                self._by_shortened.setdefault(shortened, word)

    @classmethod
    def fit(cls, texts: Iterable[str]) -> Speller:
        """Learn words from sentences."""
        counts = Counter(word for text in texts for word in set(_WORD.findall(fold_spelling(text))))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        common = [word for word in ranked if counts[word] >= LEAST_USED and len(word) >= SHORTEST and word.isalpha()]
        aims = set(common)
        return cls(common, [word for word in ranked if word not in aims])

    def mend(self, text: str) -> str:
        """Return the text with unknown words replaced where exactly one slip explains them."""
        return _WORD.sub(lambda match: self._mend_word(match.group()), text) if self.common else text

    def _mend_word(self, word: str) -> str:
        folded = fold_spelling(word)
        if folded in self._known or len(folded) < SHORTEST or not folded.isalpha():
            return word
        for shortened in _shorten(folded):
            aim = self._by_shortened.get(shortened)
            if aim is not None and is_one_slip(folded, aim):
                return aim
        return word


def _shorten(word: str) -> List[str]:
    """Return the word and all words with one letter less; two words one slip apart share one of these."""
    return [word, *(word[:index] + word[index + 1 :] for index in range(len(word)))]


def is_one_slip(first: str, second: str) -> bool:
    """Tell whether one letter added, dropped, changed or swapped with its neighbour makes one word the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(first, second)) if a != b), min(len(first), len(second)))  # noqa: B905
    one, other = first[start:], second[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (len(one) == len(other) and one[:2] == other[1::-1] and one[2:] == other[2:])
    )
