"""/readyz and /metrics: for load balancers and monitoring, closed to everybody else."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.operation import OperationChannel, Readiness, RequestMeter
from bot.channels.web import build_web_app
from bot.metrics import Metrics
from bot.models import Decision, Reply, Turn, UserMessage
from bot.settings import Secret

TOKEN = Secret("geheim-geheim-geheim")
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}


class Server:
    """The web app around an assistant that a test controls."""

    def __init__(self, metrics: Metrics | None) -> None:
        self.can_answer = True
        self.leaving = False
        self.readiness = Readiness(self.is_ready)
        operation = OperationChannel(self.readiness, metrics, TOKEN if metrics else Secret())
        fail = Route("/fail/{name}", self.fail, methods=["GET"])
        routes = [*operation.routes(), fail]
        self.app: Starlette = build_web_app(self.handle, self.is_ready, {}, ("https://www.example.de",), routes)
        if metrics:
            self.app.add_middleware(RequestMeter, metrics=metrics)
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test")

    async def handle(self, message: UserMessage) -> Turn:
        return Turn((Reply("Antwort"),), Decision("answered"))

    async def is_ready(self) -> bool:
        return self.can_answer

    async def fail(self, request: Request) -> Response:
        raise ValueError("Max Mustermann")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(Metrics())
    async with server.client:
        yield server


async def test_ready_while_questions_can_be_answered(server: Server) -> None:
    response = await server.client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})
    server.can_answer = False
    response = await server.client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "cannot_answer"})


async def test_not_ready_from_the_moment_the_server_is_told_to_stop(server: Server) -> None:
    server.readiness.watch(lambda: server.leaving)
    assert (await server.client.get("/readyz")).status_code == 200
    server.leaving = True
    response = await server.client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "shutting_down"})
    assert (await server.client.get("/healthz")).status_code == 200, "it is well, it only goes"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer falsch", f"Basic {TOKEN}", f"bearer {TOKEN} ", "é"])
async def test_metrics_want_the_token(server: Server, authorization: str) -> None:
    headers = [(b"authorization", authorization.encode())]
    response = await server.client.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "jobcenter_bot" not in response.text


async def test_token_in_the_address_opens_nothing(server: Server) -> None:
    assert (await server.client.get(f"/metrics?token={TOKEN}")).status_code == 401


async def test_metrics_are_prometheus_text_and_never_stored(server: Server) -> None:
    response = await server.client.get("/metrics", headers=AUTHORIZED)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "# TYPE jobcenter_bot_turns_total counter" in response.text


async def test_without_a_token_the_address_is_as_unknown_as_any_other() -> None:
    server = Server(None)
    async with server.client:
        metrics = await server.client.get("/metrics", headers={"authorization": "Bearer "})
        unknown = await server.client.get("/gibt/es/nicht")
    assert (metrics.status_code, metrics.text) == (404, unknown.text)


async def test_requests_are_counted_by_template_never_by_address(server: Server) -> None:
    await server.client.get("/fail/Mustermann")
    await server.client.get("/Mustermann?name=Mustermann")
    await server.client.request("MUSTERMANN", "/api/messages")
    await server.client.post("/api/messages", json={"text": "Mustermann"})
    await server.client.post("/api/messages", content=b"{")
    await server.client.options("/api/messages", headers={"origin": "https://www.example.de"})
    text = (await server.client.get("/metrics", headers=AUTHORIZED)).text
    assert "Mustermann" not in text and "MUSTERMANN" not in text
    name = 'jobcenter_bot_http_requests_total{route="%s",status_class="%s"}'
    for route, status_class, count in [
        ("/fail/{name}", "5xx", 1),
        ("other", "4xx", 1),
        ("/api/messages", "2xx", 1),
        ("/api/messages", "4xx", 3),
    ]:
        assert f"{name % (route, status_class)} {count}.0\n" in text
