"""The chat widget in a real browser: keyboard, failure, memory, privacy, accessibility."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from accessibility import assert_accessible
from chromium import ask, entries, launcher, open_chat
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from widget import (
    ANSWERS,
    LIVE_REGION,
    PHONE,
    QUESTION,
    RECORD_ANNOUNCEMENTS,
    abort,
    menu_button,
    reply_with,
    use_menu,
    visit,
)

pytestmark = pytest.mark.browser

STORED = "sessionStorage.length"


@pytest.fixture
def page(context: BrowserContext, server_url: str) -> Page:
    """The demo page with the chat still closed."""
    return visit(context, server_url)


def bad_gateway(route: Route) -> None:
    route.fulfill(status=502, body="<p>Bad Gateway</p>")


# Asking and answering


def test_keyboard_alone_gets_an_answer(page: Page) -> None:
    launcher(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Ihre Frage")).to_be_focused()
    expect(entries(page)).to_have_count(1)
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(3)
    expect(entries(page).last).to_contain_text("Landkreis")
    expect(entries(page).last).to_contain_text("Quelle:")
    expect(entries(page).last).to_contain_text("Stand:")
    expect(page.get_by_label("Ihre Frage")).to_be_focused()
    expect(page.get_by_label("Ihre Frage")).to_have_value("")


def test_shift_enter_begins_a_new_line(page: Page) -> None:
    open_chat(page)
    page.keyboard.type("erste Zeile")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("zweite Zeile")
    expect(page.get_by_label("Ihre Frage")).to_have_value("erste Zeile\nzweite Zeile")
    expect(entries(page)).to_have_count(1)


def test_suggestion_stays_readable_and_works_again(page: Page) -> None:
    open_chat(page)
    ask(page, QUESTION)
    suggestion = entries(page).last.get_by_role("button").first
    title = suggestion.inner_text()
    for count in (5, 7):
        suggestion.click()
        expect(entries(page)).to_have_count(count)
        suggestion = entries(page).nth(2).get_by_role("button").first
        expect(suggestion).to_be_visible()
        expect(suggestion).to_contain_text(title)
        expect(suggestion).to_have_accessible_name(f"{title} (gewählt)")
        expect(entries(page).nth(count - 2)).to_contain_text(title)


def test_html_in_messages_shows_as_text(page: Page) -> None:
    html = '<img src=x onerror="document.title=1"><b>fett</b>'
    open_chat(page)
    page.route(ANSWERS, reply_with({"text": html, "buttons": [{"title": html, "payload": "t:x"}]}))
    ask(page, html)
    expect(entries(page).nth(1)).to_contain_text(html)
    expect(entries(page).nth(2).locator("p").first).to_have_text(html)
    assert page.locator("jobcenter-chat").locator("img, b").count() == 0


def test_reply_shows_points_links_source_and_date(page: Page) -> None:
    open_chat(page)
    links = [
        {"title": "Wortlaut", "url": "https://www.gesetze-im-internet.de/sgb_2/"},
        {"title": "Falle", "url": "javascript:alert(1)"},
    ]
    text = f"Das hilft:\n– anrufen: {PHONE}\n– hingehen\n\nAm 01.07.2026 sind es 0,1 % und 563 Euro."
    page.route(ANSWERS, reply_with({"text": text, "links": links, "sources": ["§ 1", "§ 2"], "as_of": "2026-11-22"}))
    ask(page, "x")
    answer = entries(page).last
    expect(answer.locator(".points li")).to_have_text([f"anrufen: {PHONE}", "hingehen"])
    expect(answer.locator(".points a")).to_have_attribute("href", "tel:068314448000")
    expect(answer.locator("a[href^=tel]")).to_have_count(1)
    link = answer.get_by_role("link", name="Wortlaut (öffnet ein neues Fenster)")
    expect(link).to_have_attribute("rel", "noopener")
    expect(link).to_have_attribute("target", "_blank")
    expect(answer).not_to_contain_text("Falle")
    expect(answer.locator(".small")).to_have_text(["Quelle: § 1; § 2", "Stand: 22.11.2026"])


def test_long_answer_is_shown_from_its_beginning(page: Page) -> None:
    open_chat(page)
    page.route(ANSWERS, reply_with({"text": "\n\n".join(["Ein langer Absatz. " * 12] * 12)}))
    ask(page, "x")
    page.wait_for_timeout(600)
    log = page.locator("jobcenter-chat .log").bounding_box()
    answer = entries(page).last.bounding_box()
    assert log and answer
    assert 0 <= answer["y"] - log["y"] < 40
    assert page.evaluate("scrollY") == 0


def test_waiting_is_shown_without_disabling(page: Page) -> None:
    held: list[Route] = []
    open_chat(page)
    page.route(ANSWERS, lambda route: held.append(route))
    page.get_by_label("Ihre Frage").fill("Hallo")
    send = page.get_by_role("button", name="Senden")
    send.click()
    typing = page.locator("jobcenter-chat .typing")
    expect(typing).to_be_visible()
    expect(typing).to_have_attribute("aria-hidden", "true")
    expect(send).to_have_attribute("aria-disabled", "true")
    assert page.locator("jobcenter-chat [disabled]").count() == 0
    page.get_by_label("Ihre Frage").fill("noch eine Frage")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Ihre Frage")).to_have_value("noch eine Frage")
    assert len(held) == 1
    reply_with({"text": "Da bin ich."})(held[0])
    expect(entries(page).last).to_contain_text("Da bin ich.")
    expect(send).to_have_attribute("aria-disabled", "false")
    expect(typing).to_have_count(0)


def test_empty_and_too_long_text_is_not_sent(page: Page) -> None:
    open_chat(page)
    field = page.get_by_label("Ihre Frage")
    hint = page.locator("jobcenter-chat .hint")
    page.keyboard.press("Enter")
    expect(hint).to_have_text("Bitte schreiben Sie zuerst Ihre Frage.")
    field.fill("x" * 1790)
    expect(hint).to_be_hidden()
    field.fill("x" * 1990)
    expect(hint).to_have_text("10 Zeichen übrig")
    field.fill("x" * 2003)
    page.keyboard.press("Enter")
    expect(hint).to_contain_text("3 Zeichen zu viel")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("x" * 2003)
    expect(entries(page)).to_have_count(1)


# Focus and announcements


def test_escape_returns_focus_to_the_launcher(page: Page) -> None:
    open_chat(page)
    page.keyboard.press("Escape")
    expect(page.locator("jobcenter-chat dialog")).to_be_hidden()
    expect(launcher(page)).to_be_focused()
    expect(launcher(page)).to_have_text("Chat fortsetzen")


def test_full_screen_keeps_the_keyboard_inside(browser: Browser, server_url: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = visit(context, server_url)
    open_chat(page)
    for _ in range(15):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") in {"JOBCENTER-CHAT", "BODY"}
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_label("Ihre Frage").focus()
    page.set_viewport_size({"width": 1000, "height": 700})
    expect(page.get_by_label("Ihre Frage")).to_be_focused()
    page.set_viewport_size({"width": 320, "height": 256})
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()
    context.close()


def test_live_region_speaks_each_answer_once_and_empties(page: Page) -> None:
    open_chat(page)
    expect(page.locator(LIVE_REGION)).to_have_text("", timeout=3000)
    page.evaluate(RECORD_ANNOUNCEMENTS)
    ask(page, QUESTION)
    expect(page.locator(LIVE_REGION)).to_contain_text("Landkreis")
    expect(page.locator(LIVE_REGION)).to_have_text("", timeout=3000)
    assert len(page.evaluate("window.announcements")) == 1
    assert page.locator("jobcenter-chat .log [role=status], jobcenter-chat .log [aria-live]").count() == 0


# Failure


@pytest.mark.parametrize("kind", ["no network", "error page"])
def test_failure_shows_phone_and_retry_loses_nothing(page: Page, kind: str) -> None:
    open_chat(page)
    page.route(ANSWERS, abort if kind == "no network" else bad_gateway)
    ask(page, QUESTION)
    card = entries(page).last
    expect(card).to_contain_text("Mo, Di, Do, Fr 8.30–12 Uhr; Mi 7.30–12 und 13.30–16.30 Uhr")
    expect(card.get_by_role("link", name=PHONE)).to_have_attribute("href", "tel:068314448000")
    expect(entries(page).nth(1)).to_contain_text(QUESTION)
    expect(page.locator(LIVE_REGION)).to_contain_text(PHONE)
    page.unroute(ANSWERS)
    page.get_by_role("button", name="Noch einmal").click()
    expect(entries(page).last).to_contain_text("Landkreis")
    expect(entries(page)).to_have_count(3)
    expect(page.get_by_role("button", name="Noch einmal")).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "JOBCENTER-CHAT"


def test_failure_survives_a_reload(page: Page) -> None:
    open_chat(page)
    page.route(ANSWERS, abort)
    ask(page, QUESTION)
    page.unroute(ANSWERS)
    page.reload()
    launcher(page).click()
    page.get_by_role("button", name="Noch einmal").click()
    expect(entries(page).last).to_contain_text("Landkreis")


def test_error_sentence_of_the_server_is_shown(page: Page) -> None:
    open_chat(page)
    sentence = "Zu viele Nachrichten. Bitte warten Sie eine Minute."
    page.route(ANSWERS, lambda route: route.fulfill(status=429, json={"error": sentence}))
    ask(page, "Hallo")
    expect(entries(page).last).to_contain_text(sentence)
    expect(entries(page).last).to_contain_text(PHONE)


def test_failing_greeting_can_be_retried(page: Page) -> None:
    page.route(ANSWERS, abort)
    open_chat(page)
    page.unroute(ANSWERS)
    page.get_by_role("button", name="Noch einmal").click()
    expect(page.get_by_role("button", name="Noch einmal")).to_have_count(0)
    expect(entries(page)).to_have_count(1)


# Memory


def test_reload_restores_the_transcript_without_a_request(page: Page) -> None:
    open_chat(page)
    ask(page, QUESTION)
    before = entries(page).all_inner_texts()
    conversation = page.evaluate("JSON.parse(sessionStorage.getItem('jobcenter-chat')).conversation")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    launcher(page).click()
    expect(entries(page)).to_have_count(3)
    assert entries(page).all_inner_texts() == before
    assert not [url for url in requests if "/api/" in url]
    with page.expect_request(ANSWERS) as sent:
        ask(page, "Danke")
    assert json.loads(sent.value.post_data or "{}")["conversation"] == conversation


def test_delete_clears_everything(page: Page) -> None:
    open_chat(page)
    ask(page, QUESTION)
    assert page.evaluate(STORED) == 1
    use_menu(page, "Gespräch löschen")
    assert page.evaluate(STORED) == 0
    expect(page.locator("jobcenter-chat .log")).not_to_contain_text(QUESTION)
    with page.expect_request(ANSWERS) as sent:
        page.get_by_role("button", name="Neues Gespräch beginnen").click()
    assert json.loads(sent.value.post_data or "{}") == {"conversation": None, "payload": "s:start"}


def test_delete_while_waiting_drops_the_answer(page: Page) -> None:
    held: list[Route] = []
    open_chat(page)
    page.route(ANSWERS, lambda route: held.append(route))
    page.get_by_label("Ihre Frage").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("jobcenter-chat .typing")).to_be_visible()
    use_menu(page, "Gespräch löschen")
    expect(page.get_by_role("button", name="Senden")).to_have_attribute("aria-disabled", "false")
    page.wait_for_timeout(200)
    expect(entries(page)).to_have_count(1)
    assert page.evaluate(STORED) == 0


# Privacy and embedding


def test_only_own_server_and_nothing_before_opening(context: BrowserContext, server_url: str) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = visit(context, server_url)
    page.wait_for_load_state("networkidle")
    paths = {urlsplit(url).path for url in requests if not url.startswith("data:")}
    assert paths == {"/", "/widget.js", "/demo.css"}
    open_chat(page)
    ask(page, QUESTION)
    page.keyboard.press("Escape")
    hosts = {urlsplit(url).netloc for url in requests if not url.startswith("data:")}
    assert hosts == {urlsplit(server_url).netloc}
    assert complaints == []
    assert context.cookies() == []
    assert page.evaluate("[document.cookie, localStorage.length]") == ["", 0]


def test_page_without_javascript_says_how_to_reach_the_jobcenter(browser: Browser, server_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server_url)
    notice = page.locator("noscript .notice")
    expect(notice).to_contain_text(PHONE)
    expect(notice).to_contain_text("Mo, Di, Do, Fr 8.30–12 Uhr; Mi 7.30–12 und 13.30–16.30 Uhr")
    context.close()


def test_targets_are_large_enough(page: Page) -> None:
    open_chat(page)
    ask(page, QUESTION)
    menu_button(page).click()
    for target in page.locator("jobcenter-chat").locator("button:visible, textarea, .menu a").all():
        box = target.bounding_box()
        assert box and box["width"] >= 44 and box["height"] >= 44, target.inner_text()


# Accessibility


LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "zoomed": {"viewport": {"width": 320, "height": 256}},
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_any_state(browser: Browser, server_url: str, look: str) -> None:
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce", **LOOKS[look])
    page = visit(context, server_url)
    assert_accessible(page, "closed")
    open_chat(page)
    assert_accessible(page, "open")
    menu_button(page).click()
    assert_accessible(page, "menu")
    page.keyboard.press("Escape")
    ask(page, QUESTION)
    assert_accessible(page, "answer")
    entries(page).last.get_by_role("button").first.click()
    expect(entries(page)).to_have_count(5)
    assert_accessible(page, "chosen")
    page.get_by_label("Ihre Frage").fill("x" * 2001)
    page.keyboard.press("Enter")
    assert_accessible(page, "too long")
    page.route(ANSWERS, abort)
    ask(page, "Hallo")
    assert_accessible(page, "failure")
    use_menu(page, "Gespräch löschen")
    assert_accessible(page, "deleted")
    context.close()
