"""The log carries states, kinds of errors and lines of code; never what people write."""

import asyncio
import gc
import json
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.logs import announce, catch_unexpected, configure_logging

ROOT = Path(__file__).resolve().parent.parent
CITIZEN = "Max Mustermann"


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    yield
    root.handlers = handlers
    root.setLevel(level)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return what was logged as JSON."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_json_line_has_time_level_logger_message_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    fields = {"event": "turn", "channel": "web", "status": "answered", "duration_ms": 3, "secret": CITIZEN}
    logging.getLogger("bot.assistant").info("turn: größer", extra=fields)
    (line,) = read_lines(capsys)
    assert str(line.pop("time")).endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "bot.assistant",
        "message": "turn: größer",
        "event": "turn",
        "channel": "web",
        "status": "answered",
        "duration_ms": 3,
    }


def test_text_line_stays_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "text")
    logging.getLogger("bot.store.database").warning("Die Datenbank ist %s.", "weg")
    assert capsys.readouterr().err.endswith(" WARNING bot.store.database: Die Datenbank ist weg.\n")


def test_level_is_kept_and_a_second_call_doubles_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "text")
    configure_logging("ERROR", "text")
    logging.getLogger("bot").warning("leise")
    logging.getLogger("bot").error("laut")
    assert [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines()] == ["laut"]


def fail_with_a_cause() -> None:
    try:
        raise KeyError(CITIZEN)
    except KeyError as error:
        raise ValueError(CITIZEN) from error


@pytest.mark.parametrize("form", ["text", "json"])
def test_exception_is_logged_by_kind_and_line_only(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", form)
    try:
        fail_with_a_cause()
    except ValueError:
        logging.getLogger("bot.app").exception("Unerwartet.")
    out = capsys.readouterr().err
    assert "ValueError < KeyError" in out
    assert "test_logs.py:" in out and "fail_with_a_cause" in out
    assert "Mustermann" not in out and "raise" not in out


def test_exception_group_names_what_is_inside(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    try:
        raise ExceptionGroup(CITIZEN, [ValueError(CITIZEN), KeyError(CITIZEN)])
    except ExceptionGroup:
        logging.getLogger("bot.app").exception("Unerwartet.")
    (line,) = read_lines(capsys)
    assert line["exception"] == "ExceptionGroup < ValueError < KeyError"
    assert "Mustermann" not in str(line)


async def fail(request: Request) -> Response:
    name = (await request.body()).decode()
    raise ValueError(name)


def build_failing_server() -> uvicorn.Server:
    app = Starlette(routes=[Route("/", fail, methods=["POST"])])
    return uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="none"))


@pytest.mark.parametrize("form", ["text", "json"])
async def test_server_error_keeps_the_request_out_of_the_log(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("DEBUG", form)
    server = build_failing_server()
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets no event
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = CITIZEN.encode()
    writer.write(b"POST /?name=Mustermann HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    assert b"500 Internal Server Error" in await reader.readuntil(b"\r\n")
    writer.close()
    await writer.wait_closed()
    server.should_exit = True
    await task
    out = capsys.readouterr().err
    assert "Exception in ASGI application" in out
    assert "ValueError" in out and "test_logs.py:" in out
    assert "Mustermann" not in out


async def test_forgotten_task_and_callback_keep_their_texts_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("DEBUG", "json")

    async def forgotten(name: str) -> None:
        raise ValueError(name)

    def callback(name: str) -> None:
        raise ValueError(name)

    task = asyncio.create_task(forgotten(CITIZEN), name=CITIZEN)
    asyncio.get_running_loop().call_soon(callback, CITIZEN)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    lines = [line for line in read_lines(capsys) if line["logger"] == "asyncio"]
    assert [line["exception"] for line in lines] == ["ValueError", "ValueError"]
    assert "Mustermann" not in str(lines)


def test_database_error_keeps_statement_and_values_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("DEBUG", "json")
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT :name FROM nirgends"), {"name": CITIZEN})
    except SQLAlchemyError:
        logging.getLogger("sqlalchemy.engine").exception("failed for %s", CITIZEN)
    engine.dispose()
    (line,) = read_lines(capsys)
    assert line["exception"] == f"OperationalError < {sqlite3.OperationalError.__name__}"
    assert "Mustermann" not in str(line) and "nirgends" not in str(line)


def test_failed_start_handed_over_as_text_is_cut_to_places_and_kind(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    frames = f'  File "a.py", line 3, in f\n    x("{CITIZEN}")'
    trace = f"Traceback (most recent call last):\n{frames}\nValueError: {CITIZEN}"
    logging.getLogger("uvicorn.error").error("%s", trace)
    (line,) = read_lines(capsys)
    assert line["message"] == 'Traceback File "a.py", line 3, in f ValueError'


def test_foreign_library_says_only_where_it_complains(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    logging.getLogger("somewhere").error("cannot read %s", CITIZEN, extra={"status": CITIZEN})
    (line,) = read_lines(capsys)
    assert str(line["message"]).startswith("/") and "test_logs.py:" in str(line["message"])
    assert "Mustermann" not in str(line)


def test_what_nobody_caught_is_logged_without_its_message() -> None:
    script = (
        "from bot.logs import catch_unexpected, configure_logging; import threading\n"
        "configure_logging('INFO', 'json'); catch_unexpected()\n"
        "def fail(): raise ValueError('Max Mustermann')\n"
        "class Odd:\n    def __del__(self): fail()\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join(); Odd(); fail()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert [line["exception"] for line in lines] == ["ValueError"] * 3
    assert "Mustermann" not in done.stderr


def test_hooks_are_only_set_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sys.__excepthook__
    monkeypatch.setattr(sys, "excepthook", before)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    configure_logging("INFO", "text")
    assert sys.excepthook is before
    catch_unexpected()
    assert sys.excepthook is not before


def test_announcement_fits_the_form_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "text")
    announce("Der Bot läuft.")
    assert capsys.readouterr().err == "Der Bot läuft.\n"
    configure_logging("INFO", "json")
    announce("Der Bot läuft.")
    (line,) = read_lines(capsys)
    assert (line["message"], line["event"]) == ("Der Bot läuft.", "announcement")
