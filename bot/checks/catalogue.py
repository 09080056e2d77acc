"""Checks of catalogue, contact cards, values and references between topics."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from bot.checks.facts import find_facts
from bot.checks.project import Project, Severity, list_names
from bot.contacts import Contact
from bot.content import Answer, Value
from bot.models import Problem
from bot.rendering import CENTRAL_CONTACT, HUMAN, fold_title

MISSING_ANSWERS: Severity = "HINWEIS"
"""FEHLER as soon as every topic has its answer."""
MAX_TITLE = 45
MAX_PAYLOAD_BYTES = 64
MAX_NEXT = 3
NOTICE = timedelta(days=30)
CONTACT_FIELDS = {
    "phone": "Telefon",
    "email": "E-Mail",
    "hours": "Öffnungszeiten",
    "address": "Adresse",
    "url": "Internet",
}


def check_titles(project: Project) -> Iterator[Problem]:
    """Titles fit a button and lead to one topic only, also when they are typed."""
    first: dict[str, str] = {}
    for topic in project.content.topics.values():
        place = f"topic:{topic.id}"
        if not topic.title.strip():
            yield project.problem(place, f"{topic.id}: Der Titel fehlt.")
        if len(topic.title) > MAX_TITLE:
            message = f"{topic.id}: Der Titel hat {len(topic.title)} Zeichen; der Knopf fasst {MAX_TITLE}."
            yield project.problem(place, message)
        other = first.setdefault(fold_title(topic.title), topic.id)
        if other != topic.id:
            yield project.problem(place, f'{topic.id}: Denselben Titel hat schon das Thema "{other}".')
        size = len(f"t:{topic.id}".encode())
        if size > MAX_PAYLOAD_BYTES:
            message = f"{topic.id}: Die Id ist zu lang für einen Knopf ({size} von {MAX_PAYLOAD_BYTES} Byte)."
            yield project.problem(place, message)


def check_pointers(project: Project) -> Iterator[Problem]:
    """Every topic points to a contact card that exists."""
    topics: dict[str, list[str]] = {CENTRAL_CONTACT: []}
    for topic in project.content.topics.values():
        if topic.pointer is not None:
            topics.setdefault(topic.pointer, []).append(topic.id)
    missing = [pointer for pointer in topics if pointer not in project.content.contacts]
    if missing:
        cards = ", ".join(f'"{pointer}" (Themen: {len(topics[pointer])})' for pointer in sorted(missing))
        yield project.problem_in("_contacts", f"Der Katalog verweist auf Kontaktkarten, die fehlen: {cards}.")


def check_missing_answers(project: Project) -> Iterator[Problem]:
    """List the topics nobody has answered yet, one line per group."""
    content = project.content
    for group in content.groups():
        topics = [name for name, topic in content.topics.items() if topic.group == group]
        names = [name for name in topics if name not in content.answers]
        if names:
            message = f"{group}: {len(names)} ohne Antwort: {', '.join(names)}."
            yield project.problem(f"topic:{names[0]}", message, MISSING_ANSWERS)


def check_start_topics(project: Project) -> Iterator[Problem]:
    """The topics offered with the greeting exist, and so does the way to a human."""
    unknown = [name for name in [*project.content.start_topics, HUMAN] if name not in project.content.topics]
    if unknown:
        message = f"Die Begrüßung braucht Themen, die nicht im Katalog stehen: {list_names(unknown)}."
        yield project.problem_in("_dialogue", message)


def check_references(project: Project) -> Iterator[Problem]:
    """`next` and `otherwise` lead somewhere else that exists."""
    targets = project.content.topics.keys() | project.content.contacts.keys()
    for topic, answer in project.content.answers.items():
        yield from _check_next(project, topic, answer)
        place = f"answer:{topic}.otherwise"
        if answer.otherwise == topic:
            yield project.problem(place, f"{topic}: otherwise führt zu sich selbst.")
        elif answer.otherwise is not None and answer.otherwise not in targets:
            message = f'{topic}: otherwise nennt "{answer.otherwise}"; das ist weder Thema noch Kontakt.'
            yield project.problem(place, message)
        elif answer.otherwise is None and answer.applies_if:
            message = f"{topic}: Zu applies_if fehlt otherwise: Wohin geht es, wenn das nicht zutrifft?"
            yield project.problem(place, message)


def _check_next(project: Project, topic: str, answer: Answer) -> Iterator[Problem]:
    place = f"answer:{topic}.next"
    if len(answer.next) > MAX_NEXT:
        yield project.problem(place, f"{topic}: next hat {len(answer.next)} Themen; höchstens {MAX_NEXT}.")
    if topic in answer.next:
        yield project.problem(place, f"{topic}: next führt zu sich selbst.")
    unknown = [name for name in answer.next if name not in project.content.topics]
    if unknown:
        yield project.problem(place, f"{topic}: next nennt Themen, die es nicht gibt: {list_names(unknown)}.")
    if len(set(answer.next)) < len(answer.next):
        yield project.problem(place, f"{topic}: next nennt ein Thema zweimal.")


def check_contacts(project: Project) -> Iterator[Problem]:
    """List contact fields nobody has confirmed; the bot does not show them."""
    for name, contact in project.content.contacts.items():
        fields = {label: getattr(contact, key) for key, label in CONTACT_FIELDS.items()}
        unconfirmed = list_unconfirmed(contact)
        if unconfirmed:
            message = f"{name}: Noch nicht bestätigt und deshalb nicht angezeigt: {', '.join(unconfirmed)}."
            yield project.problem(f"contacts:{name}", message, "HINWEIS")
        for label, field in fields.items():
            if field and not (field.value.strip() and field.source.strip()):
                message = f"{name}: Bei {label} fehlt der Inhalt oder die Quelle."
                yield project.problem(f"contacts:{name}", message)


def list_unconfirmed(contact: Contact) -> list[str]:
    """Return the German names of the fields nobody has confirmed."""
    fields = {label: getattr(contact, key) for key, label in CONTACT_FIELDS.items()}
    return [label for label, field in fields.items() if field and not field.confirmed]


def check_opening_hours(project: Project) -> Iterator[Problem]:
    """Opening hours name the same times to people and to the program."""
    for name, contact in project.content.contacts.items():
        if contact.hours is None or contact.hours.week is None:
            continue
        written = {moment.zfill(5) for moment in find_facts(contact.hours.value)["Uhrzeiten"]}
        computed = {f"{moment:%H:%M}" for moment in contact.hours.week.times()}
        if written != computed:
            lists = (", ".join(sorted(times)) or "keine" for times in (written, computed))
            message = "{}: Die Öffnungszeiten widersprechen sich; Uhrzeiten in value: {}; in week: {}."
            yield project.problem(f"contacts:{name}", message.format(name, *lists))


def last_day(values: list[Value]) -> date | None:
    """Return the last day for which a value is known; None when there is no end, or no value at all."""
    return max(values, key=lambda value: value.from_).until if values else None


def check_values(project: Project) -> Iterator[Problem]:
    """Every day has at most one value, and every value a source."""
    for name, values in project.content.values.items():
        place = f"values:{name}"
        for value in values:
            if not value.source.strip():
                yield project.problem(place, f"{name}: Beim Wert ab {value.from_:%d.%m.%Y} fehlt die Quelle.")
            if not value.value.strip():
                yield project.problem(place, f"{name}: Ab {value.from_:%d.%m.%Y} ist der Wert leer.")
            if value.until is not None and value.until < value.from_:
                message = f"{name}: Der Zeitraum endet am {value.until:%d.%m.%Y}, bevor er beginnt."
                yield project.problem(place, message)
        ordered = sorted(values, key=lambda value: value.from_)
        for earlier, later in pairwise(ordered):
            if earlier.until is None or earlier.until >= later.from_:
                message = (
                    f"{name}: Ab {later.from_:%d.%m.%Y} gelten zwei Werte. Tragen Sie beim früheren "
                    f'"until: {later.from_ - timedelta(days=1)}" ein.'
                )
                yield project.problem(place, message)
        last = last_day(values)
        if last is not None and project.today <= last <= project.today + NOTICE:
            message = f"{name}: Der letzte bekannte Wert gilt nur bis {last:%d.%m.%Y}."
            yield project.problem(place, message, "HINWEIS")
