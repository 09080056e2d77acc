"""Reads YAML strictly: no duplicate keys, no guessed types, and every place keeps its line."""

from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from bot.models import Problem

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml: the same, slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Place = tuple[str | int, ...]
DEEPEST = 30
"""Levels; our files have at most 10."""


class Document(Struct, frozen=True):
    """A YAML file as plain dicts, lists, strings and None, with the line of every place."""

    file: str
    data: Any
    lines: dict[Place, int]
    """Line (from 1) by place, e.g. ("answers", "kaution", "text")."""

    def line(self, *place: str | int) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


class YamlError(Exception):
    """The file cannot be read as YAML; carries the problem for the editor."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_yaml(path: Path, name: str | None = None) -> Document:
    """Read one file; raises YamlError when it is missing, not UTF-8, not YAML or has a key twice.

    Scalars stay text (`01067`, `8:30`, `no`), only an empty value, `~` and `null` become None.
    """
    file = name or path.name
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise YamlError(Problem(file, 1, "Diese Datei fehlt.")) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise YamlError(Problem(file, line, "Die Datei ist nicht in UTF-8 gespeichert.")) from None
    except OSError as error:
        raise YamlError(Problem(file, 1, f"Die Datei ist nicht lesbar ({error.strerror}).")) from None
    lines: dict[Place, int] = {}
    try:
        _check_events(text, file)
        node = yaml.compose(text, Loader=_Loader)
        data = None if node is None else _build(node, (), lines, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(Problem(file, mark.line + 1 if mark else 1, _explain(error))) from None
    except yaml.YAMLError:
        raise YamlError(Problem(file, 1, "Die Datei enthält Zeichen, die in YAML verboten sind.")) from None
    return Document(file, data, lines)


def _check_events(text: str, file: str) -> None:
    """Refuse what would grow without end or, nested too deeply, crash the whole process inside libyaml."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise YamlError(Problem(file, line, "Verweise mit * sind hier nicht möglich."))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise YamlError(Problem(file, line, "Das ist zu tief verschachtelt."))


def _build(node: yaml.Node, place: Place, lines: dict[Place, int], file: str) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, place, lines, file)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*place, index), lines, file) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    if not node.style and node.value in {"", "~", "null"}:
        return None
    return str(node.value)


def _build_mapping(node: yaml.MappingNode, place: Place, lines: dict[Place, int], file: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlError(Problem(file, line, "Ein Schlüssel muss ein einfaches Wort sein."))
        key = str(key_node.value)
        if key in result:
            raise YamlError(Problem(file, line, f'Der Schlüssel "{key}" steht zweimal an derselben Stelle.'))
        lines[(*place, key)] = line
        result[key] = _build(value_node, (*place, key), lines, file)
    return result


def _explain(error: yaml.MarkedYAMLError) -> str:
    known = {
        "mapping values are not allowed": "Ein Doppelpunkt steht an unerwarteter Stelle; setzen Sie den Text in "
        "Anführungszeichen.",
        "could not find expected ':'": "Hier fehlt ein Doppelpunkt.",
        "found character '\\t'": "Hier steht ein Tabulator; YAML rückt mit Leerzeichen ein.",
        "found a tab character": "Hier steht ein Tabulator; YAML rückt mit Leerzeichen ein.",
        "did not find expected key": "Die Einrückung passt nicht.",
        "did not find expected '-' indicator": "Die Einrückung der Liste passt nicht.",
        "found unexpected end of stream": "Ein Anführungszeichen oder eine Klammer wird nicht geschlossen.",
    }
    for english, german in known.items():
        if english in (error.problem or ""):
            return german
    return f"Das ist kein gültiges YAML ({error.problem})."
