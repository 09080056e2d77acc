"""Turns the numbers of a period into tables, the same for the page, the download and the terminal."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from bot.content import Content
from bot.markup import format_percent
from bot.rendering import FEEDBACK
from bot.statistics.summary import HELPFUL, Period, Span, Summary
from bot.statistics.suppression import LEAST
from bot.statistics.words import ADVICE, CHANNELS, HIDDEN, NO_TOPIC, NOTHING, STATUSES, UNCLEAR, WEEKDAYS

Cell = str | int
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins like this would be calculated by Excel."""


class Table(Struct, frozen=True):
    """Names and numbers; the first column says what a row is about."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    """What to say when there is no row."""
    has_total: bool = False


class Hint(Struct, frozen=True):
    """A topic whose answer many did not find helpful."""

    title: str
    finding: str
    advice: str
    place: str


def list_tables(summary: Summary, content: Content) -> list[Table]:
    """Return all tables."""
    return [
        tabulate_days(summary.days, summary.channels),
        tabulate_statuses(summary),
        tabulate_topics(summary, content),
        tabulate_feedback(summary, content),
        tabulate_hours(summary),
    ]


def tabulate_days(days: Sequence[Span], channels: Sequence[str]) -> Table:
    """Return messages by day or week and channel; one without any number says so."""
    rows: list[tuple[Cell, ...]] = []
    for day in days:
        if day.counts is None:
            rows.append((format_span(day), *("" for _ in channels), NOTHING))
        else:
            counts = [day.counts.get(channel, 0) for channel in channels]
            rows.append((format_span(day), *counts, sum(counts)))
    totals = [sum((day.counts or {}).get(channel, 0) for day in days) for channel in channels]
    rows.append(("zusammen", *totals, sum(totals)))
    names = (CHANNELS.get(channel, channel) for channel in channels)
    kind = "Tag" if all(day.first == day.last for day in days) else "Woche"
    return Table(f"Nachrichten je {kind}", (kind, *names, "zusammen"), tuple(rows), has_total=True)


def tabulate_statuses(summary: Summary) -> Table:
    """Return what came of the messages, with shares of those that may be shown."""
    total = sum(summary.statuses.values())
    rows: list[tuple[Cell, ...]] = []
    for status, (name, _) in STATUSES.items():
        count = summary.statuses.get(status)
        rows.append((name, HIDDEN, "") if count is None else (name, count, format_percent(count / total)))
    return Table("Was daraus wurde", ("Ergebnis", "Anzahl", "Anteil"), tuple(rows))


def tabulate_topics(summary: Summary, content: Content) -> Table:
    """Return the topics that were asked often enough, the most asked first."""
    counts = dict(summary.topics)
    rest = [(NO_TOPIC, counts.pop(""))] if "" in counts else []
    rows = [(name_topic(topic, content), count) for topic, count in counts.items()]
    return Table("Themen", ("Thema", "Anzahl"), (*rows, *rest), f"Kein Thema wurde {LEAST}‑mal gefragt.")


def list_rare_topics(summary: Summary, content: Content) -> list[str]:
    """Return the titles of all other topics; whether they were asked at all stays open."""
    return sorted(topic.title for name, topic in content.topics.items() if name not in summary.topics)


def tabulate_feedback(summary: Summary, content: Content) -> Table:
    """Return what people thought of the answers, with their reasons."""
    reasons = {value: title for value, title in name_reasons(content).items() if value != HELPFUL}
    rows: list[tuple[Cell, ...]] = []
    for topic, values in summary.feedback.items():
        yes = values.get(HELPFUL, 0)
        row = (yes, sum(values.values()) - yes, *(values.get(reason, 0) for reason in reasons))
        rows.append((name_topic(topic, content), *row))
    headings = ("Thema", "hilfreich", "nicht hilfreich", *(f"„{title}“" for title in reasons.values()))
    return Table("Rückmeldungen", headings, tuple(rows), f"Zu keinem Thema gibt es {LEAST} Rückmeldungen.")


def tabulate_hours(summary: Summary) -> Table:
    """Return messages by hour and weekday."""
    rows: list[tuple[Cell, ...]] = []
    for hour in range(24):
        counts = [day[hour] for day in summary.hours]
        rows.append((f"{hour}–{hour + 1} Uhr", *counts, sum(counts)))
    totals = [sum(day) for day in summary.hours]
    rows.append(("zusammen", *totals, sum(totals)))
    return Table("Nachrichten je Stunde", ("Uhrzeit", *WEEKDAYS, "zusammen"), tuple(rows), has_total=True)


def list_hints(summary: Summary, content: Content) -> list[Hint]:
    """Return the topics with more opinions against the answer than for it, the most blamed first."""
    reasons = name_reasons(content)
    found = []
    for topic, values in summary.feedback.items():
        against = {value: count for value, count in values.items() if value != HELPFUL}
        blamed, total = sum(against.values()), sum(values.values())
        if 2 * blamed <= total or topic not in content.answers:
            continue
        (worst, most), *others = Counter(against).most_common()
        named = ", ".join(f"„{reasons.get(value, value)}“ {count}‑mal" for value, count in ((worst, most), *others))
        finding = f"{blamed} von {total} fanden die Antwort nicht hilfreich: {named}."
        file, line = content.places[f"answer:{topic}"]
        is_clear = most > 1 and all(count < most for _, count in others)
        advice = ADVICE.get(worst, UNCLEAR) if is_clear else UNCLEAR
        found.append((blamed, Hint(name_topic(topic, content), finding, advice, f"{file}:{line}")))
    return [hint for _, hint in sorted(found, key=lambda pair: -pair[0])]


def name_topic(topic: str, content: Content) -> str:
    """Return the title; a topic that has left the catalogue keeps its id."""
    if not topic:
        return NO_TOPIC
    return content.topics[topic].title if topic in content.topics else topic


def name_reasons(content: Content) -> dict[str, str]:
    """Return what each result of the feedback flow is called there."""
    if FEEDBACK not in content.flows:
        return {}
    options = [option for step in content.flows[FEEDBACK].steps.values() for option in step.options]
    return {option.result: option.title for option in options if option.result}


def format_day(day: date) -> str:
    """Return a day as in "Mo 02.11.2026"."""
    return f"{WEEKDAYS[day.weekday()]} {day:%d.%m.%Y}"


def format_span(span: Span | Period) -> str:
    """Return a day, or the first and the last."""
    if span.first == span.last:
        return format_day(span.first)
    return f"{span.first:%d.%m.%Y} bis {span.last:%d.%m.%Y}"


def format_number(number: int) -> str:
    """Return 12345 as "12.345"."""
    return f"{number:,}".replace(",", ".")


def show_cell(cell: Cell) -> str:
    """Return a cell for people."""
    return cell if isinstance(cell, str) else format_number(cell)


def describe_period(summary: Summary) -> Iterator[tuple[str, str]]:
    """Return which days the numbers are of."""
    yield "Zeitraum", format_span(summary.period)
    weeks = format_span(summary.weeks) if summary.weeks else "keine ganze Woche zu Ende"
    yield "Themen, Ergebnisse und Rückmeldungen", weeks


def write_csv(summary: Summary, content: Content) -> str:
    """Return one line per number, for Excel: semicolons, a mark for UTF-8, and nothing it would calculate."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(("Bereich", "Zeile", "Spalte", "Wert"))
    writer.writerows(("Angaben", name, "", _guard(value)) for name, value in describe_period(summary))
    for table in list_tables(summary, content):
        _, *columns = table.headings
        for name, *cells in table.rows:
            for column, cell in zip(columns, cells, strict=True):
                if cell != "":
                    writer.writerow((table.title, _guard(name), _guard(column), _guard(cell)))
    return "\ufeff" + text.getvalue()


def _guard(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def write_text(summary: Summary, content: Content) -> str:
    """Return the tables for a terminal."""
    lines = [f"{name}: {value}" for name, value in describe_period(summary)]
    for table in list_tables(summary, content):
        lines += ["", table.title]
        lines += _align([table.headings, *table.rows]) if table.rows else [table.empty]
    return "\n".join(lines)


def _align(rows: Sequence[Sequence[Cell]]) -> list[str]:
    cells = [[show_cell(cell) for cell in row] for row in rows]
    first, *others = (max(len(row[column]) for row in cells) for column in range(len(cells[0])))
    return [
        "  ".join(
            [name.ljust(first), *(cell.rjust(width) for cell, width in zip(numbers, others, strict=True))]
        ).rstrip()
        for name, *numbers in cells
    ]
