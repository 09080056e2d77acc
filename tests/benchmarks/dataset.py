"""Takes a snapshot of the training data and reads the test sentences, so that both sides get the same."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from processes import BenchmarkError

Labelled = tuple[str, str]
"""Sentence and the topic it means."""


class Dataset(NamedTuple):
    """What both sides are trained and asked with."""

    nlu: Path
    intents: int
    sentences: int
    digest: str
    labelled: list[Labelled]
    """`answers` of the test dialogues whose topic is in the training data."""
    questions: list[str]
    """All sentences of the test dialogues, for measuring time."""


def build_dataset(nlu_data: Path, dialogues: Path, target: Path, limit: int | None) -> Dataset:
    """Copy the training data into one file (only the first `limit` intents) and read the test sentences."""
    blocks = [block for path in sorted(nlu_data.glob("*.yml")) for block in _read(path)["nlu"]]
    names = sorted({block["intent"] for block in blocks if "intent" in block})[:limit]
    blocks = [block for block in blocks if block.get("intent", names[0]) in names]  # lookup tables stay as well
    content = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, sort_keys=False, width=10**6)
    target.mkdir(parents=True, exist_ok=True)
    (target / "nlu.yml").write_text(content, encoding="utf-8")
    labelled, questions = _read_dialogues(dialogues)
    labelled = [pair for pair in labelled if pair[1] in names]
    if not labelled:
        raise BenchmarkError(f"Zu den Intents in {nlu_data} steht kein Testsatz in {dialogues}.")
    examples = [block["examples"] for block in blocks if "intent" in block]
    sentences = sum(line.startswith("- ") for example in examples for line in example.splitlines())
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Dataset(target, len(names), sentences, digest, labelled, questions)


def _read_dialogues(folder: Path) -> tuple[list[Labelled], list[str]]:
    labelled, questions = [], []
    for path in sorted(folder.glob("[!_]*.yml")):
        for topic, kinds in _read(path)["topics"].items():
            labelled += [(text, topic) for text in kinds["answers"]]
            questions += [text for kind in ("answers", "suggestions", "not_answers") for text in kinds[kind]]
    return labelled, questions


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return data


def pick_evenly(items: list[Labelled], count: int) -> list[Labelled]:
    """Return `count` items spread over the whole list."""
    count = min(count, len(items))
    return [items[index * len(items) // count] for index in range(count)]
