"""The pages without JavaScript: overview, one answer, the answer to a question, accessibility statement, not found."""

from collections.abc import Iterable, Sequence
from datetime import date
from xml.etree.ElementTree import Element

from bot.channels.page_data import describe_answer, describe_overview
from bot.channels.page_frame import REPORT, STATEMENT, TOPICS, Frame, Head, View
from bot.channels.page_text import split_sections, write_blocks
from bot.content import Content
from bot.dialogue import CONVERSATION_GROUP, OFFERED_DIALOG_TOPICS
from bot.markup import Child, element, fold
from bot.models import Button, Link, Reply, Turn
from bot.page_content import CONTACT_SECTION
from bot.rendering import FEEDBACK, Renderer

DESCRIPTION_LENGTH = 155
"""Longer descriptions are cut by search engines."""
RIGHT_TO_LEFT = frozenset({"ar", "fa"})


class Pages:
    """Writes every page from the same content and renderer as the chat."""

    def __init__(self, content: Content, renderer: Renderer) -> None:
        self._content = content
        self._renderer = renderer
        self._frame = Frame(content, renderer)
        self._urgent = {text.strip() for kind in content.crisis.values() for text in (kind.text, kind.note)}

    def has(self, topic: str) -> bool:
        """Tell whether there is a page for this topic."""
        return topic in self._content.answers

    def addresses(self, view: View) -> list[tuple[str, str | None]]:
        """Return (address, day of the last review) of every page search engines should know."""
        topics = [name for name in self._content.answers if self._is_indexed(name, view.now.date())]
        pages = [(f"{TOPICS}/{name}", self._content.answers[name].reviewed.isoformat()) for name in topics]
        overview = (TOPICS, self._content.version())
        return [(f"{view.base}{path}", day) for path, day in [overview, *pages, (STATEMENT, None)]]

    # ---- Overview ----

    def write_overview(self, view: View) -> str:
        """Return the list of all answers by group, and the form for a question."""
        word, day = self._frame.word, view.now.date()
        groups = [group for group in self._content.groups() if self._topics_of(group)]
        titles = {group: self._renderer.text(f"group_{group}", view.wording) for group in groups}
        jumps = element("ul", *(element("li", element("a", titles[group], href=f"#{group}")) for group in groups))
        indexed = [name for name in self._content.answers if self._is_indexed(name, day)]
        questions = [(self._content.topics[name].title, f"{view.base}{TOPICS}/{name}") for name in indexed]
        head = Head(
            word("overview_title"),
            word("overview_description"),
            TOPICS,
            describe_overview(f"{view.base}{TOPICS}", questions),
        )
        return self._frame.write(
            view,
            head,
            element("h1", word("overview_title")),
            element("p", word("overview_intro"), class_="intro"),
            self._frame.switch(view, TOPICS),
            self._frame.search(view, word("search_title")),
            element("nav", element("h2", word("groups")), jumps, class_="jumps", aria_label=word("groups")),
            *(self._write_group(group, titles[group], view) for group in groups),
            *self._write_flow_list(view),
        )

    def _write_group(self, group: str, title: str, view: View) -> Element:
        topics = self._topics_of(group)
        section = element("section", element("h2", title), id=group, class_="group")
        if group != CONVERSATION_GROUP:
            section.append(self._list_topics(topics, view))
            return section
        section.append(self._list_topics([name for name in topics if name in OFFERED_DIALOG_TOPICS], view))
        others = self._list_topics([name for name in topics if name not in OFFERED_DIALOG_TOPICS], view)
        section.append(fold(self._frame.word("small_talk"), others))
        return section

    def _write_flow_list(self, view: View) -> list[Element]:
        flows = [name for name, flow in self._content.flows.items() if name != FEEDBACK and flow.topics]
        if not flows:
            return []
        entries = [
            element("li", self._content.flows[name].title, self._list_topics(self._content.flows[name].topics, view))
            for name in flows
        ]
        title = element("h2", self._frame.word("flows_title"))
        return [
            element(
                "section", title, element("p", self._frame.word("flows_intro")), element("ul", *entries), id="rechner"
            )
        ]

    def _topics_of(self, group: str) -> list[str]:
        topics = self._content.topics.values()
        return [topic.id for topic in topics if topic.group == group and topic.id in self._content.answers]

    def _is_indexed(self, topic: str, day: date) -> bool:
        small_talk = self._content.topics[topic].group == CONVERSATION_GROUP and topic not in OFFERED_DIALOG_TOPICS
        return not small_talk and self._content.answers[topic].is_valid(day)

    # ---- One answer ----

    def write_topic(self, topic: str, view: View) -> str:
        """Return the page of one answer."""
        reply = self._renderer.render_answer(topic, view.now, view.wording)
        entry, path, word = self._content.topics[topic], f"{TOPICS}/{topic}", self._frame.word
        is_indexed = self._is_indexed(topic, view.now.date())
        url = f"{view.base}{path}"
        data = describe_answer(entry.title, url, reply) if is_indexed else None
        group = self._frame.link(
            view, f"{TOPICS}#{entry.group}", self._renderer.text(f"group_{entry.group}", view.wording)
        )
        crumbs = element("nav", self._frame.link(view, TOPICS, word("nav_topics")), " › ", group, class_="crumbs")
        crumbs.set("aria-label", word("crumbs"))
        article = element("article", element("h1", entry.title), self._frame.switch(view, path))
        article.extend(self.write_reply(reply, view, level=2))
        return self._frame.write(
            view,
            Head(entry.title, shorten(reply.text), path, data, is_indexed),
            crumbs,
            article,
            *self._write_ways_on(reply.buttons, topic, view, level=2),
            element("p", element("a", word("chat_link"), href=f"/?thema={topic}"), class_="chat"),
            self._frame.search(view, word("search_again")),
        )

    def write_reply(self, reply: Reply, view: View, level: int) -> list[Element]:
        """Return the text of a reply, its links, sources and date."""
        links = self._write_links(reply.links, level)
        return [*self._write_sections(reply.text, view, level), *links, *self._write_origin(reply)]

    def _write_sections(self, text: str, view: View, level: int) -> list[Element]:
        """Return a text with its conditions and its contact card as sections of their own."""
        names = [contact.name for contact in self._content.contacts.values()]
        conditions = self._renderer.text("applies_label", view.wording)
        headings = {conditions, *(self._renderer.text("contact_title", value=name) for name in names)}
        parts: list[Element] = []
        for heading, block in split_sections(text, headings):
            if heading is None:
                parts += write_blocks(block)
                continue
            title = element(f"h{level}", heading.rstrip(":"))
            kind = "conditions" if heading == conditions else "card"
            parts.append(element("section", title, *write_blocks(block), class_=kind))
        return parts

    def _write_links(self, links: Sequence[Link], level: int) -> list[Element]:
        if not links:
            return []
        entries = (element("li", element("a", link.title, href=link.url, rel="noopener")) for link in links)
        title = element(f"h{level}", self._frame.word("links_title"))
        return [element("section", title, element("ul", *entries), class_="links")]

    def _write_origin(self, reply: Reply) -> list[Element]:
        lines: list[Child] = []
        if reply.sources:
            lines.append(f"{self._renderer.text('source_label')}: {'; '.join(reply.sources)}")
        if reply.as_of:
            lines += [element("br")] if lines else []
            lines.append(f"{self._renderer.text('as_of_label')}: {date.fromisoformat(reply.as_of):%d.%m.%Y}")
        return [element("p", *lines, class_="origin")] if lines else []

    def _write_ways_on(self, buttons: Sequence[Button], topic: str | None, view: View, level: int) -> list[Element]:
        """Return what the buttons of a reply lead to, as links; a flow is replaced by what explains it."""
        entries, flows = [], []
        for button in buttons:
            prefix, _, name = button.payload.partition(":")
            if prefix == "t" and name in self._content.answers:
                entries.append(self._frame.link(view, f"{TOPICS}/{name}", self._name_way(button, name)))
            elif prefix == "g" or button.payload == "s:topics":
                place = f"#{name}" if prefix == "g" else ""
                entries.append(self._frame.link(view, f"{TOPICS}{place}", button.title))
            elif prefix == "f" and name in self._content.flows and name != FEEDBACK:
                flows += self._write_flow(name, topic, view)
        if entries:
            title = self._frame.word("result_options" if topic is None else "next_title")
            ways = element("ul", *(element("li", entry) for entry in entries), class_="topics")
            flows.insert(0, element("section", element(f"h{level}", title), ways, class_="ways"))
        return flows

    def _name_way(self, button: Button, topic: str) -> str:
        """Return the words of a link; "Bei mir ist es anders" alone would not say where it leads."""
        title = self._content.topics[topic].title
        return button.title if button.title == title else f"{button.title}: {title}"

    def _write_flow(self, name: str, topic: str | None, view: View) -> list[Element]:
        """Return where a menu or calculator is explained, which needs the chat itself."""
        flow = self._content.flows[name]
        others = [other for other in flow.topics if other != topic and other in self._content.answers]
        if not others:
            return []
        note = element("p", self._frame.word("flow_note", title=flow.title))
        return [element("section", note, self._list_topics(others, view), class_="flow")]

    def _list_topics(self, topics: Iterable[str], view: View) -> Element:
        known = [name for name in topics if name in self._content.answers]
        links = (self._frame.link(view, f"{TOPICS}/{name}", self._content.topics[name].title) for name in known)
        return element("ul", *(element("li", link) for link in links), class_="topics")

    # ---- The answer to a question ----

    def write_result(self, turn: Turn, view: View) -> str:
        """Return the replies to a question; nothing of the question itself is shown."""
        word = self._frame.word
        replies, flow = list(turn.replies), turn.decision.move.flow if turn.decision.move else None
        if flow is not None:
            replies = replies[:-1]  # the last one is the first question of a flow, which needs the chat
        parts = [part for reply in replies for part in self._write_answer(reply, view)]
        if flow is not None:
            parts += self._write_flow(flow, None, view)
        if not parts:
            parts.append(element("p", self._frame.link(view, TOPICS, word("overview_title"))))
        head = Head(word("result_title"))
        again = self._frame.search(view, word("search_again"))
        return self._frame.write(view, head, element("h1", word("result_title")), *parts, again)

    def _write_answer(self, reply: Reply, view: View) -> list[Element]:
        is_urgent = reply.text in self._urgent
        title = self._frame.word("result_urgent") if is_urgent else None
        if title is None and reply.topic in self._content.topics and reply.language is None:
            title = self._content.topics[reply.topic].title
        level = 2 if title is None else 3
        body = self.write_reply(reply, view, level)
        if reply.language is not None:
            direction = "rtl" if reply.language in RIGHT_TO_LEFT else "ltr"
            body = [element("div", *body, lang=reply.language, dir=direction)]
        if title is not None:
            body.insert(0, element("h2", title))
        article = element("article", *body, class_="urgent" if is_urgent else "reply")
        return [article, *self._write_ways_on(reply.buttons, reply.topic, view, level)]

    # ---- Accessibility statement, not found, switched off ----

    def write_statement(self, view: View) -> str:
        """Return the accessibility statement; what nobody has confirmed is marked as open."""
        word = self._frame.word
        parts = [element("h1", word("statement_title")), self._frame.switch(view, STATEMENT)]
        for name, section in self._content.statement.items():
            blocks = write_blocks(section.text if view.wording == "text" else section.plain)
            if name == CONTACT_SECTION:
                blocks += self._write_sections(self._renderer.contact_card(view.now, view.wording), view, level=3)
            if section.gap:
                blocks.append(element("p", element("strong", word("gap")), f" {section.gap}", class_="gap"))
            place = REPORT if name == REPORT else f"erklaerung-{name}"
            parts.append(element("section", element("h2", section.title), *blocks, id=place))
        return self._frame.write(view, Head(word("statement_title"), word("statement_description"), STATEMENT), *parts)

    def write_off(self, text: str, view: View) -> str:
        """Return the page that stands for every answer while the website is switched off."""
        title = self._frame.word("off_title")
        card = self._write_sections(self._renderer.contact_card(view.now, view.wording), view, level=2)
        return self._frame.write(view, Head(title), element("h1", title), *write_blocks(text), *card)

    def write_missing(self, view: View) -> str:
        """Return the page for an address that does not exist."""
        word = self._frame.word
        overview = element("p", self._frame.link(view, TOPICS, word("overview_title")))
        return self._frame.write(
            view,
            Head(word("missing_title")),
            element("h1", word("missing_title")),
            element("p", word("missing_text")),
            overview,
            self._frame.search(view, word("search_title")),
        )


def shorten(text: str) -> str:
    """Return the beginning of a text for search engines, cut between words."""
    line = " ".join(text.split())
    if len(line) <= DESCRIPTION_LENGTH:
        return line
    return f"{line[:DESCRIPTION_LENGTH].rpartition(' ')[0].rstrip(',;:–( ')} …"
