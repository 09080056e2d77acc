"""Finds amounts, dates, times, phone numbers and paragraphs in a text, so that versions can be compared."""

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_NUMERALS = ("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf")
_WORDS = {word: str(number) for number, word in enumerate(_NUMERALS, 2)}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b", re.I)
_URL = re.compile(r"https?://\S+")

_MONTH = "|".join(_MONTHS)
_NUMBER = r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?"
_TIME = r"\d{1,2}(?:[.:]\d{2})?"
_ONE_OF = r"(?:\s?(?:bis|und|oder|–|-|,)\s?{0})*"
_LIST = _NUMBER + _ONE_OF.format(_NUMBER)
OTHER_NUMBERS = "andere Zahlen"


class FactKind(Struct, frozen=True):
    """One kind of fact: how it is written, and how a match is brought into one form."""

    name: str
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], Iterable[str]]


def find_facts(text: str) -> dict[str, set[str]]:
    """Return the facts by the German name of their kind; each digit belongs to the first kind that fits."""
    rest = _WORD.sub(lambda match: _WORDS[match[1].lower()], _URL.sub(" ", text))
    facts: dict[str, set[str]] = {}
    for kind in KINDS:
        found: set[str] = set()
        for match in kind.pattern.finditer(rest):
            found.update(kind.read(match))
        facts[kind.name] = facts.get(kind.name, set()) | found
        rest = kind.pattern.sub(" | ", rest)
    return facts


def _read_numbers(match: re.Match[str]) -> list[str]:
    return [number.replace(".", "").removesuffix(",00") for number in re.findall(_NUMBER, match.group())]


def _read_date(match: re.Match[str]) -> list[str]:
    parts = match.groupdict()
    month = parts.get("month") or ""
    number = str(_MONTHS.index(month) + 1) if month in _MONTHS else month.lstrip("0")
    day = (parts.get("day") or "").lstrip("0")
    return [".".join(part for part in (day, number, parts.get("year")) if part)]


def _read_times(match: re.Match[str]) -> list[str]:
    times = re.findall(_TIME, match.group())
    return [time.replace(".", ":") if len(time) > 2 else f"{time}:00" for time in times]


def _read_phone(match: re.Match[str]) -> list[str]:
    return [re.sub(r"\D", "", match.group().replace("+49", "0"))]


def _read_paragraphs(match: re.Match[str]) -> list[str]:
    return re.findall(r"\d+[a-z]?\b", match[1])


def _read_match(match: re.Match[str]) -> list[str]:
    return [match.group()]


_PARAGRAPH = r"\d+[a-z]?\b"
_PARAGRAPHS = _PARAGRAPH + _ONE_OF.format(_PARAGRAPH)
_BELOW = r"(?:\s?(?:Abs\.|Absatz|Satz|S\.|Nr\.|Nummer)\s?\d+[a-z]?\b)*"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?P<year>(?:19|20)\d{2})"

# In this order: "§ 22" is no bare number, "2026" in a date no year of its own, "112 Euro" no emergency call.
KINDS = (
    FactKind(
        "Paragrafen",
        re.compile(rf"(?:§§?|\bParagra(?:f|ph)\w*)\s?({_PARAGRAPHS}){_BELOW}", re.I),
        _read_paragraphs,
    ),
    FactKind(
        "Daten",
        re.compile(rf"\b{_DAY}\.\s?(?P<month>0?[1-9]|1[0-2])\.(?:\s?{_YEAR}\b)?(?!\d)"),
        _read_date,
    ),
    FactKind("Daten", re.compile(rf"\b(?:{_DAY}\.\s?)?(?P<month>{_MONTH})\s{_YEAR}\b"), _read_date),
    FactKind("Daten", re.compile(rf"\b{_DAY}\.\s?(?P<month>{_MONTH})\b"), _read_date),
    FactKind("Beträge", re.compile(rf"\b{_LIST}\s?(?:Euro\b|EUR\b|€|Cent\b)"), _read_numbers),
    FactKind("Prozentsätze", re.compile(rf"\b{_LIST}\s?(?:Prozent|%)"), _read_numbers),
    FactKind("Uhrzeiten", re.compile(rf"\b{_TIME}{_ONE_OF.format(_TIME)}\s?Uhr\b"), _read_times),
    FactKind(
        "Telefonnummern",
        re.compile(r"(?<![\w.,])(?:\+49|0)[\d ()/-]{5,}\d\b|\b116 ?\d{3}\b|\b11[025]\b"),
        _read_phone,
    ),
    FactKind("Daten", re.compile(rf"\b{_YEAR}\b"), _read_date),
    # small numbers only as periods: "drei Wege" in one version and a list in the other is fine
    FactKind(
        OTHER_NUMBERS,
        re.compile(r"\b(?:\d{2,}(?:[.,]\d+)*|[2-9](?=\s?(?:Jahr|Monat|Woche|Tag|Stunde)))\b"),
        _read_match,
    ),
)
