"""Banners in the chat and on the pages: seen before anybody types, announced once, closed for this tab; the switch."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accessibility import assert_accessible
from chromium import ask, entries, launcher, open_chat
from conftest import StartServer
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from widget import ANSWERS, LIVE_REGION, PHONE, QUESTION, RECORD_ANNOUNCEMENTS, abort, use_menu, visit

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST, SECOND = "Am 24.12. ist geschlossen.", f"Unter {PHONE} kann es heute länger dauern."
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "zoomed to 400 %": {"viewport": {"width": 320, "height": 256}},
    "forced colours": {"forced_colors": "active"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ROOT / "responses", tmp_path_factory.mktemp("content") / "responses"))


@pytest.fixture(scope="module")
def url(start_server: StartServer, folder: Path) -> str:
    return start_server(responses_dir=str(folder)).url


@pytest.fixture(autouse=True)
def no_notices(folder: Path) -> Iterator[None]:
    yield
    (folder / "_notices.yml").unlink(missing_ok=True)


def put_up(page: Page, folder: Path, *texts: str, off: str | None = None) -> None:
    """Write the file and wait out the second in which nobody looks."""
    entries = [{"text": text, "from": "2000-01-01", "until": "2999-12-31"} for text in texts]
    data = {"notices": entries, "off": None if off is None else {"text": off}}
    (folder / "_notices.yml").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    page.wait_for_timeout(1100)


def strip(page: Page) -> Locator:
    return page.get_by_role("region", name="Aktuelle Hinweise")


def heard(page: Page) -> list[str]:
    announcements: list[str] = page.evaluate("window.announcements")
    return announcements


def test_banner_is_seen_before_anybody_types_and_announced_once(
    context: BrowserContext, url: str, folder: Path
) -> None:
    page = visit(context, url)
    put_up(page, folder, FIRST, SECOND)
    page.evaluate(RECORD_ANNOUNCEMENTS)
    open_chat(page)
    expect(strip(page)).to_contain_text(FIRST)
    expect(strip(page).get_by_role("link", name=PHONE)).to_have_attribute("href", "tel:068314448000")
    expect(page.locator(LIVE_REGION)).to_be_empty()
    (spoken,) = heard(page)
    assert spoken.startswith(f"Hinweis: {FIRST} Hinweis: {SECOND} Guten Tag!")
    ask(page, QUESTION)
    expect(page.locator(LIVE_REGION)).to_be_empty()
    assert FIRST not in heard(page)[-1]
    page.reload()
    page.evaluate(RECORD_ANNOUNCEMENTS)
    launcher(page).click()
    expect(strip(page)).to_contain_text(FIRST)
    ask(page, QUESTION)
    expect(page.locator(LIVE_REGION)).to_be_empty()
    assert FIRST not in " ".join(heard(page))


def test_closed_banner_stays_closed_in_this_tab_and_a_new_one_shows(
    context: BrowserContext, url: str, folder: Path
) -> None:
    page = visit(context, url)
    put_up(page, folder, FIRST)
    open_chat(page)
    strip(page).get_by_role("button", name="Hinweis ausblenden").press("Enter")
    expect(strip(page)).to_be_hidden()
    expect(page.get_by_label("Gesprächsverlauf")).to_be_focused()
    ask(page, QUESTION)
    expect(strip(page)).to_be_hidden()
    use_menu(page, "Gespräch löschen")
    page.reload()
    open_chat(page)
    expect(strip(page)).to_be_hidden()
    put_up(page, folder, FIRST, SECOND)
    ask(page, QUESTION)
    expect(strip(page)).to_contain_text(SECOND)
    expect(strip(page)).not_to_contain_text(FIRST)
    other_tab = visit(context, url)
    open_chat(other_tab)
    expect(strip(other_tab)).to_contain_text(FIRST)


def test_banner_that_is_over_goes_away_with_the_next_reply(context: BrowserContext, url: str, folder: Path) -> None:
    page = visit(context, url)
    put_up(page, folder, FIRST)
    open_chat(page)
    expect(strip(page)).to_be_visible()
    put_up(page, folder)
    ask(page, QUESTION)
    expect(strip(page)).to_be_hidden()


def test_banner_is_text_and_nothing_else(context: BrowserContext, url: str, folder: Path) -> None:
    page = visit(context, url)
    put_up(page, folder, "<img src=x onerror=alert(1)>")
    open_chat(page)
    expect(strip(page)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(strip(page).locator("img")).to_have_count(0)


def test_server_without_banners_and_versions_does_no_harm(context: BrowserContext, url: str) -> None:
    """An older bot behind a newer script."""
    page = visit(context, url)
    reply: dict[str, Any] = {
        "text": "Guten Tag!",
        "buttons": [],
        "links": [],
        "sources": [],
        "as_of": None,
        "topic": None,
    }
    page.route(ANSWERS, lambda route: route.fulfill(json={"conversation": "c" * 16, "replies": [reply]}))
    open_chat(page)
    expect(strip(page)).to_be_hidden()
    page.route("**/api/topics", abort)
    with page.expect_download() as download:
        use_menu(page, "Gespräch herunterladen")
    assert "Programm" not in Path(download.value.path()).read_text(encoding="utf-8").partition("Guten Tag!")[0]


def test_switched_off_bot_answers_as_usual_and_offers_no_retry(context: BrowserContext, url: str, folder: Path) -> None:
    page = visit(context, url)
    put_up(page, folder, off="Die Auskunft macht Pause.")
    open_chat(page)
    ask(page, QUESTION)
    for number in (0, 2):
        expect(entries(page).nth(number)).to_contain_text("Die Auskunft macht Pause.")
        expect(entries(page).nth(number).get_by_role("link", name=PHONE)).to_be_visible()
    expect(page.locator("jobcenter-chat .failure")).to_have_count(0)
    page.get_by_label("Ihre Frage").fill("Ich will nicht mehr leben")
    page.get_by_role("button", name="Senden").click()
    expect(entries(page)).to_have_count(6)
    expect(entries(page).nth(4)).to_contain_text("Notruf 112")
    expect(entries(page).nth(5)).to_contain_text("Die Auskunft macht Pause.")
    use_menu(page, "Gespräch löschen")
    expect(entries(page).last).to_contain_text("gelöscht")


def test_receipt_names_the_versions(context: BrowserContext, url: str) -> None:
    page = visit(context, url)
    open_chat(page)
    health = page.request.get(f"{url}/healthz").json()
    line = f"Programm {health['version']} · Inhalte {health['content']}"
    page.reload()
    launcher(page).click()
    with page.expect_download() as download:
        use_menu(page, "Gespräch herunterladen")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert f" Uhr\n{line}\n\nAllgemeine Auskunft" in text
    page.evaluate("window.print = () => {}")
    use_menu(page, "Gespräch drucken")
    expect(page.locator("jobcenter-chat .receipt")).to_contain_text(line)


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_with_many_long_banners(browser: Browser, url: str, folder: Path, look: str) -> None:
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce", **LOOKS[look])
    page = visit(context, url)
    put_up(page, folder, *(f"{number}. {'Bitte beachten Sie das. ' * 12}" for number in range(3)))
    open_chat(page)
    expect(strip(page)).to_be_visible()
    assert_accessible(page, look)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    share = strip(page).evaluate("node => node.clientHeight / node.closest('dialog').clientHeight")
    assert share <= 0.36 or look == "zoomed to 400 %"  # there the whole window scrolls
    expect(strip(page).get_by_role("button", name="Hinweis ausblenden")).to_be_in_viewport()
    box = strip(page).get_by_role("button", name="Hinweis ausblenden").bounding_box()
    assert box is not None and box["width"] >= 44 and box["height"] >= 44
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_pages_with_a_banner_and_switched_off(
    browser: Browser, url: str, folder: Path, look: str
) -> None:
    context = browser.new_context(bypass_csp=True, **LOOKS[look])
    page = context.new_page()
    for off in (None, "Die Auskunft macht Pause."):
        put_up(page, folder, FIRST, SECOND, off=off)
        page.goto(f"{url}/themen/kaution")
        expect(strip(page)).to_contain_text(FIRST)
        expect(page.get_by_role("heading", level=1)).to_contain_text("abgeschaltet" if off else "Mietkaution")
        assert_accessible(page, f"{look}, {off}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
