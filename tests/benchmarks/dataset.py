"""Takes samples of the training data and reads the test sentences, so that all sides get the same."""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from processes import BenchmarkError

SEED = 20261122
OUT_OF_SCOPE = "unbekannt"

Labelled = tuple[str, str]
"""Sentence and the topic it means."""
Pick = Callable[[list[str]], list[str]]


class Sentences(NamedTuple):
    """Training data by topic, and the words that mean the same by the name of their table."""

    topics: Mapping[str, list[str]]
    tables: Mapping[str, list[str]]


class Dataset(NamedTuple):
    """What all sides are trained and asked with."""

    nlu: Path
    intents: int
    sentences: int
    digest: str
    labelled: list[Labelled]
    """`answers` of the test dialogues whose topic is in the training data."""
    questions: list[str]
    """All sentences of the test dialogues, for measuring time."""


def read_sentences(nlu_data: Path, limit: int | None = None) -> Sentences:
    """Read all training data, or only the first `limit` topics."""
    topics: dict[str, list[str]] = {}
    tables: dict[str, list[str]] = {}
    for path in sorted(nlu_data.glob("*.yml")):
        for block in _read(path)["nlu"]:
            lines = [line[2:] for line in block["examples"].splitlines() if line.startswith("- ")]
            kind = topics if "intent" in block else tables
            kind.setdefault(block.get("intent") or block["lookup"], []).extend(lines)
    return Sentences({name: topics[name] for name in sorted(topics)[:limit]}, tables)


def take(count: int) -> Pick:
    """Return a choice of at most `count` sentences of a topic, always the same ones."""
    return lambda lines: random.Random(SEED).sample(lines, min(count, len(lines)))


def take_share(parts: int) -> Pick:
    """Return a choice of every so many sentences of a topic, at least two."""
    return lambda lines: take(max(2, len(lines) // parts))(lines)


def write_dataset(sentences: Sentences, pick: Pick, dialogues: Path, target: Path) -> Dataset:
    """Write the picked sentences as one Rasa file into a folder of its own and read the test sentences."""
    picked = {name: pick(lines) for name, lines in sentences.topics.items()}
    blocks = [("intent", name, lines) for name, lines in picked.items()]
    blocks += [("lookup", name, lines) for name, lines in sentences.tables.items()]
    lines = ['version: "3.1"', "nlu:"]
    for kind, name, examples in blocks:
        lines += [f"  - {kind}: {name}", "    examples: |", *(f"      - {example}" for example in examples)]
    content = "\n".join(lines) + "\n"
    target.mkdir(parents=True, exist_ok=True)
    (target / "nlu.yml").write_text(content, encoding="utf-8")
    labelled, questions = _read_dialogues(dialogues)
    labelled = [pair for pair in labelled if pair[1] in picked]
    if not labelled:
        raise BenchmarkError(f"Zu den Themen der Trainingssätze steht kein Testsatz in {dialogues}.")
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Dataset(target, len(picked), sum(map(len, picked.values())), digest, labelled, questions)


def pick_evenly(items: Sequence[Labelled], count: int) -> list[Labelled]:
    """Return `count` items spread over the whole list."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def _read_dialogues(folder: Path) -> tuple[list[Labelled], list[str]]:
    labelled, questions = [], []
    for path in sorted(folder.glob("[!_]*.yml")):
        for topic, kinds in _read(path)["topics"].items():
            labelled += [(text, topic) for text in kinds["answers"]]
            questions += [text for kind in ("answers", "suggestions", "not_answers") for text in kinds.get(kind, ())]
    return labelled, questions


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return data
