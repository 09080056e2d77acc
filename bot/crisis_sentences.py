"""The sentences from which emergencies are learned."""

from collections.abc import Collection
from pathlib import Path

from bot.training_data import read_examples, read_training_data

SENTENCES = "_crisis_sentences.yml"
NO_EMERGENCY = "kein_notfall"
"""Kind of the sentences that only look like emergencies."""


def read_sentences(responses: Path, nlu_data: Path, ordinary: Collection[str]) -> dict[str, list[str]]:
    """Read the example sentences per kind; questions on `ordinary` topics are added to the harmless ones."""
    examples, _ = read_examples(responses / SENTENCES)
    questions, _ = read_training_data(nlu_data)
    sentences: dict[str, list[str]] = {NO_EMERGENCY: []}
    for example in examples:
        sentences.setdefault(example.topic, []).append(example.text)
    known = {example.text for example in examples}
    sentences[NO_EMERGENCY] += [
        question.text for question in questions if question.topic in ordinary and question.text not in known
    ]
    return sentences
