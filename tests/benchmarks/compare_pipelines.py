"""Compares ways of turning sentences into topics, the losing ones too: what the product uses was chosen by this table.

    PYTHONPATH=. .venv/bin/python tests/benchmarks/compare_pipelines.py [DATEI.jsonl] [--only NAME …]

Columns: share of sentences whose best topic is right (top 1) or among the best three, and the share that can be
answered at once when at most 4 % of all may be answered wrongly (the score of the best topic is the yardstick).
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from bot.evaluation import read_questions
from bot.nlu.features import find_word_starts
from bot.nlu.lexicon import Lexicon
from bot.text import fold_spelling
from bot.training_data import read_lookup_tables, read_training_data

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_WRONG = 0.04
UNKNOWN = "unbekannt"
OFTEN = 7  # what bot/nlu/features.py takes for so many sentences
LEXICON = Lexicon(read_lookup_tables(ROOT / "nlu_data"))


class Part(NamedTuple):
    """One kind of feature and how much it counts."""

    options: dict[str, Any]
    weight: float = 1.0


class Variant(NamedTuple):
    """Features and a classifier."""

    parts: tuple[Part, ...]
    classifier: Callable[[], Any]


def letters(shortest: int, longest: int, min_df: int) -> Part:
    """Character n-grams inside words."""
    options = {"analyzer": "char_wb", "ngram_range": (shortest, longest), "preprocessor": fold_spelling}
    return Part({**options, "min_df": min_df})


def words(weight: float) -> Part:
    """Whole words and pairs."""
    pattern = r"(?u)\w+"
    options = {"ngram_range": (1, 2), "token_pattern": pattern, "preprocessor": fold_spelling, "min_df": 2}
    return Part(options, weight)


def word_starts(weight: float) -> Part:
    """First letters of words, and pairs of them."""
    return Part({"analyzer": find_word_starts, "min_df": 3}, weight)


def concepts(weight: float) -> Part:
    """Word lists of `nlu_data/_lexicon.yml`."""
    return Part({"analyzer": LEXICON.find_concepts}, weight)


def machine(c: float = 0.5) -> Callable[[], Any]:
    """Linear support vector machine, one topic against the rest."""
    return lambda: LinearSVC(C=c, random_state=0, tol=1e-2)


PRODUCT = (letters(3, 5, OFTEN), word_starts(0.6), concepts(0.6))
VARIANTS = {
    "Produkt: Zeichen 3–5, Wortanfänge, Begriffe": Variant(PRODUCT, machine()),
    "ohne Begriffe": Variant(PRODUCT[:2], machine()),
    "Begriffe doppelt so schwer": Variant((*PRODUCT[:2], concepts(1.2)), machine()),
    "nur Zeichen": Variant(PRODUCT[:1], machine()),
    "nur Wortanfänge": Variant((word_starts(1.0),), machine()),
    "nur Begriffe": Variant((concepts(1.0),), machine()),
    "ganze Wörter statt Wortanfänge": Variant((PRODUCT[0], words(0.6), PRODUCT[2]), machine()),
    "Zeichen 3–5, auch seltene": Variant((letters(3, 5, 2), *PRODUCT[1:]), machine()),
    "Zeichen 2–5, auch seltene": Variant((letters(2, 5, 2), *PRODUCT[1:]), machine()),
    "C = 0,1": Variant(PRODUCT, machine(0.1)),
    "C = 2": Variant(PRODUCT, machine(2.0)),
    "Ridge": Variant(PRODUCT, lambda: RidgeClassifier(alpha=0.5, solver="sparse_cg", tol=1e-3)),
    "Complement Naive Bayes": Variant(PRODUCT, lambda: ComplementNB(alpha=0.3)),
}


class Labelled(NamedTuple):
    """Sentences with the topics that are accepted."""

    name: str
    texts: list[str]
    accept: list[set[str]]


def read_dialogues() -> Labelled:
    """Read the test dialogues: sentences that must lead to their topic or at least offer it."""
    texts, accept = [], []
    for path in sorted((ROOT / "tests" / "dialogues").glob("[a-z]*.yml")):
        for topic, lists in yaml.safe_load(path.read_text(encoding="utf-8"))["topics"].items():
            for text in [*lists["answers"], *lists["suggestions"]]:
                texts.append(text)
                accept.append({topic})
    return Labelled("Testdialoge", texts, accept)


def score(variant: Variant, texts: list[str], topics: list[str], questions: list[str]) -> tuple[Any, list[str]]:
    """Train on the sentences and return scores of shape (questions, topics) with the topics' names."""
    vectorizers = [
        (TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **part.options).fit(texts), part.weight)
        for part in variant.parts
    ]

    def transform(some: list[str]) -> Any:
        return sparse.hstack([vectorizer.transform(some) * weight for vectorizer, weight in vectorizers]).tocsr()

    classifier = variant.classifier().fit(transform(texts), topics)
    rows = transform(questions)
    decide = getattr(classifier, "decision_function", None) or classifier.predict_log_proba
    return decide(rows), list(classifier.classes_)


def judge(scores: Any, names: list[str], accept: list[set[str]]) -> str:
    """Return the three columns."""
    order = np.argsort(-scores, axis=1)
    best = [names[index] for index in order[:, 0]]
    right = np.array([name in wanted for name, wanted in zip(best, accept, strict=True)])
    three = np.mean([bool({names[i] for i in row[:3]} & wanted) for row, wanted in zip(order, accept, strict=True)])
    certainty = np.sort(scores, axis=1)[:, -1]
    unknown = np.array([name == UNKNOWN for name in best])
    answered = 0.0
    for threshold in np.unique(certainty):
        sure = certainty >= threshold
        if (sure & ~right & ~unknown).mean() <= MOST_WRONG:
            answered = max(answered, (sure & right).mean())
    return f"{right.mean():7.1%}{three:8.1%}{answered:8.1%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--only", nargs="*", default=list(VARIANTS))
    args = parser.parse_args()
    examples, _ = read_training_data(ROOT / "nlu_data")
    held = np.random.default_rng(1).random(len(examples)) < 0.2
    kept = [example for example, out in zip(examples, held, strict=True) if not out]
    rest = [example for example, out in zip(examples, held, strict=True) if out]
    sets = [read_dialogues()]
    if args.file:
        questions = read_questions(args.file)
        sets.append(Labelled(args.file.name, [q.text for q in questions], [set(q.accept) for q in questions]))
    title = "".join(f"{name:>24}" for name in ["zurückgehalten (20 %)", *(some.name for some in sets)])
    print(f"{len(examples)} Sätze; je Spalte: bestes richtig, unter den besten drei, sofort bei ≤ 4 % falsch")
    print(f"{'':46}{title}{'s':>6}")
    for name in args.only:
        started = time.perf_counter()
        scores, names = score(VARIANTS[name], [e.text for e in kept], [e.topic for e in kept], [e.text for e in rest])
        columns = [judge(scores, names, [{example.topic} for example in rest])]
        asked = [text for some in sets for text in some.texts]
        scores, names = score(VARIANTS[name], [e.text for e in examples], [e.topic for e in examples], asked)
        start = 0
        for some in sets:
            columns.append(judge(scores[start : start + len(some.texts)], names, some.accept))
            start += len(some.texts)
        print(f"{name:46}{''.join(f'{c:>24}' for c in columns)}{time.perf_counter() - started:6.0f}", flush=True)


if __name__ == "__main__":
    main()
