"""Opening hours to compute with: whether somebody is there now, when next, and what to say about today."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from holidays import country_holidays
from msgspec import Struct, field

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
SENTENCES = {
    "hours_open": {"weekday", "end"},
    "hours_later": {"weekday", "start", "end"},
    "hours_again": {"weekday", "start", "end"},
    "hours_then": {"start", "end"},
    "hours_over": {"weekday"},
    "hours_closed": {"weekday"},
    "hours_holiday": {"holiday"},
    "hours_special": {"reason"},
    "hours_uncertain_today": {"day"},
    "hours_uncertain": {"day"},
    "hours_next": {"day", "start"},
}
"""Keys of `_system.yml` by which today is described, and what fills their placeholders."""
LOOK_AHEAD = timedelta(days=31)

Sentence = tuple[str, dict[str, str]]

_HOLIDAYS = country_holidays("DE", subdiv="SL", language="de")
_TIME = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
_PERIOD = re.compile(f"{_TIME}-{_TIME}")
# Neither is a public holiday in the Saarland, and no source says whether the offices are open.
_UNCERTAIN_DATES = {(12, 24), (12, 31)}


class Period(Struct, frozen=True):
    """A stretch of one day; at `end` it is over."""

    start: time
    end: time


class SpecialDay(Struct, frozen=True):
    """A day that differs from the timetable; without periods the offices are closed."""

    reason: str
    periods: tuple[Period, ...] = ()


SpecialDays = Mapping[date, SpecialDay]
NO_SPECIAL_DAYS: SpecialDays = {}


class Week(Struct, frozen=True, forbid_unknown_fields=True):
    """A weekly timetable as an editor writes it: `mi: ["7:30-12:00", "13:30-16:30"]`."""

    mo: list[str] = field(default_factory=list)
    di: list[str] = field(default_factory=list)
    mi: list[str] = field(default_factory=list)
    do: list[str] = field(default_factory=list)
    fr: list[str] = field(default_factory=list)
    sa: list[str] = field(default_factory=list)
    so: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse what is no timetable; msgspec makes a ValueError an error of the file with its place."""
        for name in DAYS:
            _check_order(name, [_parse_period(name, text) for text in getattr(self, name)])
        if not any(getattr(self, name) for name in DAYS):
            raise ValueError("Hier steht keine einzige Zeit.")

    def periods(self, weekday: int) -> tuple[Period, ...]:
        """Return the periods of a weekday (Monday is 0), earliest first."""
        name = DAYS[weekday]
        return tuple(_parse_period(name, text) for text in getattr(self, name))

    def times(self) -> set[time]:
        """Return every time at which a period begins or ends."""
        periods = [period for weekday in range(len(DAYS)) for period in self.periods(weekday)]
        return {moment for period in periods for moment in (period.start, period.end)}


def parse_day(texts: list[str]) -> tuple[Period, ...]:
    """Read the periods of a single day as an editor writes them; raises ValueError with a German sentence."""
    periods = [_parse_period("hours", text) for text in texts]
    _check_order("hours", periods)
    return tuple(periods)


def _parse_period(name: str, text: str) -> Period:
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(f'{name}: "{text}" hat nicht die Form "8:30-12:00".')
    first_hour, first_minute, last_hour, last_minute = (int(number) for number in match.groups())
    return Period(time(first_hour, first_minute), time(last_hour, last_minute))


def _check_order(name: str, periods: list[Period]) -> None:
    times = [moment for period in periods for moment in (period.start, period.end)]
    if any(earlier >= later for earlier, later in pairwise(times)):
        raise ValueError(f"{name}: Jede Zeit muss nach der vorigen liegen, mit einer Pause zwischen zwei Zeitspannen.")


def local_now() -> datetime:
    """Return the present moment where the offices are; the server may run in another time zone."""
    return datetime.now(BERLIN)


def find_holiday(day: date) -> str | None:
    """Return the German name of a public holiday of the Saarland."""
    return _HOLIDAYS.get(day)


def is_uncertain(day: date, special: SpecialDays = NO_SPECIAL_DAYS) -> bool:
    """Tell whether the offices may be closed although it is no public holiday, and nobody has said more."""
    if day in special:
        return False
    # On Rosenmontag, 46 days before Good Friday, the district has closed all offices before (2022).
    is_carnival = find_holiday(day + timedelta(days=46)) == "Karfreitag"
    return is_carnival or (day.month, day.day) in _UNCERTAIN_DATES


def periods_on(week: Week, day: date, special: SpecialDays = NO_SPECIAL_DAYS) -> tuple[Period, ...]:
    """Return the periods planned for a day; none on a public holiday."""
    if day in special:
        return special[day].periods
    return () if find_holiday(day) else week.periods(day.weekday())


def is_open(week: Week, now: datetime) -> bool:
    """Tell whether somebody should be there at this moment; on an uncertain day nobody can tell."""
    local = now.astimezone(BERLIN)
    if is_uncertain(local.date()):
        return False
    return any(period.start <= local.time() < period.end for period in periods_on(week, local.date()))


def next_opening(week: Week, now: datetime, special: SpecialDays = NO_SPECIAL_DAYS) -> datetime | None:
    """Return the next opening after this moment, not on an uncertain day; None when none is near."""
    local = now.astimezone(BERLIN)
    for day in _days_between(local.date(), local.date() + LOOK_AHEAD):
        for period in () if is_uncertain(day, special) else periods_on(week, day, special):
            start = datetime.combine(day, period.start, BERLIN)
            if start > local:
                return start
    return None


def describe_today(week: Week, now: datetime, special: SpecialDays = NO_SPECIAL_DAYS) -> list[Sentence]:
    """Say as keys and names of `_system.yml` until when somebody is there today, or when again."""
    local = now.astimezone(BERLIN)
    planned = periods_on(week, local.date(), special)
    remaining = [period for period in planned if local.time() < period.end]
    if remaining and not is_uncertain(local.date(), special):
        return _describe_periods(remaining, local, is_first=remaining[0] == planned[0])
    holiday = find_holiday(local.date())
    if remaining:
        today: Sentence = ("hours_uncertain_today", {"day": format_day(local)})
    elif local.date() in special and not planned:
        today = ("hours_special", {"reason": special[local.date()].reason})
    elif holiday:
        today = ("hours_holiday", {"holiday": holiday})
    else:
        today = ("hours_over" if planned else "hours_closed", {"weekday": WEEKDAYS[local.weekday()]})
    return [today, *_describe_next(week, local, special)]


def _describe_periods(remaining: list[Period], local: datetime, is_first: bool) -> list[Sentence]:
    ahead = [{"start": format_time(period.start), "end": format_time(period.end)} for period in remaining]
    names = {"weekday": WEEKDAYS[local.weekday()], **ahead[0]}
    if remaining[0].start <= local.time():
        del names["start"]
        key = "hours_open"
    else:
        key = "hours_later" if is_first else "hours_again"
    return [(key, names), *(("hours_then", later) for later in ahead[1:])]


def _describe_next(week: Week, local: datetime, special: SpecialDays) -> Iterator[Sentence]:
    """Name the next opening, and before it the days on which it is worth a call."""
    opening = next_opening(week, local, special)
    if opening is None:
        return
    for day in _days_between(local.date() + timedelta(days=1), opening.date()):
        if is_uncertain(day, special) and periods_on(week, day):
            yield "hours_uncertain", {"day": format_day(day)}
    yield "hours_next", {"day": format_day(opening), "start": format_time(opening.time())}


def _days_between(first: date, end: date) -> Iterator[date]:
    for number in range((end - first).days + 1):
        yield first + timedelta(days=number)


def format_day(day: date) -> str:
    """Write a day as "Dienstag, 3. November"."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day}. {MONTHS[day.month - 1]}"


def format_time(moment: time) -> str:
    """Write a time as "8.30" or "12"."""
    return f"{moment.hour}.{moment.minute:02}" if moment.minute else f"{moment.hour}"
