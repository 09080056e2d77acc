"""Writes a calendar file (RFC 5545) with one all-day entry per date."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from bot.editing.due import Due, DueList, describe

PRODUCT = "-//Jobcenter-Bot//Redaktion//DE"
DOMAIN = "jobcenter-bot"
MAX_BYTES = 75
"""Longest line without its end; what is longer goes on in the next line after a space."""
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def build_calendar(due: DueList, now: datetime) -> bytes:
    """Return the file: what is overdue on today's date, everything else on its own.

    An entry keeps its UID, so that importing the file again changes it and adds none.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    if due.overdue:
        lines += _write_event("overdue", now.date(), "überfällig", due.overdue, now)
    for day, items in groupby(due.soon, key=lambda item: item.day):
        assert day is not None
        lines += _write_event(f"due-{day:%Y%m%d}", day, "fällig", list(items), now)
    lines.append("END:VCALENDAR")
    return b"".join(part for line in lines for part in fold_line(line))


def _write_event(name: str, day: date, state: str, items: list[Due], now: datetime) -> list[str]:
    what = items[0].title if len(items) == 1 else f"{len(items)} Texte und Werte"
    return [
        "BEGIN:VEVENT",
        f"UID:{name}@{DOMAIN}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{int(now.timestamp()) // 60}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escape(f'Jobcenter-Bot, {state}: {what}')}",
        f"DESCRIPTION:{escape(join(items))}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def join(items: list[Due]) -> str:
    """Return things line by line."""
    return "\n".join(describe(item) for item in items)


def escape(text: str) -> str:
    """Return a text as a calendar value."""
    return text.translate(_ESCAPES)


def fold_line(line: str) -> Iterator[bytes]:
    """Yield a line in parts of at most 75 bytes, none of which cuts a character."""
    rest = line
    room = MAX_BYTES
    while True:
        part = rest.encode()[:room].decode(errors="ignore")
        rest = rest[len(part) :]
        yield (b"" if room == MAX_BYTES else b" ") + part.encode() + b"\r\n"
        if not rest:
            return
        room = MAX_BYTES - 1
