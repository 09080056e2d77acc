"""Checks of the answers: length, form, placeholders, facts, links, sources and days of validity."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from bot.checks.facts import OTHER_NUMBERS, find_facts
from bot.checks.project import Project, Severity, list_names
from bot.checks.system_texts import check_system_texts
from bot.content import Answer
from bot.hours import BERLIN
from bot.models import Problem, Wording
from bot.rendering import Renderer

MAX_TEXT = 700
WORDINGS: tuple[Wording, ...] = ("text", "plain", "easy")
MAX_REPLY = 4096
"""What Telegram delivers in one message."""
REVIEW_INTERVAL = timedelta(days=365)
NOTICE = timedelta(days=30)

_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_URL = re.compile(r"https?://[^\s)]+")
_MARKUP = {
    "Markdown": re.compile(
        r"\*\*|`|(?<!\w)(\*|_{1,2})\w[^*_\n]*\1(?!\w)|^#{1,6} |^\s*[*+-] |\[[^\]\n]+\]\([^)\n]+\)", re.M
    ),
    "HTML": re.compile(r"</?[a-z][^<>\n]*>|&(?:#\d+|[a-z]+);", re.I),
}


def iterate_versions(answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield field name and text of every version an answer has."""
    yield "text", answer.text
    yield "plain", answer.plain
    if answer.easy is not None:
        yield "easy", answer.easy


def check_length(project: Project) -> Iterator[Problem]:
    """Texts are short enough to be read and to be sent."""
    for topic, answer in project.content.answers.items():
        for field, text in iterate_versions(answer):
            if not text:
                yield project.problem(f"answer:{topic}.{field}", f"{topic}: {field} ist leer.")
        size = len(project.fill(answer.text))
        if size > MAX_TEXT:
            message = f"{topic}: text hat {size} Zeichen; höchstens {MAX_TEXT}."
            yield project.problem(f"answer:{topic}.text", message)


def check_rendered_length(project: Project) -> Iterator[Problem]:
    """A reply with contact card, links and sources fits one message."""
    if any(True for _ in check_system_texts(project)):
        return  # the renderer needs them; what is missing is reported already
    renderer = Renderer(project.content, max_length=0, easy_language=True)
    for topic, answer in project.content.answers.items():
        if not {topic, *answer.next} <= project.content.topics.keys():
            continue  # reported as a wrong reference
        day = max(answer.valid_from or date.min, min(project.today, answer.valid_until or date.max))
        for wording in WORDINGS:
            reply = renderer.render_answer(topic, datetime.combine(day, time(12), BERLIN), wording)
            links = [f"{link.title}: {link.url}" for link in reply.links]
            size = len("\n\n".join([reply.text, *links, *reply.sources]))
            if size > MAX_REPLY:
                message = f"{topic}: Mit Kontakt, Links und Quellen {size} Zeichen; höchstens {MAX_REPLY}."
                yield project.problem(f"answer:{topic}.{wording}", message)


def check_form(project: Project) -> Iterator[Problem]:
    """Nothing but plain text: no Markdown, HTML or emoji, which no channel would show as meant."""
    for place, label, text in _iterate_texts(project):
        found = find_markup(text)
        if found:
            message = f'{label}: Der Text enthält {" und ".join(found)}. Listen beginnen mit "– ".'
            yield project.problem(place, message)


def find_markup(text: str) -> list[str]:
    """Return the German names of everything in a text that is not plain text."""
    rest = _URL.sub("Adresse", text)
    found = [name for name, pattern in _MARKUP.items() if pattern.search(rest)]
    if any(unicodedata.category(char) == "So" and char not in "°©®" for char in rest):
        found.append("Emoji")
    return found


def _iterate_texts(project: Project) -> Iterator[tuple[str, str, str]]:
    content = project.content
    for topic, answer in content.answers.items():
        for field, text in iterate_versions(answer):
            yield f"answer:{topic}.{field}", f"{topic}.{field}", text
    for key, entry in content.system.items():
        yield f"system:{key}", key, f"{entry.text}\n{entry.plain}"
    for key, kind in content.crisis.items():
        yield f"crisis:{key}", key, kind.text
    for key, contact in content.contacts.items():
        yield f"contacts:{key}", key, f"{contact.name}\n{contact.note or ''}"


def check_placeholders(project: Project) -> Iterator[Problem]:
    """Every {name} in an answer has a value today."""
    for topic, answer in project.content.answers.items():
        for field, text in iterate_versions(answer):
            place = f"answer:{topic}.{field}"
            names = {match[1] for match in _BRACES.finditer(text)}
            if None in names:
                yield project.problem(place, f"{topic}: In {field} steht eine einzelne geschweifte Klammer.")
            named = sorted(name for name in names if name is not None)
            unknown = [name for name in named if name not in project.content.values]
            if unknown:
                message = f"{topic}: {field} nennt {list_names(unknown)}; das steht nicht in _values.yml."
                yield project.problem(place, message)
            empty = [name for name in named if name not in unknown and not _has_value(project, answer, name)]
            if empty:
                message = f"{topic}: Für {list_names(empty)} gilt heute kein Wert in _values.yml."
                yield project.problem(place, message)


def _has_value(project: Project, answer: Answer, name: str) -> bool:
    return not answer.is_valid(project.today) or project.content.value_on(name, project.today) is not None


def check_facts(project: Project) -> Iterator[Problem]:
    """The versions of an answer name the same amounts, dates, times, phone numbers and paragraphs."""
    for topic, answer in project.content.answers.items():
        versions = {field: find_facts(project.fill(text)) for field, text in iterate_versions(answer)}
        expected = versions.pop("text")
        for field, facts in versions.items():
            for kind in expected:
                difference = _describe_difference(field, expected[kind], facts[kind])
                if difference:
                    message = f"{topic}: text und {field} nennen verschiedene {kind} ({difference})."
                    severity: Severity = "HINWEIS" if kind == OTHER_NUMBERS else "FEHLER"
                    yield project.problem(f"answer:{topic}.{field}", message, severity)


def _describe_difference(field: str, expected: set[str], given: set[str]) -> str:
    extras = {"text": expected - given, field: given - expected}
    return "; ".join(f"nur in {name}: {', '.join(sorted(extra))}" for name, extra in extras.items() if extra)


def check_links_and_sources(project: Project) -> Iterator[Problem]:
    """Links are encrypted and every answer says where it comes from."""
    for topic, answer in project.content.answers.items():
        for link in answer.links:
            if not link.url.startswith("https://") or " " in link.url:
                message = f'{topic}: Der Link "{link.url}" ist keine Adresse, die mit https:// beginnt.'
                yield project.problem(f"answer:{topic}.links", message)
            if not link.title.strip():
                yield project.problem(f"answer:{topic}.links", f"{topic}: Ein Link hat keinen Titel.")
        if not answer.sources or not all(source.strip() for source in answer.sources):
            yield project.problem(f"answer:{topic}.sources", f"{topic}: Es fehlt eine Quelle.")


def review_due(reviewed: date) -> date:
    """Return the last day on which a review done on this day is recent enough."""
    return min(reviewed, date.max - REVIEW_INTERVAL) + REVIEW_INTERVAL


def check_dates(project: Project) -> Iterator[Problem]:
    """Answers are valid, and somebody has looked at them within a year."""
    today = project.today
    for topic, answer in project.content.answers.items():
        end, place = answer.valid_until, f"answer:{topic}.valid_until"
        if end is not None and answer.valid_from is not None and end < answer.valid_from:
            yield project.problem(place, f"{topic}: valid_until liegt vor valid_from.")
        elif end is not None and end < today:
            message = f"{topic}: Die Antwort galt nur bis {end:%d.%m.%Y}. Bitte erneuern oder löschen."
            yield project.problem(place, message)
        elif end is not None and end <= today + NOTICE:
            yield project.problem(place, f"{topic}: Die Antwort gilt nur noch bis {end:%d.%m.%Y}.", "HINWEIS")
        place = f"answer:{topic}.reviewed"
        if answer.reviewed > today:
            yield project.problem(place, f"{topic}: reviewed liegt in der Zukunft.")
        elif review_due(answer.reviewed) < today:
            message = f"{topic}: Zuletzt geprüft am {answer.reviewed:%d.%m.%Y}. Bitte jedes Jahr prüfen."
            yield project.problem(place, message, "HINWEIS")
