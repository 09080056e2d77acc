"""Reads the test dialogues and compares them with catalogue and answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.checks.project import DialogueSentence, Kind, Project, fold
from bot.content import Content
from bot.models import Problem
from bot.yaml_reader import Document, Place, YamlError, read_yaml

_KINDS: tuple[Kind, ...] = ("answers", "suggestions", "not_answers")
_CRISIS_KEYS = ("hits", "misses", "hits_unseen", "misses_unseen")
_KEYS: dict[str, tuple[str, ...]] = {"_out_of_scope": ("sentences",), "_crisis": _CRISIS_KEYS, "_words": ("pairs",)}
_SIDES = ("says", "means")
# Their meaning belongs to the tests that play them; here they only have to be readable.
_PLAYED_BY_TESTS = {"_conversations", "_known_failures"}


def read_dialogues(folder: Path, content: Content) -> tuple[list[DialogueSentence], list[Problem]]:
    """Read every test sentence of a folder; what does not fit the catalogue becomes a problem."""
    prefix = f"{folder.parent.name}/{folder.name}"
    if not folder.is_dir():
        return [], [Problem(prefix, 1, "Diesen Ordner mit den Testsätzen gibt es nicht.")]
    sentences: list[DialogueSentence] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            reader = _FileReader(read_yaml(path, f"{prefix}/{path.name}"), content)
        except YamlError as error:
            problems.append(error.problem)
            continue
        reader.read(path.stem)
        sentences += reader.sentences
        problems += reader.problems
    return sentences, problems


class _FileReader:
    """Collects the sentences and problems of one file."""

    def __init__(self, document: Document, content: Content) -> None:
        self.document = document
        self.content = content
        self.sentences: list[DialogueSentence] = []
        self.problems: list[Problem] = []

    def read(self, stem: str) -> None:
        if stem in _PLAYED_BY_TESTS:
            return
        data = self.document.data
        keys = _KEYS.get(stem, ("group", "topics"))
        if stem.startswith("_") and keys == ("group", "topics"):
            self._report((), "Diese Datei kennt der Prüfer nicht.")
        elif not isinstance(data, dict):
            self._report((), f"Die Datei braucht die Schlüssel: {', '.join(keys)}.")
        elif self._has_known_keys((), data, keys):
            if stem == "_out_of_scope":
                self._read_list(("sentences",), data.get("sentences"), "out_of_scope", None)
            elif stem == "_crisis":
                self._read_crisis(data)
            elif stem == "_words":
                self._read_words(data.get("pairs"))
            else:
                self._read_group(data, stem)

    def _read_group(self, data: dict[str, Any], stem: str) -> None:
        if data.get("group") != stem:
            self._report(("group",), f'Die Gruppe muss heißen wie die Datei: "{stem}".')
        topics = data.get("topics")
        if not isinstance(topics, dict):
            self._report(("topics",), 'Unter "topics" fehlen die Themen.')
            return
        for topic, lists in topics.items():
            known = self.content.topics.get(topic)
            if known is None or known.group != stem:
                self._report(("topics", topic), f'Das Thema "{topic}" gibt es in der Gruppe "{stem}" nicht.')
            elif not isinstance(lists, dict):
                self._report(("topics", topic), f"{topic}: Hier fehlen die Listen {', '.join(_KINDS)}.")
            elif self._has_known_keys(("topics", topic), lists, _KINDS):
                for kind in _KINDS:
                    self._read_list(("topics", topic, kind), lists.get(kind), kind, topic)

    def _read_list(self, place: Place, entries: Any, kind: Kind, topic: str | None) -> None:
        if entries is not None and not isinstance(entries, list):
            self._report(place, "Hier gehört eine Liste von Sätzen hin.")
            return
        for index, entry in enumerate(entries or ()):
            if isinstance(entry, str) and entry.strip():
                self._keep(entry, kind, topic, (*place, index))
            else:
                self._report((*place, index), "Hier gehört ein Satz hin, am besten in Anführungszeichen.")

    def _read_crisis(self, data: dict[str, Any]) -> None:
        for key in _CRISIS_KEYS:
            for index, entry in enumerate(data.get(key) or ()):
                place: Place = (key, index)
                text = entry.get("text") if isinstance(entry, dict) else entry
                kind = entry.get("kind") if isinstance(entry, dict) else None
                if not isinstance(text, str):
                    self._report(place, "Hier fehlt der Satz.")
                    continue
                self._keep(text, "crisis_unseen" if key.endswith("_unseen") else "crisis", None, place)
                if key.startswith("hits") and kind not in self.content.crisis:
                    self._report(place, f'Die Art der Notlage "{kind}" steht nicht in _crisis.yml.')

    def _read_words(self, pairs: Any) -> None:
        if not isinstance(pairs, list):
            self._report(("pairs",), "Hier gehört eine Liste von Wortpaaren hin.")
            return
        for index, pair in enumerate(pairs):
            place: Place = ("pairs", index)
            if not isinstance(pair, dict) or not all(isinstance(pair.get(side), str) for side in _SIDES):
                self._report(place, f"Ein Wortpaar braucht zwei Sätze: {' und '.join(_SIDES)}.")
            elif self._has_known_keys(place, pair, (*_SIDES, "topic", "official")):
                topic = pair.get("topic")
                if topic not in self.content.topics:
                    self._report(place, f'Das Thema "{topic}" steht nicht im Katalog (_topics.yml).')
                for side in _SIDES:
                    self._keep(pair[side], "words", topic, (*place, side))

    def _has_known_keys(self, place: Place, entry: dict[str, Any], known: tuple[str, ...]) -> bool:
        for key in entry:
            if key not in known:
                self._report((*place, key), f'unbekannter Schlüssel "{key}"; erlaubt: {", ".join(known)}')
        return True

    def _keep(self, text: str, kind: Kind, topic: str | None, place: Place) -> None:
        line = self.document.line(*place)
        self.sentences.append(DialogueSentence(text, kind, topic, self.document.file, line))

    def _report(self, place: Place, message: str) -> None:
        self.problems.append(Problem(self.document.file, self.document.line(*place), message))


def check_answers_are_tested(project: Project) -> Iterator[Problem]:
    """Every answer has a sentence that must lead straight to it."""
    tested = {sentence.topic for sentence in project.dialogues if sentence.kind == "answers"}
    for topic in project.content.answers:
        if topic not in tested:
            message = f'{topic}: Es fehlt ein Testsatz. Ergänzen Sie "answers" in der Testdatei der Gruppe.'
            yield project.problem(f"answer:{topic}", message)


def check_contradictions(project: Project) -> Iterator[Problem]:
    """No sentence must lead to two answers, or to an answer and away from it."""
    expected: dict[tuple[str, ...], DialogueSentence] = {}
    for sentence in project.dialogues:
        if sentence.kind in {"answers", "out_of_scope"}:
            other = expected.setdefault(fold(sentence.text), sentence)
            if other is not sentence:
                message = f"Dieser Testsatz steht schon in {other.file}:{other.line}."
                yield Problem(sentence.file, sentence.line, message)
    for sentence in project.dialogues:
        other = expected.get(fold(sentence.text), sentence)
        if sentence.kind == "not_answers" and sentence.topic == other.topic and other.kind == "answers":
            message = f"Dieser Satz soll zu {sentence.topic} führen (Zeile {other.line}) und auch nicht."
            yield Problem(sentence.file, sentence.line, message)
        if sentence.kind == "words" and sentence.topic != other.topic:
            message = f"Dieser Satz soll nach {other.file}:{other.line} woandershin führen."
            yield Problem(sentence.file, sentence.line, message)
