"""The pages without JavaScript in a real browser: axe, narrow screens, keyboard, paper, the protective policy."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from accessibility import assert_accessible
from chromium import launch_chromium
from playwright.sync_api import Browser, Page, Request, expect

pytestmark = pytest.mark.browser

QUESTION = "Was ist eine Optionskommune?"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "narrow and dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    "zoomed": {"viewport": {"width": 320, "height": 256}},
    "forced colours": {"forced_colors": "active"},
}
Visit = Callable[[Page, str], None]


def open_page(path: str) -> Visit:
    """Open an address."""
    return lambda page, url: _go(page, f"{url}{path}")


def ask(text: str) -> Visit:
    """Ask through the form on the overview."""

    def visit(page: Page, url: str) -> None:
        _go(page, f"{url}/themen")
        page.get_by_label("Schreiben Sie einen Satz oder ein Stichwort").fill(text)
        page.get_by_role("button", name="Antwort suchen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Antwort auf Ihre Frage")

    return visit


def _go(page: Page, address: str) -> None:
    page.goto(address)


STATES: dict[str, Visit] = {
    "overview": open_page("/themen"),
    "topic": open_page("/themen/alleinerziehend"),
    "topic with flows": open_page("/themen/bescheid"),
    "plain": open_page("/themen/regelbedarf?sprache=einfach"),
    "statement": open_page("/barrierefreiheit"),
    "missing": open_page("/gibt/es/nicht"),
    "answer": ask(QUESTION),
    "options": ask("Arbeit Geld Miete Kind"),
    "crisis": ask("Ich will nicht mehr leben"),
    "empty": ask(""),
    "several answers": ask("Zahlt das Amt die Kaution? Wann haben Sie geöffnet?"),
    "flow": ask("Widerspruchsfrist berechnen"),
    "Arabic": ask("أريد تقديم طلب للحصول على المساعدة"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launch_chromium() as browser:
        yield browser


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(browser: Browser, server_url: str, state: str, look: str) -> None:
    context = browser.new_context(bypass_csp=True, **LOOKS[look])
    page = context.new_page()
    STATES[state](page, server_url)
    assert_accessible(page, f"{state}, {look}")
    for fold in page.locator("summary").all():
        fold.click()
        assert_accessible(page, f"{state}, {look}, unfolded")
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0, "scrolls sideways"
    context.close()


@pytest.mark.parametrize("state", STATES)
def test_policy_is_kept_and_no_other_host_is_asked(browser: Browser, server_url: str, state: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    requests: list[Request] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request))
    page.on("console", lambda message: messages.append(message.text))
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))")
    STATES[state](page, server_url)
    page.wait_for_load_state("networkidle")
    assert [message for message in messages if "404 (Not Found)" not in message] == []
    hosts = {urlsplit(request.url).netloc for request in requests if not request.url.startswith("data:")}
    assert hosts == {urlsplit(server_url).netloc}
    assert {request.resource_type for request in requests} <= {"document", "stylesheet", "image", "other"}
    context.close()


def test_structured_data_is_there_and_the_policy_does_not_mind(browser: Browser, server_url: str) -> None:
    page = browser.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.goto(f"{server_url}/themen/kaution")
    data = page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)")
    assert data["@type"] == "FAQPage"
    assert data["mainEntity"][0]["name"] == page.get_by_role("heading", level=1).inner_text()
    assert data["mainEntity"][0]["url"] == f"{server_url}/themen/kaution"
    assert messages == []
    page.close()


def test_keyboard_alone_gets_an_answer_without_javascript(browser: Browser, server_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server_url}/themen")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
    expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="In Einfacher Sprache")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Antwort auf Ihre Frage")
    expect(page.get_by_role("main")).to_contain_text("Landkreis")
    expect(page.get_by_role("main")).to_contain_text("Stand:")
    assert urlsplit(page.url).path == "/themen" and urlsplit(page.url).query == ""
    assert "Optionskommune?" not in page.title()
    page.get_by_role("link", name="Was ist ein kommunales Jobcenter?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was ist ein kommunales Jobcenter?")
    context.close()


def test_chosen_language_stays_through_a_question(browser: Browser, server_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server_url}/themen/kaution")
    page.get_by_role("link", name="In Einfacher Sprache").click()
    expect(page).to_have_url(f"{server_url}/themen/kaution?sprache=einfach")
    page.get_by_role("textbox").fill(QUESTION)
    page.get_by_role("button", name="Antwort suchen").click()
    page.get_by_role("navigation", name="Bereiche").get_by_role("link", name="Alle Themen").click()
    expect(page).to_have_url(f"{server_url}/themen?sprache=einfach")
    page.get_by_role("link", name="In üblicher Sprache").click()
    expect(page).to_have_url(f"{server_url}/themen")
    context.close()


def test_paper_shows_the_answer_and_nothing_to_tap(browser: Browser, server_url: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{server_url}/themen/regelbedarf")
    page.emulate_media(media="print")
    for gone in ("form", "nav >> nth=0", ".switch", ".chat", ".ways", ".flow"):
        expect(page.locator(gone).first).to_be_hidden()
    for kept in ("h1", "article p >> nth=1", ".card", ".origin", ".fetched"):
        expect(page.locator(kept)).to_be_visible()
    colours = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    assert page.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    address = "getComputedStyle(document.querySelector('.links a'), '::after').content"
    assert "https://www.gesetze-im-internet.de/" in page.evaluate(address)
    page.close()


@pytest.mark.parametrize("look", ["light", "narrow"])
def test_targets_are_large_enough(browser: Browser, server_url: str, look: str) -> None:
    context = browser.new_context(**LOOKS[look])
    page = context.new_page()
    for path in ("/themen", "/themen/alleinerziehend", "/gibt/es/nicht"):
        page.goto(f"{server_url}{path}")
        targets = "header a, .switch a, .topics a:visible, .jumps a, .chat a, button, textarea, footer nav a, summary"
        for target in page.locator(targets).all():
            box = target.bounding_box()
            assert box and box["height"] >= 44, target.inner_text()
    context.close()
