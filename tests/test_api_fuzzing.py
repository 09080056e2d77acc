"""Random requests against the HTTP API by its own description, and random conversations: never a server error."""

import asyncio
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from conftest import NOW, predict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from starlette.applications import Starlette
from starlette.routing import Route

from bot.app import Bot, build_app
from bot.assistant import Assistant
from bot.channels.openapi import describe_api
from bot.channels.web import FOR_PROGRAMS, build_web_app
from bot.content import Content
from bot.conversations import MemoryStore
from bot.models import Prediction
from bot.settings import MEMORY, Secret, Settings

EXAMPLES = 300
UNLIMITED = 10**9
REQUIRED_CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
}


@pytest.fixture(scope="module")
def app(content: Content) -> Starlette:
    """The website channel with the real assistant; topics are guessed from the text without a model."""
    topics = sorted(content.answers)

    async def guess(text: str) -> Prediction:
        return predict((topics[len(text) % len(topics)], 0.9), (topics[len(text) * 7 % len(topics)], 0.3))

    async def is_ready() -> bool:
        return True

    assistant = Assistant(content, guess, MemoryStore(30, 1000), 2000, lambda: NOW)
    titles = {name: content.topics[name].title for name in content.answers}
    return build_web_app(assistant.handle, is_ready, content.labels, (), [], titles=titles)


@pytest.fixture(scope="module")
def real_app(model_archive: object) -> Iterator[Starlette]:
    """Everything that is served, with the real model."""
    bot = Bot(
        Settings(database_url=Secret(MEMORY), messages_per_minute=UNLIMITED, address_messages_per_minute=UNLIMITED)
    )
    yield build_app(bot)
    bot.close()


@pytest.fixture
def api_schema(app: Starlette) -> Any:
    return schemathesis.openapi.from_asgi("/api/openapi.json", app)


@pytest.fixture
def real_schema(real_app: Starlette) -> Any:
    return schemathesis.openapi.from_asgi("/api/openapi.json", real_app)


schema = schemathesis.pytest.from_fixture("api_schema")
schema_of_real_app = schemathesis.pytest.from_fixture("real_schema")
steady = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)


@schema.parametrize()
@steady
def test_every_operation_answers_as_described(case: Any) -> None:
    case.call_and_validate()


@pytest.mark.model
@schema_of_real_app.parametrize()
@steady
def test_every_operation_of_the_real_bot_answers_as_described(case: Any) -> None:
    case.call_and_validate()


def test_checks_of_schemathesis_are_the_ones_we_count_on() -> None:
    assert not REQUIRED_CHECKS - {check.__name__ for check in CHECKS.get_all()}


async def test_description_lists_exactly_the_routes_for_programs(app: Starlette) -> None:
    described = {
        (path, method.upper()) for path, operations in describe_api()["paths"].items() for method in operations
    }
    served = {
        (route.path, method)
        for route in app.routes
        if isinstance(route, Route) and (f"{route.path}/".startswith(FOR_PROGRAMS) or route.path == "/healthz")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert described == served


# Conversations

TEXTS = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["ja", "nein", "das zweite", "und wo ist das?", "abbrechen", "03.11.2026", "1.250,50", "Ausrechnen", "Hallo"]
    ),
    st.sampled_from(["Gespräch löschen", "ich will sterben", "DE89370400440532013000", "Wann? Und wo? Und wie?"]),
)
PAYLOADS = st.one_of(
    st.from_regex(r"[a-z]{1,2}:[a-z_0-9:.]{0,60}", fullmatch=True).map(lambda text: text[:64]), st.text(max_size=64)
)
TAP = "tap"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), TEXTS),
        st.tuples(st.just("payload"), PAYLOADS),
        st.tuples(st.just(TAP), st.integers(0, 9)),
    ),
    min_size=1,
    max_size=15,
)


async def talk(app: Starlette, steps: list[tuple[str, Any]]) -> None:
    """Have one conversation; a tap takes a button of the last reply."""
    conversation, payloads = secrets.token_urlsafe(16), ["s:start"]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for kind, value in steps:
            field, given_value = ("payload", payloads[value % len(payloads)]) if kind == TAP else (kind, value)
            response = await client.post("/api/messages", json={"conversation": conversation, field: given_value})
            body = response.json()
            assert response.status_code == 200, body
            assert body["status"] != "error"
            assert body["replies"] and all(reply["text"].strip() for reply in body["replies"])
            assert all(
                len(button["payload"].encode()) <= 64 for reply in body["replies"] for button in reply["buttons"]
            )
            payloads = [button["payload"] for reply in body["replies"] for button in reply["buttons"]] or ["s:start"]


@given(STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_messages_and_taps_ends_in_an_error(app: Starlette, steps: list[tuple[str, Any]]) -> None:
    asyncio.run(talk(app, steps))


@pytest.mark.model
@given(STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_ends_in_an_error_with_the_real_model(real_app: Starlette, steps: list[tuple[str, Any]]) -> None:
    asyncio.run(talk(real_app, steps))


@given(st.binary(max_size=300), st.sampled_from(["/api/messages", "/webhooks/rest/webhook"]))
def test_any_bytes_get_a_german_sentence_or_an_answer(app: Starlette, body: bytes, path: str) -> None:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.post(path, content=body)

    response = asyncio.run(send())
    assert response.status_code in {200, 400}
    assert response.status_code == 200 or response.json()["error"].endswith((".", "“."))
