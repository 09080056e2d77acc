"""Chromium for the browser tests, and the few handgrips all of them share."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def launch_chromium() -> Iterator[Browser]:
    """Run Chromium until the end of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        yield browser
        browser.close()


def launcher(page: Page) -> Locator:
    """The button that opens the chat."""
    return page.locator("jobcenter-chat .launcher")


def entries(page: Page) -> Locator:
    """Everything said so far, without the indicator "schreibt …"."""
    return page.locator("jobcenter-chat .log > ol > li:not(.typing)")


def open_chat(page: Page) -> None:
    """Open the chat and wait for the greeting."""
    launcher(page).click()
    expect(entries(page)).to_have_count(1)


def ask(page: Page, text: str) -> None:
    """Send a typed message and wait for the entry that follows it."""
    before = entries(page).count()
    page.get_by_label("Ihre Frage").fill(text)
    page.get_by_role("button", name="Senden").click()
    expect(entries(page)).to_have_count(before + 2)
