"""Turns sentences into sparse vectors: characters, words, word pairs and concepts, weighted by how telling they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.lexicon import Lexicon
from bot.text import fold_spelling

# Below this size rare n-grams are all there is; above it they are mostly typos and cost memory.
SMALL_DATA = 3000


class Vectorizer:
    """Fitted TF-IDF; a row has length 1 per part: characters carry stems, compounds and typos, words the rest."""

    def __init__(self, parts: Dict[str, TfidfVectorizer], lexicon: Lexicon) -> None:
        self._parts = parts
        self._lexicon = lexicon

    @classmethod
    def fit(cls, texts: Sequence[str], tables: Optional[Mapping[str, Sequence[str]]] = None) -> Vectorizer:
        """Learn vocabulary and weights from sentences; `tables` are words that mean the same."""
        lexicon = Lexicon(tables or {})
        parts = _build_parts(lexicon, 1 if len(texts) < SMALL_DATA else 2)
        for part in parts.values():
            part.fit(texts)
        return cls(parts, lexicon)

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return one row per sentence, float32."""
        return sparse.hstack([part.transform(texts) for part in self._parts.values()], format="csr")

    def save(self, folder: Path) -> None:
        """Write vocabularies and lexicon as JSON and weights as arrays."""
        vocabularies = {
            name: sorted(part.vocabulary_, key=part.vocabulary_.__getitem__) for name, part in self._parts.items()
        }
        content = {"vocabularies": vocabularies, "lexicon": self._lexicon.tables}
        (folder / "features.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "features.npz", **{name: part.idf_ for name, part in self._parts.items()})

    @classmethod
    def load(cls, folder: Path) -> Vectorizer:
        """Read what `save` wrote."""
        content = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        weights = np.load(folder / "features.npz", allow_pickle=False)
        lexicon = Lexicon(content["lexicon"])
        parts = _build_parts(lexicon, 1)
        for name, part in parts.items():
            part.vocabulary_ = {term: index for index, term in enumerate(content["vocabularies"][name])}
            part.idf_ = weights[name].astype(np.float32)
        return cls(parts, lexicon)


def _build_parts(lexicon: Lexicon, min_df: int) -> Dict[str, TfidfVectorizer]:
    common: Dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32}
    parts = {
        "characters": TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), preprocessor=fold_spelling, min_df=min_df, **common
        ),
        "words": TfidfVectorizer(
            ngram_range=(1, 2), token_pattern=r"(?u)\w+", preprocessor=fold_spelling, min_df=min_df, **common
        ),
    }
    if lexicon.tables:
        parts["concepts"] = TfidfVectorizer(analyzer=lexicon.find_concepts, **common)
    return parts
