"""Every state of `examples.yml` in the gallery: it is what it claims, and axe finds nothing in any look."""

from typing import Any

import pytest
from accessibility import assert_accessible
from conftest import StartServer
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.channels.gallery import load_examples

pytestmark = pytest.mark.browser

EXAMPLES = load_examples()
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "forced colours": {"forced_colors": "active"},
}


@pytest.fixture(scope="module")
def gallery_url(start_server: StartServer) -> str:
    return f"{start_server(gallery='true').url}/galerie"


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """One context per look; `bypass_csp` lets axe in."""
    return {name: browser.new_context(bypass_csp=True, reduced_motion="reduce", **LOOKS[name]) for name in LOOKS}


def show(context: BrowserContext, address: str) -> Page:
    """Open one example and wait until its state is reached."""
    page = context.new_page()
    page.goto(address)
    expect(page.locator("html[data-example=ready]")).to_be_attached(timeout=15_000)
    return page


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_axe_finds_nothing(contexts: dict[str, BrowserContext], gallery_url: str, name: str, look: str) -> None:
    page = show(contexts[look], f"{gallery_url}/{name}")
    assert_accessible(page, f"{name}, {look}")
    page.close()


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_shows_what_it_claims(browser: Browser, gallery_url: str, name: str) -> None:
    """Under the real policy, and without a word from the browser's console."""
    context = browser.new_context()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = show(context, f"{gallery_url}/{name}")
    example = EXAMPLES[name]
    shown = page.locator("jobcenter-chat section").first
    for words in example.expect:
        expect(shown).to_contain_text(words)
    expect(page.locator("jobcenter-chat dialog")).to_be_visible(visible="open" in example.view)
    expect(page.locator(".criteria li")).to_have_count(len(example.criteria))
    assert complaints == []
    context.close()


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_cut_off_at_320_pixels(contexts: dict[str, BrowserContext], gallery_url: str, name: str) -> None:
    page = show(contexts["narrow"], f"{gallery_url}/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    wide = page.locator("jobcenter-chat").evaluate(
        """(chat) => [...chat.shadowRoot.querySelectorAll("*")]
          .filter((node) => node.getClientRects().length && getComputedStyle(node).clipPath === "none")
          .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5 ||
            node.getBoundingClientRect().left < -0.5)
          .map((node) => `${node.tagName}.${node.className}`)"""
    )
    assert wide == []
    page.close()


def test_overview_shows_every_example_in_a_frame_and_keeps_the_focus(browser: Browser, gallery_url: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(gallery_url)
    frames = page.locator("iframe")
    expect(frames).to_have_count(len(EXAMPLES))
    expect(page.locator("iframe:not([inert])")).to_have_count(len(EXAMPLES), timeout=30_000)
    for name, example in EXAMPLES.items():
        chat = page.frame_locator(f"#{name} iframe").locator("jobcenter-chat section").first
        for words in example.expect:
            expect(chat).to_contain_text(words)
    assert page.evaluate("document.activeElement === document.body && scrollY === 0")
    assert_accessible(page, "overview")
    context.close()


def test_overview_works_under_its_own_policy(browser: Browser, gallery_url: str) -> None:
    context = browser.new_context()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    page = context.new_page()
    page.goto(gallery_url)
    expect(page.locator("iframe:not([inert])")).to_have_count(len(EXAMPLES), timeout=30_000)
    assert complaints == []
    context.close()


def test_gallery_is_off_unless_asked_for(browser: Browser, server_url: str) -> None:
    page = browser.new_page()
    answers = [page.goto(f"{server_url}{path}") for path in ("/galerie", "/galerie/antwort", "/galerie.js")]
    assert [answer and answer.status for answer in answers] == [404, 404, 404]
    page.close()
