"""The chat on somebody else's website: it keeps to itself, and the website cannot break it."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from accessibility import AccessibilityTree
from chromium import ask, entries, launcher, open_chat
from conftest import StartServer
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from websites import open_website

from bot.channels.widget_script import build_tag

pytestmark = pytest.mark.browser

QUESTION = "Was ist eine Optionskommune?"
ANSWERS = "**/api/messages"
PAGE = """<!doctype html>
<html lang="de">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  {head}
  <title>Website einer Gemeinde</title>
  <link rel="icon" href="data:,">
  {tag}
</head>
<body><h1>Gemeinde</h1><p>Ein Absatz mit <a href="#">Link</a>.</p></body>
</html>
"""
# Trusted Types as well: innerHTML and the like would be refused.
STRICT_POLICY = (
    "default-src 'none'; script-src 'self' {bot}; connect-src {bot}; style-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
RECORD_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective} ${blockedURI}`));
"""
LOAD_FORBIDDEN_IMAGE = """() => new Promise((resolve) => {
  addEventListener("securitypolicyviolation", resolve, { once: true });
  document.body.append(Object.assign(new Image(), { src: "/x.png" }));
})"""
# What changes the focus without a key, a click or a touch in the same task is nobody's wish.
RECORD_FOCUS = """() => {
  let isGesture = false;
  window.strayFocus = [];
  const begin = () => {
    isGesture = true;
    setTimeout(() => (isGesture = false));
  };
  for (const type of ["keydown", "keyup", "pointerdown", "pointerup", "click"]) addEventListener(type, begin, true);
  const { shadowRoot } = document.querySelector("jobcenter-chat");
  for (const place of [document, shadowRoot]) {
    for (const type of ["focusin", "focusout"]) {
      place.addEventListener(type, ({ target }) => isGesture || window.strayFocus.push(`${type} ${target.tagName}`));
    }
  }
}"""
# Name of the focused element as the tree of the page gives it, through shadow roots.
READ_FOCUS = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (node.id === "input") return "Ihre Frage";
  return (node.getAttribute("aria-label") ?? node.innerText).replace(/\\s+/g, " ").trim();
}"""
RECORD_ANNOUNCEMENTS = """() => {
  window.announcements = [];
  const region = document.querySelector("jobcenter-chat").shadowRoot.querySelector("[role=status]");
  const record = () => region.textContent && window.announcements.push(region.textContent);
  new MutationObserver(record).observe(region, { childList: true, characterData: true, subtree: true });
}"""
HOSTILE = {
    "unset": "* { all: unset; font-size: 40px !important }",
    "large root": "html { font-size: 40px }",
    "hidden elements": "div, p, button, dialog, section, svg, textarea { display: none !important }",
    "rotated": "* { transform: rotate(3deg) !important }",
    "faded": "* { opacity: .5 !important; filter: blur(2px) !important }",
    "spread text": "body { direction: rtl; letter-spacing: 10px; line-height: 5; text-transform: uppercase }",
    "important text": "* { font: italic 900 40px/3 serif !important; color: red !important; text-align: end }",
    "boxes": "* { border: 9px solid white !important; margin: 30px !important; padding: 30px !important }",
}


class Site:
    """A website whose pages are written during the test, and the bot it embeds."""

    def __init__(self, folder: Path, url: str, bot: str) -> None:
        self.folder = folder
        self.url = url
        self.bot = bot

    def write(self, name: str, head: str = "", tag: str | None = None) -> str:
        """Write a page that embeds the chat and return its address."""
        line = tag if tag is not None else f'<script src="{self.bot}/widget.js" defer></script>'
        (self.folder / f"{name}.html").write_text(PAGE.format(head=head, tag=line), encoding="utf-8")
        return f"{self.url}/{name}.html"


@pytest.fixture(scope="module")
def site(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("website")
    with open_website(folder) as url:
        yield Site(folder, url, start_server(allowed_origins=url).url)


def visit(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    expect(launcher(page)).to_be_visible()
    return page


# Keyboard and focus


def expect_focus(page: Page, name: str) -> None:
    """Wait until the element with this name has the focus."""
    page.wait_for_function(f"name => ({READ_FOCUS})() === name", arg=name)


def go_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab or Shift+Tab until the element with this name has the focus."""
    passed = []
    for _ in range(40):
        page.keyboard.press(key)
        passed.append(page.evaluate(READ_FOCUS))
        if passed[-1] == name:
            return
    raise AssertionError(f"{name} is out of reach: {passed}")


def test_keyboard_alone_through_a_whole_conversation(context: BrowserContext, site: Site) -> None:
    page = visit(context, site.write("keyboard"))
    page.evaluate(RECORD_FOCUS)

    go_to(page, "Fragen? Chat öffnen")
    page.keyboard.press("Enter")
    expect_focus(page, "Ihre Frage")
    expect(entries(page)).to_have_count(1)
    expect_focus(page, "Ihre Frage")

    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(3)
    expect(entries(page).last).to_contain_text("zugelassener kommunaler Träger")
    expect_focus(page, "Ihre Frage")

    suggestion = "Vorteile der kommunalen Trägerschaft"
    go_to(page, suggestion, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(5)
    expect_focus(page, f"✓ {suggestion} (gewählt)")

    go_to(page, "Mehr", "Shift+Tab")
    page.keyboard.press("Enter")
    expect_focus(page, "Mehr")
    go_to(page, "Einfache Sprache")
    before = entries(page).count()
    page.keyboard.press("Enter")
    expect_focus(page, "Mehr")
    expect(entries(page).nth(before + 1)).to_contain_text("Einfacher Sprache")
    expect(page.locator("jobcenter-chat .plain")).to_have_attribute("aria-pressed", "true")
    expect_focus(page, "Mehr")

    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect_focus(page, "Mehr")
    expect(page.locator("jobcenter-chat .menu")).to_be_hidden()
    expect(page.locator("jobcenter-chat dialog")).to_be_visible()

    page.keyboard.press("Enter")
    go_to(page, "Gespräch löschen")
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(1)
    expect(entries(page)).to_contain_text("Das Gespräch ist gelöscht.")
    expect_focus(page, "Mehr")

    page.keyboard.press("Escape")
    expect(page.locator("jobcenter-chat dialog")).to_be_hidden()
    expect_focus(page, "Fragen? Chat öffnen")
    assert page.evaluate("window.strayFocus") == []

    page.evaluate("document.querySelector('a').focus()")  # the recorder does notice
    assert page.evaluate("window.strayFocus") != []


def test_failure_does_not_move_the_focus(context: BrowserContext, site: Site) -> None:
    page = visit(context, site.write("failure"))
    page.evaluate(RECORD_FOCUS)
    open_chat(page)
    page.route(ANSWERS, lambda route: route.abort())
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(entries(page).last).to_contain_text("nicht erreichbar")
    context.set_offline(True)
    expect(page.locator("jobcenter-chat .offline")).to_be_visible()
    expect_focus(page, "Ihre Frage")
    assert page.evaluate("window.strayFocus") == []


# Announcements


class Listener:
    """What a screen reader is told; the clock stands still, so that no announcement is missed."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tree = AccessibilityTree(page)

    def hear(self, words: str) -> str:
        """Return what the only live region says once it has these words; then let it fall silent."""
        expect(self._page.locator("jobcenter-chat [role=status]")).to_contain_text(words)
        [region] = self._tree.find_live()
        assert region["role"]["value"] == "status"
        text = self._tree.text_of(region)
        self._page.clock.run_for(5000)
        [region] = self._tree.find_live()
        assert self._tree.text_of(region) == ""
        return text


def test_each_answer_is_announced_exactly_once(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(site.write("announcements"))
    page.clock.pause_at("2100-01-01")
    page.evaluate(RECORD_ANNOUNCEMENTS)
    listener = Listener(page)

    open_chat(page)
    heard = [listener.hear("kein Mensch")]
    ask(page, QUESTION)
    heard.append(listener.hear("zugelassener kommunaler Träger"))
    entries(page).last.get_by_role("button", name="Vorteile der kommunalen Trägerschaft").click()
    expect(entries(page)).to_have_count(5)
    heard.append(listener.hear("Vorschläge"))
    ask(page, QUESTION)
    heard.append(listener.hear("zugelassener kommunaler Träger"))
    page.route(ANSWERS, lambda route: route.abort())
    ask(page, "Wie stelle ich einen Antrag?")
    heard.append(listener.hear("nicht erreichbar"))

    assert "Vorschläge: Leistungen beantragen, Termin vereinbaren" in heard[0]
    assert heard[1] == heard[3], "the same answer is announced again when it comes again"
    assert len(page.evaluate("window.announcements")) == len(heard)


def test_transcript_is_read_in_order_and_is_no_live_region(context: BrowserContext, site: Site) -> None:
    page = visit(context, site.write("transcript"))
    open_chat(page)
    ask(page, QUESTION)
    tree = AccessibilityTree(page)
    [transcript] = [node for node in tree.find("region") if node["name"]["value"] == "Gesprächsverlauf"]
    [region] = tree.find_live()
    assert region["backendDOMNodeId"] != transcript["backendDOMNodeId"]
    text = tree.text_of(transcript)
    parts = ["Digitale Auskunft:", "Guten Tag!", "Sie:", QUESTION, "Digitale Auskunft:", "Eine Optionskommune ist"]
    position = 0
    for part in parts:
        assert part in text[position:]
        position = text.index(part, position) + len(part)
    [dialog] = tree.find("dialog")
    assert dialog["name"]["value"] == "Fragen ans Jobcenter"


# Requests and policies


def test_nothing_but_the_script_is_loaded_before_opening_and_no_other_host_ever(
    context: BrowserContext, site: Site
) -> None:
    requests: list[Request] = []
    context.on("request", lambda request: requests.append(request))
    page = visit(context, site.write("requests"))
    page.wait_for_load_state("networkidle")
    own = {urlsplit(site.url).netloc, urlsplit(site.bot).netloc}
    assert [urlsplit(request.url).path for request in requests if site.bot in request.url] == ["/widget.js"]

    open_chat(page)
    ask(page, QUESTION)
    entries(page).last.get_by_role("button", name="Vorteile der kommunalen Trägerschaft").click()
    expect(entries(page)).to_have_count(5)
    press_in_menu(page, "Einfache Sprache")
    expect(entries(page).last).to_contain_text("Quelle:")
    ask(page, "Wie stelle ich einen Antrag?")
    with page.expect_download():
        press_in_menu(page, "Gespräch herunterladen")
    press_in_menu(page, "Gespräch löschen")
    page.keyboard.press("Escape")
    page.wait_for_load_state("networkidle")
    addresses = [urlsplit(request.url) for request in requests if not request.url.startswith(("data:", "blob:"))]
    assert {address.netloc for address in addresses} == own
    assert not [address for address in addresses if address.query], "no words of a citizen in an address"
    assert {address.path for address in addresses if address.netloc == urlsplit(site.bot).netloc} <= {
        "/widget.js",
        "/api/messages",
        "/api/topics",
    }
    assert not [request for request in requests if "cookie" in request.all_headers()]


def press_in_menu(page: Page, name: str) -> None:
    """Open the menu and press one of its entries."""
    page.get_by_role("button", name="Mehr", exact=True).click()
    page.get_by_role("button", name=name).click()


def test_strict_policy_is_never_violated(context: BrowserContext, site: Site) -> None:
    (site.folder / "record.js").write_text(RECORD_VIOLATIONS, encoding="utf-8")
    policy = f'<meta http-equiv="content-security-policy" content="{STRICT_POLICY.format(bot=site.bot)}">'
    page = visit(context, site.write("policy", head=f'{policy}<script src="record.js"></script>'))
    open_chat(page)
    ask(page, QUESTION)
    press_in_menu(page, "Einfache Sprache")
    expect(entries(page).last).to_contain_text("Quelle:")
    with page.expect_download():
        press_in_menu(page, "Gespräch herunterladen")
    press_in_menu(page, "Gespräch löschen")
    page.keyboard.press("Escape")
    assert page.evaluate("window.violations") == []

    page.evaluate(LOAD_FORBIDDEN_IMAGE)  # the recorder does notice
    assert page.evaluate("window.violations") == [f"img-src {site.url}/x.png"]


def test_tag_with_hash_runs_this_script_and_no_other(context: BrowserContext, site: Site) -> None:
    with urllib.request.urlopen(f"{site.bot}/widget.js") as response:
        script = response.read()
    page = visit(context, site.write("integrity", tag=build_tag(script, site.bot)))
    open_chat(page)
    ask(page, QUESTION)
    expect(entries(page).last).to_contain_text("Quelle:")

    other = context.new_page()
    with other.expect_console_message(lambda message: "integrity" in message.text):
        other.goto(site.write("tampered", tag=build_tag(script + b"\n", site.bot)))
    expect(other.locator("jobcenter-chat")).to_have_count(0)


def test_website_nobody_allowed_gets_phone_and_hours(context: BrowserContext, site: Site) -> None:
    """The browser refuses the answer; people then see how to reach the Jobcenter instead of an empty window."""
    page = visit(context, site.write("stranger").replace("127.0.0.1", "localhost", 1))
    open_chat(page)
    expect(entries(page)).to_contain_text("06831 444 8000")
    expect(entries(page)).to_contain_text("Mo, Di, Do, Fr 8.30–12 Uhr")


def test_page_around_is_left_as_it_was(context: BrowserContext, site: Site) -> None:
    look = """() => ({
      names: Object.keys(window).filter((name) => name !== "customElements").sort(),
      sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
      styles: [...document.querySelectorAll("html, body, h1, p, a")].map((node) => {
        const style = getComputedStyle(node);
        return Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)]));
      }),
      attributes: [...document.documentElement.attributes, ...document.body.attributes].map(({ name }) => name),
      focus: document.activeElement.tagName,
      scroll: scrollY,
    })"""
    plain = context.new_page()
    plain.goto(site.write("without", tag=""))
    expected: dict[str, Any] = plain.evaluate(look)
    page = visit(context, site.write("with"))
    assert page.evaluate(look) == expected
    open_chat(page)
    page.keyboard.press("Escape")
    assert page.evaluate(look) == {**expected, "focus": "JOBCENTER-CHAT"}


# Hostile styles


def photograph(browser: Browser, address: str, **look: Any) -> dict[str, bytes]:
    """Return pictures of the closed and the open chat, cut to the box of the widget."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1000, "height": 800}, **look)
    page = visit(context, address)
    # A style such as `* { display: block }` shows even the title; behind rounded corners it would be seen.
    page.evaluate("document.querySelectorAll('title, h1, body > p').forEach((node) => node.remove())")
    pictures = {"closed": launcher(page).screenshot()}
    launcher(page).click()
    expect(entries(page)).to_have_count(1)
    expect(page.locator("jobcenter-chat .typing")).to_have_count(0)
    pictures["open"] = page.locator("jobcenter-chat dialog").screenshot()
    context.close()
    return pictures


@pytest.fixture(scope="module")
def unharmed(browser: Browser, site: Site) -> dict[str, bytes]:
    """The chat on a page without any style."""
    return photograph(browser, site.write("unharmed"))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_style_changes_no_pixel(
    browser: Browser, site: Site, unharmed: dict[str, bytes], name: str, tmp_path: Path
) -> None:
    (site.folder / "hostile.css").write_text(HOSTILE[name], encoding="utf-8")
    pictures = photograph(browser, site.write("hostile", head='<link rel="stylesheet" href="hostile.css">'))
    for state, picture in pictures.items():
        (tmp_path / f"{state}.png").write_bytes(picture)
        assert picture == unharmed[state], f"{state}: see {tmp_path}"
