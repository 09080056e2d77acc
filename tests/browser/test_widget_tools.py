"""What the menu "Mehr" offers, reading aloud, and what happens without a network."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from accessibility import assert_accessible
from chromium import ask, entries, launcher, open_chat
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from widget import ANSWERS, LIVE_REGION, QUESTION, field, menu_button, reply_with, sent_bodies, use_menu, visit

from bot.content import Content

pytestmark = pytest.mark.browser

# Headless Chromium has no voices. This one speaks until it is told to stop or `finish` is called.
VOICES = """(voices) => {
  const spoken = [];
  let current = [];
  const speech = {
    getVoices: () => voices,
    addEventListener: (type, listener) => (window.tellVoices = listener),
    speak: (utterance) => { spoken.push(utterance.text); current.push(utterance); },
    cancel: () => { current = []; window.cancelled = (window.cancelled ?? 0) + 1; },
  };
  Object.defineProperty(window, "speechSynthesis", { value: speech });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  window.spoken = spoken;
  window.voices = voices;
  window.finish = () => current.splice(0).forEach((utterance) => utterance.onend());
}"""
GERMAN = {"lang": "de-DE", "localService": True}
PRINTER = """() => { window.print = () => { window.prints = (window.prints ?? 0) + 1; }; }"""


@pytest.fixture
def page(context: BrowserContext, server_url: str) -> Page:
    """The demo page with the chat open."""
    page = visit(context, server_url)
    open_chat(page)
    return page


def with_script(browser: Browser, script: str, *arguments: Any, **options: Any) -> BrowserContext:
    context = browser.new_context(**options)
    context.add_init_script(f"({script})(...{list(arguments)!r})".replace("True", "true").replace("False", "false"))
    return context


def menu(page: Page) -> Locator:
    return page.locator("jobcenter-chat .menu")


def read_button(page: Page) -> Locator:
    return entries(page).last.locator(".read")


# The menu itself


def test_escape_closes_the_menu_before_the_chat(page: Page) -> None:
    expect(menu_button(page)).to_have_attribute("aria-expanded", "false")
    menu_button(page).focus()
    page.keyboard.press("Enter")
    expect(menu_button(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(menu(page).get_by_role("button", name="Einfache Sprache")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu(page)).to_be_hidden()
    expect(menu_button(page)).to_be_focused()
    expect(menu_button(page)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()


def test_menu_never_hides_what_is_used_next(page: Page) -> None:
    menu_button(page).click()
    field(page).click()
    expect(menu(page)).to_be_hidden()
    menu_button(page).click()
    menu(page).get_by_role("link").last.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Schließen")).to_be_focused()
    expect(menu(page)).to_be_hidden()


def test_menu_leads_to_the_pages_of_the_server(page: Page, server_url: str) -> None:
    menu_button(page).click()
    for name, path in (("Alle Antworten zum Nachlesen", "themen"), ("Erklärung zur Bar", "barrierefreiheit")):
        link = menu(page).get_by_role("link", name=name)
        expect(link).to_have_attribute("href", f"{server_url}/{path}")
        assert page.request.get(f"{server_url}/{path}").status == 200


# Einfache Sprache and text size


def test_plain_language_can_be_switched_on_and_off(page: Page, content: Content) -> None:
    switch = menu(page).get_by_role("button", name="Einfache Sprache")
    ask(page, QUESTION)
    bodies = sent_bodies(page)
    answer = content.answers["optionskommune"]
    for state, payload, text in (("true", "s:plain", answer.plain), ("false", "s:normal", answer.text)):
        before = entries(page).count()
        use_menu(page, "Einfache Sprache")
        expect(menu_button(page)).to_be_focused()
        expect(entries(page).nth(before + 2)).to_contain_text(text.splitlines()[0])
        assert bodies[-1]["payload"] == payload
        menu_button(page).click()
        expect(switch).to_have_attribute("aria-pressed", state)
        page.keyboard.press("Escape")


def test_plain_switch_follows_the_button_below_an_answer(page: Page) -> None:
    ask(page, QUESTION)
    entries(page).last.get_by_role("button", name="In Einfacher Sprache").click()
    expect(entries(page)).to_have_count(6)
    page.reload()
    launcher(page).click()
    menu_button(page).click()
    expect(menu(page).get_by_role("button", name="Einfache Sprache")).to_have_attribute("aria-pressed", "true")


def test_text_size_is_chosen_and_remembered(page: Page) -> None:
    def size() -> float:
        return float(entries(page).last.evaluate("node => parseFloat(getComputedStyle(node).fontSize)"))

    assert size() == 16
    menu_button(page).click()
    for name, expected in (("sehr groß", 23.2), ("groß", 19.2)):
        button = menu(page).get_by_role("button", name=name, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(menu(page).locator(".size[aria-pressed=true]")).to_have_count(1)
        assert size() == pytest.approx(expected)
    page.reload()
    launcher(page).click()
    assert size() == pytest.approx(19.2)
    use_menu(page, "Gespräch löschen")
    menu_button(page).click()
    menu(page).get_by_role("button", name="normal").click()
    assert page.evaluate("sessionStorage.length") == 0


# To take along


def test_download_is_a_dated_text_with_everything_that_was_said(page: Page, content: Content) -> None:
    ask(page, "Zahlt das Amt die Kaution?")
    with page.expect_download() as download:
        use_menu(page, "Gespräch herunterladen")
    today = datetime.now()
    assert download.value.suggested_filename == f"jobcenter-auskunft-{today:%Y-%m-%d}.txt"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    answer = content.answers["kaution"]
    assert text.startswith("Gespräch mit der digitalen Auskunft des Jobcenters im Landkreis Saarlouis\n")
    assert re.search(rf"Datum: {today.day}\. \w+ {today.year} um \d\d:\d\d Uhr\n", text)
    assert "Allgemeine Auskunft ohne Gewähr." in text
    assert "\n\nSie:\nZahlt das Amt die Kaution?\n\nDigitale Auskunft:\nThema: Mietkaution\n" in text
    assert answer.text.splitlines()[0] in text
    assert f"Quelle: {'; '.join(answer.sources)}" in text
    assert f"Stand: {answer.reviewed:%d.%m.%Y}" in text
    for link in answer.links:
        assert f"{link.title}: {link.url}" in text
    expect(page.locator(LIVE_REGION)).to_contain_text("gespeichert")


def test_download_needs_no_titles(page: Page) -> None:
    ask(page, QUESTION)
    page.route("**/api/topics", lambda route: route.abort())
    with page.expect_download() as download:
        use_menu(page, "Gespräch herunterladen")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Thema:" not in text
    assert "Quelle:" in text


@pytest.mark.parametrize("width", [1280, 320])
def test_print_shows_the_whole_transcript_and_nothing_else(browser: Browser, server_url: str, width: int) -> None:
    context = with_script(browser, PRINTER, viewport={"width": width, "height": 640})
    page = visit(context, server_url)
    open_chat(page)
    for _ in range(4):
        ask(page, QUESTION)
    use_menu(page, "Gespräch drucken")
    assert page.evaluate("window.prints") == 1
    page.emulate_media(media="print", color_scheme="dark")
    log = page.locator("jobcenter-chat .log")
    assert log.evaluate("node => node.scrollHeight === node.clientHeight")
    assert page.evaluate("document.documentElement.scrollHeight") > 1500
    assert log.evaluate("node => getComputedStyle(node).color") == "rgb(20, 36, 45)"
    for hidden in ("h1", "jobcenter-chat form", "jobcenter-chat header", "jobcenter-chat .suggestions >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(log.get_by_text("Allgemeine Auskunft ohne Gewähr.")).to_be_visible()
    expect(entries(page).nth(8)).to_be_visible()
    pages = page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n")
    assert pages >= 2
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("h1")).to_be_attached()
    assert page.evaluate("document.adoptedStyleSheets.length") == 0
    is_modal = page.locator("jobcenter-chat dialog").evaluate("node => node.matches(':modal')")
    assert is_modal is (width == 320)
    page.emulate_media(media="print")
    expect(page.locator("jobcenter-chat")).to_be_hidden()
    context.close()


# Help and privacy


def test_barrier_can_be_reported_without_the_server(page: Page, server_url: str) -> None:
    bodies = sent_bodies(page)
    use_menu(page, "Barriere melden")
    card = entries(page).last
    expect(card.get_by_role("link", name="06831 444 8000")).to_have_attribute("href", "tel:068314448000")
    expect(card.locator("a[href^='mailto:']")).to_have_attribute("href", "mailto:info@jobcenter-saarlouis.de")
    statement = card.get_by_role("link", name="Erklärung zur Barrierefreiheit")
    expect(statement).to_have_attribute("href", f"{server_url}/barrierefreiheit#melden")
    assert 'id="melden"' in page.request.get(f"{server_url}/barrierefreiheit").text()
    expect(page.locator(LIVE_REGION)).to_contain_text("womit Sie arbeiten")
    assert bodies == []


def test_privacy_is_asked_as_a_topic(page: Page, content: Content) -> None:
    bodies = sent_bodies(page)
    use_menu(page, "Datenschutz")
    expect(entries(page).last).to_contain_text(content.answers["datenschutz"].text.splitlines()[0])
    assert [body["payload"] for body in bodies] == ["t:datenschutz"]


def test_delete_also_deletes_on_the_server(page: Page) -> None:
    conversation = page.evaluate("JSON.parse(sessionStorage.getItem('jobcenter-chat')).conversation")
    bodies = sent_bodies(page)
    use_menu(page, "Gespräch löschen")
    expect(page.get_by_role("button", name="Neues Gespräch beginnen")).to_be_visible()
    assert bodies == [{"conversation": conversation, "payload": "s:delete"}]
    menu_button(page).click()
    expect(menu(page).get_by_role("button", name="Gespräch herunterladen")).to_be_hidden()


# Reading aloud


def test_reading_aloud_starts_and_stops(browser: Browser, server_url: str) -> None:
    context = with_script(browser, VOICES, [GERMAN])
    page = visit(context, server_url)
    open_chat(page)
    page.route(ANSWERS, reply_with({"text": "Erstens.\n– zweitens\n\nDrittens."}))
    ask(page, "x")
    read_button(page).click()
    expect(read_button(page)).to_have_text("Anhalten")
    assert page.evaluate("spoken") == ["Erstens.", "zweitens", "Drittens."]
    read_button(page).click()
    expect(read_button(page)).to_have_text("Vorlesen")
    assert page.evaluate("cancelled") == 1
    read_button(page).click()
    page.evaluate("finish()")
    expect(read_button(page)).to_have_text("Vorlesen")
    for stop in ("Escape", "Schließen"):
        read_button(page).click()
        expect(read_button(page)).to_have_text("Anhalten")
        if stop == "Escape":
            page.keyboard.press(stop)
        else:
            page.get_by_role("button", name=stop).click()
        launcher(page).click()
        expect(read_button(page)).to_have_text("Vorlesen")
    context.close()


@pytest.mark.parametrize("voice", [None, {"lang": "en-GB", "localService": True}, GERMAN | {"localService": False}])
def test_nothing_is_read_aloud_by_a_foreign_or_remote_voice(
    browser: Browser, server_url: str, voice: dict[str, Any] | None
) -> None:
    context = with_script(browser, VOICES, [voice] if voice else [])
    page = visit(context, server_url)
    open_chat(page)
    expect(read_button(page)).to_be_hidden()
    page.evaluate("voices.push({ lang: 'de_DE', localService: true }); tellVoices()")
    expect(read_button(page)).to_be_visible()
    context.close()


# Other languages, numbers


def test_card_in_another_language_says_so(page: Page, content: Content) -> None:
    ask(page, "Bonjour, comment est-ce que je peux obtenir une aide pour mon loyer ?")
    expect(entries(page).last.locator(".words")).to_have_attribute("lang", "fr")
    for number, (code, text) in enumerate(content.languages.items(), 1):
        page.route(ANSWERS, reply_with({"text": text, "language": code}))
        ask(page, "x")
        words = entries(page).nth(2 + 2 * number).locator(".words")
        expect(words).to_have_attribute("lang", code)
        expect(words).to_have_attribute("dir", "rtl" if code in {"ar", "fa"} else "ltr")
        expect(entries(page).last.locator(".read")).to_have_count(0)


@pytest.mark.parametrize("code", ["ar", "fa", "uk", "ru"])
def test_script_tells_the_language_where_the_server_does_not(page: Page, content: Content, code: str) -> None:
    page.route(ANSWERS, reply_with({"text": content.languages[code]}))
    ask(page, "x")
    expect(entries(page).last.locator(".words")).to_have_attribute("lang", code)


def test_emergency_numbers_and_addresses_can_be_tapped(page: Page) -> None:
    text = "Notruf 112, Polizei: 110.\n– Hilfetelefon 116 016\n\nE-Mail: info@jobcenter-saarlouis.de."
    others = "Mehr: https://bund.example/a_b?c=d. § 115 SGB X, 112 Euro, 1.110 Euro, um 110 % und 112,50 Euro."
    page.route(ANSWERS, reply_with({"text": f"{text}\n{others}"}))
    ask(page, "x")
    links = entries(page).last.locator("a")
    addresses = links.evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    numbers, mail = ["tel:112", "tel:110", "tel:116016"], "mailto:info@jobcenter-saarlouis.de"
    assert addresses == [*numbers, mail, "https://bund.example/a_b?c=d"]


# Without a network


def test_offline_is_said_and_taken_back(page: Page) -> None:
    notice = page.locator("jobcenter-chat .offline")
    expect(notice).to_be_hidden()
    page.context.set_offline(True)
    expect(notice).to_be_visible()
    expect(page.locator(LIVE_REGION)).to_contain_text("Keine Verbindung")
    ask(page, QUESTION)
    expect(page.get_by_role("button", name="Noch einmal")).to_be_visible()
    page.context.set_offline(False)
    expect(notice).to_be_hidden()
    page.get_by_role("button", name="Noch einmal").click()
    expect(entries(page).last).to_contain_text("Landkreis")


def test_failure_leads_to_the_pages_without_a_script(page: Page, server_url: str) -> None:
    page.route(ANSWERS, lambda route: route.abort())
    ask(page, QUESTION)
    link = entries(page).last.get_by_role("link", name="Alle Antworten zum Nachlesen")
    expect(link).to_have_attribute("href", f"{server_url}/themen")


LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_the_tools(browser: Browser, server_url: str, look: str) -> None:
    context = with_script(browser, VOICES, [GERMAN], bypass_csp=True, reduced_motion="reduce", **LOOKS[look])
    held: list[Route] = []
    page = visit(context, server_url)
    open_chat(page)
    menu_button(page).click()
    menu(page).get_by_role("button", name="sehr groß").click()
    assert_accessible(page, "large menu")
    page.keyboard.press("Escape")
    read_button(page).click()
    assert_accessible(page, "reading")
    use_menu(page, "Barriere melden")
    assert_accessible(page, "barrier")
    context.set_offline(True)
    expect(page.locator("jobcenter-chat .offline")).to_be_visible()
    assert_accessible(page, "offline")
    context.set_offline(False)
    page.route(ANSWERS, lambda route: held.append(route))
    field(page).fill("Hallo")
    page.keyboard.press("Enter")
    expect(page.locator("jobcenter-chat .typing")).to_be_visible()
    assert_accessible(page, "waiting")
    context.close()
