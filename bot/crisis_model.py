"""A small linear model of what emergencies sound like; it needs neither Rasa nor the topic model."""

import hashlib
import logging
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.svm import LinearSVC

from bot.crisis_sentences import NO_EMERGENCY, SENTENCES, read_sentences
from bot.text import fold_spelling

FloatArray = npt.NDArray[np.float32]
logger = logging.getLogger(__name__)

SOURCES = ("bot/crisis_model.py", "bot/crisis_sentences.py", "bot/text.py")
BITS = 18
PARTS = (2, 3, 4, 5)
WORD_START = 6
SHORT = 3
WINDOW, STEP, MOST_WINDOWS = 12, 6, 200
"""Words of a piece of a long message, how far the next piece is, and how many are read: 200 take 4 ms."""
REACH = 4
"""How many words apart two words still belong together."""
_WORD = re.compile(r"\w+")
_ROOT = Path(__file__).resolve().parent.parent


class CrisisModel:
    """One linear score per kind; the kinds of emergency compete with everything else people write."""

    def __init__(self, kinds: Sequence[str], weights: FloatArray, bias: FloatArray, rarity: FloatArray) -> None:
        self._kinds = list(kinds)
        self._harmless = self._kinds.index(NO_EMERGENCY)
        self._weights = weights
        """Shape (features, kinds)."""
        self._bias = bias
        self._rarity = rarity
        self._vectorizer = _build_vectorizer()

    @classmethod
    def fit(cls, sentences: Mapping[str, Sequence[str]]) -> Self:
        """Train on sentences per kind; NO_EMERGENCY must be among the kinds."""
        texts = [text for kind in sentences for text in sentences[kind]]
        labels = [kind for kind in sentences for _ in sentences[kind]]
        weighting = TfidfTransformer(sublinear_tf=True)
        rows = weighting.fit_transform(_build_vectorizer().transform(texts))
        machine = LinearSVC(random_state=1)
        machine.fit(rows, labels, [_weigh(text, kind) for text, kind in zip(texts, labels, strict=True)])
        weights = np.ascontiguousarray(machine.coef_.T, dtype=np.float32)
        return cls(machine.classes_.tolist(), weights, machine.intercept_.astype(np.float32), weighting.idf_)

    def judge(self, text: str) -> tuple[str, float]:
        """Return the most likely kind of emergency and by how much it beats "no emergency"."""
        return max(self.judge_all(split_windows(text)), key=lambda verdict: verdict[1])

    def judge_all(self, texts: Iterable[str]) -> list[tuple[str, float]]:
        """Judge several texts, each as a whole and in order."""
        counts = self._vectorizer.transform(texts)
        counts.data = (1 + np.log(counts.data)) * self._rarity[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)))
        scores = np.asarray(counts @ self._weights) / np.maximum(lengths, 1e-9) + self._bias
        lead = scores - scores[:, [self._harmless]]
        lead[:, self._harmless] = -np.inf
        return [(self._kinds[best], float(row[best])) for row, best in zip(lead, lead.argmax(axis=1), strict=True)]

    def save(self, path: Path) -> None:
        """Write arrays; nothing that runs when it is read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # one name per process: several workers may start, and train, at the same moment
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with partial.open("wb") as file:
                np.savez(file, kinds=self._kinds, weights=self._weights, bias=self._bias, rarity=self._rarity)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["kinds"].tolist(), arrays["weights"], arrays["bias"], arrays["rarity"])


def _weigh(text: str, kind: str) -> float:
    """Return what a sentence counts in training."""
    if kind != NO_EMERGENCY:
        return 2.0  # a person in danger who is overlooked weighs more than a false alarm
    # "morgen" alone answers a question of the bot, however often it stands in emergencies
    return 8.0 if len(text.split()) <= SHORT else 1.0


def split_windows(text: str) -> list[str]:
    """Return the text and, when it is long, its overlapping pieces: an emergency must not drown in a story."""
    words = text.split()
    if len(words) <= WINDOW + STEP:
        return [text]
    starts = range(0, len(words) - WINDOW + STEP, STEP)[:MOST_WINDOWS]
    return [text, *(" ".join(words[start : start + WINDOW]) for start in starts)]


def find_features(text: str) -> list[str]:
    """Return parts of words, beginnings of words, and pairs of beginnings that stand near each other."""
    words = _WORD.findall(fold_spelling(text))
    padded = [f" {word} " for word in words]
    parts = [word[i : i + size] for word in padded for size in PARTS for i in range(len(word) - size + 1)]
    starts = [word[:WORD_START] for word in words]
    pairs = [f"{first}+{second}" for i, first in enumerate(starts) for second in starts[i + 1 : i + 1 + REACH]]
    neighbours = [f"{first}={second}" for first, second in pairwise(starts)]
    return [*parts, *(f"={start}" for start in starts), *pairs, *neighbours]


def _build_vectorizer() -> HashingVectorizer:
    return HashingVectorizer(
        analyzer=find_features, n_features=2**BITS, alternate_sign=False, norm=None, dtype=np.float32
    )


def find_archive(models: Path, responses: Path, nlu_data: Path) -> Path:
    """Return where the model for the present sentences is kept."""
    return models / f"crisis-{_fingerprint(responses, nlu_data)}.npz"


def fit_once(models: Path, responses: Path, nlu_data: Path, ordinary: Collection[str]) -> None:
    """Have the model ready on disk; a process that only does this takes the memory of the training with it."""
    load_or_fit(models, responses, nlu_data, ordinary)


def load_or_fit(models: Path, responses: Path, nlu_data: Path, ordinary: Collection[str]) -> CrisisModel | None:
    """Return the model for the present sentences, trained within seconds when there is none yet.

    None when there are no example sentences to train on; the patterns must do then.
    """
    path = find_archive(models, responses, nlu_data)
    try:
        return CrisisModel.load(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        logger.warning("Das Modell der Notlagen war nicht lesbar (%s) und wird neu gelernt.", type(error).__name__)
    sentences = read_sentences(responses, nlu_data, ordinary)
    if len(sentences) < 2:
        logger.error("no crisis model: %s has no sentences", SENTENCES)
        return None
    model = CrisisModel.fit(sentences)
    try:
        model.save(path)
    except OSError as error:  # a full or read-only disk costs some seconds at the next start, nothing else
        logger.warning("crisis model not saved: error=%s", type(error).__name__)
    for older in set(models.glob("crisis-*.npz")) - {path}:
        older.unlink(missing_ok=True)
    return model


def _fingerprint(responses: Path, nlu_data: Path) -> str:
    digest = hashlib.sha256()
    sources = [_ROOT / source for source in SOURCES]
    for file in [*sources, responses / SENTENCES, *sorted(nlu_data.glob("*.yml"))]:
        if file.exists():
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
