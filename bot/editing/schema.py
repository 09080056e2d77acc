"""JSON schemas of the content files, from the structs they are decoded into, so that editors get completion."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bot.contacts import Contact
from bot.content import Answer, Content, CrisisKind, Dialogue, SystemText, Topic, Value
from bot.editing.schema_words import FIELDS, FILE_WORDS, STRUCTS
from bot.flow_content import Flow, OwnCase, TypedWords
from bot.notices import Notices
from bot.page_content import StatementSection
from bot.settings import ROOT

FOLDER = ROOT / "bot" / "schemas"
DIALECT = "http://json-schema.org/draft-07/schema#"
"""The newest one the YAML extension of VS Code knows in full."""
REFERENCE = "#/definitions/{name}"


class SchemaFile(Struct, frozen=True):
    """One schema: which structs stand below which key."""

    kind: Any
    """Struct or type of an entry, or of the whole file where `key` is None."""
    key: str | None = None
    """Key under which the entries stand by name."""
    is_group: bool = False
    """Whether the file also names its group."""
    is_catalogue: bool = False
    """Whether lists of entries stand by group."""


SCHEMAS = {
    "antworten": SchemaFile(Answer, "answers", is_group=True),
    "themen": SchemaFile(Topic, is_catalogue=True),
    "kontakte": SchemaFile(Contact, "contacts"),
    "werte": SchemaFile(list[Value], "values"),
    "systemtexte": SchemaFile(SystemText, "texts"),
    "notlagen": SchemaFile(CrisisKind, "kinds"),
    "sprachen": SchemaFile(str, "languages"),
    "chatfenster": SchemaFile(str, "labels"),
    "seiten": SchemaFile(str, "texts"),
    "erklaerung": SchemaFile(StatementSection, "sections"),
    "ablaeufe": SchemaFile(Flow, "flows"),
    "eigener_fall": SchemaFile(OwnCase, "cases"),
    "nachfragen": SchemaFile(TypedWords),
    "dialog": SchemaFile(Dialogue),
    "hinweise": SchemaFile(Notices),
}
"""Every schema by the name of its file."""
BY_FILE = {
    "_topics": "themen",
    "_contacts": "kontakte",
    "_values": "werte",
    "_system": "systemtexte",
    "_crisis": "notlagen",
    "_languages": "sprachen",
    "_widget": "chatfenster",
    "_pages": "seiten",
    "_statement": "erklaerung",
    "_flows": "ablaeufe",
    "_calculators": "ablaeufe",
    "_own_case": "eigener_fall",
    "_typed": "nachfragen",
    "_dialogue": "dialog",
    "_notices": "hinweise",
}
"""Name of the schema by content file; every other file has answers."""
TOPIC, CONTACT, TOPIC_OR_CONTACT = "thema", "kontakt", "thema_oder_kontakt"
REFERENCES = {
    "Answer.next": TOPIC,
    "Answer.otherwise": TOPIC_OR_CONTACT,
    "CrisisKind.topic": TOPIC,
    "Dialogue.start_topics": TOPIC,
    "Flow.topics": TOPIC,
    "FlowResult.next": TOPIC,
    "FollowUp.by_topic": TOPIC,
    "FollowUp.topic": TOPIC,
    "Option.topic": TOPIC,
    "OwnCase.topics": TOPIC,
    "Topic.pointer": CONTACT,
}
"""Fields that name something of another file."""


def build_schemas(content: Content) -> dict[str, str]:
    """Return the text of every schema file by its name."""
    topics, contacts = sorted(content.topics), sorted(content.contacts)
    ids = {TOPIC: topics, CONTACT: contacts, TOPIC_OR_CONTACT: sorted({*topics, *contacts})}
    return {
        f"{name}.json": json.dumps(_build(name, schema, ids), ensure_ascii=False, indent=1) + "\n"
        for name, schema in SCHEMAS.items()
    }


def write_schemas(content: Content, folder: Path = FOLDER) -> list[Path]:
    """Write every schema file and return those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in build_schemas(content).items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _build(name: str, schema: SchemaFile, ids: Mapping[str, list[str]]) -> dict[str, Any]:
    (entry,), definitions = msgspec.json.schema_components([schema.kind], ref_template=REFERENCE)
    for struct, definition in definitions.items():
        _describe(struct, definition)
    for struct, definition in definitions.items():
        for field, kind in REFERENCES.items():
            if field.partition(".")[0] == struct:
                _refer(definition["properties"][field.partition(".")[2]], kind)
    head: dict[str, Any] = {"$schema": DIALECT, "title": FILE_WORDS[name]}
    used = {REFERENCES[field] for field in REFERENCES if field.partition(".")[0] in definitions}
    body = _wrap(schema, entry)
    if schema.key == "answers":
        used.add(TOPIC)
    lists = {kind: {"type": "string", "enum": ids[kind]} for kind in sorted(used)}
    return {**head, **body, "definitions": {**definitions, **lists}}


def _wrap(schema: SchemaFile, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a whole file around that of its entries."""
    if schema.is_catalogue:
        return {"type": "object", "additionalProperties": {"type": "array", "items": entry}}
    if schema.key is None:
        return entry
    entries: dict[str, Any] = {"type": "object", "additionalProperties": entry}
    properties: dict[str, Any] = {schema.key: entries}
    if schema.is_group:
        entries["propertyNames"] = {"$ref": REFERENCE.format(name=TOPIC)}
        properties = {"group": {"type": "string", "description": FIELDS["group"]}, **properties}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _describe(struct: str, definition: dict[str, Any]) -> None:
    """Replace the words for developers by those for editors."""
    definition.pop("title", None)
    definition["description"] = STRUCTS[struct]
    for name, field in definition.get("properties", {}).items():
        # beside a $ref draft 07 ignores everything else
        if "$ref" in field:
            field["allOf"] = [{"$ref": field.pop("$ref")}]
        field["description"] = FIELDS[f"{struct}.{name}"]
    if struct == "Topic":
        del definition["properties"]["group"]  # the key around the entry says it


def _refer(field: dict[str, Any], kind: str) -> None:
    """Allow only existing ids wherever a field holds a text."""
    for node in _find_texts(field):
        del node["type"]
        node["$ref"] = REFERENCE.format(name=kind)


def _find_texts(node: Any) -> Iterable[dict[str, Any]]:
    if not isinstance(node, dict):
        return
    if node.get("type") == "string":
        yield node
        return
    for key in ("items", "additionalProperties"):
        yield from _find_texts(node.get(key))
    for option in node.get("anyOf", ()):
        yield from _find_texts(option)
