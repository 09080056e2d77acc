"""Sums up what was counted over a period; numbers by topic, status and feedback only where they are not small."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from msgspec import Struct

from bot.statistics.suppression import release

PRESETS = (7, 30, 90, 365)
DEFAULT_DAYS = 30
LONGEST = 731
WEEK = timedelta(days=6)
HELPFUL = "ja"
"""Result of the feedback flow that means yes; every other one is a reason for no."""


class PeriodError(ValueError):
    """Nobody can look at this period; the message says in German why."""


class Period(Struct, frozen=True):
    """The days from the first to the last."""

    first: date
    last: date

    def days(self) -> list[date]:
        """Return every day."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def origin(self) -> date:
        """Return the day from which small numbers are collected: the first Monday of the year by ISO 8601.

        The same for all periods that begin in a year; else two of them could show by how little they differ.
        """
        return date.fromisocalendar(self.first.isocalendar().year, 1, 1)


class Tally(Struct, frozen=True):
    """What the database has counted; days without an entry were not counted."""

    channels: dict[tuple[date, str], int]
    """Messages by day and channel."""
    hours: dict[tuple[date, int], int]
    """Messages by day and hour."""
    statuses: dict[tuple[date, str], int]
    topics: dict[tuple[date, str], int]
    """Messages by day and topic, "" without one; from the origin of the period, like statuses and feedback."""
    feedback: dict[tuple[date, str, str], int]
    """Opinions by day, topic and value."""


class Span(Struct, frozen=True):
    """One day, or several that are shown together."""

    first: date
    last: date
    counts: dict[str, int] | None
    """Messages by channel; None when nothing at all was counted, which is not the same as zero."""


class Summary(Struct, frozen=True):
    """The numbers of a period, fit to be shown."""

    period: Period
    days: tuple[Span, ...]
    channels: tuple[str, ...]
    """Those that were used, the most used first."""
    hours: tuple[tuple[int, ...], ...]
    """Messages by weekday (Monday first) and hour."""
    weeks: Period | None
    """The full weeks the following numbers are of; None when no week of the period is over."""
    statuses: dict[str, int]
    topics: dict[str, int]
    feedback: dict[str, dict[str, int]]
    """Opinions by topic and value."""

    @property
    def total(self) -> int:
        """All messages of the period."""
        return sum(count for day in self.days for count in (day.counts or {}).values())


def last_days(count: int, today: date) -> Period:
    """Return the period of so many full days; today is not over and would look like a slump."""
    if not 1 <= count <= LONGEST:
        raise PeriodError(f"Bitte zwischen 1 und {LONGEST} Tagen wählen.")
    return Period(today - timedelta(days=count), today - timedelta(days=1))


def read_period(fields: Mapping[str, str], today: date) -> Period:
    """Return the period an address asks for: tage=30, or von=2026-01-01 and bis=2026-01-31; raises PeriodError."""
    if "von" not in fields and "bis" not in fields:
        days = fields.get("tage", str(DEFAULT_DAYS))
        if not (days.isascii() and days.isdigit() and len(days) < 5):
            raise PeriodError("„tage“ muss eine ganze Zahl sein.")
        return last_days(int(days), today)
    try:
        first, last = (date.fromisoformat(fields.get(name, "")) for name in ("von", "bis"))
    except ValueError:
        raise PeriodError("Bitte beide Tage angeben: „von“ und „bis“, in der Form 2026-11-22.") from None
    if first > last:
        raise PeriodError("„von“ liegt nach „bis“. Bitte die beiden Tage tauschen.")
    if last > today:
        raise PeriodError("„bis“ liegt in der Zukunft.")
    if (last - first).days >= LONGEST or first.year < 2000:
        raise PeriodError(f"Der Zeitraum ist zu lang: Möglich sind {LONGEST} Tage, ab dem Jahr 2000.")
    return Period(first, last)


def summarise(tally: Tally, period: Period, today: date) -> Summary:
    """Return the numbers of a period; those by topic, status and feedback only of weeks that are over."""
    by_day: dict[date, dict[str, int]] = {}
    channels: Counter[str] = Counter()
    for (day, channel), count in tally.channels.items():
        if period.first <= day <= period.last:
            by_day.setdefault(day, {})[channel] = count
            channels[channel] += count
    hours = [[0] * 24 for _ in range(7)]
    for (day, hour), count in tally.hours.items():
        if period.first <= day <= period.last:
            hours[day.weekday()][hour] += count
    mondays = _list_weeks(period, today)
    shown = [monday for monday in mondays if monday + WEEK >= period.first]
    statuses, topics = (_sum_released(counts, mondays, shown) for counts in (tally.statuses, tally.topics))
    return Summary(
        period,
        tuple(Span(day, day, by_day.get(day)) for day in period.days()),
        tuple(name for name, _ in channels.most_common()),
        tuple(tuple(row) for row in hours),
        Period(shown[0], shown[-1] + WEEK) if shown else None,
        dict(statuses.most_common()),
        dict(topics.most_common()),
        _sum_feedback(tally.feedback, mondays, shown),
    )


def join_weeks(days: Sequence[Span]) -> tuple[Span, ...]:
    """Return the days of each week together, for periods with too many days to draw."""
    spans = []
    for _, week in groupby(days, lambda day: _monday(day.first)):
        some = list(week)
        counted = [day.counts for day in some if day.counts is not None]
        sums: Counter[str] = Counter()
        for counts in counted:
            sums.update(counts)
        spans.append(Span(some[0].first, some[-1].last, dict(sums) if counted else None))
    return tuple(spans)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _list_weeks(period: Period, today: date) -> list[date]:
    """Return the Monday of every week from the origin on that ends within the period and before today."""
    last = min(period.last, today - timedelta(days=1))
    count = ((last - period.origin()).days + 1) // 7
    return [period.origin() + timedelta(weeks=number) for number in range(count)]


def _release(counts: Mapping[tuple[date, str], int], mondays: Sequence[date]) -> dict[date, Counter[str]]:
    """Return what may be shown by week; each year begins anew, so that never more than two need to be read."""
    weeks: dict[date, Counter[str]] = {monday: Counter() for monday in mondays}
    for (day, key), count in counts.items():
        week = weeks.get(_monday(day))
        if week is not None:
            week[key] += count
    released: dict[date, Counter[str]] = {}
    for _, year in groupby(mondays, lambda monday: monday.isocalendar().year):
        some = list(year)
        released |= zip(some, release([weeks[monday] for monday in some]), strict=True)
    return released


def _sum_released(
    counts: Mapping[tuple[date, str], int], mondays: Sequence[date], shown: Sequence[date]
) -> Counter[str]:
    released = _release(counts, mondays)
    return sum((released[monday] for monday in shown), Counter())


def _sum_feedback(
    counts: Mapping[tuple[date, str, str], int], mondays: Sequence[date], shown: Sequence[date]
) -> dict[str, dict[str, int]]:
    """Return opinions by topic; a topic is shown with at least LEAST of them, and then with all reasons."""
    by_topic: Counter[tuple[date, str]] = Counter()
    by_week: dict[date, dict[str, Counter[str]]] = {}
    for (day, topic, value), count in counts.items():
        by_topic[day, topic] += count
        by_week.setdefault(_monday(day), {}).setdefault(topic, Counter())[value] += count
    waiting: dict[str, Counter[str]] = {}
    sums: dict[str, Counter[str]] = {}
    year = None
    for monday, released in _release(by_topic, mondays).items():
        if monday.isocalendar().year != year:
            year, waiting = monday.isocalendar().year, {}
        for topic, values in by_week.get(monday, {}).items():
            waiting.setdefault(topic, Counter()).update(values)
        for topic in released:
            values = waiting.pop(topic)
            if monday in shown:
                sums.setdefault(topic, Counter()).update(values)
    totals = Counter({topic: values.total() for topic, values in sums.items()})
    return {topic: dict(sums[topic]) for topic, _ in totals.most_common()}
