"""The chat window as one script: small enough for a phone, its hash right, its parts short enough to read."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest
from test_web import Recorder

from bot.__main__ import main
from bot.channels.web import build_web_app
from bot.channels.widget_script import SCRIPTS, STYLES, build_tag, build_widget
from bot.content import Content

FOLDER = Path(__file__).resolve().parent.parent / "bot" / "widget"
PARTS = [*(f"{name}.js" for name in SCRIPTS), *(f"{name}.css" for name in STYLES)]
MOST_BYTES = 20_000
NEVER = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "eval(",
    "new Function",
    "document.write",
    "cookie",
    "localStorage",
)


@pytest.fixture
def script(content: Content) -> bytes:
    return build_widget(content.labels)


def test_script_is_small_and_complete(script: bytes) -> None:
    text = script.decode()
    assert len(gzip.compress(script, 9)) <= MOST_BYTES
    assert not re.findall(r"__[A-Z]+__", text)
    assert text.startswith('(() => {\n"use strict";') and text.endswith("})();\n")
    assert not [word for word in NEVER if word in text]


@pytest.mark.parametrize("name", PARTS)
def test_part_is_short_enough_to_read_in_a_sitting(name: str) -> None:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 350
    assert max(len(line) for line in lines) <= 120


def test_words_that_look_like_code_stay_words() -> None:
    labels = {"title": '"); alert(1); //', "close": "\\u2028\u2028 __STYLE__"}
    text = build_widget(labels).decode()
    written = text[text.index("const LABELS = ") + len("const LABELS = ") :]
    assert json.JSONDecoder().raw_decode(written)[0] == labels


def test_every_label_is_used_and_none_is_missing(content: Content) -> None:
    """A word nobody shows is a trap for editors; a missing one would show as "undefined"."""
    text = "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    used = set(re.findall(r"LABELS\.(\w+)", text))
    used |= {f"size_{number}" for number in range(3)}  # LABELS[`size_${index}`]
    used |= {"offline", "online"}  # LABELS[type]
    used |= set(re.findall(r'entry\("(\w+)", actions\.\w+\)', text))  # LABELS[name]
    assert used == set(content.labels)


async def test_tag_carries_the_hash_of_what_is_served(
    content: Content, script: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder()
    app = build_web_app(recorder.handle, recorder.is_healthy, content.labels, (), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        served = (await client.get("/widget.js")).content
    digest = base64.b64encode(hashlib.sha384(served).digest()).decode()
    hashed = f'integrity="sha384-{digest}" crossorigin="anonymous"'
    expected = f'<script src="https://bot.example/widget.js" {hashed} defer></script>'
    assert build_tag(script, "https://bot.example/") == expected
    assert main(["widget", "--server", "https://bot.example"]) == 0
    assert capsys.readouterr().out == f"{expected}\n"


def test_command_says_when_the_address_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["widget"]) == 0
    output = capsys.readouterr()
    assert 'src="https://BOT-ADRESSE/widget.js"' in output.out
    assert "Adresse des Bots" in output.err
    monkeypatch.setenv("JOBCENTER_BOT_PUBLIC_URL", "https://chat.example.de")
    assert main(["widget"]) == 0
    output = capsys.readouterr()
    assert 'src="https://chat.example.de/widget.js"' in output.out
    assert "Adresse des Bots" not in output.err
