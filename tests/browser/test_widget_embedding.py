"""The chat on somebody else's website: the settings of its script tag, and deep links."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from accessibility import assert_accessible
from chromium import entries, launcher, open_chat
from conftest import StartServer
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websites import open_website
from widget import ANSWERS, LIVE_REGION, RECORD_ANNOUNCEMENTS, field, menu_button, reply_with, sent_bodies, visit

from bot.content import Content

pytestmark = pytest.mark.browser

PAGE = """<!doctype html>
<html lang="de">
<head><meta charset="utf-8"><title>Gemeinde</title><link rel="icon" href="data:,">{script}</head>
<body><main><h1>Gemeinde</h1><p><a href="#x">Ein Link</a></p></main></body>
</html>
"""


class Host:
    """A website of its own origin that embeds the chat."""

    def __init__(self, folder: Path, url: str, server: str) -> None:
        self._folder = folder
        self._url = url
        self.server = server

    def write(self, attributes: str = "", tag: str = "") -> str:
        """Write a page with these attributes at the script tag, or with this tag, and return its address."""
        script = tag or f'<script src="{self.server}/widget.js" {attributes} defer></script>'
        name = f"page{len(list(self._folder.iterdir()))}.html"
        (self._folder / name).write_text(PAGE.format(script=script), encoding="utf-8")
        return f"{self._url}/{name}"


@pytest.fixture(scope="module")
def host(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("website")
    with open_website(folder) as url:
        yield Host(folder, url, start_server(allowed_origins=url).url)


@pytest.fixture
def warnings(context: BrowserContext) -> list[str]:
    """What the console of all pages says."""
    lines: list[str] = []
    context.on("console", lambda message: lines.append(message.text))
    context.on("weberror", lambda error: lines.append(str(error.error)))
    return lines


def background(page: Page, selector: str) -> str:
    shown = page.locator(f"jobcenter-chat {selector}").evaluate("node => getComputedStyle(node).backgroundColor")
    return str(shown)


# Settings


def test_settings_are_taken_from_the_script_tag(context: BrowserContext, host: Host, warnings: list[str]) -> None:
    attributes = 'data-color="#0b6e4f" data-position="left" data-greeting="Willkommen bei der Gemeinde!"'
    page = visit(context, host.write(f'{attributes} data-topics="umzug, kaution" data-language="de"'))
    box = launcher(page).bounding_box()
    assert box and box["x"] < 100
    assert background(page, ".launcher") == "rgb(11, 110, 79)"
    launcher(page).click()
    expect(entries(page)).to_have_count(2)
    expect(entries(page).first).to_contain_text("Willkommen bei der Gemeinde!")
    expect(entries(page).last).to_contain_text("kein Mensch")
    suggestions = entries(page).last.locator(".suggestion")
    expect(suggestions).to_have_text(["Umzug", "Mietkaution", "Weitere Themen"])
    bodies = sent_bodies(page)
    suggestions.nth(1).click()
    expect(entries(page)).to_have_count(4)
    assert bodies[0]["payload"] == "t:kaution"
    assert background(page, "header") == "rgb(11, 110, 79)"
    assert warnings == []


def test_plain_language_from_the_start(context: BrowserContext, host: Host, content: Content) -> None:
    page = visit(context, host.write('data-language="plain"'))
    bodies = sent_bodies(page)
    open_chat(page)
    expect(entries(page).last).to_contain_text(content.system["greeting"].plain.splitlines()[0])
    assert [body["payload"] for body in bodies] == ["s:plain", "s:start"]
    menu_button(page).click()
    switch = page.get_by_role("button", name="Einfache Sprache")
    expect(switch).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("color", "blau", "ist keine Farbe wie #0b4f6c"),
        ("color", "#ffcc00", "ist zu hell zum Lesen. Der Kontrast ist 1,3 : 1, nötig sind 4,5 : 1. Lesbar wäre #"),
        ("position", "oben", "gibt es nicht; möglich sind: right, left. Es gilt right."),
        ("language", "en", "gibt es nicht; möglich sind: de, plain. Es gilt de."),
        ("greeting", "x" * 301, "ist länger als 300 Zeichen"),
        ("topics", "kaution,Bär!", "ist keine Kennung eines Themens"),
        ("topics", "a,b,c,d,e,f,g", "nennt zu viele Themen; gezeigt werden 6."),
        ("topics", "gibt_es_nicht", "kennt der Bot nicht"),
        ("server", "bot.example", "ist keine Adresse wie https://bot.example/"),
        ("server", "javascript:alert(1)", "ist keine Adresse wie"),
        ("storage", "a b", "darf nur Buchstaben"),
    ],
)
def test_wrong_setting_is_named_and_ignored(
    context: BrowserContext, host: Host, warnings: list[str], attribute: str, value: str, sentence: str
) -> None:
    page = visit(context, host.write(f'data-{attribute}="{value}"'))
    open_chat(page)
    expect(entries(page).last).to_contain_text("kein Mensch")
    assert any(f'data-{attribute}="' in line and sentence in line for line in warnings), warnings
    assert background(page, ".launcher") == "rgb(11, 79, 108)"
    assert all(line.startswith("Jobcenter-Chat: ") for line in warnings)


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("color", ["#b00020", "#5b2a86", "#000000", "#646464", "#06c", "#0b6e4f"])
def test_own_color_stays_readable(browser: Browser, host: Host, color: str, look: Any) -> None:
    context = browser.new_context(color_scheme=look, reduced_motion="reduce", bypass_csp=True)
    page = visit(context, host.write(f'data-color="{color}"'))
    assert background(page, ".launcher") != ("rgb(11, 79, 108)" if look == "light" else "rgb(138, 204, 230)")
    open_chat(page)
    page.get_by_role("button", name="Senden").hover()
    assert_accessible(page, f"{color}, {look}")
    menu_button(page).click()
    assert_accessible(page, f"{color}, {look}, menu")
    context.close()


def test_script_from_elsewhere_finds_the_server(context: BrowserContext, host: Host) -> None:
    copy = "copy.js"
    page = context.new_page()
    page.route(f"**/{copy}", lambda route: route.fulfill(response=page.request.get(f"{host.server}/widget.js")))
    page.goto(host.write(tag=f'<script src="{copy}" data-server="{host.server}" defer></script>'))
    open_chat(page)
    expect(entries(page).last).to_contain_text("kein Mensch")


def test_conversations_with_different_storage_are_apart(context: BrowserContext, host: Host) -> None:
    page = visit(context, host.write('data-storage="eins"'))
    open_chat(page)
    expect(entries(page).last).to_contain_text("kein Mensch")
    assert page.evaluate("Object.keys(sessionStorage)") == ["jobcenter-chat-eins"]
    page.goto(host.write('data-storage="zwei"'))
    expect(launcher(page)).to_have_text("Fragen? Chat öffnen")


# Deep links


def test_link_to_a_topic_opens_its_answer_once(context: BrowserContext, host: Host, content: Content) -> None:
    url = host.write()
    page = context.new_page()
    page.add_init_script("addEventListener('focus', () => (window.focused = true), true);")
    page.goto(f"{url}?a=1&thema=kaution#x")
    expect(entries(page)).to_have_count(2)
    expect(entries(page).first).to_contain_text("Mietkaution")
    expect(entries(page).last).to_contain_text(content.answers["kaution"].text.splitlines()[0])
    assert page.url == f"{url}?a=1#x"
    assert page.evaluate("[document.activeElement.tagName, window.focused]") == ["BODY", None]
    assert not page.locator("jobcenter-chat dialog").evaluate("node => node.matches(':modal')")
    page.reload()
    expect(launcher(page)).to_have_text("Chat fortsetzen")
    launcher(page).click()
    expect(entries(page)).to_have_count(2)


def test_link_with_a_question_fills_the_field_and_sends_nothing(context: BrowserContext, host: Host) -> None:
    url = host.write()
    page = context.new_page()
    bodies = sent_bodies(page)
    question = "Zahlt das Amt die <b>Kaution</b>? "
    page.goto(f"{url}?frage={quote(question + 'x' * 400)}")
    expect(entries(page)).to_have_count(1)
    expect(field(page)).to_have_value((question + "x" * 400)[:300])
    assert [body.get("payload") for body in bodies] == ["s:start"]
    assert page.url == url
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.get_by_role("button", name="Senden").click()
    expect(entries(page)).to_have_count(3)
    assert bodies[1]["text"].startswith("Zahlt das Amt")


def test_question_in_a_link_is_never_a_payload(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    bodies = sent_bodies(page)
    page.goto(f"{host.write()}?frage=t:kaution")
    expect(field(page)).to_have_value("t:kaution")
    expect(entries(page)).to_have_count(1)
    page.get_by_role("button", name="Senden").click()
    expect(entries(page)).to_have_count(3)
    assert {"text": "t:kaution"}.items() <= bodies[1].items()
    assert "payload" not in bodies[1]


@pytest.mark.parametrize("topic", ["gibt_es_nicht", "s:delete", "../x", "<b>"])
def test_link_to_an_unknown_topic_opens_the_greeting(context: BrowserContext, host: Host, topic: str) -> None:
    page = context.new_page()
    bodies = sent_bodies(page)
    page.goto(f"{host.write()}?thema={quote(topic)}")
    expect(entries(page)).to_have_count(1)
    expect(entries(page).last).to_contain_text("kein Mensch")
    assert [body["payload"] for body in bodies] == ["s:start"]


def test_opened_by_a_link_it_announces_itself(context: BrowserContext, host: Host) -> None:
    page = visit(context, host.write())
    page.route(ANSWERS, reply_with({"text": "Hier ist die Antwort."}))
    page.add_init_script(f"addEventListener('DOMContentLoaded', {RECORD_ANNOUNCEMENTS})")
    page.goto(f"{host.write()}?thema=kaution")
    expect(entries(page)).to_have_count(2)
    for sentence in ("Der Chat des Jobcenters ist geöffnet.", "Hier ist die Antwort."):
        page.wait_for_function("words => window.announcements.some((text) => text.includes(words))", arg=sentence)
    expect(page.locator(LIVE_REGION)).to_have_text("", timeout=3000)


def test_on_a_phone_it_becomes_modal_once_somebody_is_in_it(browser: Browser, host: Host) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True)
    page = context.new_page()
    page.goto(f"{host.write()}?thema=kaution")
    expect(entries(page)).to_have_count(2)
    dialog = page.locator("jobcenter-chat dialog")
    assert not dialog.evaluate("node => node.matches(':modal')")
    page.get_by_role("button", name="Mehr", exact=True).tap()
    expect(page.locator("jobcenter-chat .menu")).to_be_visible()
    assert dialog.evaluate("node => node.matches(':modal')")
    assert page.evaluate("document.querySelector('jobcenter-chat').shadowRoot.activeElement.textContent") == "Mehr"
    context.close()
