"""The schemas for editors: current, fitting every real file, and strict about typos."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker  # type: ignore[import-untyped]  # comes without types

from bot.__main__ import main
from bot.content import Content
from bot.editing.schema import BY_FILE, FOLDER, REFERENCES, SCHEMAS, build_schemas, write_schemas
from bot.editing.schema_words import FIELDS, FILE_WORDS, STRUCTS

ROOT = Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
FILES = sorted(path for path in (ROOT / "responses").glob("*.yml") if path.stem != "_crisis_sentences")


class EditorLoader(yaml.SafeLoader):
    """Reads as the YAML extension does, by the core schema of YAML 1.2: a day stays text, `true` does not."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own name and place


for tag, pattern in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}.items():
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), None)


def find_faults(stem: str, data: Any) -> list[str]:
    schema = json.loads((FOLDER / f"{BY_FILE.get(stem, 'antworten')}.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema, format_checker=FormatChecker())
    faults = list(validator.iter_errors(data))
    for fault in faults:
        faults += fault.context or ()  # what is wrong within a field that may also be empty
    return [f"{'.'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in faults]


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), EditorLoader) or {}  # nothing but comments


def test_schemas_are_current(content: Content) -> None:
    """After a change of topics, contacts or structs: ./run schema."""
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert written == build_schemas(content)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_names_its_schema_in_its_first_line_and_fits_it(path: Path) -> None:
    comment = COMMENT.match(path.read_text(encoding="utf-8"))
    assert comment, f"{path.name}: die erste Zeile nennt kein Schema"
    named = (path.parent / comment[1]).resolve()
    assert named == FOLDER / f"{BY_FILE.get(path.stem, 'antworten')}.json"
    assert find_faults(path.stem, read(path)) == []


def test_every_schema_is_used() -> None:
    assert set(BY_FILE.values()) | {"antworten"} == SCHEMAS.keys() == FILE_WORDS.keys()


def replace_name(data: Any, old: str, new: str) -> bool:
    """Rename the first key of this name anywhere in the data."""
    if isinstance(data, list):
        return any(replace_name(item, old, new) for item in data)
    if not isinstance(data, dict):
        return False
    if old in data:
        data[new] = data.pop(old)
        return True
    return any(replace_name(item, old, new) for item in data.values())


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("wohnen", "sources"), ("wohnen", "links"), ("_contacts", "confirmed"), ("_values", "until"),
        ("_system", "plain"), ("_crisis", "note"), ("_flows", "steps"), ("_calculators", "again"),
        ("_own_case", "message"), ("_typed", "openers"), ("_dialogue", "lead"), ("_statement", "gap"),
        ("_topics", "pointer"),
    ],
)  # fmt: skip
def test_typo_in_a_field_name_does_not_fit(stem: str, name: str) -> None:
    data = read(ROOT / "responses" / f"{stem}.yml")
    assert replace_name(data, name, f"{name}x")
    assert any("Additional properties are not allowed" in fault for fault in find_faults(stem, data))


@pytest.mark.parametrize("stem", ["_pages", "_widget", "_languages", "wohnen"])
def test_typo_in_the_first_key_does_not_fit(stem: str) -> None:
    data = read(ROOT / "responses" / f"{stem}.yml")
    key = list(data)[-1]
    data[f"{key}x"] = data.pop(key)
    assert find_faults(stem, data)


def test_unknown_topics_and_contacts_do_not_fit() -> None:
    data = read(ROOT / "responses" / "wohnen.yml")
    data["answers"]["kaution"]["next"] = ["kautoin"]
    data["answers"]["umzug"]["otherwise"] = "nirgendwo"
    data["answers"]["mieete"] = data["answers"].pop("miete")
    named = [fault.partition(" is not one of") for fault in find_faults("wohnen", data)]
    assert sorted(place for place, found, _ in named if found) == [
        "answers.kaution.next.0: 'kautoin'",
        "answers.umzug.otherwise: 'nirgendwo'",
        "answers: 'mieete'",
    ]


def test_wrong_day_does_not_fit_and_placeholders_do() -> None:
    data = read(ROOT / "responses" / "wohnen.yml")
    data["answers"]["kaution"] |= {"reviewed": "22.11.2026", "text": "{gibt_es_nicht} Euro"}
    assert [fault.partition(":")[0] for fault in find_faults("wohnen", data)] == ["answers.kaution.reviewed"]


def test_every_field_has_a_german_description() -> None:
    kinds = [schema.kind for schema in SCHEMAS.values()]
    _, definitions = msgspec.json.schema_components(kinds, ref_template="{name}")
    fields = {f"{name}.{field}" for name, entry in definitions.items() for field in entry["properties"]}
    assert fields | {"group"} == FIELDS.keys()
    assert definitions.keys() == STRUCTS.keys()
    assert REFERENCES.keys() <= fields


def test_command_writes_only_what_changed(tmp_path: Path, content: Content, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(write_schemas(content, tmp_path)) == len(SCHEMAS)
    (tmp_path / "werte.json").write_text("{}", encoding="utf-8")
    assert [path.name for path in write_schemas(content, tmp_path)] == ["werte.json"]
    assert main(["schema"]) == 0
    assert "sind aktuell" in capsys.readouterr().out
