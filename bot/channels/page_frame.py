"""What every page without JavaScript has around its content: head, navigation, search form, contact, notes."""

from datetime import datetime
from xml.etree.ElementTree import Element

from msgspec import Struct

from bot.channels.page_text import write_lines
from bot.content import Content
from bot.markup import Child, element, write_page
from bot.models import Wording
from bot.rendering import CENTRAL_CONTACT, Renderer

TOPICS = "/themen"
STATEMENT = "/barrierefreiheit"
PRIVACY_TOPIC = "datenschutz"
LANGUAGE = "sprache"
PLAIN = "einfach"
QUESTION = "frage"
MAIN, SEARCH, REPORT = "inhalt", "suche", "melden"
"""Names of places on a page."""


class View(Struct, frozen=True):
    """The circumstances of one request."""

    now: datetime
    wording: Wording = "text"
    base: str = ""
    """Scheme and host of the website; empty where it is not known, which leaves the addresses relative."""
    notices: tuple[str, ...] = ()
    """Banners of this moment."""


class Head(Struct, frozen=True):
    """What browsers and search engines read about a page."""

    title: str
    description: str | None = None
    path: str | None = None
    """Address without language and place; pages without one are not indexed."""
    data: Element | None = None
    """Structured data."""
    is_indexed: bool = True


class Frame:
    """Writes whole pages around their content."""

    def __init__(self, content: Content, renderer: Renderer) -> None:
        self._content = content
        self._renderer = renderer

    def word(self, key: str, **names: str) -> str:
        """Return a word of the pages; names fill {title} and {day}."""
        text = self._content.pages[key]
        return text.format(**names) if "{" in text else text

    def link(self, view: View, path: str, *children: Child, **attributes: str) -> Element:
        """Return a link to one of the pages; whoever reads Einfache Sprache stays in it."""
        page, mark, place = path.partition("#")
        query = f"?{LANGUAGE}={PLAIN}" if view.wording == "plain" else ""
        return element("a", *children, href=f"{page}{query}{mark}{place}", **attributes)

    def switch(self, view: View, path: str) -> Element:
        """Return the link to the same page in the other wording."""
        is_plain = view.wording == "plain"
        title = self._renderer.text("normal_button" if is_plain else "plain_button")
        target = path if is_plain else f"{path}?{LANGUAGE}={PLAIN}"
        return element("p", element("a", title, href=target), class_="switch")

    def search(self, view: View, title: str, level: int = 2) -> Element:
        """Return the form for a question; it is sent as POST, so that no text gets into an address or a log."""
        field = element("textarea", id=QUESTION, name=QUESTION, rows=2, aria_describedby="hinweis", autocomplete="off")
        parts = [
            element(f"h{level}", title),
            element("label", self.word("search_label"), for_=QUESTION),
            field,
            element("p", self.word("search_hint"), id="hinweis", class_="hint"),
            element("button", self.word("search_button"), type="submit"),
        ]
        if view.wording == "plain":
            parts.append(element("input", type="hidden", name=LANGUAGE, value=PLAIN))
        form = element("form", *parts, action=f"{TOPICS}#{MAIN}", method="post", accept_charset="utf-8")
        form.attrib |= {"id": SEARCH, "role": "search"}
        return form

    def write(self, view: View, head: Head, *children: Element) -> str:
        """Return a whole page."""
        main = element("main", *children, id=MAIN, tabindex=-1)
        skip = element("a", self.word("skip"), href=f"#{MAIN}", class_="skip")
        body = element("body", skip, self._header(view), *self._notices(view), main, self._footer(view))
        return write_page(element("html", self._head(view, head), body, lang="de"))

    def _head(self, view: View, head: Head) -> Element:
        parts = [
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", f"{head.title} – {self.word('site_name')}"),
            element("link", rel="icon", href="data:,"),
            element("link", rel="stylesheet", href="/pages.css"),
        ]
        if head.description:
            parts.append(element("meta", name="description", content=head.description))
        if head.path:
            parts.append(element("link", rel="canonical", href=f"{view.base}{head.path}"))
        if head.path is None or not head.is_indexed:
            parts.append(element("meta", name="robots", content="noindex"))
        if head.data is not None:
            parts.append(head.data)
        return element("head", *parts)

    def _header(self, view: View) -> Element:
        entries = [
            self.link(view, TOPICS, self.word("nav_topics")),
            self.link(view, f"{TOPICS}#{SEARCH}", self.word("nav_search")),
            element("a", self.word("nav_chat"), href="/"),
        ]
        menu = element("ul", *(element("li", entry) for entry in entries))
        name = element("p", self.word("site_name"), " ", element("span", self.word("notice")), class_="name")
        return element("header", name, element("nav", menu, aria_label=self.word("nav")))

    def _notices(self, view: View) -> list[Element]:
        if not view.notices:
            return []
        lines = (element("p", *write_lines(text)) for text in view.notices)
        return [element("section", *lines, class_="notices", aria_label=self.word("notices"))]

    def _footer(self, view: View) -> Element:
        contact = self._content.contacts[CENTRAL_CONTACT]
        values = {key: contact.confirmed(key) for key in ("phone", "hours")}
        lines = [self._renderer.text(f"contact_{key}", value=value) for key, value in values.items() if value]
        links = [
            self.link(view, STATEMENT, self.word("accessibility")),
            self.link(view, f"{STATEMENT}#{REPORT}", self.word("report")),
        ]
        if PRIVACY_TOPIC in self._content.answers:
            links.append(self.link(view, f"{TOPICS}/{PRIVACY_TOPIC}", self.word("privacy")))
        return element(
            "footer",
            element("p", *write_lines("\n".join([contact.name, *lines]))),
            element("nav", element("ul", *(element("li", link) for link in links)), aria_label=self.word("footer")),
            element("p", self.word("fetched", day=f"{view.now:%d.%m.%Y}"), class_="fetched"),
        )
