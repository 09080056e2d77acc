"""The real bot in a process of its own: same answer in every channel, clean logs, clean stop."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from conftest import StartServer
from telegram_emulator import TelegramEmulator

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.e2e

QUESTIONS = {"Was ist eine Optionskommune?": "optionskommune", "Hilfe unter 25?": "hilfe_unter_25"}
SECRET_WORDS = "Zauberwort Zuckerwatte"


def post(url: str, body: dict[str, object]) -> dict[str, object]:
    response = httpx.post(f"{url}/api/messages", json=body, timeout=10)
    assert response.status_code == 200, response.text
    answer: dict[str, object] = response.json()
    return answer


def reply_text(answer: dict[str, object]) -> str:
    replies = answer["replies"]
    assert isinstance(replies, list)
    return "\n\n".join(reply["text"] for reply in replies)


def run_bot(*arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(("question", "topic"), QUESTIONS.items())
def test_every_channel_gives_the_same_answer(server_url: str, question: str, topic: str) -> None:
    answer = post(server_url, {"conversation": None, "text": question})
    text = reply_text(answer)
    assert answer["status"] == "answered"
    rest = httpx.post(f"{server_url}/webhooks/rest/webhook", json={"sender": "e2e", "message": question}).json()
    assert [reply["text"] for reply in rest] == [text]
    assert run_bot("ask", question).startswith(text)
    (line,) = run_bot("ask", "--jsonl", given=json.dumps({"id": "1", "text": question})).splitlines()
    assert json.loads(line)["reply"] == text
    assert json.loads(line)["topic"] == topic
    assert text in run_bot("chat", given=f"{question}\nende\n")


def test_telegram_gives_the_same_answer_by_polling_and_by_webhook(start_server: StartServer) -> None:
    for webhook in (False, True):
        with TelegramEmulator() as telegram:
            settings = {"telegram_token": telegram.token, "telegram_api_url": telegram.api_url}
            if webhook:
                # the public address is not known before the server has a port, so take a free one first
                port = free_port()
                settings |= {
                    "port": str(port),
                    "telegram_webhook_url": f"http://127.0.0.1:{port}",
                    "telegram_webhook_secret": "s3cret-" * 4,
                }
            server = start_server(**settings)
            for question in QUESTIONS:
                telegram.send_text(question)
                sent = telegram.next_message(15)
                web = post(server.url, {"conversation": None, "text": question})
                assert sent.text.startswith(reply_text(web))
                assert sent.buttons
            telegram.tap(sent.buttons[0][1])
            assert telegram.next_message(15).text
            telegram.send_photo()
            assert "keine Unterlagen" in telegram.next_message(15).text
            assert server.stop() == 0


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_wrong_telegram_token_is_said_and_the_website_goes_on(start_server: StartServer) -> None:
    with TelegramEmulator() as telegram:
        server = start_server(telegram_token="999:falsch", telegram_api_url=telegram.api_url)
        deadline = time.monotonic() + 15
        while "abgelehnt" not in server.log.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "von Telegram abgelehnt" in server.log.read_text()
        assert "999:falsch" not in server.log.read_text()
        assert post(server.url, {"text": "Hilfe unter 25?"})["status"] == "answered"


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_log_at_any_level_contains_what_people_write(start_server: StartServer, level: str) -> None:
    with TelegramEmulator() as telegram:
        server = start_server(log_level=level, telegram_token=telegram.token, telegram_api_url=telegram.api_url)
        for text in (SECRET_WORDS, f"{SECRET_WORDS} DE89370400440532013000", f"ich will sterben {SECRET_WORDS}"):
            post(server.url, {"conversation": None, "text": text})
        httpx.post(f"{server.url}/webhooks/rest/webhook", json={"sender": SECRET_WORDS, "message": SECRET_WORDS})
        httpx.post(f"{server.url}/api/messages", content=f'{{"text": "{SECRET_WORDS}", "x": 1}}'.encode())
        httpx.post(f"{server.url}/api/messages", content=f'{{"text": "{SECRET_WORDS}'.encode())
        httpx.get(f"{server.url}/{SECRET_WORDS}")
        telegram.send_text(SECRET_WORDS)
        telegram.next_message(15)
        server.stop()
        log = server.log.read_text()
    assert "status=" in log
    for word in [*SECRET_WORDS.split(), "DE8937", telegram.token]:
        assert word not in log


@pytest.mark.parametrize(
    "text",
    ["", "x" * 10_000, "😀😀", '/start{"x":1}', "<script>alert(1)</script>", "'; DROP TABLE users;--", "\x00\x1b[31m"],
)
def test_odd_text_gets_a_clear_reply(server_url: str, text: str) -> None:
    answer = post(server_url, {"conversation": None, "text": text})
    assert answer["status"] != "error"
    assert len(reply_text(answer)) > 30
    assert "<script>" not in reply_text(answer)


def test_conversation_goes_on_over_http(server_url: str) -> None:
    first = post(server_url, {"conversation": None, "text": "qwertz asdfgh"})
    second = post(server_url, {"conversation": first["conversation"], "text": "qwertz asdfgh"})
    assert reply_text(first) != reply_text(second)


def test_server_stops_cleanly_and_leaves_nothing_behind(start_server: StartServer) -> None:
    before = set(os.listdir(ROOT))
    server = start_server()
    post(server.url, {"text": "Hallo"})
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()
    assert set(os.listdir(ROOT)) == before
