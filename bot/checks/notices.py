"""Checks of `_notices.yml`: what would not take effect, what is over, and texts that are no plain text."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from bot.checks.answers import find_markup
from bot.content import Content
from bot.hours import BERLIN
from bot.models import Problem
from bot.notices import FILE, Notices, read_notices
from bot.privacy import mask
from bot.yaml_reader import Document, Place

OVER = "ist vorbei; der Eintrag kann weg."


def check_notices(responses: Path, content: Content, today: date) -> Iterator[Problem]:
    """A file that is missing says nothing, and that is fine."""
    path = responses / FILE
    if not path.exists():
        return
    read, problems, document = read_notices(path, f"{responses.name}/{FILE}")
    yield from problems
    if not problems:  # only then the entries stand at their places
        yield from _check_texts(read, document, _list_public(content))
        yield from _check_periods(read, document, today)


def _check_texts(read: Notices, document: Document, public: list[str]) -> Iterator[Problem]:
    texts: list[tuple[Place, str]] = [(("notices", index), entry.text) for index, entry in enumerate(read.notices)]
    texts += [(("closed_days", index), entry.reason) for index, entry in enumerate(read.closed_days)]
    texts += [(("off",), read.off.text)] if read.off else []
    for place, text in texts:
        markup = find_markup(text)
        if markup:
            message = f"{place[0]}: Der Text enthält {' und '.join(markup)}; gezeigt wird er Zeichen für Zeichen."
            yield Problem(document.file, document.line(*place), message)
        if mask(text, public).found:
            message = "Der Text enthält persönliche Daten oder eine Nummer, die auf keiner Kontaktkarte steht."
            yield Problem(document.file, document.line(*place), f"{place[0]}: {message}")


def _check_periods(read: Notices, document: Document, today: date) -> Iterator[Problem]:
    now = datetime.combine(today, time(0, 0), BERLIN)

    def hint(place: Place, message: str) -> Problem:
        return Problem(document.file, document.line(*place), message, "HINWEIS")

    for index, notice in enumerate(read.notices):
        if notice.is_over(now):
            yield hint(("notices", index), f"notices: Der Zeitraum (bis {notice.until}) {OVER}")
    for index, entry in enumerate(read.closed_days):
        if entry.day < today:
            yield hint(("closed_days", index), f"closed_days: Der {entry.day:%d.%m.%Y} {OVER}")
    if read.off is not None and read.off.is_over(now):
        yield hint(("off",), f"off: Der Zeitraum (bis {read.off.until}) {OVER}")
    elif read.off is not None:
        where = ", ".join(read.off.channels) if read.off.channels else "alle Kanäle"
        since = f"ab {read.off.since}" if read.off.since else "ab sofort"
        until = f"bis {read.off.until}" if read.off.until else "bis Sie den Eintrag löschen"
        yield hint(("off",), f"off: Der Bot ist abgeschaltet ({where}): {since}, {until}.")


def _list_public(content: Content) -> list[str]:
    """Return what is no personal data although it looks like it."""
    contacts = content.contacts.values()
    values = (contact.confirmed(name) for contact in contacts for name in ("phone", "email", "address"))
    return [value for value in values if value]
