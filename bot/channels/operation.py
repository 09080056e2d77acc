"""What machines ask this server: may requests come here (/readyz), and how is it doing (/metrics)."""

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.settings import Secret

if TYPE_CHECKING:
    from bot.metrics import Metrics

NO_STORE = {"cache-control": "no-store"}
Reason = Literal["shutting_down", "cannot_answer"]


class Readiness:
    """Tells whether a load balancer should send requests to this process."""

    def __init__(self, can_answer: Callable[[], Awaitable[bool]]) -> None:
        self._can_answer = can_answer
        self._is_leaving: Callable[[], bool] = lambda: False

    def watch(self, is_leaving: Callable[[], bool]) -> None:
        """Ask this from now on whether the server was told to stop."""
        self._is_leaving = is_leaving

    async def find_obstacle(self) -> Reason | None:
        """Return why no request should come, or None."""
        if self._is_leaving():
            return "shutting_down"
        return None if await self._can_answer() else "cannot_answer"


class OperationChannel:
    """The addresses for load balancers and monitoring."""

    def __init__(self, readiness: Readiness, metrics: "Metrics | None", metrics_token: Secret) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._authorization = f"Bearer {metrics_token}".encode()

    def routes(self) -> list[BaseRoute]:
        """Return the routes; without metrics their address does not exist."""
        routes: list[BaseRoute] = [Route("/readyz", self.get_ready, methods=["GET"])]
        if self._metrics:
            routes.append(Route("/metrics", self.get_metrics, methods=["GET"]))
        return routes

    async def get_ready(self, request: Request) -> Response:
        """Answer 200, or 503 with the reason."""
        obstacle = await self._readiness.find_obstacle()
        return _respond({"status": obstacle or "ready"}, 503 if obstacle else 200)

    async def get_metrics(self, request: Request) -> Response:
        """Show the numbers to who knows the token."""
        given = request.headers.get("authorization", "").encode()
        if self._metrics is None or not hmac.compare_digest(given, self._authorization):
            body = {"error": "Diese Adresse verlangt das Geheimwort aus JOBCENTER_BOT_METRICS_TOKEN."}
            return _respond(body, 401, {"www-authenticate": "Bearer"})
        return Response(self._metrics.write(), headers={**NO_STORE, "content-type": self._metrics.content_type})


class RequestMeter:
    """Counts every request by the template of its route, whatever happens to it further in."""

    def __init__(self, app: ASGIApp, metrics: "Metrics") -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and look at the status of its answer."""
        status = 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception:
            status = status or 500  # the layer around this one answers it
            raise
        finally:
            if scope["type"] == "http" and status:
                self._metrics.observe_request(_find_template(scope), status)


def _find_template(scope: Scope) -> str | None:
    route = scope.get("route")
    return route.path if isinstance(route, Route) else None


def _respond(body: dict[str, str], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    json = msgspec.json.encode(body)
    return Response(json, status, media_type="application/json", headers={**NO_STORE, **(headers or {})})
