"""The page editors look at while they write: an answer in all wordings, and what the checks say."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from msgspec import Struct

from bot.channels.page_frame import View
from bot.channels.page_html import Pages
from bot.content import Content
from bot.markup import Child, element, fold, format_percent, write_page
from bot.models import Button, Problem, Reply, Turn, Wording
from bot.rendering import Renderer

TOPIC, DAY, QUESTION, START = "thema", "tag", "frage", "/"
WORDINGS: dict[Wording, str] = {"text": "Standardsprache", "plain": "Einfache Sprache", "easy": "Leichte Sprache"}
NO_EASY_TEXT = "Noch kein Text. Der Bot zeigt so lange die Einfache Sprache."
EASY_IS_OFF = "Menschen sehen diesen Text noch nicht: Die Zielgruppe hat ihn noch nicht geprüft."
STALE = (
    "Die Trainingssätze haben sich seit dem letzten Training geändert. Gezeigt ist, was der Bot vorher erkannt hat. "
    "Neu trainieren: ./run train"
)
SHOWN_SCORES = 3
LEAST_SCORE = 0.01
SHOWN_FAULTS = 5


class Scene(Struct, frozen=True):
    """Everything one page shows."""

    content: Content | None
    faults: Sequence[Problem]
    """Why the files of this moment cannot be loaded."""
    problems: Sequence[Problem] | None
    """What the last check found; None before the first one is through."""
    is_checking: bool
    failure: str | None
    updated: datetime
    version: int
    topic: str | None
    now: datetime
    today: date
    easy_language: bool
    question: str = ""
    turn: Turn | None = None
    sentence: str | None = None
    is_waiting: bool = False
    is_stale: bool = False


def build_preview(scene: Scene) -> str:
    """Return the whole page."""
    page = _PreviewPage(scene)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{page.title} – Vorschau"),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href="/vorschau.css"),
        element("script", src="/vorschau.js", defer=""),
    )
    skip = element("a", "Zur Antwort springen", href="#vorschau", class_="skip")
    header = element("header", element("h1", "Vorschau für die Redaktion"), page.status())
    main = element("main", *page.columns())
    body = element("body", skip, header, page.faults(), main, data_version=scene.version)
    return write_page(element("html", head, body, lang="de"))


class _PreviewPage:
    """Writes the parts of one page."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        content = scene.content
        topic = content.topics.get(scene.topic or "") if content else None
        self.title = topic.title if topic else "Kein Thema gewählt"

    def status(self) -> Element:
        scene = self._scene
        if scene.failure:
            checked = f"Die Prüfung ist gescheitert ({scene.failure}). Bitte ./run check aufrufen"
        elif scene.problems is None:
            checked = "prüfe zum ersten Mal …"
        else:
            errors = sum(problem.severity == "FEHLER" for problem in scene.problems)
            checked = f"{errors} Fehler, {_count(len(scene.problems) - errors, 'Hinweis', 'Hinweise')}"
            checked += " (vorige Prüfung), prüfe …" if scene.is_checking else ""
        return element("p", f"Stand {scene.updated:%H:%M:%S} Uhr · {checked}", id="stand", role="status")

    def faults(self) -> Element:
        """Return the red box; the place is there without faults too, so that its filling is announced."""
        box = element("div", id="stoerung", role="alert")
        if self._scene.faults:
            shown = "Gezeigt wird der letzte lesbare Stand." if self._scene.content else "Noch ist nichts zu zeigen."
            box.append(element("h2", "So lässt sich der Inhalt nicht laden"))
            box.append(element("p", f"{shown} Bitte beheben und speichern:"))
            box.append(_list_problems(self._scene.faults[:SHOWN_FAULTS]))
            if len(self._scene.faults) > SHOWN_FAULTS:
                box.append(element("p", f"und {len(self._scene.faults) - SHOWN_FAULTS} weitere, siehe ./run check"))
        return box

    def columns(self) -> list[Element]:
        content, scene = self._scene.content, self._scene
        messages = self._messages()
        if content is None:
            return [element("div", id="vorschau", tabindex=-1), messages]
        pages = Pages(content, Renderer(content, 0, scene.easy_language))
        answer = element("section", *self._answer(content, pages), id="vorschau", tabindex=-1, aria_live="off")
        return [self._picker(content), answer, element("div", messages, self._trial(content, pages))]

    # ---- Choose a topic ----

    def _picker(self, content: Content) -> Element:
        """Return the list of all topics; the field above it needs the script and is shown by it."""
        search = element("input", id="suche", type="search", autocomplete="off", aria_controls="liste")
        field = element("div", element("label", "Thema suchen", for_="suche"), search, hidden="", id="suchfeld")
        groups = element("div", id="liste")
        for group in content.groups():
            entries = [self._entry(topic.id, topic.title) for topic in content.topics.values() if topic.group == group]
            title = content.system[f"group_{group}"].text.strip()
            groups.append(element("section", element("h3", title), element("ul", *entries)))
        empty = element("p", "Kein Thema gefunden.", id="nichts", role="status", hidden="")
        nav = element("nav", element("h2", "Themen"), field, empty, groups, id="themen")
        nav.set("aria-label", "Themen")
        return nav

    def _entry(self, topic: str, title: str) -> Element:
        link = element("a", title, " ", element("small", topic), href=self._address(topic))
        if topic == self._scene.topic:
            link.set("aria-current", "page")
        return element("li", link)

    def _address(self, topic: str) -> str:
        scene = self._scene
        day = {DAY: scene.now.date().isoformat()} if scene.now.date() != scene.today else {}
        return f"{START}?{urlencode({TOPIC: topic, **day})}"

    # ---- The answer ----

    def _answer(self, content: Content, pages: Pages) -> list[Element]:
        scene, topic = self._scene, self._scene.topic
        if topic is None or topic not in content.topics:
            return [element("h2", "Dieses Thema gibt es nicht"), element("p", "Bitte wählen Sie eines aus der Liste.")]
        parts = [element("h2", self.title), self._describe(content, topic), self._day_form(topic)]
        if topic not in content.answers:
            return [*parts, element("p", "Zu diesem Thema gibt es noch keine Antwort.", class_="note")]
        if scene.now.date() != scene.today:
            parts.append(element("p", f"So sähe es am {scene.now:%d.%m.%Y} um 12 Uhr aus.", class_="note"))
        if not content.answers[topic].is_valid(scene.now.date()):
            text = "An diesem Tag gilt die Antwort nicht. Das sehen Menschen stattdessen:"
            parts.append(element("p", text, class_="note warning"))
        wordings = (self._wording(content, pages, topic, wording) for wording in WORDINGS)
        return [*parts, element("div", *wordings, class_="wordings")]

    def _describe(self, content: Content, topic: str) -> Element:
        file, line = content.places.get(f"answer:{topic}") or content.places[f"topic:{topic}"]
        parts = [f"Kennung {topic}", f"{file}:{line}"]
        if topic in content.answers:
            answer = content.answers[topic]
            parts += [f"zuständig: {answer.owner}", f"geprüft: {answer.reviewed:%d.%m.%Y}"]
        return element("p", " · ".join(parts), class_="place")

    def _day_form(self, topic: str) -> Element:
        scene = self._scene
        day = element("input", type="date", id=DAY, name=DAY, value=scene.now.date().isoformat(), required="")
        parts: list[Child] = [
            element("label", "Aussehen am", for_=DAY),
            day,
            element("input", type="hidden", name=TOPIC, value=topic),
            element("button", "Anzeigen", type="submit"),
        ]
        if scene.now.date() != scene.today:
            parts.append(element("a", "Zurück zu heute", href=f"{START}?{urlencode({TOPIC: topic})}"))
        return element("form", *parts, action=START, method="get", class_="day")

    def _wording(self, content: Content, pages: Pages, topic: str, wording: Wording) -> Element:
        scene = self._scene
        parts: list[Element] = [element("h3", WORDINGS[wording])]
        if wording == "easy" and not content.answers[topic].easy:
            return element("section", *parts, element("p", NO_EASY_TEXT, class_="note"), class_="wording")
        if wording == "easy" and not scene.easy_language:
            parts.append(element("p", EASY_IS_OFF, class_="note"))
        renderer = Renderer(content, 0, easy_language=scene.easy_language or wording == "easy")
        reply = renderer.render_answer(topic, scene.now, wording)
        return element("section", *parts, self._reply(reply, pages, wording, 4), class_="wording")

    def _reply(self, reply: Reply, pages: Pages, wording: Wording, level: int) -> Element:
        """Return a reply as a message of the chat, with its buttons."""
        body = element("div", *pages.write_reply(reply, View(self._scene.now, wording), level), class_="reply")
        if reply.language:
            body.set("lang", reply.language)
        if reply.buttons:
            body.append(element("ul", *(element("li", self._button(b)) for b in reply.buttons), class_="buttons"))
            body[-1].set("aria-label", "Knöpfe")
        return body

    def _button(self, button: Button) -> Element:
        prefix, _, name = button.payload.partition(":")
        if prefix == "t":
            return element("a", button.title, href=self._address(name))
        return element("span", button.title)

    # ---- Try a question ----

    def _trial(self, content: Content, pages: Pages) -> Element:
        scene = self._scene
        parts = [
            element("label", "Ihre Frage, wie Menschen sie stellen würden", for_=QUESTION),
            element("textarea", scene.question, id=QUESTION, name=QUESTION, rows=2, autocomplete="off"),
            element("input", type="hidden", name=TOPIC, value=scene.topic or ""),
            element("input", type="hidden", name=DAY, value=scene.now.date().isoformat()),
            element("button", "Fragen", type="submit"),
        ]
        form = element("form", *parts, action=f"/{QUESTION}", method="post", id="fragen", accept_charset="utf-8")
        outcome = element("div", *self._outcome(content, pages), id="versuch", aria_live="polite")
        if scene.is_waiting:
            outcome.set("data-wartet", "")
        return element("section", element("h2", "Frage ausprobieren"), form, outcome, class_="trial")

    def _outcome(self, content: Content, pages: Pages) -> list[Element]:
        scene = self._scene
        parts = [element("p", scene.sentence, class_="note")] if scene.sentence else []
        if scene.turn is None:
            return parts
        if scene.is_stale:
            parts.append(element("p", STALE, class_="note warning"))
        parts.append(self._recognised(content, scene.turn))
        return [*parts, *(self._reply(reply, pages, "text", 3) for reply in scene.turn.replies)]

    def _recognised(self, content: Content, turn: Turn) -> Element:
        """Return what the bot made of the question."""
        scores = turn.prediction.intent_ranking[:SHOWN_SCORES] if turn.prediction else ()
        words = [f"Ergebnis: {STATUSES[turn.decision.status]}"]
        known = [score for score in scores if score.name in content.topics and score.confidence >= LEAST_SCORE]
        if known:
            likely = [f"{content.topics[score.name].title} ({format_percent(score.confidence)})" for score in known]
            words.append(f"Am ehesten erkannt: {'; '.join(likely)}")
        return element("p", ". ".join(words) + ".", class_="place")

    # ---- What the checks say ----

    def _messages(self) -> Element:
        aside = element("aside", element("h2", "Meldungen der Prüfung"), id="meldungen", aria_live="off")
        aside.set("aria-label", "Meldungen der Prüfung")
        if self._scene.problems is None:
            aside.append(element("p", "Die erste Prüfung läuft; sie dauert einige Sekunden."))
            return aside
        mine = [problem for problem in self._scene.problems if self._is_about_topic(problem)]
        others = sorted(set(self._scene.problems) - set(mine), key=lambda problem: (problem.severity, problem))
        aside.append(element("h3", f"Zu diesem Thema ({len(mine)})"))
        aside.append(_list_problems(mine) if mine else element("p", "Nichts zu beanstanden."))
        if others:
            aside.append(fold(f"Alles andere ({len(others)})", _list_problems(others)))
            if any(problem.severity == "FEHLER" for problem in others):
                aside[-1].set("open", "")
        return aside

    def _is_about_topic(self, problem: Problem) -> bool:
        """Tell whether a message names the topic, or stands within its answer."""
        content, topic = self._scene.content, self._scene.topic
        if content is None or topic is None:
            return False
        if problem.message.startswith((f"{topic}:", f"{topic}.")) or f'"{topic}"' in problem.message:
            return True
        file, start = content.places.get(f"answer:{topic}", ("", 0))
        starts = [line for key, (where, line) in content.places.items() if where == file and "." not in key]
        end = min((line for line in starts if line > start), default=problem.line + 1)
        return problem.file == file and start <= problem.line < end


STATUSES = {
    "answered": "beantwortet",
    "clarification": "nachgefragt",
    "fallback": "nicht verstanden",
    "handoff": "an einen Menschen verwiesen",
    "own_case": "eigener Fall",
    "guardrail_crisis": "Notlage vermutet",
    "guardrail_personal_data": "persönliche Angaben erkannt",
    "guardrail_language": "andere Sprache",
    "guardrail_input": "nicht lesbar",
    "error": "Fehler im Programm",
}


def _list_problems(problems: Iterable[Problem]) -> Element:
    entries = []
    for problem in problems:
        kind = element(
            "strong", "Fehler" if problem.severity == "FEHLER" else "Hinweis", class_=problem.severity.lower()
        )
        place = element("code", f"{problem.file}:{problem.line}")
        entries.append(element("li", kind, " ", place, " ", problem.message))
    return element("ul", *entries, class_="problems")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
