"""Slow, endless and countless connections: each is ended with a clear sentence, and others are answered meanwhile."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar

import httpx
import pytest
import uvicorn

from bot.channels import connection
from bot.channels.connection import GuardedConnection, ServerConfig, count_allowed_connections
from bot.channels.web import build_web_app
from bot.models import Decision, Handle, Reply, Turn, UserMessage
from bot.settings import Settings

pytestmark = pytest.mark.e2e

HEAD = b"POST /api/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
BODY = b'{"text": "Hallo"}'
REQUEST = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
SLOW = 600
"""Connections that never end their request."""


async def answer(message: UserMessage) -> Turn:
    return Turn((Reply("Antwort"),), Decision("answered"))


async def is_healthy() -> bool:
    return True


@asynccontextmanager
async def serving(handle: Handle = answer, **limits: Any) -> AsyncIterator[int]:
    """Serve the website channel with other limits; yields the port."""
    app = build_web_app(handle, is_healthy, {}, (), [])
    config = ServerConfig(app, Settings(request_seconds=limits.pop("request_seconds", 600)))
    for name, value in limits.items():
        setattr(config, name, value)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    config.load()
    loop = asyncio.get_running_loop()
    server.lifespan = config.lifespan_class(config)
    await server.lifespan.startup()
    listener = await loop.create_server(
        lambda: GuardedConnection(config, server.server_state, {}),
        "127.0.0.1",
        0,
        backlog=2048,
    )
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        for client in Client.opened:
            client.close()
        await asyncio.gather(*(client.wait_closed() for client in Client.opened))
        Client.opened.clear()
        listener.close()
        for open_connection in list(server.server_state.connections):
            open_connection.transport.abort()
        await server.lifespan.shutdown()


class Client:
    """A connection that sends what a test likes; all are closed with the server."""

    opened: ClassVar[list["Client"]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Open a connection."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        cls.opened.append(client)
        return client

    async def send(self, data: bytes) -> None:
        """Send bytes; a server that has closed meanwhile will be noticed when reading."""
        self._writer.write(data)
        with suppress(ConnectionError):
            await self._writer.drain()

    async def read(self) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of one response."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        return int(head.split()[1]), json.loads(await self._reader.readexactly(length))

    async def is_closed(self) -> bool:
        """Tell whether nothing but the end comes."""
        try:
            return await self._reader.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        """Leave."""
        self._writer.close()

    async def wait_closed(self) -> None:
        """Wait for the end of the connection."""
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@pytest.mark.parametrize(
    "start",
    [b"P", HEAD, HEAD + b"content-length: 17\r\n\r\n", HEAD + b'content-length: 17\r\n\r\n{"text"'],
    ids=["first byte", "headers", "no body", "half a body"],
)
async def test_slow_request_is_told_so_and_closed(start: bytes) -> None:
    async with serving(request_seconds=1) as port:
        client = await Client.connect(port)
        await client.send(start)
        status, body = await client.read()
        assert (status, body) == (408, {"error": connection.TOO_SLOW})
        assert await client.is_closed()


async def test_byte_now_and_then_does_not_prolong_the_time() -> None:
    async with serving(request_seconds=1) as port:
        client = await Client.connect(port)

        async def drip() -> None:
            for byte in REQUEST * 100:
                await client.send(bytes([byte]))
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert (await client.read())[0] == 408
        dripping.cancel()


async def test_connection_without_a_word_is_closed_without_a_word() -> None:
    async with serving(request_seconds=1) as port:
        client = await Client.connect(port)
        assert await client.is_closed()


async def test_second_request_of_a_connection_has_its_own_time() -> None:
    async with serving(request_seconds=1) as port:
        client = await Client.connect(port)
        for _ in range(3):
            await client.send(REQUEST)
            assert (await client.read())[0] == 200
            await asyncio.sleep(0.6)
        await client.send(REQUEST[:-1])
        assert (await client.read())[0] == 408
        assert await client.is_closed()


async def test_hundreds_of_slow_connections_do_not_keep_others_waiting() -> None:
    async with serving(most_connections=SLOW // 2) as port:
        slow = [await Client.connect(port) for _ in range(SLOW)]
        for client in slow:
            await client.send(HEAD)
        async with httpx.AsyncClient() as client_of_others:
            for _ in range(20):
                response = await client_of_others.post(f"http://127.0.0.1:{port}/api/messages", content=BODY)
                assert response.json()["replies"][0]["text"] == "Antwort"
        assert await slow[0].read() == (503, {"error": connection.TOO_FULL}), "who has waited longest leaves first"
        assert await slow[0].is_closed()
        await slow[-1].send(REQUEST.removeprefix(HEAD))
        assert (await slow[-1].read())[0] == 200


async def test_when_everybody_is_being_answered_the_next_one_is_told() -> None:
    go_on = asyncio.Event()

    async def answer_late(message: UserMessage) -> Turn:
        await go_on.wait()
        return await answer(message)

    async with serving(answer_late, most_connections=2) as port:
        busy = [await Client.connect(port) for _ in range(2)]
        for client in busy:
            await client.send(REQUEST)
        await asyncio.sleep(0.2)  # until both are read
        late = await Client.connect(port)
        assert await late.read() == (503, {"error": connection.TOO_FULL})
        assert await late.is_closed()
        go_on.set()
        assert [(await client.read())[0] for client in busy] == [200, 200]


@pytest.mark.parametrize(
    ("request_bytes", "status", "sentence"),
    [
        (HEAD + b"x: " + b"y" * 40_000, 431, connection.HEAD_TOO_LARGE),
        (b"GET /" + b"y" * 100_000, 431, connection.HEAD_TOO_LARGE),
        (HEAD + b"x: y\r\n" * 10_000, 431, connection.HEAD_TOO_LARGE),
        (b"Guten Tag!\r\n\r\n", 400, connection.NOT_HTTP),
        (b"\x16\x03\x01\x02\x00", 400, connection.NOT_HTTP),
        (HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", 400, connection.NOT_HTTP),
        (HEAD + b"content-length: -1\r\n\r\n", 400, connection.NOT_HTTP),
    ],
    ids=["long header", "long address", "many headers", "words", "TLS", "two lengths", "negative length"],
)
async def test_what_is_no_sound_request_is_refused(request_bytes: bytes, status: int, sentence: str) -> None:
    async with serving() as port:
        client = await Client.connect(port)
        await client.send(request_bytes)
        assert await client.read() == (status, {"error": sentence})
        assert await client.is_closed()


async def test_endless_body_and_endless_trailers_are_cut_off() -> None:
    async with serving() as port:
        for part in (b"10000\r\n" + b" " * 0x10000 + b"\r\n", b"0\r\n" + b"x: y\r\n" * 10_000):
            client = await Client.connect(port)
            await client.send(HEAD + b"transfer-encoding: chunked\r\n\r\n")
            for _ in range(40):
                await client.send(part)
                part = part.removeprefix(b"0\r\n")
            status, _ = await client.read()
            assert status == 413
            assert await client.is_closed()


async def test_client_that_never_reads_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "RESPONSE_SECONDS", 1)
    async with serving() as port:
        client = await Client.connect(port)
        await client.send(b"GET /widget.js HTTP/1.1\r\nhost: x\r\n\r\n" * 400)
        await asyncio.sleep(2)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await client._reader.readexactly(400 * 40_000)


async def test_several_requests_at_once_are_answered_in_order() -> None:
    async with serving() as port:
        client = await Client.connect(port)
        await client.send(REQUEST * 5)
        assert [(await client.read())[0] for _ in range(5)] == [200] * 5


async def test_flood_of_malformed_requests_leaves_the_server_well() -> None:
    async with serving() as port:
        for number in range(200):
            client = await Client.connect(port)
            await client.send(bytes((number * 7 + index * 31) % 256 for index in range(300)) + b"\r\n\r\n")
            client.close()
        client = await Client.connect(port)
        await client.send(REQUEST)
        assert (await client.read())[0] == 200


def test_number_of_connections_fits_the_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"now": (256, 1024)}

    def set_limit(kind: int, limit: tuple[int, int]) -> None:
        limits["now"] = limit

    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    assert count_allowed_connections() == 1024 - connection.RESERVED_FILES
    limits["now"] = (1024, 1_000_000)
    assert count_allowed_connections() == connection.MOST_CONNECTIONS
    assert limits["now"] == (connection.MOST_CONNECTIONS + connection.RESERVED_FILES, 1_000_000)
    limits["now"] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert count_allowed_connections() == connection.MOST_CONNECTIONS
