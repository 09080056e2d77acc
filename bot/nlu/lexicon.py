"""Words that mean the same here, as Rasa lookup tables: each table is one concept."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Sequence

from bot.text import fold_spelling

_WORD = re.compile(r"\w+")
LONGEST_PHRASE = 3
SHORTEST_PART = 3


class Lexicon:
    """Finds the concepts of a text; entries are words, phrases, beginnings ("miet*") or endings ("*miete")."""

    def __init__(self, tables: Mapping[str, Sequence[str]]) -> None:
        self.tables = {name: list(entries) for name, entries in tables.items()}
        self._phrases: Dict[str, List[str]] = {}
        self._beginnings: Dict[str, List[str]] = {}
        self._endings: Dict[str, List[str]] = {}
        for name, entries in self.tables.items():
            for entry in entries:
                self._add(name, entry)

    def _add(self, name: str, entry: str) -> None:
        folded = " ".join(_WORD.findall(fold_spelling(entry)))
        if entry.startswith("*"):
            self._endings.setdefault(folded, []).append(name)
        if entry.endswith("*"):
            self._beginnings.setdefault(folded, []).append(name)
        if not entry.startswith("*") and not entry.endswith("*"):
            self._phrases.setdefault(folded, []).append(name)

    def find_concepts(self, text: str) -> List[str]:
        """Return the concepts of a text, one entry per occurrence; works as a scikit-learn analyzer."""
        words = _WORD.findall(fold_spelling(text))
        found: List[str] = []
        for start, word in enumerate(words):
            for length in range(1, LONGEST_PHRASE + 1):
                found += self._phrases.get(" ".join(words[start : start + length]), ())
                if start + length >= len(words):
                    break
            for cut in range(SHORTEST_PART, len(word) + 1):
                found += self._beginnings.get(word[:cut], ())
                found += self._endings.get(word[-cut:], ())
        return found
