"""Turns sentences into sparse vectors: characters, words, word pairs and concepts, weighted by how telling they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.lexicon import Lexicon
from bot.nlu.spelling import Speller
from bot.text import fold_spelling

_WORD = re.compile(r"\w+")
WORD_START = 6
WEIGHTS = {"characters": 1.0, "words": 0.6, "concepts": 0.6}
"""How much each part counts; measured by tests/benchmarks/compare_pipelines.py."""
SMALL_DATA = 3000
"""Below this size rare n-grams are all there is, and two letters count as well."""
SENTENCES_PER_OCCURRENCE = 5000
"""The more sentences, the rarer the n-grams that are mostly typos: with 36,000 they were half of all memory."""
FEWEST_WORDS = 3
"""Abbreviations such as "BCA" are rare and tell everything, so words stay when their n-grams are dropped."""


class Vectorizer:
    """Fitted TF-IDF: characters carry compounds and typos, word starts the rest, concepts what means the same."""

    def __init__(self, parts: Dict[str, TfidfVectorizer], lexicon: Lexicon, speller: Speller) -> None:
        self._parts = parts
        self._lexicon = lexicon
        self._speller = speller

    @classmethod
    def fit(cls, texts: Sequence[str], tables: Optional[Mapping[str, Sequence[str]]] = None) -> Vectorizer:
        """Learn vocabulary and weights from sentences; `tables` are words that mean the same."""
        lexicon = Lexicon(tables or {})
        if len(texts) < SMALL_DATA:
            parts = _build_parts(lexicon, (2, 5), 1, 1)
        else:
            parts = _build_parts(lexicon, (3, 5), max(1, len(texts) // SENTENCES_PER_OCCURRENCE), FEWEST_WORDS)
        for part in parts.values():
            part.fit(texts)
        # with few sentences most words are unknown, and mending them would do harm
        speller = Speller([], []) if len(texts) < SMALL_DATA else Speller.fit(texts)
        return cls(parts, lexicon, speller)

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return one row per sentence, float32."""
        mended = [self._speller.mend(text) for text in texts]
        return sparse.hstack(
            [part.transform(mended) * np.float32(WEIGHTS[name]) for name, part in self._parts.items()], format="csr"
        )

    @property
    def length(self) -> float:
        """Return the squared length of a row in which every part found something."""
        return sum(WEIGHTS[name] ** 2 for name in self._parts)

    def save(self, folder: Path) -> None:
        """Write vocabularies, lexicon and known words as JSON and weights as arrays."""
        vocabularies = {
            name: sorted(part.vocabulary_, key=part.vocabulary_.__getitem__) for name, part in self._parts.items()
        }
        letters = self._parts["characters"].ngram_range
        content = {
            "letters": letters,
            "vocabularies": vocabularies,
            "lexicon": self._lexicon.tables,
            "words": [self._speller.common, self._speller.rare],
        }
        (folder / "features.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "features.npz", **{name: part.idf_ for name, part in self._parts.items()})

    @classmethod
    def load(cls, folder: Path) -> Vectorizer:
        """Read what `save` wrote."""
        content = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        weights = np.load(folder / "features.npz", allow_pickle=False)
        lexicon = Lexicon(content["lexicon"])
        parts = _build_parts(lexicon, tuple(content["letters"]), 1, 1)
        for name, part in parts.items():
            part.vocabulary_ = {term: index for index, term in enumerate(content["vocabularies"][name])}
            part.idf_ = weights[name].astype(np.float32)
        return cls(parts, lexicon, Speller(*content["words"]))


def find_word_starts(text: str) -> List[str]:
    """Return the first letters of each word, and each pair of neighbours: a stemmer without a language."""
    starts = [word[:WORD_START] for word in _WORD.findall(fold_spelling(text))]
    return starts + [f"{first} {second}" for first, second in zip(starts, starts[1:])]  # noqa: B905, RUF007 - stock Rasa: Python 3.8 to 3.10


def _build_parts(
    lexicon: Lexicon, letters: Tuple[int, ...], fewest_letters: int, fewest_words: int
) -> Dict[str, TfidfVectorizer]:
    common: Dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32}
    parts = {
        "characters": TfidfVectorizer(
            analyzer="char_wb", ngram_range=letters, preprocessor=fold_spelling, min_df=fewest_letters, **common
        ),
        "words": TfidfVectorizer(analyzer=find_word_starts, min_df=fewest_words, **common),
    }
    if lexicon.tables:
        parts["concepts"] = TfidfVectorizer(analyzer=lexicon.find_concepts, **common)
    return parts
