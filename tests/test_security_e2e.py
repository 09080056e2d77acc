"""The real server under its limits: too many messages, made-up senders, slow clients; addresses are never logged."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from conftest import RunningServer, StartServer

pytestmark = pytest.mark.e2e

SENTENCE = "sehr viele Nachrichten"
SLOW = 300


@pytest.fixture(scope="module")
def limited(start_server: StartServer) -> RunningServer:
    """A bot without a trusted proxy, that is quickly annoyed and impatient."""
    return start_server(
        trusted_proxies="10.0.0.1", messages_per_minute="3", address_messages_per_minute="8", request_seconds="2"
    )


@pytest.fixture
def slow_connections(limited: RunningServer) -> Iterator[list[socket.socket]]:
    """Connections that send half a request and then nothing."""
    address = ("127.0.0.1", int(limited.url.rpartition(":")[2]))
    connections = [socket.create_connection(address, timeout=20) for _ in range(SLOW)]
    for connection in connections:
        connection.sendall(b"POST /api/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{")
    yield connections
    for connection in connections:
        connection.close()


def test_slow_connections_are_ended_while_others_are_answered(
    limited: RunningServer, slow_connections: list[socket.socket]
) -> None:
    def look(number: int) -> int:
        with urllib.request.urlopen(f"{limited.url}/healthz", timeout=20) as response:
            return int(response.status)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(look, range(40))) == {200}
    answers = [connection.recv(4096) for connection in slow_connections]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    body = json.loads(answers[0].partition(b"\r\n\r\n")[2])
    assert body == {"error": "Die Anfrage kam nicht rechtzeitig vollständig an. Bitte senden Sie sie noch einmal."}
    assert all(connection.recv(1) == b"" for connection in slow_connections)


def test_limits_hold_against_made_up_senders_and_never_against_emergencies(limited: RunningServer) -> None:
    def ask(number: int, text: str = "Hilfe unter 25?") -> str:
        headers = {"x-forwarded-for": f"198.51.100.{number}"}
        response = httpx.post(f"{limited.url}/api/messages", json={"text": text}, headers=headers)
        assert response.status_code == 200
        return str(response.json()["replies"][0]["text"])

    replies = [ask(number) for number in range(10)]
    assert SENTENCE not in replies[7]
    assert SENTENCE in replies[8]
    assert SENTENCE in replies[9]
    help_text = ask(11, "ich will sterben")
    assert SENTENCE not in help_text
    assert "0800" in help_text or "112" in help_text


def test_no_address_is_logged(limited: RunningServer) -> None:
    log = limited.log.read_text()
    assert "status=" in log
    assert "198.51.100" not in log
    assert "127.0.0.1" not in log.replace(limited.url, "")
