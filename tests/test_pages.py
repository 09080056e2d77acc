"""The pages without JavaScript: every answer is there, nothing else is, and a question leaves no trace."""

import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import msgspec
import pytest
from conftest import NOW, FakeInterpreter, predict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_project import SmallProject

from bot.assistant import Assistant
from bot.channels.page_data import SITEMAP, describe_answer
from bot.channels.page_html import shorten
from bot.channels.page_text import split_sections, write_blocks
from bot.channels.pages import MAX_BODY_BYTES, PageChannel
from bot.channels.web import build_web_app
from bot.checks.pages import PAGE_WORDS
from bot.content import Content
from bot.conversations import MemoryStore
from bot.dialogue import CONVERSATION_GROUP
from bot.markup import element, write_page
from bot.models import Button, Decision, FlowMove, Handle, Link, Reply, Turn, UserMessage
from bot.rendering import Renderer
from bot.settings import Settings, SettingsError, load_settings

HOME = "https://chat.example.de"
TEXT = "Frau Muster aus der Testgasse fragt nach der Zahnspange"
CRISIS = "Ich will nicht mehr leben"
VOID = {"meta", "link", "br", "input"}
WORDINGS = {"text": "", "plain": "?sprache=einfach"}


class ParsedPage(HTMLParser):
    """Reads a page strictly: every element is closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.title = ""
        self.data: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag}: attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data
        elif self.open and self.open[-1] == "script":
            self.data.append(data)
        elif "body" in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        """Everything that can be read, with single spaces."""
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Attributes of the elements with this tag and these attributes."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [found for name, found in self.elements if name == tag and wanted.items() <= found.items()]

    def links(self) -> list[str]:
        """Addresses of all links, in order."""
        return [link["href"] or "" for link in self.all("a")]

    def structured(self) -> dict[str, Any]:
        """The structured data."""
        (text,) = self.data
        found: dict[str, Any] = json.loads(text)
        return found


Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="module")
def bot(content: Content) -> tuple[FakeInterpreter, Assistant]:
    """One for all tests: building it takes longer than most of them."""
    interpreter = FakeInterpreter()
    return interpreter, Assistant(content, interpreter.parse, MemoryStore(30, 1000), 2000, lambda: NOW)


@pytest.fixture
def interpreter(bot: tuple[FakeInterpreter, Assistant]) -> FakeInterpreter:
    """The interpreter of the assistant, as good as new."""
    interpreter = bot[0]
    interpreter.prediction, interpreter.seen = predict(("unbekannt", 0.9)), []
    return interpreter


@pytest.fixture
def assistant(bot: tuple[FakeInterpreter, Assistant], interpreter: FakeInterpreter) -> Assistant:
    """The real assistant with a fake interpreter at a fixed moment."""
    return bot[1]


@pytest.fixture
def connect(content: Content, assistant: Assistant) -> Connect:
    """Return a client of a website with the pages, by default with the real content and a fake interpreter."""

    def start(
        handle: Handle = assistant.handle,
        content: Content = content,
        now: datetime = NOW,
        public_url: str = HOME,
        host: str = "test",
    ) -> httpx.AsyncClient:
        async def is_healthy() -> bool:
            return True

        pages = PageChannel(Settings(public_url=public_url), content, handle, lambda: now)
        app = build_web_app(handle, is_healthy, {}, (), pages.routes(), missing_page=pages.show_missing)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{host}")

    return start


@pytest.fixture
async def client(connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    async with connect() as client:
        yield client


async def read(client: httpx.AsyncClient, path: str) -> ParsedPage:
    """Fetch a page that must exist."""
    response = await client.get(path)
    assert response.status_code == 200, path
    return ParsedPage(response.text)


async def ask(client: httpx.AsyncClient, text: str, **more: str) -> ParsedPage:
    """Send the form."""
    response = await client.post("/themen", data={"frage": text, **more})
    assert response.status_code == 200
    page = ParsedPage(response.text)
    assert_headings(page)
    return page


def assert_headings(page: ParsedPage) -> None:
    """One heading of the first level comes first, and no level is left out."""
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def reply_with(turn: Turn) -> Handle:
    """A handle that always returns the same turn."""

    async def handle(message: UserMessage) -> Turn:
        return turn

    return handle


def squeeze(text: str) -> str:
    """A text as it is read on a page: without the marks of points, with single spaces."""
    return " ".join(re.sub(r"^– ", "", text, flags=re.MULTILINE).split())


def read_closely(page: ParsedPage) -> str:
    """What can be read, without the spaces that links bring."""
    return re.sub(r"\s", "", page.text)


# Every answer


@pytest.mark.parametrize("query", WORDINGS.values(), ids=WORDINGS.keys())
async def test_every_answer_is_reached_by_following_links(
    client: httpx.AsyncClient, content: Content, query: str
) -> None:
    waiting, seen = [f"/themen{query}"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        links = (await read(client, path)).links()
        waiting += [url.partition("#")[0] for url in links if url.startswith(("/themen", "/barrierefreiheit"))]
        assert all(url.startswith(("/", "#", "https://", "tel:", "mailto:")) for url in links), path
    topics = {urlsplit(path).path.removeprefix("/themen/") for path in seen}
    assert content.answers.keys() <= topics
    assert "/barrierefreiheit" in {urlsplit(path).path for path in seen}


@pytest.mark.parametrize("wording", WORDINGS)
async def test_every_answer_stands_on_its_page_with_conditions_sources_and_date(
    client: httpx.AsyncClient, content: Content, wording: str
) -> None:
    renderer = Renderer(content, 2000)
    for topic, answer in content.answers.items():
        page = await read(client, f"/themen/{topic}{WORDINGS[wording]}")
        text = read_closely(page)
        expected = [renderer.fill(getattr(answer, wording), NOW.date()), *answer.applies_if]
        expected += [*answer.sources, *(link.title for link in answer.links)]
        expected += [content.topics[name].title for name in answer.next]
        for part in expected:
            assert re.sub(r"\s", "", squeeze(renderer.fill(part, NOW.date()))) in text, (topic, part)
        assert f"Stand: {answer.reviewed:%d.%m.%Y}" in page.text
        assert {link.url for link in answer.links} <= set(page.links())
        assert f"/?thema={topic}" in page.links()
        assert page.title.startswith(content.topics[topic].title)


async def test_every_page_is_well_formed_and_easy_to_find_ones_way_in(
    client: httpx.AsyncClient, content: Content
) -> None:
    paths = ["/themen", "/barrierefreiheit", *(f"/themen/{topic}" for topic in content.answers)]
    for path in [f"{path}{query}" for path in paths for query in WORDINGS.values()]:
        page = await read(client, path)
        assert page.all("html") == [{"lang": "de"}], path
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
        assert_headings(page)
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        assert {link[1:] for link in page.links() if link.startswith("#")} <= set(ids), path
        assert page.links()[0] == "#inhalt"
        labels = [attributes.get("aria-label") for attributes in page.all("nav")]
        assert None not in labels and len(labels) == len(set(labels)), path
        (description,) = page.all("meta", name="description")
        assert 20 < len(description["content"] or "") <= 160, path
        (canonical,) = page.all("link", rel="canonical")
        assert canonical["href"] == HOME + path.partition("?")[0]


async def test_pages_bring_no_script_and_no_style_of_their_own(client: httpx.AsyncClient, content: Content) -> None:
    pages = [await read(client, path) for path in ["/themen", "/barrierefreiheit", "/themen/regelbedarf"]]
    for page in [*pages, await ask(client, CRISIS)]:
        assert all(script == {"type": "application/ld+json"} for script in page.all("script"))
        names = {name for _, attributes in page.elements for name in attributes}
        assert "style" not in names and not any(name.startswith("on") for name in names)
        assert page.all("style") == []
        assert [link["href"] for link in page.all("link", rel="stylesheet")] == ["/pages.css"]


async def test_places_on_the_overview_exist(client: httpx.AsyncClient, content: Content) -> None:
    overview = await read(client, "/themen")
    ids = {attributes.get("id") for _, attributes in overview.elements}
    for topic in content.answers:
        links = (await read(client, f"/themen/{topic}")).links()
        assert {link.partition("#")[2] for link in links if link.startswith("/themen#")} <= ids


async def test_flows_lead_to_what_explains_them(client: httpx.AsyncClient, content: Content) -> None:
    overview = await read(client, "/themen")
    for name, flow in content.flows.items():
        for topic in flow.topics:
            assert flow.title in overview.text
            page = await read(client, f"/themen/{topic}")
            assert f"„{flow.title}“ läuft nur im Chat" in page.text
            others = {f"/themen/{other}" for other in flow.topics if other != topic}
            assert others <= set(page.links()), (name, topic)
    assert content.flows["rueckmeldung"].title not in overview.text


async def test_otherwise_says_where_it_leads(client: httpx.AsyncClient, content: Content) -> None:
    page = await read(client, "/themen/alleinerziehend")
    assert "Bei mir ist es anders: Bedarfsgemeinschaft" in page.text
    assert "Das gilt, wenn Sie erziehen mindestens ein minderjähriges Kind allein." in page.text


async def test_einfache_sprache_stays_chosen(client: httpx.AsyncClient) -> None:
    page = await read(client, "/themen/kaution?sprache=einfach")
    inside = [link for link in page.links() if link.startswith(("/themen", "/barrierefreiheit"))]
    assert len(inside) > 8
    assert {link.partition("#")[0] for link in inside if "?sprache=einfach" not in link} == {"/themen/kaution"}
    assert page.all("input", name="sprache", value="einfach")
    normal = await read(client, "/themen/kaution")
    assert [link for link in normal.links() if "sprache" in link] == ["/themen/kaution?sprache=einfach"]
    strange = await read(client, "/themen/kaution?sprache=x&sprache=%22%3E")
    assert strange.text == normal.text


# Contacts: only what is confirmed


def mark_contacts(content: Content, confirmed: bool | None = None) -> Content:
    """Give every field of every contact card a value of its own that tells whether it is confirmed."""
    contacts = {}
    for key, contact in content.contacts.items():
        fields = {}
        for name in ("phone", "email", "address", "url", "hours"):
            field = getattr(contact, name)
            if field is not None:
                is_confirmed = field.confirmed if confirmed is None else confirmed
                mark = "JA" if is_confirmed else "NEIN"
                value = f"{mark}-{key}-{name}"
                fields[name] = msgspec.structs.replace(field, value=value, confirmed=is_confirmed)
        contacts[key] = msgspec.structs.replace(contact, **fields)
    return msgspec.structs.replace(content, contacts=contacts)


async def test_contact_cards_show_only_confirmed_fields(connect: Connect, content: Content) -> None:
    marked = mark_contacts(content)
    shown = ""
    async with connect(content=marked) as client:
        for path in ["/themen", "/barrierefreiheit", "/gibt/es/nicht", *(f"/themen/{t}" for t in content.answers)]:
            shown += (await client.get(path)).text
    assert "NEIN-" not in shown
    pointers = {content.topics[topic].pointer for topic in content.answers}
    for key in pointers - {None}:
        for name in ("phone", "email", "address", "url"):
            field = getattr(content.contacts[str(key)], name)
            if field is not None and field.confirmed:
                assert f"JA-{key}-{name}" in shown
    assert "JA-jobcenter-hours" in shown


async def test_nothing_of_a_card_is_shown_when_nobody_has_confirmed_it(connect: Connect, content: Content) -> None:
    async with connect(content=mark_contacts(content, confirmed=False)) as client:
        for path in ["/themen", "/barrierefreiheit", "/gibt/es/nicht", "/themen/kontakt"]:
            assert "NEIN-" not in (await client.get(path)).text
        assert "NEIN-" not in (await ask(client, "x")).text


# The day


async def test_values_are_those_of_the_day(connect: Connect, content: Content) -> None:
    value = content.values["regelbedarf_1"][0]
    before = value.from_ - timedelta(days=1)
    texts = {}
    for day in (value.from_, before):
        async with connect(now=NOW.replace(year=day.year, month=day.month, day=day.day)) as client:
            texts[day] = (await read(client, "/themen/regelbedarf")).text
            assert f"{day:%d.%m.%Y}" in texts[day]
    assert value.value in texts[value.from_]
    assert f"alleinstehend oder alleinerziehend: {value.value}" not in texts[before]


async def test_same_channel_changes_with_the_day(content: Content, assistant: Assistant) -> None:
    days = [date(2026, 11, 22), date(2026, 11, 23)]
    pages = PageChannel(Settings(), content, assistant.handle, lambda: datetime.combine(days[0], NOW.timetz()))
    app = build_web_app(assistant.handle, assistant.is_ready, {}, (), pages.routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        sunday = (await read(client, "/themen/kontakt")).text
        days.pop(0)
        monday = (await read(client, "/themen/kontakt")).text
        assert "Heute (Sonntag) ist geschlossen" in sunday
        assert "Heute (Montag) normalerweise" in monday
        assert (await client.get("/themen")).headers["cache-control"] == "no-cache"


async def test_expired_answer_is_neither_shown_nor_indexed(connect: Connect, content: Content) -> None:
    old = msgspec.structs.replace(content.answers["kaution"], valid_until=NOW.date() - timedelta(days=1))
    expired = msgspec.structs.replace(content, answers=content.answers | {"kaution": old})
    async with connect(content=expired) as client:
        page = await read(client, "/themen/kaution")
        overview = await read(client, "/themen")
        sitemap = (await client.get("/sitemap.xml")).text
    assert "nicht mehr aktuell" in page.text
    assert squeeze(old.text)[:60] not in page.text
    assert page.all("meta", name="robots", content="noindex") and page.data == []
    assert "/themen/kaution" in overview.links()
    assert "/themen/kaution" not in overview.data[0]
    assert "/themen/kaution<" not in sitemap and "/themen/umzug<" in sitemap


# A question through the form


async def test_answer_stands_on_the_page(client: httpx.AsyncClient, interpreter: FakeInterpreter) -> None:
    interpreter.prediction = predict(("kaution", 0.95))
    page = await ask(client, "Wer zahlt die Kaution?")
    assert interpreter.seen == ["Wer zahlt die Kaution?"]
    assert "Meist ist es ein Darlehen" in page.text
    assert "Mietkaution" in page.text and "/themen/umzug" in page.links()
    assert "Quelle: § 22" in page.text and "Stand: " in page.text


async def test_einfache_sprache_answers_in_einfacher_sprache(
    client: httpx.AsyncClient, interpreter: FakeInterpreter, content: Content
) -> None:
    interpreter.prediction = predict(("kaution", 0.95))
    page = await ask(client, "Wer zahlt die Kaution?", sprache="einfach")
    assert squeeze(content.answers["kaution"].plain).split(". ")[0] in page.text
    assert "/themen/umzug?sprache=einfach" in page.links()


async def test_options_are_links_to_answers(client: httpx.AsyncClient, interpreter: FakeInterpreter) -> None:
    interpreter.prediction = predict(("kaution", 0.2), ("umzug", 0.19), ("miete", 0.18))
    page = await ask(client, "Wohnung")
    assert {"/themen/kaution", "/themen/umzug", "/themen/miete", "/themen/mensch"} <= set(page.links())
    assert "So geht es weiter" in page.text


async def test_help_in_a_crisis_comes_first(client: httpx.AsyncClient) -> None:
    response = await client.post("/themen", data={"frage": CRISIS})
    page = ParsedPage(response.text)
    main = response.text.partition("<main")[2]
    assert main.index("0800 111 0 111") < main.index("<form")
    assert re.match(r"[^>]*><h1>[^<]*</h1><article class=\"urgent\"><h2>Hilfe sofort</h2>", main)
    assert {"tel:112", "tel:08001110111", "tel:116111"} <= set(page.links())


async def test_possible_crisis_puts_the_numbers_above_the_answer(connect: Connect, content: Content) -> None:
    note = content.crisis["suizid"].note.strip()
    turn = Turn((Reply(note), Reply("Antwort", topic="kaution")), Decision("answered", topic="kaution"))
    async with connect(reply_with(turn)) as client:
        page = await ask(client, "x")
    assert page.text.index("Hilfe sofort") < page.text.index("0800 111 0 111") < page.text.index("Mietkaution")
    assert len(page.all("article", class_="urgent")) == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Ihre Nachricht ist leer"),
        (" \n\t", "Ihre Nachricht ist leer"),
        ("x " * 1001, "zu viel auf einmal"),
        ("wort " * MAX_BODY_BYTES, "zu viel auf einmal"),
        ("ä€😀" * MAX_BODY_BYTES, "zu viel auf einmal"),
        ("Meine IBAN ist DE89 3704 0044 0532 0130 00", "Hinweis zu Ihrem Schutz"),
    ],
    ids=["empty", "blank", "long", "huge", "huge and encoded", "personal"],
)
async def test_unusable_text_is_handled_kindly(client: httpx.AsyncClient, text: str, part: str) -> None:
    page = await ask(client, text)
    assert part in page.text
    assert "/themen/mensch" in page.links() or "06831 444 8000" in page.text


@pytest.mark.parametrize(
    "body",
    [b"", b"frage", b"\xff\xfe=%ff", b"frage=%00%01%ud800", b"&" * 1000, b'{"frage": "x"}', b"frage=a&frage=b"],
)
async def test_strange_form_gets_a_page(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/themen", content=body)
    assert response.status_code == 200
    assert ParsedPage(response.text).all("form", method="post")


async def test_question_leaves_no_trace(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await client.post("/themen", data={"frage": TEXT})
    assert response.headers["cache-control"] == "no-store"
    assert "noindex" in response.text
    for word in ("Muster", "Testgasse", "Zahnspange"):
        assert word not in response.text
        assert word not in caplog.text
    (form,) = ParsedPage(response.text).all("form")
    assert form["method"] == "post" and form["action"] == "/themen#inhalt"


async def test_question_in_the_address_is_not_answered(client: httpx.AsyncClient, interpreter: FakeInterpreter) -> None:
    page = await read(client, "/themen?frage=Kaution")
    assert page.title.startswith("Alle Fragen") and interpreter.seen == []


async def test_each_question_is_a_conversation_of_its_own(connect: Connect) -> None:
    seen: list[UserMessage] = []

    async def handle(message: UserMessage) -> Turn:
        seen.append(message)
        return Turn((Reply("Antwort"),), Decision("answered"))

    async with connect(handle) as client:
        await ask(client, "/t:kontakt")
        await ask(client, "eins", sprache="einfach")
    first, switch, second = seen
    assert (first.channel, first.text, first.payload) == ("page", "/t:kontakt", None)
    assert (switch.text, switch.payload) == ("", "s:plain")
    assert (second.text, second.payload) == ("eins", None)
    assert switch.conversation == second.conversation != first.conversation
    assert all(re.fullmatch(r"page:[\w-]{16,}", message.conversation) for message in seen)


async def test_flow_is_replaced_by_what_explains_it(client: httpx.AsyncClient, content: Content) -> None:
    flow = content.flows["widerspruch_frist"]
    page = await ask(client, flow.title)
    assert f"„{flow.title}“ läuft nur im Chat" in page.text
    assert {f"/themen/{topic}" for topic in flow.topics} <= set(page.links())
    assert squeeze(flow.steps["brief"].text) not in page.text


async def test_flow_without_explanation_leads_to_the_overview(connect: Connect) -> None:
    turn = Turn((Reply("War das hilfreich?"),), Decision("answered", move=FlowMove("rueckmeldung", step="hilfreich")))
    async with connect(reply_with(turn)) as client:
        page = await ask(client, "x")
    assert "War das hilfreich?" not in page.text
    assert page.text.count("Alle Fragen und Antworten") == 1


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("tr", "ltr")])
async def test_card_in_another_language_says_which(
    connect: Connect, content: Content, language: str, direction: str
) -> None:
    decision = Decision("guardrail_language", language=language)
    note = Reply(content.crisis["suizid"].note.strip())
    turn = Turn((note, *Renderer(content, 2000).render(decision, NOW)), decision)
    async with connect(reply_with(turn)) as client:
        page = await ask(client, "x")
    (card,) = page.all("div", lang=language)
    assert card["dir"] == direction
    assert squeeze(content.languages[language])[:40] in page.text


async def test_button_of_no_use_here_disappears(connect: Connect) -> None:
    buttons = (Button("Weg", "s:resume"), Button("Fort", "t:gibt_es_nicht"), Button("Geld", "g:geld"))
    async with connect(reply_with(Turn((Reply("Ja", buttons=buttons),), Decision("answered")))) as client:
        page = await ask(client, "x")
    assert "/themen#geld" in page.links()
    assert "Weg" not in page.text and "Fort" not in page.text


# Escaping

TRICKY = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'\n-–"), max_size=200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(TRICKY | st.sampled_from(["</script><script>alert(1)</script>", "<!--", "]]>", '"><img src=x onerror=a>']))
async def test_any_text_in_a_reply_is_shown_as_text(connect: Connect, text: str) -> None:
    reply = Reply(text, links=(Link(text, "https://example.org/?a=1&b=%22"),), sources=(text,))
    async with connect(reply_with(Turn((reply,), Decision("answered")))) as client:
        page = await ask(client, text)
    tags = {tag for tag, _ in page.elements}
    assert tags <= VOID | set(
        ["html", "head", "title", "body", "header", "main", "footer", "nav", "article", "section", "form"]
    ) | set(["h1", "h2", "h3", "p", "a", "ul", "li", "span", "label", "textarea", "button"])
    expected = re.sub(r"\s", "", f"Quelle: {text}") if text else ""
    assert expected in read_closely(page)


@settings(max_examples=200)
@given(TRICKY | st.sampled_from(["</script><script>alert(1)</script>", "<!--<script>", "]]>"]))
def test_structured_data_cannot_leave_its_element(text: str) -> None:
    data = describe_answer(text, f"{HOME}/x", Reply(text))
    page = ParsedPage(write_page(element("html", element("head", data), lang="de")))
    question = page.structured()["mainEntity"][0]
    assert question["name"] == question["acceptedAnswer"]["text"] == text
    assert [tag for tag, _ in page.elements] == ["html", "head", "script"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.text(max_size=300))
async def test_any_question_gets_a_well_formed_page(connect: Connect, text: str) -> None:
    async with connect() as client:
        response = await client.post("/themen", data={"frage": text.encode("utf-8", "surrogatepass")})
    assert response.status_code == 200
    assert len(ParsedPage(response.text).all("h1")) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
async def test_any_address_gets_a_page(connect: Connect, name: str) -> None:
    async with connect() as client:
        response = await client.get(httpx.URL("http://test/themen/").copy_with(raw_path=b"/themen/" + _quote(name)))
    assert response.status_code in {200, 307, 404}


def _quote(name: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in name.encode()).encode()


# Search engines


async def test_topic_page_carries_its_answer_as_structured_data(client: httpx.AsyncClient, content: Content) -> None:
    renderer = Renderer(content, 2000)
    for topic in ("kaution", "regelbedarf", "krise_suizid"):
        data = (await read(client, f"/themen/{topic}")).structured()
        (question,) = data["mainEntity"]
        assert (data["@context"], data["@type"], data["inLanguage"]) == ("https://schema.org", "FAQPage", "de")
        assert (question["@type"], question["name"]) == ("Question", content.topics[topic].title)
        reply = renderer.render_answer(topic, NOW)
        assert question["acceptedAnswer"]["text"] == reply.text
        assert question["acceptedAnswer"]["url"] == question["url"] == f"{HOME}/themen/{topic}"
        assert question["acceptedAnswer"]["dateModified"] == reply.as_of


async def test_overview_lists_all_questions_as_structured_data(client: httpx.AsyncClient, content: Content) -> None:
    data = (await read(client, "/themen")).structured()
    names = {question["name"] for question in data["mainEntity"]}
    titles = {t.title for t in content.topics.values() if t.group != CONVERSATION_GROUP and t.id in content.answers}
    assert titles <= names
    assert content.topics["danke"].title not in names


async def test_sitemap_lists_pages_that_exist(client: httpx.AsyncClient, content: Content) -> None:
    response = await client.get("/sitemap.xml")
    assert response.headers["content-type"] == "application/xml"
    places = {"s": SITEMAP}
    root = ElementTree.fromstring(response.content)
    urls = [entry.text or "" for entry in root.findall("s:url/s:loc", places)]
    assert len(urls) == len(set(urls)) > 110
    assert {f"{HOME}/themen", f"{HOME}/themen/kaution", f"{HOME}/barrierefreiheit"} <= set(urls)
    for url in urls:
        page = await read(client, url.removeprefix(HOME))
        assert page.all("meta", name="robots") == []
    days = [entry.text or "" for entry in root.findall("s:url/s:lastmod", places)]
    assert all(date.fromisoformat(day) <= NOW.date() for day in days) and days


async def test_robots_names_the_sitemap_and_keeps_questions_out(client: httpx.AsyncClient) -> None:
    response = await client.get("/robots.txt")
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.splitlines()[-1] == f"Sitemap: {HOME}/sitemap.xml"
    assert "Disallow: /*?frage=" in response.text


@pytest.mark.parametrize(
    ("public_url", "host", "expected"),
    [
        ("", "bot.example.de:8443", "http://bot.example.de:8443"),
        ("", "[::1]:8080", "http://[::1]:8080"),
        ("", 'x"><script>', ""),
        ("", "a.de/b", ""),
        ("https://chat.example.de/", "evil.example", "https://chat.example.de"),
        (HOME, 'x"><script>', HOME),
    ],
)
async def test_addresses_are_whole(connect: Connect, public_url: str, host: str, expected: str) -> None:
    async with connect(public_url=public_url) as client:
        response = await client.get("/themen/kaution", headers={"host": host})
        robots = (await client.get("/robots.txt", headers={"host": host})).text
    (canonical,) = ParsedPage(response.text).all("link", rel="canonical")
    assert canonical["href"] == f"{expected}/themen/kaution"
    assert robots.endswith(f"Sitemap: {expected}/sitemap.xml\n")
    assert "evil" not in response.text and "<script>" not in response.text


@pytest.mark.parametrize(
    "url", ["chat.example.de", "http://chat.example.de", "https://", "https://a.de/pfad", 'https://"']
)
def test_public_url_must_be_an_address(url: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL"):
        load_settings({"JOBCENTER_BOT_PUBLIC_URL": url})


@pytest.mark.parametrize(
    "url", ["", "https://chat.example.de", "https://chat.example.de:8443/", "http://127.0.0.1:8080"]
)
def test_public_url_may_be_local_for_trying_out(url: str) -> None:
    assert load_settings({"JOBCENTER_BOT_PUBLIC_URL": url}).public_url == url


# Accessibility statement, wrong addresses, headers


@pytest.mark.parametrize("wording", WORDINGS)
async def test_statement_shows_every_section_and_what_is_open(
    client: httpx.AsyncClient, content: Content, wording: str
) -> None:
    page = await read(client, f"/barrierefreiheit{WORDINGS[wording]}")
    for section in content.statement.values():
        assert section.title in page.text
        assert squeeze(getattr(section, wording)) in page.text
        assert section.gap is None or f"Noch offen: {section.gap}" in page.text
    assert {"tel:068314448000", "mailto:info@jobcenter-saarlouis.de"} <= set(page.links())
    assert page.all("section", id="melden")
    assert page.all("form") == []


@pytest.mark.parametrize("path", ["/gibt/es/nicht", "/themen/gibt_es_nicht", "/themen/%3Cscript%3E"])
async def test_wrong_address_gets_a_kind_page(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    page = ParsedPage(response.text)
    assert response.status_code == 404
    assert "Diese Seite gibt es hier nicht" in page.text
    assert "/themen" in page.links() and page.all("form", method="post")
    assert page.all("meta", name="robots", content="noindex") and not page.all("link", rel="canonical")


@pytest.mark.parametrize("path", ["/api/gibt/es/nicht", "/webhooks/gibt/es/nicht"])
async def test_wrong_address_for_programs_stays_json(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.json()["error"]


@pytest.mark.parametrize(
    "path", ["/themen", "/themen/kaution", "/barrierefreiheit", "/pages.css", "/sitemap.xml", "/robots.txt", "/nichts"]
)
async def test_every_page_is_protected_and_sets_no_cookie(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    assert (await client.head(path)).status_code == (404 if path == "/nichts" else 200)


# Words and checks


def test_code_uses_exactly_the_words_the_checker_asks_for() -> None:
    folder = Path(__file__).resolve().parent.parent / "bot" / "channels"
    source = "".join((folder / f"{name}.py").read_text() for name in ("page_frame", "page_html"))
    used = set(re.findall(r'\bword\(\s*"(\w+)"', source))
    used |= set(re.findall(r'word\("(\w+)" if \w+ is None else "(\w+)"\)', source)[0])
    assert used == PAGE_WORDS


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (
            "_pages",
            "  skip: Wort\n",
            "",
            "[FEHLER] responses/_pages.yml:1: Das Programm braucht noch diese Texte: skip.",
        ),
        ("_pages", "  skip: Wort", "  skip: ''", "skip: Der Text ist leer."),
        ("_pages", "  skip: Wort", '  skip: "{day}"', 'skip: Den Platzhalter "{day}" füllt das Programm hier nicht.'),
        ("_pages", "  skip: Wort", '  skip: "Wort {"', 'skip: Den Platzhalter "{{}" füllt'),
        ("_pages", "  skip: Wort", "  skip: Wort\n  skp: x", '[HINWEIS] responses/_pages.yml:38: Den Text "skp"'),
        ("_statement", "  kontakt:", "  andere:", 'Der Abschnitt "kontakt" fehlt'),
        ("_statement", "text: Rufen Sie an.", 'text: ""', "kontakt: title, text und plain müssen ausgefüllt sein."),
        (
            "_statement",
            "text:",
            'gap: "Die Stelle.", text:',
            "[HINWEIS] responses/_statement.yml:2: kontakt: Vom Betreiber",
        ),
        ("_statement", "text:", "txt:", 'unbekanntes Feld "txt"; gemeint ist wohl "text"'),
    ],
)
def test_checker_finds_faults_in_the_pages(tmp_path: Path, file: str, old: str, new: str, line: str) -> None:
    project = SmallProject(tmp_path)
    assert project.problems() == []
    project.replace(f"responses/{file}.yml", old, new)
    found = [str(problem) for problem in project.problems()]
    assert any(line in entry for entry in found), found


# Text to elements


def write(text: str) -> str:
    return "".join(ElementTree.tostring(block, encoding="unicode", method="html") for block in write_blocks(text))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("Eins.\n\nZwei.", "<p>Eins.</p><p>Zwei.</p>"),
        ("Eins.\nZwei.", "<p>Eins.<br>Zwei.</p>"),
        ("Das:\n– eins\n– zwei\nweiter", "<p>Das:</p><ul><li>eins</li><li>zwei<br>weiter</li></ul>"),
        ("– eins", "<ul><li>eins</li></ul>"),
        ("8–12 Uhr – immer", "<p>8–12 Uhr – immer</p>"),
        ("06831 444 8000.", '<p><a href="tel:068314448000">06831 444 8000</a>.</p>'),
        ("06831 444-8000", '<p><a href="tel:068314448000">06831 444-8000</a></p>'),
        ("Notruf 112, Polizei 110.", '<p>Notruf <a href="tel:112">112</a>, Polizei <a href="tel:110">110</a>.</p>'),
        ("Kinder: 116 111.", '<p>Kinder: <a href="tel:116111">116 111</a>.</p>'),
        ("112 Euro, 110,50 Euro, § 112, 1.110 Euro, 110 %, 0,1 %", None),
        ("Am 01.07.2026 und 2026-11-22, 8.30–12 Uhr, 28,15 Euro, 1104", None),
        ("a@b.de, <b>", '<p><a href="mailto:a@b.de">a@b.de</a>, &lt;b&gt;</p>'),
        (
            "Siehe https://a.de/x?y=1&z.",
            '<p>Siehe <a href="https://a.de/x?y=1&amp;z">https://a.de/x?y=1&amp;z</a>.</p>',
        ),
        ("javascript:alert(1) http://a.de", None),
    ],
)
def test_text_becomes_paragraphs_points_and_links(text: str, html: str | None) -> None:
    assert write(text) == (f"<p>{text}</p>" if html is None else html)


def test_sections_begin_at_their_headings() -> None:
    text = "Eins.\n\nZwei.\n\nDas gilt, wenn:\n– a\n\nKontakt: X\nTelefon: 1\n\nEnde."
    assert split_sections(text, {"Das gilt, wenn:", "Kontakt: X"}) == [
        (None, "Eins.\n\nZwei."),
        ("Das gilt, wenn:", "– a"),
        ("Kontakt: X", "Telefon: 1"),
        (None, "Ende."),
    ]


def test_description_is_cut_between_words() -> None:
    assert shorten("Kurz.\nSo.") == "Kurz. So."
    long = shorten("Ein langes Wort, " * 20)
    assert long.endswith("Wort …") or long.endswith("langes …") or long.endswith("Ein …")
    assert len(long) <= 157
