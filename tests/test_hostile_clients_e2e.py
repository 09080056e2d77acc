"""Clients that send nonsense or are slow: nobody else notices, nothing answers 500, memory stays bounded."""

import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from conftest import RunningServer, StartServer
from test_database_e2e import UNKNOWN, post

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MALFORMED = 10_000
SLOW = 300
MOST_GROWTH_MB = 60
"""An allowance for caches; ten thousand bodies that stayed would be more."""
UNLIMITED = {"messages_per_minute": "1000000", "address_messages_per_minute": "1000000"}
PATHS = (
    "/api/messages",
    "/webhooks/rest/webhook",
    "/themen",
    "/",
    "/healthz",
    "/api/topics",
    "/telegram",
    "/statistik",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW", "get", "")
VALUES: tuple[object, ...] = (None, True, -1, 1e308, "", "x" * 3000, [], {}, [[[]]], {"text": {}}, "\x00", "😀" * 500)
STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


def make_request(dice: random.Random) -> bytes:
    """Return one malformed request; each way of breaking it comes about equally often."""
    return dice.choice((break_json, confuse_types, send_noise, miss_route, break_headers, break_http, be_huge))(dice)


def frame(path: str, body: bytes, method: str = "POST", headers: str = "") -> bytes:
    """Return a request with a right length."""
    kind = "" if "content-type" in headers else "Content-Type: application/json\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: bot\r\n{kind}{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1", "replace") + body


def break_json(dice: random.Random) -> bytes:
    """JSON that ends too early or has a wrong byte."""
    body = bytearray(
        json.dumps({"conversation": None, "text": "Wer zahlt die Miete? äöü"}, ensure_ascii=False).encode()
    )
    if dice.random() < 0.5:
        body = body[: dice.randrange(len(body))]
    else:
        body[dice.randrange(len(body))] = dice.randrange(256)
    return frame(dice.choice(PATHS[:2]), bytes(body))


def confuse_types(dice: random.Random) -> bytes:
    """Right JSON with wrong types, names and depths."""
    names = ("conversation", "text", "payload", "message", "sender", "metadata", "x")
    body: object = {dice.choice(names): dice.choice(VALUES) for _ in range(dice.randrange(4))}
    if dice.random() < 0.2:
        body = dice.choice(VALUES)
    text = "[" * 2000 if dice.random() < 0.05 else json.dumps(body)
    return frame(dice.choice(PATHS[:2]), text.encode())


def send_noise(dice: random.Random) -> bytes:
    """Bytes that mean nothing, also as a form."""
    kind = dice.choice(
        ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/\xff", "")
    )
    body = dice.randbytes(dice.randrange(200))
    return frame(dice.choice(PATHS), body, headers=f"content-type: {kind}\r\n")


def miss_route(dice: random.Random) -> bytes:
    """Addresses and methods there are none of."""
    path = dice.choice(PATHS) + dice.choice(
        ("", "/", "/../../etc/passwd", "/%00", "/%ff%fe", "?" + "a=b&" * 500, "//", "/x")
    )
    return frame(path, b"", dice.choice(METHODS))


def break_headers(dice: random.Random) -> bytes:
    """Headers that contradict each other, are cut off or too many."""
    head = dice.choice(
        (
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: abc\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "X-Forwarded-For: " + "1.2.3.4, " * 200 + "\r\n",
            "X: y\r\n" * 300,
            "no colon here\r\n",
            "Host: a\r\nHost: b\r\n",
            "Expect: 100-continue\r\n",
            "Content-Encoding: gzip\r\nContent-Length: 3\r\n",
            "Cookie: \x00\x01\r\n",
        )
    )
    return f"POST /api/messages HTTP/1.1\r\n{head}\r\n".encode("latin-1") + b"zz\r\n{}\r\n"


def break_http(dice: random.Random) -> bytes:
    """What is no HTTP at all."""
    lines = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nHost: bot\r\n\r\n",
        b"CONNECT bot:443 HTTP/1.1\r\nHost: bot\r\n\r\n",
        b"\r\n" * 50,
        dice.randbytes(dice.randrange(1, 300)),
    )
    return dice.choice(lines)


def be_huge(dice: random.Random) -> bytes:
    """Bodies and texts over every limit, and lengths that are a lie."""
    if dice.random() < 0.3:
        return frame("/api/messages", b"{}").replace(b"Content-Length: 2", b"Content-Length: 99999999999")
    size = dice.choice((3_000, 66_000, 300_000))
    return frame(dice.choice(PATHS[:2]), json.dumps({"text": "x" * size, "message": "x" * size}).encode())


def send_raw(url: str, request: bytes) -> str:
    """Return the status of the answer, or what happened instead."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        try:
            line.sendall(request)
            with suppress(OSError):  # a server that has refused and closed already has no use for that
                line.shutdown(socket.SHUT_WR)
            answer = line.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            return "closed"
    found = STATUS.match(answer)
    return found[1].decode() if found else "closed" if not answer else "no HTTP"


def measure(server: RunningServer) -> float:
    """Return the megabytes the server holds."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1e3


def test_ten_thousand_malformed_requests(start_server: StartServer) -> None:
    server = start_server(**UNLIMITED)
    dice = random.Random(20261122)
    statuses = Counter(send_raw(server.url, make_request(dice)) for _ in range(MALFORMED // 10))
    warm = measure(server)
    statuses += Counter(send_raw(server.url, make_request(dice)) for _ in range(MALFORMED - MALFORMED // 10))
    assert statuses.total() == MALFORMED
    assert [status for status in statuses if status.startswith("5")] == [], statuses
    assert "no HTTP" not in statuses
    assert {"400", "404", "405", "413"} <= statuses.keys(), statuses
    assert measure(server) - warm < MOST_GROWTH_MB
    conversation, once = post(server, UNKNOWN)
    assert post(server, UNKNOWN, conversation)[1] != once
    assert server.stop() == 0
    log = server.log.read_text()
    assert "Traceback" not in log
    assert sum(" ERROR " in line for line in log.splitlines()) == 0


# ---- slow clients --------------------------------------------------------------------------------------------------


@contextmanager
def slow_clients(url: str, count: int) -> Iterator[threading.Event]:
    """Connections that send a byte a second, half in the headers, half in the body; the event says all are up."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"conversation": None, "text": "Wer zahlt die Kaution?"}).encode()
    request = frame("/api/messages", body)
    up, stopped = threading.Event(), threading.Event()

    def drip() -> None:
        with ExitStack() as stack:
            lines = [stack.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(count)]
            for number, line in enumerate(lines):
                line.sendall(request[: len(request) - len(body) if number % 2 else 4])
            up.set()
            open_lines = list(enumerate(lines))
            position = 4
            while not stopped.wait(1):
                for number, line in list(open_lines):
                    start = len(request) - len(body) if number % 2 else 4
                    try:
                        line.sendall(request[start + position - 4 :][:1])
                    except OSError:  # the server may have had enough
                        open_lines.remove((number, line))
                position += 1

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield up
    finally:
        stopped.set()
        thread.join()


def test_slow_clients_hold_up_nobody(start_server: StartServer) -> None:
    server = start_server(**UNLIMITED)
    with slow_clients(server.url, SLOW) as up:
        assert up.wait(30)
        begun, answered = time.monotonic(), 0
        while time.monotonic() - begun < 12:  # longer than a server might allow for sending a request
            status = httpx.post(f"{server.url}/api/messages", json={"text": "Hallo"}, timeout=20).status_code
            assert status == 200
            answered += 1
        assert answered > 20
    assert httpx.get(f"{server.url}/healthz", timeout=20).json()["status"] == "ok"
    assert server.stop() == 0, "connections that are still open keep nobody from stopping"
    assert "Traceback" not in server.log.read_text()
