"""The gallery without a browser: its file is read strictly, and it plays what the widget would have kept."""

import html
import json
import re
from pathlib import Path

import httpx
import pytest
from msgspec import ValidationError

from bot.assistant import Assistant
from bot.channels.gallery import Example, Gallery, Said, build_example, gallery_routes, load_examples
from bot.channels.web import build_web_app
from bot.content import Content
from bot.models import Reply

ENTRY = "examples: [{name: a, title: A, shows: A, criteria: [A]"


def test_every_example_says_what_it_shows_and_what_must_hold() -> None:
    examples = load_examples()
    assert len(examples) >= 20
    for example in examples.values():
        assert example.criteria
        assert example.expect, f"{example.name}: nothing to recognise it by"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (f"{ENTRY}, shwos: x}}]", "shwos"),
        ("examples: [{name: a, title: A, shows: A, criteria: []}]", "length >= 1"),
        (f"{ENTRY}, view: [closed]}}]", "closed"),
        (f"{ENTRY}, turns: [{{say: x, tap: y}}]}}]", "genau eines davon"),
        (f"{ENTRY}, turns: [{{}}]}}]", "genau eines davon"),
        (f"{ENTRY}, steps: [{{press: x, type: y}}]}}]", "genau eines davon"),
        (f"{ENTRY}}}, {{name: a, title: B, shows: B, criteria: [B]}}]", "steht zweimal"),
    ],
)
def test_wrong_example_is_refused(tmp_path: Path, entry: str, message: str) -> None:
    (tmp_path / "examples.yml").write_text(entry, encoding="utf-8")
    with pytest.raises((ValidationError, ValueError), match=message):
        load_examples(tmp_path / "examples.yml")


async def test_played_turns_are_what_the_widget_keeps(assistant: Assistant, content: Content) -> None:
    turns = (Said(tap="s:start"), Said(tap="t:kontakt"), Said(say="wo seid ihr?"), Said(fails="hallo"))
    example = Example("a", "A", "A", ("A",), turns, plain=True)
    state = await Gallery(assistant.handle, content.labels, {}, assistant.show_off).play(example)
    assert [item["kind"] for item in state["items"]] == [
        *("reply", "question", "reply", "question", "reply", "question", "failure")
    ]
    greeting, question, answer, *_, failure = state["items"]
    assert greeting["chosen"] == ["t:kontakt"]
    assert question["text"] in [button["title"] for button in greeting["reply"]["buttons"]]
    assert answer["reply"]["topic"] == "kontakt"
    assert set(answer["reply"]) == set(Reply.__struct_fields__)
    assert failure["error"] == content.labels["failure"]
    assert (state["plain"], state["view"]) == (True, ("open",))


def test_words_reach_the_script_as_data_only() -> None:
    page = build_example(Example("a", "<b>A</b>", "A", ("Escape",)), {"items": ['"><script>alert(1)</script>']})
    assert "<script>" not in page and "<b>" not in page and "<kbd>Escape</kbd>" in page
    [task] = re.findall('data-task="(.*?)"', page)
    assert json.loads(html.unescape(task))["state"] == {"items": ['"><script>alert(1)</script>']}


async def test_gallery_allows_frames_of_its_own_only(assistant: Assistant, content: Content) -> None:
    routes = gallery_routes(assistant.handle, content.labels, assistant.show_off)
    app = build_web_app(assistant.handle, assistant.is_ready, content.labels, (), routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        policies = {}
        for path in ("/galerie", "/galerie/antwort", "/galerie.js", "/galerie/unbekannt"):
            response = await client.get(path)
            assert response.status_code == (404 if path.endswith("unbekannt") else 200)
            policies[path] = response.headers.get_list("content-security-policy")
    assert all(len(policy) == 1 and "unsafe" not in policy[0] for policy in policies.values())
    assert "frame-src 'self'" in policies["/galerie"][0]
    assert "frame-ancestors 'self'" in policies["/galerie/antwort"][0]
    assert "frame-ancestors 'none'" in policies["/galerie.js"][0]
