"""Describes the HTTP API for programs as OpenAPI 3.1, from the structs the channel reads and writes."""

from typing import Any

import msgspec

from bot import __version__
from bot.channels.web_messages import (
    Error,
    Health,
    RestMessage,
    RestReply,
    RestStatus,
    Unhealthy,
    WebMessage,
    WebReplies,
)

REFERENCES = "#/components/schemas/{name}"
JSON = "application/json"
RETRY_AFTER = {"Retry-After": {"description": "Nach so vielen Sekunden wieder", "schema": {"type": "integer"}}}


def describe_api() -> dict[str, Any]:
    """Return the description."""
    structs = (WebMessage, WebReplies, RestMessage, list[RestReply], RestStatus, Health, Unhealthy, Error)
    schemas, components = msgspec.json.schema_components(structs, ref_template=REFERENCES)
    for component in components.values():
        component.pop("description", None)  # the docstring, which is for developers
    components["WebMessage"]["oneOf"] = [_only("text", "payload"), _only("payload", "text")]
    message, replies, rest_message, rest_replies, rest_status, health, unhealthy, error = schemas
    refusals = {
        "400": _answer("Die Anfrage ist nicht lesbar; der Satz sagt, warum.", error),
        "413": _answer("Die Anfrage ist größer als 64 kB.", error),
        "500": _answer("Im Bot ist etwas kaputt.", error),
        "429": _answer("Viel zu viele Nachrichten in einer Minute.", error, RETRY_AFTER),
    }
    topics = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chatbot des kommunalen Jobcenters Landkreis Saarlouis",
            "version": __version__,
            "description": "Antworten stehen in `replies` und sind für Menschen geschrieben. Fehler sind ein deutscher "
            "Satz in `error`. Vor der Anwendung können 408 (zu langsam gesendet), 431 (Kopfzeilen zu groß) und 503 "
            "(zu viele Verbindungen) kommen, ebenfalls mit `error`.",
        },
        "paths": {
            "/api/messages": {
                "post": _operation(
                    "send_message",
                    "Eine Nachricht beantworten",
                    "Genau eines von `text` und `payload`. Zu viele Nachrichten in einer Minute beantwortet ein Satz "
                    "(weiter 200); Hilfe in Notlagen kommt trotzdem.",
                    {"200": _answer("Die Antwort und die Kennung des Gesprächs.", replies), **refusals},
                    message,
                )
            },
            "/webhooks/rest/webhook": {
                "post": _operation(
                    "send_rest_message",
                    "Eine Nachricht im Format von Rasas REST-Kanal beantworten",
                    "Unbekannte Felder werden übergangen.",
                    {"200": _answer("Die Antworten.", rest_replies), **refusals},
                    rest_message,
                )
            },
            "/webhooks/rest": {
                "get": _operation(
                    "get_rest_status", "Ist der REST-Kanal da?", "", {"200": _answer("Er ist da.", rest_status)}
                )
            },
            "/api/topics": {
                "get": _operation(
                    "get_topics", "Alle Themen mit Antwort", "", {"200": _answer("Titel je Kennung.", topics)}
                )
            },
            "/api/openapi.json": {
                "get": _operation(
                    "get_description", "Diese Beschreibung", "", {"200": _answer("OpenAPI 3.1.", {"type": "object"})}
                )
            },
            "/healthz": {
                "get": _operation(
                    "get_health",
                    "Kann der Bot antworten?",
                    "",
                    {
                        "200": _answer("Er antwortet; degraded: ohne Zusammenhang, weil die Datenbank fehlt.", health),
                        "503": _answer("Keine Frage kann beantwortet werden.", unhealthy),
                    },
                )
            },
        },
        "components": {"schemas": components},
    }


def _operation(
    name: str, summary: str, description: str, responses: dict[str, Any], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "responses": responses}
    if description:
        operation["description"] = description
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return operation


def _only(wanted: str, other: str) -> dict[str, Any]:
    """Return the condition that one of two fields is given and the other is not."""
    given, missing = {"type": "string"}, {"type": "null"}
    return {"required": [wanted], "properties": {wanted: given, other: missing}}


def _answer(description: str, schema: dict[str, Any], headers: dict[str, Any] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": description, "content": {JSON: {"schema": schema}}}
    if headers:
        answer["headers"] = headers
    return answer
