"""A web client for Rasa that nobody here wrote talks to `/webhooks/rest/webhook`, in a browser.

`@scalableminds/chatroom` 0.12.0 (AGPL-3.0) is loaded from the npm registry for this test only and never shipped.
"""

import base64
import hashlib
import io
import json
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StartServer
from playwright.sync_api import Browser, Locator, Page, expect
from websites import open_website

from bot.content import Content

pytestmark = pytest.mark.browser

TARBALL = "https://registry.npmjs.org/@scalableminds/chatroom/-/chatroom-0.12.0.tgz"
# The registry's own checksum (dist.integrity); whatever else comes is not run.
SHA512 = "ZMe7nmv6JIjllraP2SvSy11Q68efbBApHPCY1CyKjI/5go5vrhB4xMDOgk4SrRxm0YKgj37YIHHJvKZcNMEc3A=="
FILES = ("Chatroom.js", "Chatroom.css")
PAGE = """<!doctype html>
<html lang="de">
<meta charset="utf-8">
<title>Fremder Client</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="Chatroom.css">
<div class="chat-container"></div>
<script src="Chatroom.js"></script>
<script>
  const container = document.querySelector(".chat-container");
  new Chatroom({ host: new URLSearchParams(location.search).get("host"), title: "Chat", container }).openChat();
</script>
"""
QUESTION = "Was ist eine Optionskommune?"
ANSWER = "Der Landkreis Saarlouis ist seit 2012 Optionskommune."


@pytest.fixture(scope="module")
def client_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The unchanged files of the client beside a page that starts it as its README says."""
    folder = tmp_path_factory.mktemp("chatroom")
    with tarfile.open(fileobj=io.BytesIO(fetch_tarball(pytestconfig.cache.mkdir("npm")))) as archive:
        for name in FILES:
            member = archive.extractfile(f"package/dist/{name}")
            assert member is not None
            (folder / name).write_bytes(member.read())
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    return folder


def fetch_tarball(cache: Path) -> bytes:
    """Return the pinned package, from the cache of pytest or from the registry; fails on any other content."""
    path = cache / TARBALL.rpartition("/")[2]
    if not path.exists():
        with urllib.request.urlopen(TARBALL, timeout=60) as response:
            path.write_bytes(response.read())
    body = path.read_bytes()
    found = base64.b64encode(hashlib.sha512(body).digest()).decode()
    if found != SHA512:
        path.unlink()
    assert found == SHA512, "Das Paket aus der Registry ist nicht das geprüfte."
    return body


@pytest.fixture(scope="module")
def address(start_server: StartServer, client_folder: Path) -> Iterator[str]:
    """The client on a website of its own, set to our server, which allows this website."""
    with open_website(client_folder) as website:
        yield f"{website}/?host={start_server(allowed_origins=website).url}"


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(address)
    expect(page.locator(".chatroom.open")).to_be_visible()
    yield page
    page.close()


def entries(page: Page) -> Locator:
    """What was said, by either side."""
    return page.locator(".chats .chat:not(.waiting)")


def test_foreign_client_asks_gets_our_answer_and_taps_a_button(page: Page, content: Content) -> None:
    page.locator("input[type=text]").fill(QUESTION)
    with page.expect_response("**/webhooks/rest/webhook") as first:
        page.get_by_role("button", name="Submit").click()
    reply = first.value.json()[0]
    assert reply["text"].startswith("Eine Optionskommune ist ein Landkreis oder eine Stadt")
    expect(entries(page)).to_have_count(2)
    expect(entries(page).first).to_have_text(QUESTION)
    expect(entries(page).last).to_contain_text(ANSWER)

    buttons = page.locator(".chat-button")
    expect(buttons).to_have_text([button["title"] for button in reply["buttons"]])
    title = content.topics["kommunales_jobcenter"].title
    with page.expect_response("**/webhooks/rest/webhook") as second:
        buttons.filter(has_text=title).click()
    assert json.loads(second.value.request.post_data or "{}")["message"] == title
    expect(entries(page)).to_have_count(4)
    expect(entries(page).nth(2)).to_have_text(title)
    answer = second.value.json()[0]["text"]
    assert answer.startswith(content.answers["kommunales_jobcenter"].text[:60])
    expect(entries(page).last).to_contain_text(answer.splitlines()[0])


def test_foreign_client_keeps_its_conversation(page: Page) -> None:
    """The client's own sender id carries the topic on: a bare "Adresse?" asks for that of the last topic."""
    for count, text in ((2, "wohngeld"), (4, "Adresse?")):
        page.locator("input[type=text]").fill(text)
        page.get_by_role("button", name="Submit").click()
        expect(entries(page)).to_have_count(count)
    expect(entries(page).last).to_contain_text("Völklingen")


def test_foreign_client_is_refused_on_a_website_nobody_allowed(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address.replace("127.0.0.1", "localhost", 1))  # the same pages on another origin
    page.locator("input[type=text]").fill(QUESTION)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Submit").click()
    expect(entries(page)).to_have_count(1)
