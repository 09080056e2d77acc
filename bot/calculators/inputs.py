"""Reads what people type into a calculator: euros, days, small numbers; None when it is not clear."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from bot.text import fold_spelling, normalise

MAX_AMOUNT = Decimal(20_000)
"""More than this in a month is a slip of the keyboard."""
MAX_COUNT = 20

# "450,-" and "1 200" or "1'200"
_NO_CENTS = re.compile(r"[.,]\s?[-–—]+")
_THOUSANDS_GAP = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))")
_AMOUNT = re.compile(r"\d[\d.,]*")
_WHOLE = r"\d{1,3}(?:\.\d{3})+|\d+"
_GERMAN = re.compile(rf"({_WHOLE})(?:,(\d{{1,2}}))?")
# "1.20", "1,200.50"; "1,200" alone may mean either and is asked for again
_ENGLISH = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)\.(\d{1,2})")
_NEGATIVE = re.compile(r"(?:^|\s)[-−–]\s?\d")
# another unit, a period other than a month, or no exact amount
_UNCLEAR = re.compile(
    r"hundert|tausend|\bmille\b|\d\s*(?:k|h)\b|%|prozent|/\s*h\b|\bpro h\b|\bstd\b|\bstunden?(?:lohn)?\b|stundlich"
    r"|tage?n?\b|taglich|\bwoche|wochentlich|jahr|\b(?:bis|zwischen|oder|unter|uber|minus|mindestens|hochstens)\b"
    r"|\b(?:mehr|weniger) als\b"
)
_NOTHING = re.compile(r"\b(?:null|nichts|nix|keins|kein(?:en|e)? (?:lohn|geld|gehalt|einkommen|verdienst|kosten))\b")

# fmt: off
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "mrz": 3, "apr": 4, "mai": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "okt": 10, "nov": 11, "dez": 12,
}
_NUMERALS = {
    "null": 0, "kein": 0, "keine": 0, "keinen": 0, "keiner": 0, "keins": 0, "nein": 0, "nichts": 0, "nix": 0,
    "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "funf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwolf": 12,
}
# fmt: on
_WEEKDAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")

_MONTH = (
    r"(jan(?:uar|ner)?|feb(?:ruar)?|marz?|mrz|apr(?:il)?|mai|jun[io]?|jul[iy]?|aug(?:ust)?"
    r"|sept?(?:ember)?|okt(?:ober)?|nov(?:ember)?|dez(?:ember)?)\b\.?"
)
_START = r"(?<!\d)(?<!\d[.,/-])"
_GAP = r"(?:\s*[./-]\s*|\s+)"
_YEAR = r"(\d{4}|\d{2})(?![.,]?\d)(?!\s*(?:uhr|:))"
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_NUMERIC = re.compile(rf"{_START}(\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}{_YEAR}")
_DIGITS = re.compile(r"(?<!\d)(\d\d)(\d\d)(\d{4})(?!\d)")
_WRITTEN = re.compile(rf"{_START}(\d{{1,2}})\.?\s*{_MONTH}(?:\s*{_YEAR})?")
_SHORT = re.compile(rf"{_START}(\d{{1,2}})\s*[./]\s*(\d{{1,2}})(?!\d)(?!\s*[.,/-]?\s*\d)")
_AGO = re.compile(r"\bvor (\d{1,3}|[^\W\d]+) (tag|woche)")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})\b")
_BEFORE_TODAY = re.compile(r"\b(?:letzte|vergangene|vorige)[nrs]?\b")
_OTHER_WEEK = re.compile(r"woche|\bvor\b|\b(?:ubernachste|nachste|kommende|vorletzte)[nrs]?\b")
_RELATIVE = {"heute": 0, "gestern": 1, "vorgestern": 2}


def parse_amount(text: str) -> Decimal | None:
    """Return an amount in euros for a month; None for two amounts, a wage per hour or "über 400"."""
    folded = fold_spelling(normalise(text))
    if _UNCLEAR.search(folded) or _NEGATIVE.search(folded):
        return None
    found = _AMOUNT.findall(_THOUSANDS_GAP.sub("", _NO_CENTS.sub(" ", folded)))
    if not found:
        return Decimal(0) if _NOTHING.search(folded) else None
    amount = _read_amount(found[0].rstrip(".,")) if len(found) == 1 else None
    return amount if amount is not None and amount <= MAX_AMOUNT else None


def _read_amount(digits: str) -> Decimal | None:
    match = _GERMAN.fullmatch(digits) or _ENGLISH.fullmatch(digits)
    if match is None:
        return None
    whole = re.sub(r"[.,]", "", match[1])
    return Decimal(f"{whole}.{match[2]}" if match[2] else whole)


def parse_count(text: str) -> int | None:
    """Return a small number; None for two different ones, a fraction or a number nobody means."""
    folded = fold_spelling(normalise(text))
    if re.search(r"[-−–]\s?\d|\d[.,]\d|\bein paar\b|\bkeine (?:ahnung|angaben?)\b|\bnicht\b", folded):
        return None
    found = {_read_count(word) for word in re.findall(r"[^\W_]+", folded)} - {None}
    number = found.pop() if len(found) == 1 else None
    return number if number is not None and number <= MAX_COUNT else None


def _read_count(word: str) -> int | None:
    return int(word) if word.isdecimal() else _NUMERALS.get(word)


def parse_date(text: str, today: date) -> date | None:
    """Return the one day a text names; without a year it is the last such day not after today."""
    rest = fold_spelling(normalise(text))
    days: set[date | None] = set()
    for pattern, read in _FORMS:
        days |= {read(match, today) for match in pattern.finditer(rest)}
        rest = pattern.sub(" | ", rest)
    if not days:
        return _read_words(rest, today)
    return days.pop() if len(days) == 1 else None


def _read_iso(match: re.Match[str], today: date) -> date | None:
    return _make_date(int(match[1]), int(match[2]), int(match[3]))


def _read_numeric(match: re.Match[str], today: date) -> date | None:
    return _make_date(_read_year(match[3]), int(match[2]), int(match[1]))


def _read_written(match: re.Match[str], today: date) -> date | None:
    day, month = int(match[1]), _MONTHS[match[2][:3]]
    return _make_date(_read_year(match[3]), month, day) if match[3] else _find_last(day, month, today)


def _read_short(match: re.Match[str], today: date) -> date | None:
    return _find_last(int(match[1]), int(match[2]), today)


def _read_words(folded: str, today: date) -> date | None:
    """Return the day of "gestern", "vor zwei Wochen" or "letzten Montag"."""
    near = {back for word, back in _RELATIVE.items() if re.search(rf"\b{word}\b", folded)}
    weekdays = set(_WEEKDAY.findall(folded.replace("sonnabend", "samstag")))
    ago = _AGO.search(folded)
    if ago:
        number = _read_count(ago[1])
        if number is None or weekdays or near - {0}:
            return None
        return today - timedelta(days=number * (7 if ago[2] == "woche" else 1))
    if near:
        return today - timedelta(days=near.pop()) if len(near) == 1 else None
    if len(weekdays) != 1 or _OTHER_WEEK.search(folded):
        return None
    back = (today.weekday() - _WEEKDAYS.index(weekdays.pop())) % 7
    return today - timedelta(days=back or (7 if _BEFORE_TODAY.search(folded) else 0))


def _find_last(day: int, month: int, today: date) -> date | None:
    # 29 February comes every four years, at most eight
    candidates = (_make_date(year, month, day) for year in range(today.year, today.year - 9, -1))
    return next((found for found in candidates if found is not None and found <= today), None)


def _read_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _make_date(year: int, month: int, day: int) -> date | None:
    if not 1900 <= year <= 2100:
        return None
    try:
        return date(year, month, day)
    except ValueError:  # no such day, e.g. 31.02.
        return None


_Reader = Callable[[re.Match[str], date], date | None]
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_ISO, _read_iso),
    (_NUMERIC, _read_numeric),
    (_DIGITS, _read_numeric),
    (_WRITTEN, _read_written),
    (_SHORT, _read_short),
)
