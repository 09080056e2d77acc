"""Loads `responses/*.yml` strictly into typed Content; every error names file, line and topic."""

import difflib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from bot.contacts import Contact
from bot.flow_content import Flow, OwnCase, TypedWords
from bot.models import Link, Problem
from bot.page_content import StatementSection
from bot.yaml_reader import Document, Place, YamlError, read_yaml

T = TypeVar("T")
PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
RESERVED = {
    "_topics",
    "_contacts",
    "_values",
    "_system",
    "_crisis",
    "_crisis_sentences",
    "_widget",
    "_dialogue",
    "_languages",
    "_flows",
    "_calculators",
    "_own_case",
    "_typed",
    "_pages",
    "_statement",
    "_notices",
}


class Topic(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the catalogue `_topics.yml`: the contract between questions and answers."""

    id: str
    title: str
    scope: str
    pointer: str | None
    group: str = ""


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """One curated answer."""

    text: str
    plain: str
    next: list[str]
    sources: list[str]
    owner: str
    reviewed: date
    easy: str | None = None
    applies_if: list[str] = field(default_factory=list)
    otherwise: str | None = None
    links: list[Link] = field(default_factory=list)
    valid_from: date | None = None
    """First day on which the statement holds."""
    valid_until: date | None = None
    """Last day on which it holds; afterwards the answer is not delivered."""

    def is_valid(self, day: date) -> bool:
        """Tell whether the answer may be given on this day."""
        started = self.valid_from is None or self.valid_from <= day
        return started and (self.valid_until is None or day <= self.valid_until)


class Value(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """An amount or date with the days on which it holds."""

    from_: date
    value: str
    source: str
    until: date | None = None


class SystemText(Struct, frozen=True, forbid_unknown_fields=True):
    """Something the bot says for itself."""

    text: str
    plain: str


class CrisisKind(Struct, frozen=True, forbid_unknown_fields=True):
    """Wordings of one kind of emergency and the help text that is shown first."""

    topic: str
    text: str
    note: str
    """The help in a line or two, above the usual reply when a message may speak of this emergency."""
    patterns: list[str]
    exceptions: list[str] = field(default_factory=list)


class Thresholds(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the three zones of the dialogue begin; measured by `jobcenter-bot thresholds`."""

    answer: float
    """Confidence from which the best topic is answered at once."""
    lead: float
    """Lead over the second topic that is needed as well."""
    suggest: float
    """Confidence from which a topic is offered as an option."""
    share: float = 0.0
    """Share of the best topic's confidence that an option needs as well."""
    emergency: float = 0.0
    """Confidence from which the topic of an emergency is offered, and only as the first option."""
    subject: float = 0.02
    """Confidence from which a topic counts as what a question on the own file is about."""


class Dialogue(Struct, frozen=True, forbid_unknown_fields=True):
    """The file `_dialogue.yml`."""

    thresholds: Thresholds
    start_topics: list[str]


class Content(Struct, frozen=True):
    """Everything the bot can say, and where each piece stands."""

    topics: dict[str, Topic]
    answers: dict[str, Answer]
    contacts: dict[str, Contact]
    values: dict[str, list[Value]]
    system: dict[str, SystemText]
    crisis: dict[str, CrisisKind]
    languages: dict[str, str]
    """Short card by language code."""
    labels: dict[str, str]
    flows: dict[str, Flow]
    """Menus and calculators."""
    own_cases: dict[str, OwnCase]
    typed: TypedWords
    thresholds: Thresholds
    start_topics: list[str]
    """Topics offered with the greeting."""
    pages: dict[str, str]
    """Words of the pages without JavaScript."""
    statement: dict[str, StatementSection]
    places: dict[str, tuple[str, int]]
    """File and line by "answer:kaution", "contact:jobcenter" …, for messages to editors."""

    def value_on(self, name: str, day: date) -> str | None:
        """Return the value that holds on this day, or None when none is known."""
        for value in self.values.get(name, ()):
            if value.from_ <= day and (value.until is None or day <= value.until):
                return value.value
        return None

    def values_on(self, day: date) -> Callable[[str], str | None]:
        """Return a look-up of the values that hold on this day."""
        return lambda name: self.value_on(name, day)

    def groups(self) -> list[str]:
        """Return the groups of the catalogue in their order."""
        return list(dict.fromkeys(topic.group for topic in self.topics.values()))

    def version(self) -> str:
        """Return the day of the newest review."""
        return max((answer.reviewed for answer in self.answers.values()), default=date.min).isoformat()


class ContentError(Exception):
    """The content cannot be used; carries every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type["ContentError"], tuple[list[Problem]]]:
        return ContentError, (self.problems,)  # it crosses from one process to another


def load_content(folder: Path) -> Content:
    """Load all files; raises ContentError with every problem, not only the first."""
    content, problems = read_content(folder)
    if content is None or problems:
        raise ContentError(sorted(problems))
    return content


def read_content(folder: Path) -> tuple[Content | None, list[Problem]]:
    """Load what can be loaded; returns None instead of content when a central file is unusable."""
    reader = _Reader(folder)
    topics = reader.read_topics()
    contacts = reader.read_entries("_contacts", "contacts", Contact)
    values = reader.read_entries("_values", "values", list[Value])
    system = reader.read_entries("_system", "texts", SystemText)
    crisis = reader.read_entries("_crisis", "kinds", CrisisKind)
    languages = reader.read_entries("_languages", "languages", str)
    labels = reader.read_entries("_widget", "labels", str)
    pages = reader.read_entries("_pages", "texts", str)
    statement = reader.read_entries("_statement", "sections", StatementSection)
    flows = reader.read_entries("_flows", "flows", Flow) | reader.read_entries("_calculators", "flows", Flow)
    own_cases = reader.read_entries("_own_case", "cases", OwnCase)
    typed = reader.read_file("_typed", TypedWords)
    dialogue = reader.read_file("_dialogue", Dialogue)
    answers = reader.read_answers(topics)
    if dialogue is None or typed is None or not topics:
        return None, reader.problems
    content = Content(
        topics,
        answers,
        contacts,
        values,
        system,
        crisis,
        languages,
        labels,
        flows,
        own_cases,
        typed,
        dialogue.thresholds,
        dialogue.start_topics,
        pages,
        statement,
        reader.places,
    )
    return content, reader.problems


class _Reader:
    """Collects problems and places while the files of one folder are read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.places: dict[str, tuple[str, int]] = {}

    def read_topics(self) -> dict[str, Topic]:
        document = self._document("_topics")
        topics: dict[str, Topic] = {}
        if document is None:
            return topics
        if not isinstance(document.data, dict) or not all(isinstance(entry, list) for entry in document.data.values()):
            self._report(document, (), "Die Datei braucht Gruppen mit einer Liste von Themen darunter.")
            return topics
        for group, entries in document.data.items():
            for index, entry in enumerate(entries):
                topic = self._convert(document, (group, index), entry, Topic)
                if topic is None:
                    continue
                if topic.id in topics:
                    self._report(document, (group, index), f'Das Thema "{topic.id}" steht zweimal im Katalog.')
                topics[topic.id] = msgspec.structs.replace(topic, group=group)
                self.places[f"topic:{topic.id}"] = (document.file, document.line(group, index))
        return topics

    def read_file(self, stem: str, kind: type[T]) -> T | None:
        """Read a file that is one struct."""
        document = self._document(stem)
        return None if document is None else self._convert(document, (), document.data, kind)

    def read_entries(self, stem: str, key: str, kind: type[T]) -> dict[str, T]:
        """Read a file with one mapping below `key`, entry by entry, so that errors name the entry."""
        document = self._document(stem)
        result: dict[str, T] = {}
        if document is None or not self._has_mapping(document, key):
            return result
        for name, entry in document.data[key].items():
            converted = self._convert(document, (key, name), entry, kind)
            if converted is not None:
                result[name] = converted
                self.places[f"{stem[1:]}:{name}"] = (document.file, document.line(key, name))
        return result

    def read_answers(self, topics: dict[str, Topic]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}
        for path in sorted(self.folder.glob("*.yml")):
            if path.stem.startswith("_"):
                if path.stem not in RESERVED:
                    self.problems.append(Problem(self._name(path.stem), 1, "Diese Datei kennt der Bot nicht."))
                continue
            document = self._document(path.stem)
            if document is None or not self._has_mapping(document, "answers", "group"):
                continue
            if document.data["group"] != path.stem:
                self._report(document, ("group",), f'Die Gruppe muss heißen wie die Datei: "{path.stem}".')
            for name, entry in document.data["answers"].items():
                place: Place = ("answers", name)
                if name in answers:
                    self._report(document, place, f'Zum Thema "{name}" gibt es schon eine Antwort.')
                if topics and (name not in topics or topics[name].group != path.stem):
                    self._report(document, place, f'Das Thema "{name}" gibt es in der Gruppe "{path.stem}" nicht.')
                answer = self._convert(document, place, entry, Answer)
                if answer is not None:
                    answers[name] = _strip(answer)
                    self.places[f"answer:{name}"] = (document.file, document.line(*place))
                    for part in ("text", "plain", "easy", "next", "links", "sources", "reviewed", "valid_until"):
                        self.places[f"answer:{name}.{part}"] = (document.file, document.line(*place, part))
        return answers

    def _name(self, stem: str) -> str:
        return f"{self.folder.name}/{stem}.yml"

    def _document(self, stem: str) -> Document | None:
        try:
            return read_yaml(self.folder / f"{stem}.yml", self._name(stem))
        except YamlError as error:
            self.problems.append(error.problem)
            return None

    def _has_mapping(self, document: Document, key: str, *others: str) -> bool:
        data = document.data
        if not isinstance(data, dict) or not isinstance(data.get(key), dict):
            self._report(document, (), f'Die Datei braucht den Schlüssel "{key}" mit Einträgen darunter.')
            return False
        for name in others:
            if name not in data:
                self._report(document, (), f'Die Datei braucht den Schlüssel "{name}".')
                return False
        for name in data:
            if name not in {key, *others}:
                self._report(document, (name,), f'unbekannter Schlüssel "{name}"')
        return True

    def _convert(self, document: Document, place: Place, entry: Any, kind: type[T]) -> T | None:
        try:
            return msgspec.convert(entry, kind, strict=False)
        except msgspec.ValidationError as error:
            message = explain_error(str(error), kind)
            names = re.findall(r"[`$.]([a-z_]+)`", str(error))
            inner = next((name for name in reversed(names) if (*place, name) in document.lines), None)
            where = (*place, inner) if inner else place
            name = entry.get("id") if isinstance(entry, dict) else None
            label = name or (place[-1] if place else None)
            self._report(document, where, f"{label}: {message}" if label is not None else message)
            return None

    def _report(self, document: Document, place: Place, message: str) -> None:
        self.problems.append(Problem(document.file, document.line(*place), message))


def _strip(answer: Answer) -> Answer:
    easy = answer.easy.strip() if answer.easy else None
    return msgspec.structs.replace(answer, text=answer.text.strip(), plain=answer.plain.strip(), easy=easy)


def explain_error(message: str, kind: Any) -> str:
    """Turn a msgspec message into a German sentence for an editor."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown:
        known = [str(name) for name in getattr(kind, "__struct_encode_fields__", ())]
        close = difflib.get_close_matches(unknown[1], known, 1)
        return f'unbekanntes Feld "{unknown[1]}"' + (f'; gemeint ist wohl "{close[0]}"' if close else "")
    missing = re.search(r"missing required field `([^`]+)`", message)
    if missing:
        return f'das Feld "{missing[1]}" fehlt'
    where = re.search(r"at `\$\.?([^`]*)`", message)
    name = f'Feld "{where[1]}": ' if where and where[1] else ""
    if "got `null`" in message:
        return f"{name}hier fehlt ein Inhalt"
    if "ISO8601 date" in message or "Invalid RFC" in message or "`date`" in message:
        return f"{name}kein Datum in der Form 2026-11-22"
    expected = re.search(r"Expected `([^`]+)`", message)
    words = {
        "str": "einen Text",
        "array": "eine Liste",
        "object": "Unterpunkte",
        "bool": "true oder false",
        "float": "eine Zahl",
    }
    if expected:
        return f"{name}erwartet {words.get(expected[1].split(' | ')[0], expected[1])}"
    return f"{name}{message.partition(' - at `')[0]}"
