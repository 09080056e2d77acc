"""Checks of the training sentences: right place, enough, unique, unseen in tests, impersonal, varied."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.checks.project import DialogueSentence, Project, fold
from bot.models import Problem
from bot.privacy import mask
from bot.training_data import Example

MIN_EXAMPLES = 30
NEW_WORD_IN = 5
"""A sentence says little new when another one of its topic has four of five of its words."""
MAX_COVERED_PER_TOPIC = 0.35


def check_sentence_places(project: Project) -> Iterator[Problem]:
    """Every intent is a topic and stands in the file of its group."""
    first: dict[tuple[str, str], Example] = {}
    for example in project.examples:
        first.setdefault((example.topic, example.file), example)
    for (name, file), example in first.items():
        topic = project.content.topics.get(name)
        if topic is None:
            message = f'Das Thema "{name}" steht nicht im Katalog (_topics.yml).'
            yield Problem(file, example.line, message)
        elif not file.endswith(f"/{topic.group}.yml"):
            message = f'Das Thema "{name}" gehört zur Gruppe "{topic.group}", also in {topic.group}.yml.'
            yield Problem(file, example.line, message)


def check_sentence_counts(project: Project) -> Iterator[Problem]:
    """Every topic with an answer has enough sentences to be recognised."""
    counts = Counter(example.topic for example in project.examples)
    for topic in project.content.answers:
        if topic in project.content.topics and counts[topic] < MIN_EXAMPLES:
            message = f"{topic}: {counts[topic]} Trainingssätze sind zu wenig; es braucht {MIN_EXAMPLES}."
            yield project.problem(f"answer:{topic}", message)


def check_repeated_sentences(project: Project) -> Iterator[Problem]:
    """No sentence stands twice, in one topic or in two."""
    first: dict[tuple[str, ...], Example] = {}
    for example, words in zip(project.examples, project.words, strict=True):
        other = first.setdefault(words, example)
        if other is example:
            continue
        where = f"{other.file}:{other.line}"
        if other.topic == example.topic:
            message = f"{example.topic}: Derselbe Satz steht schon in {where}. Löschen Sie einen."
        else:
            message = f'{example.topic}: Derselbe Satz steht bei "{other.topic}" ({where}). Wohin gehört er?'
        yield Problem(example.file, example.line, message)


def check_seen_sentences(project: Project) -> Iterator[Problem]:
    """No test sentence is trained; crisis sentences never reach the model and may be."""
    tests = {fold(sentence.text): sentence for sentence in project.dialogues if sentence.kind != "crisis"}
    for example, words in zip(project.examples, project.words, strict=True):
        sentence = tests.get(words)
        if sentence is not None:
            where = f"{sentence.file}:{sentence.line}"
            message = f"{example.topic}: Der Satz ist auch Testsatz ({where}). Löschen Sie einen von beiden."
            yield Problem(example.file, example.line, message)


def check_personal_data(project: Project) -> Iterator[Problem]:
    """No sentence carries personal data; our own contact details are allowed."""
    contacts = project.content.contacts.values()
    fields = [field for card in contacts for field in (card.phone, card.email, card.address) if field]
    public = [field.value for field in fields]
    everything: list[Example | DialogueSentence] = [*project.examples, *project.emergencies, *project.dialogues]
    for sentence in everything:
        # most sentences are clean, and knowing our contacts is what takes time
        found = mask(sentence.text).found and mask(sentence.text, public).found
        if found:
            message = f"Der Satz enthält wohl persönliche Daten ({', '.join(found)}). Bitte ohne schreiben."
            yield Problem(sentence.file, sentence.line, message)


def check_variety(project: Project) -> Iterator[Problem]:
    """Point out topics whose sentences say the same again and again."""
    for topic, words in _group_words(project).items():
        share = count_covered(words) / len(words)
        if share > MAX_COVERED_PER_TOPIC:
            percent = f"{share:.0%}".replace("%", " %")
            message = f"{topic}: {percent} der Sätze sagen kaum Neues. Bitte mehr verschiedene Wörter."
            example = next(example for example in project.examples if example.topic == topic)
            yield Problem(example.file, example.line, message, "HINWEIS")


def measure_covered_share(project: Project) -> float:
    """Return the share of all training sentences that say little new in their topic."""
    covered = sum(count_covered(words) for words in _group_words(project).values())
    return covered / len(project.words) if project.words else 0.0


def count_covered(sentences: Sequence[tuple[str, ...]]) -> int:
    """Count the sentences whose different words stand, but for every fifth, in another single sentence."""
    sets = [frozenset(words) for words in sentences]
    where: dict[str, set[int]] = {}
    for index, words in enumerate(sets):
        for word in words:
            where.setdefault(word, set()).add(index)
    covered = 0
    for index, words in enumerate(sets):
        missing = len(words) // NEW_WORD_IN
        # whoever covers the sentence has one of its rarest words: 0.06 s for 7,600 sentences instead of 0.4 s
        rare = sorted(words, key=lambda word: len(where[word]))[: missing + 1]
        others = set().union(*(where[word] for word in rare)) - {index}
        covered += any(len(words - sets[other]) <= missing for other in others)
    return covered


def _group_words(project: Project) -> dict[str, list[tuple[str, ...]]]:
    groups: dict[str, list[tuple[str, ...]]] = {}
    for example, words in zip(project.examples, project.words, strict=True):
        groups.setdefault(example.topic, []).append(words)
    return groups
