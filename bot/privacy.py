"""Finds and masks personal data before anything else sees the text."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct
from stdnum import iban
from stdnum.de import idnr

from bot.names import NAME_RULES, NOT_NAMES, Find, read_words

MASK = "•••"
MOST_LIKE = 0.84
"""From this likeness on (difflib) a word is a misspelt label; "Geburtsurkunde" and "Geburtsdatum" have 0.69."""


def _find_all(match: re.Match[str]) -> str:
    return match["data"]


class Kind(Struct, frozen=True):
    """One kind of personal data and one place where it stands."""

    name: str
    example: str
    pattern: re.Pattern[str]
    """What its group `data` matches is masked."""
    find: Find = _find_all
    """Returns what really is personal, from the beginning of `data` on; nothing if it is not."""
    needs_digit: bool = True
    """Saves the search in texts without any digit."""


class Masked(Struct, frozen=True):
    """A text without personal data, and the kinds that were found in it."""

    text: str
    found: tuple[str, ...]


def mask(text: str, public: Iterable[str] = ()) -> Masked:
    """Replace personal data by a mark; numbers and addresses in `public` (our own contacts) stay."""
    known = [entry for entry in map(_fold_contact, public) if entry]
    has_digit = any(map(str.isdigit, text))
    found: list[str] = []
    for kind in KINDS:
        position = 0
        while (has_digit or not kind.needs_digit) and (match := kind.pattern.search(text, position)):
            personal = kind.find(match)
            if not personal or _is_public(personal, known):
                position = match.start() + 1
                continue
            found.append(kind.name)
            start = match.start("data")
            text = text[:start] + MASK + text[start + len(personal) :]
            position = start + len(MASK)
    return Masked(text, tuple(dict.fromkeys(found)))


def _is_public(personal: str, known: list[str]) -> bool:
    folded = _fold_contact(personal)
    if folded.isdigit():
        # a phone number without the area code is the end of ours
        return any(folded == entry or (len(folded) > 5 and entry.endswith(folded)) for entry in known)
    return any(folded.endswith(entry) for entry in known)


def _fold_contact(entry: str) -> str:
    """Make spellings of one contact equal: a phone number is its digits, an address ends with the house number."""
    if not re.search(r"[^\W\d_]", entry):
        return re.sub(r"^(?:0049|49(?=\d{9}))0?", "0", _digits(entry))
    folded = re.sub(r"str\b\.?", "strasse ", re.sub(r"[(\[]at[)\]]", "@", entry.lower().replace("ß", "ss")))
    words: list[str] = re.findall(r"[^\W_]+", folded)
    house = next((index for index, word in enumerate(words) if word[0].isdigit()), len(words))
    return "".join(words if "@" in folded else words[: house + 1])


# ---- what really is personal -----------------------------------------------------------------------------------


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _find_iban(match: re.Match[str]) -> str:
    """Return the longest beginning with the right check digits: the next word may look like more of the number."""
    data = match["data"]
    ends = (end for end in range(len(data), 14, -1) if not data[end : end + 1].isalnum())
    return next((data[:end] for end in ends if iban.is_valid(data[:end], check_country=False)), "")


def _find_insurance_number(match: re.Match[str]) -> str:
    """Check the check digit of the German pension insurance number (VKVV § 4)."""
    compact = re.sub(r"[^0-9A-Z]", "", match["data"].upper())
    numbers = f"{compact[:8]}{ord(compact[8]) - 64:02d}{compact[9:11]}"
    factors = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * factor, 10)) for digit, factor in zip(numbers, factors, strict=True))
    return match["data"] if total % 10 == int(compact[11]) else ""


def _find_tax_id(match: re.Match[str]) -> str:
    return match["data"] if idnr.is_valid(_digits(match["data"])) else ""


def _find_phone(match: re.Match[str]) -> str:
    digits = _digits(match["data"])
    return match["data"] if 8 <= len(digits) <= 16 and not _SERVICE.match(digits) else ""


def _is_label(match: re.Match[str], labels: frozenset[str]) -> bool:
    """Tell whether the word beside is one of the labels, written well or nearly."""
    word = re.sub(r"[\W\d_]", "", match["label"].lower())
    return word in labels or (len(word) > 5 and bool(get_close_matches(word, labels, 1, MOST_LIKE)))


def _find_labelled_number(match: re.Match[str]) -> str:
    """Accept a number with a label, unless it is a date."""
    digits = _digits(match["data"])
    is_number = len(digits) > 4 and not re.match(_DATE, match["data"], re.I) and not _SERVICE.match(digits)
    return match["data"] if is_number and _is_label(match, NUMBER_LABELS) else ""


def _find_birth_date(match: re.Match[str]) -> str:
    return match["data"] if _is_label(match, BIRTH_LABELS) else ""


def _find_street(match: re.Match[str]) -> str:
    """Accept a street with a number, unless it is "in einer Straße 12"."""
    return "" if match["data"].lower().split()[0] in NOT_NAMES else match["data"]


# ---- where it stands -------------------------------------------------------------------------------------------

_SERVICE = re.compile(r"(?:00)?(?:800|0800|0180|0900|0137|116\d{3}$)")
"""Numbers that are never a citizen's."""
_MONTH = r"(?:jan|feb|mär|maer|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-z]*\.?"
_YEAR = r"(?:19|20)?\d\d(?!\d)"
_DATE = (
    rf"(?:\d\d?\s?[./-]\s?\d\d?\s?[./-]\s?{_YEAR}|(?:19|20)\d\d-\d\d?-\d\d?(?!\d)|\d\d?\.?\s?{_MONTH}(?:\s?{_YEAR})?)"
)
_NUMBER = (
    r"(?:[a-z]{1,4}[./-]?)?\d(?:[\da-z./()-]|\s(?=(?:bg|[a-z])?\s?[./-]?\s?\d)){0,40}(?<=[\da-z])"
    r"(?!\d|[.,]\d|\s?(?:€|eur|%|proz|qm|kwh|uhr))"
)
_LABEL = r"(?P<label>(?<!\w)(?:meine nummer|[^\W\d_][\w.-]{0,40}))"
_AFTER_LABEL = (
    r"[\s.:=,()#-]*"
    r"(?:(?:nr|nummer|numer|id|datum|ist|is|lautet|wurde|war|bin|ich|er|sie|am|der|die|den|unter|bitte|also|hier|bei"
    r"|euch|ihnen|glaube?|vo[nm] (?:meine[mrs]? )?\w+|meine[mrs] \w+)[\s.:=]+){0,5}"
)
_BEFORE_LABEL = r"[\s,(=-]+(?:(?:ist|lautet|als|die|das|mein|meine|unsere|in \w+|zur)\s+){0,3}"
NUMBER_LABELS = read_words(
    "bg bgnr bgnummer bedarfsgemeinschaft bedarfsgemeinschaftsnummer begenummer kunden kundennr kundennummer kundenid "
    "kd kdnr kdnummer az aktenzeichen geschäftszeichen vorgangsnummer iban kontonr kontonummer kontoverbindung "
    "bankverbindung blz sv svnr svnummer rv rvnr rvnummer versicherungsnummer versichertennummer sozialversicherungs "
    "sozialversicherungsnummer rentenversicherungsnummer steuer steuerid steuernr steuernummer identnummer idnr tin "
    "steueridentifikationsnummer identifikationsnummer tel telnr telefon telefonnummer handy handynr handynummer mobil "
    "mobilnr mobilnummer festnetz fon whatsapp rückruf rufnummer meinenummer"
)
BIRTH_LABELS = read_words("geb geboren geburtsdatum gebdat gebdatum geburtstag geburtsdaten welt")

_STREET = r"(?:stra(?:ß|ss)e|str\b\.?)"
_WAY = r"(?:weg|allee|gasse|platz|ring|damm|ufer|pfad|steig|markt)"
_NO_WAY = (
    r"(?!(?:arbeits|schul|heim|um|fuß|hin|rück|fahrt?|anfahrts|rechts|stell|park|ausbildungs|studien|praktikums|"
    r"betreuungs|krippen|kindergarten|schlaf|sitz|therapie|wohn|pflege|kita|bahn|super|weihnachts|wohnungs)-?"
    r"(?:weg|platz|ring|steig|markt)|\w*gering\b|\w*äufer\b)"
)
_HOUSE = (
    r"\s?(?:(?:nr|nummer|hausnummer)\.?\s?)?\d{1,3}(?:\s?[a-h]\b)?(?:\s?[-–/]\s?\d{1,3}[a-h]?)?(?![\w€-]|[.,]\d)"
    r"(?!\s?(?:€|euro?\b|uhr|stunden|std|minuten|min\b|tage|wochen|monate|jahre|mal\b|km\b|qm|m²|personen|leute|kinder"
    r"|zimmer|häuser|wohnungen|prozent|%))"
)
_TOWN = r",?\s*\d{5}\s+[\w-]+"
_END = r"(?=\s*(?:[,.;)!?•]|$|\d{5}|(?:in|bei|und|seit)\b))(?!\.?\s?(?:stock|og\b|etage))"
# "Am Kapellenberg 7" looks like "Am Montag 7"
_PHRASE = (
    r"(?:am|an|auf|beim|hinter|im|in|unter|vor|zum|zur)(?:\s(?:der|dem|den|die))?(?:\s[^\W\d_](?:[^\W\d_]|-){2,}){1,2}"
)
_NO_PHRASE = (
    r"(?!\w+\s(?:\w+\s)?(?:schalter|zimmer|raum|gebäude|haus|punkt|eingang|monat|klasse|stufe|seite|stock|modul|anlage"
    r"|absatz|alter|jahr|januar|februar|märz|april|mai|juni|juli|august|\w+ber|\w+tag|mittwoch|schnitt|teil|termin)\b)"
)


def _ignore_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


_NUMBERS = (
    Kind(
        "E-Mail-Adresse",
        "erika.muster (at) example.org",
        _ignore_case(
            r"(?<![\w.+-])(?P<data>[\w.+-]+(?:@|\s?[(\[]\s?(?:at|ät|a)\s?[)\]]\s?|\s?@\s?(?=[\w-]+\s?\.))[\w-]+"
            r"(?:\s?[(\[](?:dot|punkt)[)\]]\s?\w+|\s\.\s[a-z]{2,4}\b|[.,]\w[\w-]*)*"
            r"|[\w.+-]+\s(?:at|ät)\s[\w-]+\s?(?:punkt|dot|\.)\s?[a-z]{2,4}\b)"
        ),
        needs_digit=False,
    ),
    Kind(
        "IBAN",
        "DE89 3704 0044 0532 0130 00",
        re.compile(r"(?ai:\b(?P<data>(?:DE\s?|[A-Z]{2})\d{2}(?:[\s.-]?[A-Z0-9]){11,30}))"),
        _find_iban,
    ),
    Kind(
        "BG-Nummer",
        "12345BG0006789",
        _ignore_case(r"\b(?P<data>\d{3,6}\s?[-/]*\s?BG\s?[-/]*\s?\d{4,8}|\d{5}\s?//\s?\d{7})\b"),
    ),
    Kind(
        "Kundennummer",
        "123A456789",
        re.compile(r"(?ai:\b(?P<data>\d{3}[\s-]?[A-Z][\s-]?\d{3}\s?\d{3})\b)"),
    ),
    Kind(
        "Versicherungsnummer",
        "65 170839 J 003",
        re.compile(r"(?a:\b(?P<data>\d{2}[\s./-]?(?:\d{2}[\s./-]?){3}[A-Za-z][\s./-]?\d{2}[\s./-]?\d)\b)"),
        _find_insurance_number,
    ),
    Kind(
        "Steuer-ID",
        "36 574 261 809",
        re.compile(r"\b(?P<data>\d{2}[\s./-]?\d{3}[\s./-]?\d{3}[\s./-]?\d{3})\b"),
        _find_tax_id,
    ),
    Kind(
        "Telefonnummer",
        "0151 23456789",
        re.compile(
            r"(?<![\w,.])(?<!\d[\s.-])(?<!\w-)(?P<data>(?:\+|00)[1-9]\d{0,2}(?:[\s()/.-]{0,3}\d){6,13}"
            r"|(?:\(0[1-9]\d{1,4}\)|0[1-9]\d{1,4})(?:[\s/.-]{0,3}\d){4,9}|0(?:[\s/-]{0,3}\d){8,12})\b"
        ),
        _find_phone,
    ),
    Kind(
        "Kennnummer",
        "Kundennummer lautet 4711-0815",
        _ignore_case(rf"{_LABEL}{_AFTER_LABEL}(?P<data>{_NUMBER})"),
        _find_labelled_number,
    ),
    Kind(
        "Kennnummer",
        "4711-0815 ist meine Kundennummer",
        _ignore_case(rf"(?<![\w.,/-])(?P<data>{_NUMBER}){_BEFORE_LABEL}{_LABEL}"),
        _find_labelled_number,
    ),
)

_ADDRESSES = (
    *(
        Kind("Adresse", example, _ignore_case(pattern))
        for example, pattern in (
            (
                "ich wohne jetzt in den Wiesen 4",
                rf"\b(?:wohne|wohnen|wohnt|wohnhaft|gemeldet|umzug|umgezogen|ziehe|ziehen)[\s:]+(?:\w+\s+){{0,3}}?"
                rf"{_NO_PHRASE}(?P<data>{_PHRASE}{_HOUSE}){_END}",
            ),
            ("Hallo. Am Markt 5.", rf"(?:^|[.,;:!?•(])\s*{_NO_PHRASE}(?P<data>{_PHRASE}{_HOUSE})(?=\s*(?:[,.;)!?]|$))"),
            # a capital inside the sentence
            (
                "jetzt An der Mühle 22",
                rf"(?<=[^\W\d_]\s)(?-i:(?=[AIUVZ])){_NO_PHRASE}(?P<data>{_PHRASE}{_HOUSE}){_END}",
            ),
            (
                "Im Brühl 3 ist meine Adresse",
                rf"(?<!\w)(?P<data>{_PHRASE}{_HOUSE}){_BEFORE_LABEL}(?:adresse|anschrift)",
            ),
            (
                "Adresse: Kapellenberg 7",
                rf"\b(?:adresse|anschrift|wohnhaft)[\s:]+(?:ist\s+)?(?P<data>[\w.-]+(?:\s[\w.-]+){{0,2}}{_HOUSE})",
            ),
        )
    ),
    *(
        Kind("Adresse", example, _ignore_case(pattern), _find_street)
        for example, pattern in (
            ("Metzer Straße 5", rf"(?<![\w-])(?P<data>(?:[\w.-]{{2,}}|[\w-]{{4,}}\s){_STREET}{_HOUSE}(?:{_TOWN})?)"),
            ("Lindenweg 3a", rf"(?<![\w-]){_NO_WAY}(?P<data>[\w-]{{3,}}{_WAY}{_HOUSE}(?:{_TOWN})?)"),
            ("Großer Markt 8", rf"(?<![\w-])(?P<data>[\w-]{{3,}}e[nrs]?\s{_WAY}{_HOUSE}(?:{_TOWN})?)"),
        )
    ),
)

_BIRTH_DATES = (
    Kind(
        "Geburtsdatum",
        "geb. am 3.4.85",
        _ignore_case(rf"{_LABEL}{_AFTER_LABEL}(?P<data>{_DATE}(?:(?:,|\s*und)\s*{_DATE})*|\d{{8}}\b|\d{{6}}\b)"),
        _find_birth_date,
    ),
    Kind(
        "Geburtsdatum",
        "3. April 1985 in Bous geboren",
        _ignore_case(rf"(?<![\w.])(?P<data>{_DATE}){_BEFORE_LABEL}{_LABEL}"),
        _find_birth_date,
    ),
    Kind("Geburtsdatum", "*3.4.1985", _ignore_case(rf"\*\s?(?P<data>{_DATE})")),
    # beside a name, and so long ago that it is no letter
    Kind(
        "Geburtsdatum",
        "•••, 3.4.1985",
        re.compile(r"(?:^|[,(•])\s*(?P<data>\d\d?\.\s?\d\d?\.\s?(?:19\d\d|200\d))(?=\s*(?:[,.;)]|$))"),
    ),
)

_NAMES = tuple(
    Kind("Name", example, pattern, find, needs_digit=pattern.pattern.endswith(r"\d"))
    for example, pattern, find in NAME_RULES
)

# names before birth dates, which may stand alone beside them; streets before names, for they are named after people
KINDS = (*_NUMBERS, *_ADDRESSES, *_NAMES, *_BIRTH_DATES)
