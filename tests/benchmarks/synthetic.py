"""Multiplies topics for the scaling curve: copies whose words have nothing in common with the originals."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from dataset import Sentences

RINGS = ("bcdfghjklmnpqrstvwxz", "aeiouyäöü")


def disguise(text: str, number: int) -> str:
    """Turn each letter by `number` places in its ring: other words, as long and as different as the real ones.

    A mere ending would leave beginnings and parts of the words as they are, and the copies would be one topic.
    """
    turned = "".join(ring[number % len(ring) :] + ring[: number % len(ring)] for ring in RINGS)
    return text.lower().translate(str.maketrans("".join(RINGS), turned))


def copy_name(topic: str, number: int) -> str:
    """Return the name of a copy; number 0 is the original."""
    return f"{topic}_{number}" if number else topic


def multiply_sentences(sentences: Sentences, topics: Sequence[str], copies: int) -> Sentences:
    """Return some topics with so many copies in all, the originals among them; other topics stay as they are."""
    multiplied = dict(sentences.topics)
    for number in range(1, copies):
        for topic in topics:
            multiplied[copy_name(topic, number)] = [disguise(line, number) for line in sentences.topics[topic]]
    return Sentences(multiplied, sentences.tables)


def multiply_content(responses: Path, topics: Sequence[str], copies: int, target: Path) -> None:
    """Write the content with a topic and an answer for each copy."""
    target.mkdir(parents=True, exist_ok=True)
    for path in responses.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "_topics":
            text = _dump({group: _copy_entries(some, topics, copies) for group, some in _load(text).items()})
        elif not path.stem.startswith("_"):
            data = _load(text)
            for topic in [name for name in data["answers"] if name in topics]:
                more = {copy_name(topic, number): data["answers"][topic] for number in range(1, copies)}
                data["answers"] |= more
            text = _dump(data)
        (target / path.name).write_text(text, encoding="utf-8")


def _copy_entries(entries: list[dict[str, Any]], topics: Sequence[str], copies: int) -> list[dict[str, Any]]:
    more = [
        {**entry, "id": copy_name(entry["id"], number), "title": f"{entry['title']} ({number})"}
        for entry in entries
        if entry["id"] in topics
        for number in range(1, copies)
    ]
    return [*entries, *more]


def _load(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


class _Dumper(yaml.CSafeDumper):
    """Writes the same answer as often as it is needed: our reader knows no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _dump(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
