"""What the widget's tests share beyond opening and asking: its menu, its requests, prepared answers."""

import json
from collections.abc import Callable
from typing import Any

from chromium import launcher
from playwright.sync_api import BrowserContext, Locator, Page, Request, Route, expect

QUESTION = "Was ist eine Optionskommune?"
PHONE = "06831 444 8000"
ANSWERS = "**/api/messages"
LIVE_REGION = "jobcenter-chat [role=status]"
RECORD_ANNOUNCEMENTS = """() => {
  window.announcements = [];
  const region = document.querySelector("jobcenter-chat").shadowRoot.querySelector("[role=status]");
  const record = () => region.textContent && window.announcements.push(region.textContent);
  new MutationObserver(record).observe(region, { childList: true, characterData: true, subtree: true });
}"""


def visit(context: BrowserContext, url: str) -> Page:
    """Open a page with the chat still closed."""
    page = context.new_page()
    page.goto(url)
    expect(launcher(page)).to_be_visible()
    return page


def menu_button(page: Page) -> Locator:
    """The button "Mehr" in the header."""
    return page.get_by_role("button", name="Mehr", exact=True)


def use_menu(page: Page, name: str) -> None:
    """Press an entry of the menu."""
    menu_button(page).click()
    page.locator("jobcenter-chat .menu").get_by_role("button", name=name).click()


def field(page: Page) -> Locator:
    """The field for the question."""
    return page.get_by_label("Ihre Frage")


def sent_bodies(page: Page) -> list[dict[str, Any]]:
    """A list that grows with every message the page sends."""
    bodies: list[dict[str, Any]] = []

    def keep(request: Request) -> None:
        if request.url.endswith("/api/messages"):
            bodies.append(json.loads(request.post_data or "{}"))

    page.on("request", keep)
    return bodies


def abort(route: Route) -> None:
    """A route handler for a server that cannot be reached."""
    route.abort()


def reply_with(*replies: dict[str, Any]) -> Callable[[Route], None]:
    """A route handler that answers with these replies."""
    empty: dict[str, Any] = {"buttons": [], "links": [], "sources": [], "as_of": None, "topic": None, "language": None}
    body = {"conversation": "c" * 16, "replies": [empty | reply for reply in replies], "status": "answered"}
    return lambda route: route.fulfill(json=body)
