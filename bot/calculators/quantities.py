"""Reads amounts and periods of `_values.yml`, rounds as § 41 Abs. 2 SGB II does, and writes them in German."""

import calendar
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from bot.calculators.result import Values

_NUMBER = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?")
_PERIOD = re.compile(r"(\d+) (Monat|Jahr)")
_WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip


class UnknownValueError(LookupError):
    """No value is known for the day of the question."""


def read_text(values: Values, name: str) -> str:
    """Return a value as it stands; raises UnknownValueError."""
    value = values(name)
    if value is None:
        raise UnknownValueError(name)
    return value


def read_number(values: Values, name: str) -> Decimal:
    """Return the number in a value such as "1.200 Euro", "2,3 %" or "4. Tag"."""
    match = _NUMBER.search(read_text(values, name))
    if match is None:
        raise ValueError(f"{name}: keine Zahl")
    return Decimal(match.group().replace(".", "").replace(",", "."))


def read_share(values: Values, name: str) -> Decimal:
    """Return a percentage as a factor: "17 %" is 0.17."""
    return read_number(values, name) / 100


def read_months(values: Values, name: str) -> int:
    """Return a period such as "1 Monat" or "4 Jahre" in months."""
    match = _PERIOD.search(read_text(values, name))
    if match is None:
        raise ValueError(f"{name}: kein Zeitraum in Monaten oder Jahren")
    return int(match[1]) * (12 if match[2] == "Jahr" else 1)


def add_months(day: date, months: int) -> date:
    """Return the day with the same number, or the last one of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def round_cents(amount: Decimal) -> Decimal:
    """Round to whole cents, half a cent up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def format_amount(amount: Decimal) -> str:
    """Return "1.234,50 Euro", or "563 Euro" without cents."""
    digits = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    return f"{digits.removesuffix(',00')} Euro"


def format_date(day: date) -> str:
    """Return "14. Dezember 2026"."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def format_day(day: date) -> str:
    """Return "Montag, 14. Dezember 2026"."""
    return f"{_WEEKDAYS[day.weekday()]}, {format_date(day)}"


def format_days(number: int) -> str:
    """Return "1 Tag" or "15 Tage"."""
    return "1 Tag" if number == 1 else f"{number} Tage"
