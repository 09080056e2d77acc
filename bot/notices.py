"""Reads `_notices.yml`: banners with a period, closing days, and the switch that turns the bot off with a text."""

import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from bot.content import explain_error
from bot.hours import BERLIN, SpecialDay, parse_day
from bot.models import Problem
from bot.yaml_reader import Document, Place, YamlError, read_yaml

T = TypeVar("T")
FILE = "_notices.yml"
LONGEST_TEXT = 300
LONGEST_REASON = 100
CHANNELS = ("website", "telegram")
"""What an editor may name."""
PLACES = {"web": "website", "rest": "website", "page": "website", "telegram": "telegram", "terminal": "terminal"}
"""Where a message channel belongs; tools for editors such as "ask" are none of these and are never off."""
_KEYS = ("notices", "closed_days", "off")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?: (\d{1,2}:\d{2}))?")


class Notice(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A banner; it is shown from its first to its last moment, both included."""

    text: str
    from_: str
    until: str
    channels: list[str] | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody can mean; msgspec makes a ValueError an error of the file with its place."""
        _check_text("text", self.text, LONGEST_TEXT)
        _check_period("from", self.from_, self.until)
        _check_channels(self.channels)

    def is_shown(self, channel: str, now: datetime) -> bool:
        """Tell whether the banner belongs on a channel at this moment."""
        return _is_within(self.from_, self.until, now) and _includes(self.channels, channel)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the last moment has passed."""
        return _last(self.until) < _local(now)


class Off(Struct, frozen=True, forbid_unknown_fields=True):
    """The switch: while it holds, every message gets this text instead of an answer."""

    text: str
    since: str | None = None
    until: str | None = None
    channels: list[str] | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody can mean."""
        _check_text("text", self.text, LONGEST_TEXT)
        _check_period("since", self.since, self.until)
        _check_channels(self.channels)

    def holds(self, channel: str, now: datetime) -> bool:
        """Tell whether a channel is off at this moment."""
        return _is_within(self.since, self.until, now) and _includes(self.channels, channel)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the last moment has passed."""
        return self.until is not None and _last(self.until) < _local(now)


class ClosingDay(Struct, frozen=True, forbid_unknown_fields=True, rename={"day": "date"}):
    """A day on which the Jobcenter is closed, or open at other hours."""

    day: date
    reason: str
    hours: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse a day without a reason, and hours that are none."""
        _check_text("reason", self.reason, LONGEST_REASON)
        parse_day(self.hours)


class Notices(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says."""

    notices: tuple[Notice, ...] = ()
    closed_days: tuple[ClosingDay, ...] = ()
    off: Off | None = None

    def special_days(self) -> dict[date, SpecialDay]:
        """Return the days that differ from the timetable."""
        return {entry.day: SpecialDay(entry.reason.strip(), parse_day(entry.hours)) for entry in self.closed_days}


def read_notices(path: Path, name: str) -> tuple[Notices, list[Problem], Document]:
    """Read the file; with problems the rest is what could be read, and nothing may take effect."""
    try:
        document = read_yaml(path, name)
    except YamlError as error:
        return Notices(), [error.problem], Document(name, None, {})
    reader = _Reader(document)
    data = document.data
    if data is None:  # nothing but comments
        return Notices(), [], document
    if not isinstance(data, dict):
        return Notices(), [Problem(name, 1, f"Hier gehören Einträge hin: {', '.join(_KEYS)}.")], document
    for key in data.keys() - _KEYS:
        reader.report((key,), f'unbekannter Schlüssel "{key}"; bekannt sind: {", ".join(_KEYS)}')
    notices = reader.read_list("notices", Notice)
    days = reader.read_list("closed_days", ClosingDay)
    off = data.get("off")
    switch = None if off is None else reader.convert(("off",), off, Off)
    reader.check_days_differ(days)
    return Notices(tuple(notices), tuple(days), switch), sorted(reader.problems), document


class _Reader:
    """Collects problems with their lines."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = []

    def report(self, place: Place, message: str) -> None:
        self.problems.append(Problem(self._document.file, self._document.line(*place), message))

    def read_list(self, key: str, kind: type[T]) -> list[T]:
        entries = self._document.data.get(key)
        if entries is None:
            return []
        if not isinstance(entries, list):
            self.report((key,), f"{key}: erwartet eine Liste; jeder Eintrag beginnt mit einem Strich.")
            return []
        converted = [self.convert((key, index), entry, kind) for index, entry in enumerate(entries)]
        return [entry for entry in converted if entry is not None]

    def convert(self, place: Place, entry: Any, kind: type[T]) -> T | None:
        try:
            return msgspec.convert(entry, kind, strict=False)
        except msgspec.ValidationError as error:
            self.report(place, f"{place[0]}: {explain_error(str(error), kind)}")
            return None

    def check_days_differ(self, days: list[ClosingDay]) -> None:
        seen = set()
        for index, entry in enumerate(days):
            if entry.day in seen:
                self.report(("closed_days", index), f"closed_days: Der {entry.day:%d.%m.%Y} steht zweimal da.")
            seen.add(entry.day)


def _check_text(name: str, text: str, longest: int) -> None:
    length = len(text.strip())
    if not length:
        raise ValueError(f"{name} ist leer.")
    if length > longest:
        raise ValueError(f"{name} hat {length} Zeichen; erlaubt sind {longest}.")


def _check_period(name: str, first: str | None, last: str | None) -> None:
    start = _first(first) if first is not None else None
    end = _last(last) if last is not None else None
    if start and end and end < start:
        raise ValueError(f"until ({last}) liegt vor {name} ({first}).")


def _check_channels(channels: list[str] | None) -> None:
    if channels is None:
        return
    if not channels:
        raise ValueError("channels ist leer. Für alle Kanäle lassen Sie das Feld weg.")
    for name in channels:
        if name not in CHANNELS:
            raise ValueError(f'Den Kanal "{name}" gibt es nicht; bekannt sind: {", ".join(CHANNELS)}.')


def _includes(channels: list[str] | None, channel: str) -> bool:
    place = PLACES.get(channel)
    return place is not None and (channels is None or place in channels)


def _is_within(first: str | None, last: str | None, now: datetime) -> bool:
    moment = _local(now)
    return (first is None or _first(first) <= moment) and (last is None or moment <= _last(last))


def _local(now: datetime) -> datetime:
    """Return the clock on the wall at the office, to the minute: "bis 16:30" includes all of this minute."""
    return now.astimezone(BERLIN).replace(tzinfo=None, second=0, microsecond=0)


def _first(text: str) -> datetime:
    return _parse(text, time(0, 0))


def _last(text: str) -> datetime:
    return _parse(text, time(23, 59))


def _parse(text: str, otherwise: time) -> datetime:
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        moment = time.fromisoformat(match[2].rjust(5, "0")) if match[2] else otherwise
        return datetime.combine(date.fromisoformat(match[1]), moment)
    except ValueError:
        raise ValueError(f'"{text}" ist kein Tag wie 2026-12-24 und keine Zeit wie "2026-12-24 08:00".') from None
