"""The example for nginx in a real nginx, and the units read by systemd itself."""

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from conftest import StartServer, until
from nginx import Nginx, free_port

ROOT = Path(__file__).resolve().parent.parent
DEPLOYMENT = ROOT / "bot" / "deployment"
pytestmark = pytest.mark.e2e
StartNginx = Callable[..., httpx.Client]


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers and the length of what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = len(self.rfile.read(int(self.headers.get("content-length", 0))))
        body = json.dumps({"headers": {k.lower(): v for k, v in self.headers.items()}, "length": length}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that shows what arrives behind nginx."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def servers() -> Iterator[list[Nginx]]:
    """What was started, so that a test can read its log."""
    servers: list[Nginx] = []
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def start_nginx(tmp_path: Path, servers: list[Nginx]) -> Iterator[StartNginx]:
    """Start the example in front of a port; returns a browser for it."""
    clients: list[httpx.Client] = []

    def start(port: int, **options: str) -> httpx.Client:
        folder = tmp_path / f"nginx{len(servers)}"
        folder.mkdir()
        servers.append(Nginx(folder, port, **options))
        context = ssl.create_default_context(cafile=folder / "certificate.pem")
        context.check_hostname = False
        base = f"https://127.0.0.1:{servers[-1].https}"
        clients.append(httpx.Client(base_url=base, verify=context, headers={"host": "chat.example.de"}, timeout=20))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def test_bot_answers_through_nginx_with_all_headers(
    start_server: StartServer, start_nginx: StartNginx, servers: list[Nginx]
) -> None:
    bot = start_server(metrics_token="metrics-token-metrics")
    client = start_nginx(int(bot.url.rpartition(":")[2]))
    answer = client.post("/api/messages", json={"text": "Hilfe unter 25?"})
    assert answer.json()["status"] == "answered"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["server"] == "nginx"
    script = client.get("/widget.js", headers={"accept-encoding": "gzip"})
    assert script.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in script.headers["vary"].lower()
    assert script.text == httpx.get(f"{bot.url}/widget.js").text
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": "Bearer metrics-token-metrics"}).status_code == 200
    client.get("/themen?q=Mustermann&sprache=einfach")
    client.get("/Mustermann?name=Mustermann")
    assert bot.stop() == 0
    away = client.post("/api/messages", json={"text": "Mustermann"})
    assert away.status_code == 503
    assert away.headers["retry-after"] == "30"
    assert "nicht erreichbar" in away.text and away.headers["content-type"] == "text/plain; charset=utf-8"
    until(lambda: "POST /api 503" in servers[0].log, seconds=10)  # nginx writes the line after the answer
    log = servers[0].log
    assert "GET /themen 200" in log and "GET other 404" in log and "POST /api 503" in log
    for word in ("Mustermann", "einfach", "127.0.0.1"):
        assert word not in log


def test_http_leads_to_https(echo: int, start_nginx: StartNginx, servers: list[Nginx]) -> None:
    start_nginx(echo)
    response = httpx.get(f"http://127.0.0.1:{servers[0].http}/themen/kaution", headers={"host": "chat.example.de"})
    assert response.status_code == 301
    assert response.headers["location"] == "https://chat.example.de/themen/kaution"


def test_forged_address_does_not_get_through(echo: int, start_nginx: StartNginx) -> None:
    forged = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "http", "connection": "close"}
    headers = start_nginx(echo).post("/api/messages", headers=forged).json()["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["host"] == "chat.example.de"
    assert "connection" not in headers, "connections to the bot are kept open"


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/api/messages", 60_000, 200), ("/api/messages", 70_000, 413), ("/telegram", 200_000, 200)],
)
def test_bodies_are_limited(echo: int, start_nginx: StartNginx, path: str, size: int, status: int) -> None:
    response = start_nginx(echo).post(path, content=b"x" * size)
    assert response.status_code == status
    if status == 200:
        assert response.json()["length"] == size


@pytest.mark.parametrize("path", ["/metrics", "/statistik", "/statistik/plot.svg", "/readyz"])
def test_operation_is_closed_to_the_outside(echo: int, start_nginx: StartNginx, path: str) -> None:
    outside = start_nginx(echo, allowed="127.1.0.0/16")
    assert outside.get(path).status_code == 403
    assert outside.get("/healthz").status_code == 200
    assert start_nginx(echo).get(path).status_code == 200


def test_bot_that_comes_back_is_found_again(start_nginx: StartNginx) -> None:
    port = free_port()
    client = start_nginx(port)
    assert client.get("/").status_code == 503
    with ThreadingHTTPServer(("127.0.0.1", port), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert client.get("/").status_code == 200
        server.shutdown()


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    units = []
    for source in sorted([*DEPLOYMENT.glob("*.service"), *DEPLOYMENT.glob("*.timer")]):
        unit = tmp_path / source.name
        unit.write_text(source.read_text(encoding="utf-8").replace("/opt/jobcenter-bot", str(ROOT)), encoding="utf-8")
        units.append(unit)
    assert len(units) == 3
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
