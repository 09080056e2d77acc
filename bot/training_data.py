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
            reader = _FileReader(path, name)
            reader.read()
            examples += reader.examples
            problems += reader.problems
        elif path.suffix in {".yml", ".yaml", ".json"}:
            message = "Rasa würde auch diese Datei lesen. Hier gehören nur Dateien <gruppe>.yml hin."
            problems.append(Problem(name, 1, message))
    return examples, problems


class _FileReader:
    """Collects the sentences and problems of one file."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.examples: list[Example] = []
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
        if not isinstance(item, dict) or not isinstance(item.get("intent"), str):
            self._report(line, 'Der Eintrag braucht "intent:" mit dem Namen eines Themas.')
            return
        for key in item:
            if key not in {"intent", "examples"}:
                place: Place = ("nlu", index, key)
                self._report(document.line(*place), f'{item["intent"]}: unbekannter Schlüssel "{key}"')
        if not isinstance(item.get("examples"), str):
            self._report(line, f'{item["intent"]}: Es fehlt "examples: |" mit den Sätzen darunter.')
            return
        self._read_block(item["intent"], item["examples"], document.line("nlu", index, "examples"), source)

    def _read_block(self, topic: str, block: str, start: int, source: list[str]) -> None:
        for line, raw in enumerate(block.splitlines(), start + 1):
            if line > len(source) or source[line - 1].strip() != raw.strip():
                self._report(start, f'{topic}: Schreiben Sie "examples: |" und darunter je Zeile einen Satz.')
                return
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
                self.examples.append(Example(topic, text, self.name, line))

    def _report(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.name, line, message))
