"""What editors have to look at soon: ends of validity, reviews, gaps; most urgent first."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from msgspec import Struct

from bot.checks.answers import review_due
from bot.checks.catalogue import last_day, list_unconfirmed
from bot.content import PLACEHOLDER, Content
from bot.crisis_sentences import SENTENCES

OLD_YEARS = 3
"""A text that says "Stand 2019" is listed from this many years on."""
MOST_DAYS = 36_500
SHOWN_TITLES = 3
NO_TEXTS = frozenset({SENTENCES, "_topics.yml"})
"""Files without a text that people read."""
_AS_OF = re.compile(r"\bStand (20\d{2})\b")


class Due(Struct, frozen=True):
    """One thing to look at, with its place."""

    title: str
    message: str
    file: str
    line: int
    day: date | None = None
    """Last day before it is too late; None where there is no date."""


class Group(Struct, frozen=True):
    """Things of one kind under their heading."""

    title: str
    items: list[Due]


class DueList(Struct, frozen=True):
    """Everything, most urgent first."""

    overdue: list[Due]
    soon: list[Due]
    others: list[Group]


def list_due(content: Content, folder: Path, today: date, days: int, easy_language: bool) -> DueList:
    """Collect what is overdue, due within `days`, or open without a date.

    `folder` is where the content was read from; `easy_language` tells whether Leichte Sprache is approved.
    """
    end = _last_day(today, days)
    items = [*_find_answers(content), *_find_flows(content), *_find_values(content)]
    dated = sorted(items, key=lambda item: (item.day or date.max, item.file, item.line))
    others = [
        Group("Kontaktangaben, nicht bestätigt und deshalb nicht angezeigt", list(_find_contacts(content))),
        Group("Lücken in der Erklärung zur Barrierefreiheit", list(_find_gaps(content))),
        Group("Texte mit altem Stand", list(_find_old_texts(content, folder, today.year))),
        Group(
            "Leichte Sprache, von der Zielgruppe noch nicht freigegeben",
            [] if easy_language else list(_find_easy_texts(content)),
        ),
    ]
    return DueList(
        [item for item in dated if item.day and item.day < today],
        [item for item in dated if item.day and today <= item.day <= end],
        [group for group in others if group.items],
    )


def format_due(due: DueList, today: date, days: int) -> str:
    """Return the list for the terminal."""
    soon = f"Fällig bis {_last_day(today, days):%d.%m.%Y}"
    groups = [Group("Überfällig", due.overdue), Group(soon, due.soon), *due.others]
    return "\n\n".join(_format_group(group) for group in groups)


def _format_group(group: Group) -> str:
    if not group.items:
        return f"{group.title}: nichts"
    return "\n".join([f"{group.title} ({len(group.items)})", *(f"  {describe(item)}" for item in group.items)])


def describe(item: Due) -> str:
    """Return one thing on one line."""
    day = f"{item.day:%d.%m.%Y}  " if item.day else ""
    return f"{day}{item.file}:{item.line}: {item.title}" + (f": {item.message}" if item.message else "")


def _last_day(today: date, days: int) -> date:
    return today + timedelta(days=max(0, min(days, MOST_DAYS)))


def _find_answers(content: Content) -> Iterator[Due]:
    for name, answer in content.answers.items():
        title = content.topics[name].title
        if answer.valid_until is not None:
            key = f"answer:{name}.valid_until"
            message = "Die Antwort gilt nur bis zu diesem Tag. Bitte erneuern oder löschen."
            yield Due(title, message, *_place(content, key), answer.valid_until)
        key, day = f"answer:{name}.reviewed", review_due(answer.reviewed)
        yield Due(title, _describe_review(answer.reviewed), *_place(content, key), day)


def _find_flows(content: Content) -> Iterator[Due]:
    for name, flow in content.flows.items():
        key = next(key for key in (f"flows:{name}", f"calculators:{name}") if key in content.places)
        day = review_due(flow.reviewed)
        yield Due(flow.title, _describe_review(flow.reviewed), *_place(content, key), day)


def _describe_review(reviewed: date) -> str:
    return f"Zuletzt geprüft am {reviewed:%d.%m.%Y}. Bitte jedes Jahr prüfen."


def _find_values(content: Content) -> Iterator[Due]:
    for name, values in content.values.items():
        day = last_day(values)
        if day is not None:
            key = f"values:{name}"
            used = _describe_use(_find_users(content, name))
            message = f"Danach fehlt ein Wert. {used}"
            yield Due(f"{{{name}}}", message, *_place(content, key), day)


def _find_users(content: Content, name: str) -> list[str]:
    """Return the titles of the answers and flows whose texts name a value."""
    users = []
    for topic, answer in content.answers.items():
        texts = [answer.text, answer.plain, answer.easy or "", *answer.applies_if]
        if any(name in PLACEHOLDER.findall(text) for text in texts):
            users.append(content.topics[topic].title)
    for flow in content.flows.values():
        texts = [text for step in flow.steps.values() for text in (step.text, step.plain)]
        texts += [text for result in flow.results.values() for text in (result.text, result.plain)]
        if any(name in PLACEHOLDER.findall(text) for text in texts):
            users.append(flow.title)
    return users


def _describe_use(titles: Sequence[str]) -> str:
    if not titles:
        return "Kein Text nennt ihn, vielleicht rechnet ein Rechner damit."
    shown = ", ".join(f"„{title}“" for title in titles[:SHOWN_TITLES])
    more = len(titles) - SHOWN_TITLES
    return f"Steht in: {shown}" + (f" und {_count(more)}." if more > 0 else ".")


def _count(more: int) -> str:
    return "einem weiteren Text" if more == 1 else f"{more} weiteren Texten"


def _find_contacts(content: Content) -> Iterator[Due]:
    for name, contact in content.contacts.items():
        fields = list_unconfirmed(contact)
        if fields:
            key = f"contacts:{name}"
            yield Due(contact.name, f"{', '.join(fields)}", *_place(content, key))


def _find_gaps(content: Content) -> Iterator[Due]:
    for name, section in content.statement.items():
        if section.gap:
            key = f"statement:{name}"
            yield Due(section.title, section.gap, *_place(content, key))


def _find_easy_texts(content: Content) -> Iterator[Due]:
    for name, answer in content.answers.items():
        if answer.easy:
            key, title = f"answer:{name}.easy", content.topics[name].title
            yield Due(title, "", *_place(content, key))


def _find_old_texts(content: Content, folder: Path, year: int) -> Iterator[Due]:
    """Yield one entry per answer, flow or other file that says of itself how old it is."""
    titles = {f"answer:{name}": content.topics[name].title for name in content.answers}
    titles |= {
        f"{stem}:{name}": flow.title for name, flow in content.flows.items() for stem in ("flows", "calculators")
    }
    for path in sorted(folder.glob("*.yml")):
        if path.name in NO_TEXTS:
            continue
        file = f"{folder.name}/{path.name}"
        owners = sorted((line, key) for key, (where, line) in content.places.items() if where == file and key in titles)
        found: dict[str, list[tuple[int, str]]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            owner = next((key for start, key in reversed(owners) if start <= number), "")
            old = [match for match in _AS_OF.findall(line) if int(match) <= year - OLD_YEARS]
            if old:
                found.setdefault(owner, []).append((number, min(old)))
        for owner, hits in found.items():
            years = ", ".join(sorted({found_year for _, found_year in hits}))
            more = ", ".join(str(number) for number, _ in hits[1:])
            message = f"Stand {years}. Stimmt das noch?" + (f" Auch Zeile {more}." if more else "")
            yield Due(titles.get(owner, path.stem), message, file, hits[0][0])


def _place(content: Content, key: str) -> tuple[str, int]:
    return content.places.get(key) or content.places.get(key.partition(".")[0]) or ("responses", 1)
