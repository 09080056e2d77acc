"""Finds and masks personal data before anything else sees the text."""

import re
from collections.abc import Callable, Iterable

from msgspec import Struct
from stdnum import iban
from stdnum.de import idnr

MASK = "•••"


class Kind(Struct, frozen=True):
    """One kind of personal data: where it may stand, and whether a match really is one."""

    name: str
    pattern: re.Pattern[str]
    is_real: Callable[[str], bool] = lambda match: True


def _digits(match: str) -> str:
    return re.sub(r"\D", "", match)


def _is_iban(match: str) -> bool:
    return bool(iban.is_valid(match))


def _is_insurance_number(match: str) -> bool:
    """Check digit of the German pension insurance number (VKVV § 4)."""
    compact = re.sub(r"\s", "", match).upper()
    letter = f"{ord(compact[8]) - 64:02d}"
    numbers = compact[:8] + letter + compact[9:11]
    factors = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * factor, 10)) for digit, factor in zip(numbers, factors, strict=True))
    return total % 10 == int(compact[11])


_STREET = r"(?:stra(?:ß|ss)e|str\.?|weg|allee|platz|gasse|ring|damm|ufer|pfad|steig)"
_DATE = r"\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:19|20)?\d{2}"

KINDS = (
    Kind("E-Mail-Adresse", re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")),
    # a German IBAN with a slip of the pen is still somebody's account, so its check digits do not matter
    Kind("IBAN", re.compile(r"\bDE\s?\d{2}(?:[\s-]?\d){18}\b", re.I)),
    Kind("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),
    Kind("BG-Nummer", re.compile(r"\b\d{3,6}\s?[-/]*\s?BG\s?[-/]*\s?\d{4,8}\b", re.I)),
    Kind("Kundennummer", re.compile(r"\b\d{3}\s?[A-Z]\s?\d{6}\b", re.I)),
    Kind(
        "Versicherungsnummer",
        re.compile(r"\b\d{2}\s?\d{6}\s?[A-Z]\s?\d{2}\s?\d\b", re.I),
        _is_insurance_number,
    ),
    Kind("Steuer-ID", re.compile(r"\b\d{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}\b"), lambda match: idnr.is_valid(_digits(match))),
    Kind(
        "Telefonnummer",
        re.compile(
            r"(?<![\w,.])(?:\+|00)\d{1,3}[\s()/.-]*\d(?:[\s()/.-]*\d){5,12}\b|(?<![\w,.])\(?0[1-9]\d{1,4}\)?(?:[\s/.-]*\d){5,9}\b"
        ),
        lambda match: 9 <= len(_digits(match)) <= 15,
    ),
    Kind("Geburtsdatum", re.compile(rf"\b(?:geb\w*|geburts\w+)\.?:?\s*(?:am|ist|den)?\s*{_DATE}", re.I)),
    Kind("Adresse", re.compile(rf"\b[\w.-]*{_STREET}\s+\d{{1,4}}\s?[a-z]?\b(?:,?\s*\d{{5}}\s+[\w-]+)?", re.I)),
    Kind(
        "Aktenzeichen",
        re.compile(
            r"\b(?:kundennummer|bg[- ]?nummer|aktenzeichen|az)\.?:?\s*(?:ist|lautet)?\s*[\w./-]*\d{4,}[\w./-]*", re.I
        ),
    ),
    Kind("Name", re.compile(r"\b(?i:mein name ist|ich hei(?:ß|ss)e)\s+(?:[A-ZÄÖÜ][\w-]+)(?:\s+[A-ZÄÖÜ][\w-]+)?")),
)


class Masked(Struct, frozen=True):
    """A text without personal data, and the kinds that were found in it."""

    text: str
    found: tuple[str, ...]


def mask(text: str, public: Iterable[str] = ()) -> Masked:
    """Replace personal data by a mark; numbers and addresses in `public` (our own contacts) stay."""
    known = {_digits(entry) for entry in public if _digits(entry)} | {entry.casefold() for entry in public}
    found: list[str] = []
    for kind in KINDS:

        def replace(match: re.Match[str], kind: Kind = kind) -> str:
            hit = match.group()
            if hit.casefold() in known or _digits(hit) in known or not kind.is_real(hit):
                return hit
            found.append(kind.name)
            return MASK

        text = kind.pattern.sub(replace, text)
    return Masked(text, tuple(dict.fromkeys(found)))
