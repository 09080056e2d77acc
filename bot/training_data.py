"""Reads `nlu_data/*.yml` with exact lines and reports what Rasa's reader would do without a word."""

import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from bot.models import Problem
from bot.yaml_reader import Document, Place, YamlError, read_yaml

FORMAT = "3.1"
_FORMAT_LINE = re.compile(rf"""version:\s*(["']){re.escape(FORMAT)}\1""")
# rasa.shared.nlu.training_data.entities_parser: [word](entity), [word]{…} and [word][…]
_ENTITY = re.compile(r"\[[^\]]+?\](?:\([^)]+\)|\{[^}]+\}|\[.*?\])")
KINDS = ("intent", "lookup")
_STRIPPED_BY_RASA = "\n\r "


class Example(Struct, frozen=True):
    """One training sentence and where it stands."""

    topic: str
    text: str
    file: str
    line: int


def read_training_data(folder: Path) -> tuple[list[Example], list[Problem]]:
    """Read all sentences of a folder in the order of the files; what cannot be read becomes a problem."""
    examples: list[Example] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return examples, [Problem(folder.name, 1, "Diesen Ordner mit den Trainingssätzen gibt es nicht.")]
    for path in sorted(folder.rglob("*")):
        name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        if path.suffix == ".yml" and path.parent == folder:
            some, faults = read_examples(path)
            examples += some
            problems += faults
        elif path.suffix in {".yml", ".yaml", ".json"}:
            message = "Rasa würde auch diese Datei lesen. Hier gehören nur Dateien <gruppe>.yml hin."
            problems.append(Problem(name, 1, message))
    return examples, problems


def read_examples(path: Path) -> tuple[list[Example], list[Problem]]:
    """Read the sentences of one file in the order they stand in."""
    reader = _FileReader(path, f"{path.parent.name}/{path.name}")
    reader.read()
    return reader.examples, reader.problems


def read_lookup_tables(folder: Path) -> dict[str, list[str]]:
    """Read the words that mean the same, by the name of their table; problems are left to `read_training_data`."""
    tables: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        reader = _FileReader(path, path.name)
        reader.read()
        tables |= reader.tables
    return tables


class _FileReader:
    """Collects the sentences, lookup tables and problems of one file."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.examples: list[Example] = []
        self.tables: dict[str, list[str]] = {}
        self.problems: list[Problem] = []

    def read(self) -> None:
        try:
            document = read_yaml(self.path, self.name)
        except YamlError as error:
            self.problems.append(error.problem)
            return
        data = document.data
        if not isinstance(data, dict) or not isinstance(data.get("nlu"), list):
            self._report(1, 'Die Datei braucht den Schlüssel "nlu" mit einer Liste darunter.')
            return
        # the parsed text alone does not tell whether "|" was used or whether the version is quoted
        source = self.path.read_text(encoding="utf-8").split("\n")
        self._check_format(document, source)
        for index, item in enumerate(data["nlu"]):
            self._read_item(document, source, index, item)

    def _check_format(self, document: Document, source: list[str]) -> None:
        for key in document.data:
            if key not in {"version", "nlu"}:
                self._report(document.line(key), f'unbekannter Schlüssel "{key}"; Rasa überliest ihn.')
        line = document.line("version")
        if not _FORMAT_LINE.match(source[line - 1].strip()):
            self._report(line, f'Hier muss stehen: version: "{FORMAT}" (mit Anführungszeichen).')

    def _read_item(self, document: Document, source: list[str], index: int, item: Any) -> None:
        line = document.line("nlu", index)
        kind = next((key for key in KINDS if isinstance(item, dict) and isinstance(item.get(key), str)), None)
        if kind is None:
            self._report(line, 'Der Eintrag braucht "intent:" mit dem Namen eines Themas oder "lookup:".')
            return
        name = item[kind]
        for key in item:
            if key not in {kind, "examples"}:
                place: Place = ("nlu", index, key)
                self._report(document.line(*place), f'{name}: unbekannter Schlüssel "{key}"')
        if not isinstance(item.get("examples"), str):
            self._report(line, f'{name}: Es fehlt "examples: |" mit den Sätzen darunter.')
            return
        entries = self._read_block(name, item["examples"], document.line("nlu", index, "examples"), source)
        if kind == "intent":
            self.examples += [Example(name, text, self.name, place) for text, place in entries]
        elif name in self.tables:
            self._report(line, f"{name}: Diese Wortliste gibt es schon.")
        else:
            self.tables[name] = [text for text, _ in entries]

    def _read_block(self, topic: str, block: str, start: int, source: list[str]) -> list[tuple[str, int]]:
        """Return (entry, line) pairs of an examples block."""
        entries: list[tuple[str, int]] = []
        for line, raw in enumerate(block.splitlines(), start + 1):
            if line > len(source) or source[line - 1].strip() != raw.strip():
                self._report(start, f'{topic}: Schreiben Sie "examples: |" und darunter je Zeile einen Satz.')
                return []
            text = raw[1:].strip(_STRIPPED_BY_RASA)
            if not raw.strip():
                continue
            if not raw.startswith("-"):
                self._report(line, f'{topic}: Rasa überspringt diese Zeile, weil sie nicht mit "- " beginnt.')
            elif not text:
                self._report(line, f"{topic}: Nach dem Strich fehlt der Satz.")
            elif _ENTITY.search(text):
                self._report(line, f"{topic}: Rasa liest die eckigen Klammern als Entität; bitte weglassen.")
            else:
                entries.append((text, line))
        return entries

    def _report(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.name, line, message))
