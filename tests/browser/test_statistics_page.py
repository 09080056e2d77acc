"""The statistics in a real browser: axe, narrow screens, forced colours, paper, the protective policy, the log-in."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from accessibility import assert_accessible
from conftest import StartServer
from playwright.sync_api import Browser, Page, Request, expect
from statistics_data import make_counts, write_counts
from store_tools import KEY

from bot.content import Content
from bot.hours import local_now

pytestmark = pytest.mark.browser

TOKEN = "statistik-0123456789"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "narrow and dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}
PAGES = {
    "90 days": "tage=90",
    "a year": "tage=365",
    "nothing counted": "von=2020-01-01&bis=2020-01-31",
    "wrong": "tage=0",
}


@pytest.fixture(scope="module")
def url(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory, content: Content) -> str:
    """A running bot that has counted for 90 days."""
    folder: Path = tmp_path_factory.mktemp("statistics")
    database = f"sqlite:///{folder}/state.db"
    write_counts(database, make_counts(content.answers, local_now().date() - timedelta(days=1), 90, 120))
    return start_server(database_url=database, secret_key=KEY.decode(), statistics_token=TOKEN).url


def open_page(browser: Browser, url: str, query: str = "tage=90", **look: Any) -> Page:
    """Open the page with the token."""
    context = browser.new_context(http_credentials={"username": "redaktion", "password": TOKEN}, **look)
    page = context.new_page()
    page.goto(f"{url}/statistik?{query}")
    return page


@pytest.mark.parametrize(
    ("name", "look"),
    [(name, look) for name in PAGES for look in LOOKS if name == "90 days" or look in {"light", "narrow and dark"}],
)
def test_axe_finds_nothing(browser: Browser, url: str, name: str, look: str) -> None:
    page = open_page(browser, url, PAGES[name], bypass_csp=True, **LOOKS[look])
    assert_accessible(page, f"{name}, {look}")
    for fold in page.locator("summary").all():
        fold.click()
    assert_accessible(page, f"{name}, {look}, unfolded")
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0, "scrolls sideways"
    ends = page.locator("svg text").evaluate_all("nodes => nodes.map((n) => n.getBoundingClientRect().right)")
    assert max(ends, default=0) <= page.evaluate("innerWidth"), "words are cut off"
    page.context.close()


@pytest.mark.parametrize("look", ["light", "narrow"])
def test_targets_are_large_enough(browser: Browser, url: str, look: str) -> None:
    page = open_page(browser, url, **LOOKS[look])
    for target in page.locator("nav a, .presets a, .download a, input, button, summary").all():
        box = target.bounding_box()
        assert box and box["height"] >= 44, target.inner_text()
    page.context.close()


def test_policy_is_kept_nothing_is_stored_and_no_other_host_is_asked(browser: Browser, url: str) -> None:
    page = browser.new_context(http_credentials={"username": "", "password": TOKEN}).new_page()
    requests: list[Request] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request))
    page.on("console", lambda message: messages.append(message.text))
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))")
    page.goto(f"{url}/statistik")
    page.get_by_role("link", name="90 Tage").click()
    expect(page.get_by_role("link", name="90 Tage")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Anzeigen").click()
    page.wait_for_load_state("networkidle")
    assert [message for message in messages if "401" not in message] == []
    assert {urlsplit(request.url).netloc for request in requests if not request.url.startswith("data:")} == {
        urlsplit(url).netloc
    }
    assert {request.resource_type for request in requests} <= {"document", "stylesheet", "image", "other"}
    assert not any(TOKEN in request.url for request in requests)
    assert page.context.cookies() == []
    page.context.close()


def test_download_keeps_the_period(browser: Browser, url: str) -> None:
    page = open_page(browser, url, "tage=7")
    with page.expect_download() as download:
        page.get_by_role("link", name="Zahlen für Excel (CSV)").click()
    yesterday = local_now().date() - timedelta(days=1)
    first = yesterday - timedelta(days=6)
    assert download.value.suggested_filename == f"statistik-{first}-bis-{yesterday}.csv"
    assert Path(download.value.path()).read_bytes().startswith(b"\xef\xbb\xbfBereich;")
    page.context.close()


def test_wrong_password_shows_what_is_needed(browser: Browser, url: str) -> None:
    page = browser.new_context(http_credentials={"username": "x", "password": "falsch"}).new_page()
    answer = page.goto(f"{url}/statistik")
    assert answer is not None and answer.status == 401
    expect(page.get_by_role("alert")).to_contain_text("JOBCENTER_BOT_STATISTICS_TOKEN")
    page.context.close()


def test_paper_is_black_on_white_and_keeps_the_plots(browser: Browser, url: str) -> None:
    page = open_page(browser, url, color_scheme="dark")
    page.get_by_text("Tabelle: Nachrichten je Tag").click()
    page.emulate_media(media="print")
    for gone in ("form", "nav", ".presets", ".download"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("svg").first).to_be_visible()
    expect(page.locator("table").first).to_be_visible()
    colours = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    assert page.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.context.close()
