"""Checks what recognises emergencies: kinds, patterns and example sentences."""

import re
from collections import Counter
from collections.abc import Iterator

from bot.checks.project import Project, fold, list_names
from bot.checks.system_texts import find_placeholders
from bot.crisis_sentences import NO_EMERGENCY, SENTENCES
from bot.models import Problem
from bot.patterns import is_broken
from bot.training_data import Example

_ALTERNATIVES_WITH_WORD = re.compile(r"\([^()|]*[^\W_][^()]*\)")
FEWEST_SENTENCES = 10
"""With fewer example sentences a kind is guessed, not recognised."""


def check_kinds(project: Project) -> Iterator[Problem]:
    """Every kind of emergency has help texts and leads to a topic, and its patterns can be read."""
    if not project.content.crisis:
        yield project.problem_in("_crisis", "Es fehlen die Arten von Notlagen, die erkannt werden sollen.")
    for name, kind in project.content.crisis.items():
        place = f"crisis:{name}"
        if kind.topic not in project.content.topics:
            yield project.problem(place, f'{name}: Das Thema "{kind.topic}" steht nicht im Katalog.')
        for field in ("text", "note"):
            text = getattr(kind, field)
            if not text.strip() or find_placeholders(text):
                yield project.problem(place, f"{name}: {field} ist leer oder enthält geschweifte Klammern.")
        if not kind.patterns:
            yield project.problem(place, f"{name}: Es fehlen Muster; ohne sie hängt alles an den Beispielsätzen.")
        for pattern in filter(_is_unfit, [*kind.patterns, *kind.exceptions]):
            message = f'{name}: Das Muster "{pattern}" ist leer oder hat eine Klammer ohne Gegenstück.'
            yield project.problem(place, message)


def _is_unfit(pattern: str) -> bool:
    # "_" alone, or as the first of several, would call every message an emergency
    rest = _ALTERNATIVES_WITH_WORD.sub("x", pattern)
    return is_broken(pattern) or any(bracket in rest for bracket in "()|") or not any(map(str.isalnum, pattern))


def check_example_sentences(project: Project) -> Iterator[Problem]:
    """Every kind, and what only looks like one, has example sentences, each of them once."""
    kinds = [*project.content.crisis, NO_EMERGENCY]
    counts = Counter(example.topic for example in project.emergencies)
    few = [kind for kind in kinds if counts[kind] < FEWEST_SENTENCES]
    if few:
        message = f"Zu wenige Beispielsätze (mindestens {FEWEST_SENTENCES}) für: {list_names(few)}."
        yield project.problem_in(SENTENCES.removesuffix(".yml"), message)
    for kind, example in {example.topic: example for example in reversed(project.emergencies)}.items():
        if kind not in kinds:
            message = f'Die Art der Notlage "{kind}" steht nicht in _crisis.yml.'
            yield Problem(example.file, example.line, message)
    first: dict[tuple[str, ...], Example] = {}
    for example in project.emergencies:
        other = first.setdefault(fold(example.text), example)
        if other is not example:
            message = f"Derselbe Satz steht schon in {other.file}:{other.line}. Löschen Sie einen."
            yield Problem(example.file, example.line, message)


def check_unseen_sentences(project: Project) -> Iterator[Problem]:
    """What measures how emergencies are recognised is never learned."""
    unseen = {fold(sentence.text): sentence for sentence in project.dialogues if sentence.kind == "crisis_unseen"}
    for example in project.emergencies:
        sentence = unseen.get(fold(example.text))
        if sentence is not None:
            message = f"Der Satz ist auch Messsatz ({sentence.file}:{sentence.line}). Löschen Sie ihn hier."
            yield Problem(example.file, example.line, message)
