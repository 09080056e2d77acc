"""The website channel: its JSON, Rasa's REST format, health, and clear sentences for bad requests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.web import BROKEN, MAX_BODY_BYTES, build_web_app
from bot.models import Button, Decision, Link, Reply, Turn, UserMessage

REPLY = Reply(
    "Antwort",
    buttons=(Button("Kontakt", "t:kontakt"),),
    links=(Link("Gesetz", "https://example.org"),),
    sources=("§ 1",),
    as_of="2026-11-22",
    topic="optionskommune",
)


class Recorder:
    """A handle that keeps the messages it was given."""

    def __init__(self) -> None:
        self.messages: list[UserMessage] = []
        self.healthy = True

    async def handle(self, message: UserMessage) -> Turn:
        self.messages.append(message)
        return Turn((REPLY,), Decision("answered", topic="optionskommune"))

    async def is_healthy(self) -> bool:
        return self.healthy


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def client(recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    app = build_web_app(
        recorder.handle,
        recorder.is_healthy,
        {"title": "Chat „Test“"},
        ("https://www.example.de",),
        [],
        None,
        None,
        {"kaution": "Mietkaution"},
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_message_returns_conversation_replies_and_status(client: httpx.AsyncClient, recorder: Recorder) -> None:
    response = await client.post("/api/messages", json={"conversation": None, "text": "Was ist das?"})
    body = response.json()
    assert response.status_code == 200
    assert body["status"] == "answered"
    assert body["replies"] == [
        {
            "text": "Antwort",
            "buttons": [{"title": "Kontakt", "payload": "t:kontakt"}],
            "links": [{"title": "Gesetz", "url": "https://example.org"}],
            "sources": ["§ 1"],
            "as_of": "2026-11-22",
            "topic": "optionskommune",
            "language": None,
        }
    ]
    again = await client.post("/api/messages", json={"conversation": body["conversation"], "payload": "t:kontakt"})
    assert again.json()["conversation"] == body["conversation"]
    first, second = recorder.messages
    assert first.conversation == second.conversation
    assert (first.text, first.payload) == ("Was ist das?", None)
    assert (second.text, second.payload) == ("", "t:kontakt")


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        (b"{", 400, "kein gültiges JSON"),
        (b"\xff\xfe", 400, "kein gültiges JSON"),
        (b"[1]", 400, "Felder"),
        (b'{"text": 5}', 400, "Felder"),
        (b'{"text": "a", "intent": "x"}', 400, "Felder"),
        (b"{}", 400, '"text" oder "payload"'),
        (b'{"text": "a", "payload": "t:kontakt"}', 400, '"text" oder "payload"'),
        (b'{"text": "a", "conversation": "../etc"}', 400, "Kennung"),
        (b'{"payload": "' + b"x" * 65 + b'"}', 400, "Felder"),
        (b'{"text": "' + b"x" * MAX_BODY_BYTES + b'"}', 413, "zu groß"),
    ],
)
async def test_bad_request_gets_a_clear_sentence(
    client: httpx.AsyncClient, recorder: Recorder, body: bytes, status: int, part: str
) -> None:
    response = await client.post("/api/messages", content=body)
    assert response.status_code == status
    assert part in response.json()["error"]
    assert recorder.messages == []


async def test_unknown_address_and_method_get_a_clear_sentence(client: httpx.AsyncClient) -> None:
    assert (await client.get("/gibt/es/nicht")).json()["error"]
    response = await client.get("/api/messages")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.json()["error"]


@pytest.mark.parametrize(("path", "is_json"), [("/api/messages", True), ("/themen", False)])
async def test_what_breaks_in_the_server_is_said_in_german(recorder: Recorder, path: str, is_json: bool) -> None:
    async def fail(request: Request) -> Response:
        raise RuntimeError("geheim")

    async def break_down(request: Request, message: UserMessage) -> Turn:
        raise RuntimeError("geheim")

    routes: list[BaseRoute] = [Route("/themen", fail, methods=["POST"])]
    app = build_web_app(recorder.handle, recorder.is_healthy, {}, (), routes, answer=break_down)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post(path, json={"text": "Hallo"})
    assert response.status_code == 500
    assert (response.json()["error"] if is_json else response.text) == BROKEN


async def test_rest_channel_speaks_rasas_format(client: httpx.AsyncClient, recorder: Recorder) -> None:
    response = await client.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "Hilfe unter 25?"})
    assert response.json() == [
        {"recipient_id": "anna", "text": "Antwort", "buttons": [{"title": "Kontakt", "payload": "Kontakt"}]}
    ]
    assert recorder.messages[0].text == "Hilfe unter 25?"
    assert "anna" not in recorder.messages[0].conversation


@pytest.mark.parametrize("message", ["/t:kontakt", "/start", '/greet{"a": 1}'])
async def test_rest_channel_never_turns_text_into_a_payload(
    client: httpx.AsyncClient, recorder: Recorder, message: str
) -> None:
    await client.post("/webhooks/rest/webhook", json={"sender": "x", "message": message, "metadata": {}})
    assert recorder.messages[0].payload is None
    assert recorder.messages[0].text == message


async def test_health_is_200_only_when_a_question_can_be_answered(
    client: httpx.AsyncClient, recorder: Recorder
) -> None:
    assert (await client.get("/healthz")).status_code == 200
    recorder.healthy = False
    response = await client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"


@pytest.mark.parametrize("path", ["/", "/widget.js", "/demo.css", "/healthz", "/gibt/es/nicht"])
async def test_every_response_is_protected_and_sets_no_cookie(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


async def test_widget_carries_the_words_of_the_content(client: httpx.AsyncClient) -> None:
    response = await client.get("/widget.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert "Chat „Test“" in response.text
    assert "__LABELS__" not in response.text


async def test_any_website_may_check_the_hash_of_the_widget_and_read_nothing_else(client: httpx.AsyncClient) -> None:
    for path in ("/widget.js", "/", "/demo.css", "/healthz", "/api/topics"):
        headers = (await client.get(path, headers={"origin": "https://anybody.example"})).headers
        assert (headers.get("access-control-allow-origin") == "*") is (path == "/widget.js"), path


async def test_topics_are_told_with_their_titles(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/topics", headers={"origin": "https://www.example.de"})
    assert response.json() == {"kaution": "Mietkaution"}
    assert response.headers["access-control-allow-origin"] == "https://www.example.de"


@pytest.mark.parametrize(("origin", "allowed"), [("https://www.example.de", True), ("https://evil.example", False)])
async def test_only_listed_websites_may_embed(client: httpx.AsyncClient, origin: str, allowed: bool) -> None:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    response = await client.options("/api/messages", headers=headers)
    assert (response.headers.get("access-control-allow-origin") == origin) is allowed
