"""Turns measurements into the German comparison: absolute numbers and ratios."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from dataset import Labelled
from measurements import UNKNOWN, Measured

FALLBACK_INTENT = "nlu_fallback"


class Row(NamedTuple):
    """One line: what was measured, on both sides, and how many digits are meant seriously."""

    label: str
    bot: float | None
    stock: float | None
    unit: str
    digits: int = 1


def build_time_rows(serving: Measured, bot: Measured, stock: Measured) -> list[Row]:
    """Return start, memory and time per question."""
    count = len(bot.seconds) + 1
    median, slow = statistics.median, _percentile_95
    http, own, other = ([1000 * value for value in side.seconds] for side in (serving, bot, stock))
    return [
        Row("Start bis zur ersten Antwort, ganzer Dienst", serving.start, None, "s"),
        Row("Start bis zur ersten Antwort, nur Erkennung", bot.start, stock.start, "s"),
        Row(f"Speicher nach {count} Fragen, ganzer Dienst", serving.memory["now"], None, "MB", 0),
        Row(f"Speicher nach {count} Fragen, nur Erkennung", bot.memory["now"], stock.memory["now"], "MB", 0),
        Row("Speicherspitze, nur Erkennung", bot.memory["peak"], stock.memory["peak"], "MB", 0),
        Row("Eine Frage über /api/messages, Median", median(http), None, "ms"),
        Row("Eine Frage über /api/messages, 95. Perzentil", slow(http), None, "ms"),
        Row("Eine Frage, nur Erkennung, Median", median(own), median(other), "ms"),
        Row("Eine Frage, nur Erkennung, 95. Perzentil", slow(own), slow(other), "ms"),
    ]


def build_training_rows(bot: dict[str, float], stock: dict[str, float]) -> list[Row]:
    """Return duration and memory of the training."""
    return [
        Row("Training mit der Kommandozeile", bot["seconds"], stock.get("seconds"), "s"),
        Row("Speicherspitze beim Training", bot["peak"], stock.get("peak"), "MB", 0),
    ]


def build_accuracy_rows(
    labelled: list[Labelled], bot: Measured, stock: Measured | None, given: Sequence[str | None]
) -> list[Row]:
    """Return how often each side is right; `given` is what the whole bot answered.

    Stock Rasa's counterpart to asking back and saying "I don't know" is its FallbackClassifier.
    """
    topics = [topic for _, topic in labelled]
    own = (_rate_tops(bot, topics), _rate_right(given, topics), _rate_wrong(given, topics))
    other: tuple[float | None, ...] = (None, None, None)
    if stock:
        answers = [UNKNOWN if ranking[0] == FALLBACK_INTENT else ranking[0] for ranking in stock.rankings]
        other = (_rate_tops(stock, topics), _rate_right(answers, topics), _rate_wrong(answers, topics))
    labels = (
        "Richtiges Thema an erster Stelle",
        "Sofort richtig beantwortet",
        "Mit dem falschen Thema beantwortet",
    )
    return [Row(*line, "%") for line in zip(labels, own, other, strict=True)]


def format_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table; the ratio is stock divided by ours, for shares the difference in points."""
    cells = [("", "dieser Bot", "Rasa nach rasa init", "Vergleich")]
    cells += [(row.label, _show(row, row.bot), _show(row, row.stock), _compare(row)) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = []
    for first, *others in cells:
        padded = [first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True))]
        lines.append(f"| {' | '.join(padded)} |")
    ruler = [":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"|{'|'.join(ruler)}|", *lines[1:]])


def _percentile_95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def _rate_tops(measured: Measured, topics: list[str]) -> float:
    # the fallback marker is no intent: the one behind it counts
    tops = [next(name for name in ranking if name != FALLBACK_INTENT) for ranking in measured.rankings]
    return _rate_right(tops, topics)


def _rate_right(given: Sequence[str | None], topics: list[str]) -> float:
    return 100 * statistics.fmean(answer == topic for answer, topic in zip(given, topics, strict=True))


def _rate_wrong(given: Sequence[str | None], topics: list[str]) -> float:
    pairs = zip(given, topics, strict=True)
    return 100 * statistics.fmean(answer not in (topic, UNKNOWN, None) for answer, topic in pairs)


def _show(row: Row, value: float | None) -> str:
    return "–" if value is None else f"{_format_number(value, row.digits)} {row.unit}"


def _compare(row: Row) -> str:
    if row.bot is None or row.stock is None:
        return "–"
    if row.unit == "%":
        points = row.bot - row.stock
        return f"{'+' if points >= 0 else '−'}{_format_number(abs(points), row.digits)} Punkte"
    ratio = row.stock / row.bot
    return f"1 : {_format_number(ratio, 1 if ratio < 10 else 0)}"


def _format_number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))
