"""Linear classifier plus nearest training sentence; together they say how likely each topic is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Mapping, Optional, Sequence, Tuple

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.nlu.features import Vectorizer

SEED = 20261122
FOLDS = 5
# Enough held-out sentences to judge by; below it every fold is used, above it one of each kind.
ENOUGH_HELD_OUT = 1500
CANDIDATES = 8
FOREIGN_WEIGHT = 0.5
"""What a sentence of a held-out topic counts beside one of a known topic."""
UNTRAINED_JUDGE = np.array([0.0, 1.0, 0.0, 1.0, 0.0], np.float32)
"""For data too small to hold anything out."""
BATCH = 256
STRONGEST = 60

Tables = Mapping[str, Sequence[str]]
Ranking = List[Tuple[str, float]]


class Scorer:
    """The raw evidence for each topic: a linear score and the similarity of the nearest training sentence."""

    def __init__(
        self,
        vectorizer: Vectorizer,
        weights: np.ndarray,
        bias: np.ndarray,
        examples: sparse.csr_matrix,
        starts: np.ndarray,
    ) -> None:
        self.vectorizer = vectorizer
        self.weights = weights
        """Shape (features, topics)."""
        self.bias = bias
        self.examples = examples
        """Training sentences sorted by topic, shape (features, sentences); CSR, or a product takes ten times longer."""
        self.starts = starts
        """First sentence of each topic."""

    @classmethod
    def fit(cls, texts: Sequence[str], labels: np.ndarray, count: int, tables: Tables) -> Scorer:
        """Train on sentences with topic numbers 0 … count-1; every topic has at least one sentence."""
        order = np.argsort(labels, kind="stable")
        sorted_texts = [texts[index] for index in order]
        sorted_labels = labels[order]
        vectorizer = Vectorizer.fit(sorted_texts, tables)
        examples = vectorizer.transform(sorted_texts)
        weights, bias = _fit_linear(examples, sorted_labels, count)
        starts = np.searchsorted(sorted_labels, np.arange(count))
        return cls(vectorizer, weights, bias, _keep_strongest(examples).T.tocsr(), starts)

    def measure(self, texts: Sequence[str]) -> np.ndarray:
        """Return evidence of shape (sentences, topics, kinds of evidence)."""
        rows = self.vectorizer.transform(texts)
        linear = np.asarray(rows @ self.weights) + self.bias
        similarity = (rows @ self.examples).toarray() / self.vectorizer.length
        nearest = np.maximum.reduceat(similarity, self.starts, axis=1)
        return np.stack([linear, _lead(linear), nearest, _lead(nearest)], axis=2).astype(np.float32)


def _keep_strongest(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """Keep the most telling features of each sentence: enough to find it again, at a third of the memory."""
    indices, data, ends = [], [], [0]
    for start, stop in zip(rows.indptr, rows.indptr[1:]):  # noqa: B905 - stock Rasa runs on Python 3.8 to 3.10
        strongest = start + np.sort(np.argsort(-rows.data[start:stop], kind="stable")[:STRONGEST])
        indices.append(rows.indices[strongest])
        data.append(rows.data[strongest])
        ends.append(ends[-1] + len(strongest))
    return sparse.csr_matrix((np.concatenate(data), np.concatenate(indices), ends), shape=rows.shape)


def _fit_linear(rows: sparse.csr_matrix, labels: np.ndarray, count: int) -> Tuple[np.ndarray, np.ndarray]:
    if count == 1:
        return np.zeros((rows.shape[1], 1), np.float32), np.ones(1, np.float32)
    machine = LinearSVC(C=0.5, random_state=SEED, tol=1e-3)
    machine.fit(rows, labels)
    weights, bias = machine.coef_.T, machine.intercept_
    if count == 2:  # scikit-learn keeps one column for two classes
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return np.ascontiguousarray(weights, dtype=np.float32), bias.astype(np.float32)


def _lead(scores: np.ndarray) -> np.ndarray:
    """Return for each topic its distance to the best other topic (positive only for the best)."""
    if scores.shape[1] == 1:
        return np.ones_like(scores)
    best = scores.argmax(axis=1)
    top = scores[np.arange(len(scores)), best]
    second = np.partition(scores, -2, axis=1)[:, -2]
    lead = scores - top[:, None]
    lead[np.arange(len(scores)), best] = top - second
    return lead


class IntentModel:
    """Scorer plus the judge that turns evidence into the probability that a topic is right."""

    def __init__(self, intents: List[str], scorer: Scorer, judge: np.ndarray) -> None:
        self.intents = intents
        self._scorer = scorer
        self._judge = judge
        """Bias and one weight per kind of evidence."""

    @classmethod
    def fit(cls, texts: Sequence[str], intents: Sequence[str], tables: Optional[Tables] = None) -> IntentModel:
        """Train on sentences and their intents; `tables` are words that mean the same."""
        names = sorted(set(intents))
        number = {name: index for index, name in enumerate(names)}
        labels = np.array([number[intent] for intent in intents])
        judge = fit_judge(texts, labels, tables or {})
        return cls(names, Scorer.fit(texts, labels, len(names), tables or {}), judge)

    def rank(self, texts: Sequence[str], length: int) -> List[Ranking]:
        """Return the most likely intents of each text, best first, with calibrated confidence."""
        rankings: List[Ranking] = []
        for start in range(0, len(texts), BATCH):
            confidence = apply_judge(self._scorer.measure(texts[start : start + BATCH]), self._judge)
            for row in confidence:
                best = np.argsort(-row, kind="stable")[:length]
                rankings.append([(self.intents[index], float(row[index])) for index in best])
        return rankings

    def save(self, folder: Path) -> None:
        """Write arrays and JSON; nothing that runs when it is read."""
        scorer = self._scorer
        scorer.vectorizer.save(folder)
        np.savez(
            folder / "model.npz", weights=scorer.weights, bias=scorer.bias, starts=scorer.starts, judge=self._judge
        )
        sparse.save_npz(folder / "examples.npz", scorer.examples)
        (folder / "intents.json").write_text(json.dumps(self.intents, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote."""
        arrays = np.load(folder / "model.npz", allow_pickle=False)
        examples = sparse.load_npz(folder / "examples.npz").tocsr()
        intents = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        scorer = Scorer(Vectorizer.load(folder), arrays["weights"], arrays["bias"], examples, arrays["starts"])
        return cls(intents, scorer, arrays["judge"])


def apply_judge(evidence: np.ndarray, judge: np.ndarray) -> np.ndarray:
    """Return the probability of each topic, shape (sentences, topics)."""
    return 1 / (1 + np.exp(-(evidence @ judge[1:] + judge[0])))


def fit_judge(texts: Sequence[str], labels: np.ndarray, tables: Tables) -> np.ndarray:
    """Learn from held-out sentences how much evidence means how much certainty.

    Besides single sentences, whole topics are held out: their sentences show what evidence looks like when no
    topic is right, so confidence stays low for what the bot was not made for.
    """
    generator = np.random.default_rng(SEED)
    fold = assign_folds(labels, generator)
    count = int(labels.max()) + 1
    topic_fold = generator.permutation(count) % FOLDS if count >= 2 * FOLDS else np.full(count, -1)
    samples: List[Tuple[np.ndarray, np.ndarray, float]] = []
    for kind, weight in ((fold, 1.0), (topic_fold[labels], FOREIGN_WEIGHT)):
        for index in range(FOLDS if len(labels) < FOLDS * ENOUGH_HELD_OUT else 1):
            held = np.flatnonzero(kind == index)
            if len(held) and len(set(labels[kind != index])) > 1:
                kept = np.flatnonzero(kind != index)
                samples.append((*_measure_held_out(texts, labels, kept, held, tables), weight))
    return _fit_logistic(samples)


def _measure_held_out(
    texts: Sequence[str], labels: np.ndarray, kept: np.ndarray, held: np.ndarray, tables: Tables
) -> Tuple[np.ndarray, np.ndarray]:
    """Return evidence and truth of the best candidates for sentences the scorer has not seen."""
    present, renumbered = np.unique(labels[kept], return_inverse=True)
    scorer = Scorer.fit([texts[i] for i in kept], renumbered, len(present), tables)
    evidence, right = [], []
    for start in range(0, len(held), BATCH):
        batch = held[start : start + BATCH]
        measured = scorer.measure([texts[i] for i in batch])
        candidates = np.argsort(-measured[:, :, 0], axis=1, kind="stable")[:, :CANDIDATES]
        rows = np.arange(len(measured))[:, None]
        evidence.append(measured[rows, candidates].reshape(-1, measured.shape[2]))
        right.append((present[candidates] == labels[batch][:, None]).ravel())
    return np.concatenate(evidence), np.concatenate(right)


def assign_folds(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Spread the sentences of each topic evenly; a topic with one sentence is never held out."""
    fold = np.full(len(labels), -1)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) > 1:
            fold[members] = (generator.permutation(len(members)) + generator.integers(FOLDS)) % FOLDS
    return fold


def _fit_logistic(samples: List[Tuple[np.ndarray, np.ndarray, float]]) -> np.ndarray:
    if not samples or len(set(np.concatenate([right for _, right, _ in samples]))) < 2:
        return UNTRAINED_JUDGE
    rows = np.concatenate([evidence for evidence, _, _ in samples])
    right = np.concatenate([right for _, right, _ in samples])
    weight = np.concatenate([np.full(len(right), weight) for _, right, weight in samples])
    scale = rows.std(axis=0) + 1e-6
    machine = LogisticRegression(max_iter=1000)
    machine.fit(rows / scale, right, sample_weight=weight)
    return np.concatenate([machine.intercept_, machine.coef_[0] / scale]).astype(np.float32)
