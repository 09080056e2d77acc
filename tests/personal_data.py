"""Cases for masking personal data: generated ones (fixed seed, valid check digits) and the handwritten ones."""

import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import yaml
from stdnum import iban
from stdnum.de import idnr

from bot.privacy import Masked

FILE = Path(__file__).resolve().parent / "personal_data.yml"
HARMLESS = "harmlos"
ROUNDS = ("first", "second", "third", "fourth")
SEED = 20261122
PER_KIND = 60
HARMLESS_PER_PATTERN = 8
_SECRET = re.compile(r"⟦(.+?)⟧")
_WORD = re.compile(r"\w+")


class Case(NamedTuple):
    """A sentence, and what must disappear from it (nothing: it must stay whole)."""

    kind: str
    text: str
    secrets: tuple[str, ...] = ()


def find_leak(case: Case, masked: Masked) -> set[str]:
    """Return the words of the secrets that are still readable."""
    elsewhere = case.text
    for secret in case.secrets:
        elsewhere = elsewhere.replace(secret, " ")
    hidden = {word for secret in case.secrets for word in _WORD.findall(secret)}
    return hidden & set(_WORD.findall(masked.text)) - set(_WORD.findall(elsewhere))


def read_cases(number: str) -> list[Case]:
    """Return the handwritten cases of one of the ROUNDS."""
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))[number]
    personal = [
        _mark(kind, re.sub(r"\[((?:[^\[\]]|\[\w+\])+)\]", r"⟦\1⟧", text))
        for kind, texts in data["personal"].items()
        for text in texts
    ]
    return personal + [Case(HARMLESS, text) for text in data["harmless"]]


def _mark(kind: str, text: str) -> Case:
    return Case(kind, _SECRET.sub(r"\1", text), tuple(_SECRET.findall(text)))


# ---- what people write -----------------------------------------------------------------------------------------

OPENINGS = (
    "Guten Tag, ich habe am 12.10. den Weiterbewilligungsantrag eingeworfen und seitdem nichts gehört.",
    "hallo ich warte seit 6 wochen auf geld und erreiche niemand.",
    "Sehr geehrte Damen und Herren, wegen der Nebenkostennachzahlung von 412,30 Euro schreibe ich Ihnen noch einmal.",
    "Mir wurde gesagt, dass nach § 22 SGB II die Miete übernommen wird.",
    "moin, kurze frage zum termin am 3.12. um 9 uhr.",
)
ENDINGS = (
    "Können Sie mir sagen, ob noch etwas fehlt?",
    "Die Miete ist am 1. fällig und es sind 540 Euro.",
    "bitte schnell antworten",
    "Was muss ich jetzt tun?",
    "Wir sind zu viert und wohnen in 66763 Dillingen.",
)
FIRST_NAMES = (
    *("Sabine", "Murat", "Oksana", "Jean-Luc", "Ylva", "Dariusz", "Hannelore", "Zeynep", "Björn", "Ngozi", "Luis"),
    *("Mechthild", "Abdulrahman", "Jolina", "Kai-Uwe", "Rita", "Bogdan", "Leonie", "Ferhat", "Annegret", "Nele"),
    *("Iwona", "Petra", "Ali", "Marie", "Thomas", "Fatima", "Ben", "Mia", "Stefan", "Nadia", "Wolfgang", "Emma"),
)
LAST_NAMES = (
    *("Kirsch", "Yılmaz", "Nowak", "von Rosen", "Al-Khatib", "Engel", "Groß", "Jung", "Schäfer-Klein", "Ponomarenko"),
    *("Özdemir", "Baltes", "Hussein", "Zimmer", "Koch", "Weiß", "Müller", "Schmitt", "Diallo", "Kowalski", "Popescu"),
)
STREETS = (
    *("Lindenstraße", "Bahnhofstr.", "Metzer Straße", "hauptstrasse", "Ahornweg", "Saarbrücker Str.", "Rosengasse"),
    *("Kirchplatz", "Konrad-Adenauer-Allee", "Am Wackenberg", "Im Brühl", "Birkenring", "Provinzialstraße"),
    *("An der Mühle", "Zum Sportplatz", "Auf dem Acker", "Wallerfanger Str", "lisdorfer strasse", "Dr.-Prior-Straße"),
)
PLACES = ("66740 Saarlouis", "66763 Dillingen", "66822 Lebach", "66773 Schwalbach", "66787 Wadgassen", "66809 Nalbach")

NAME_SENTENCES = (
    "Mein Name ist ⟦{first} {last}⟧ und ich brauche Hilfe.",
    "mein name ist ⟦{last}⟧, wann kommt das geld",
    "Meine Name ist ⟦{first} {last}⟧.",
    "mein nahme ist ⟦{first} {last}⟧",
    "Name: ⟦{first} {last}⟧",
    "Vorname: ⟦{first}⟧ Nachname: ⟦{last}⟧",
    "⟦{last}⟧ ist mein Name.",
    "Ich heiße ⟦{first} {last}⟧ und wohne in Bous.",
    "ich heisse ⟦{first}⟧ und bin neu hier",
    "Ich heise ⟦{first} {last}⟧.",
    "Hier ist Frau ⟦{last}⟧, ich sollte zurückrufen.",
    "Hier ist Herr ⟦{last}⟧.",
    "hier spricht ⟦{first} {last}⟧",
    "Hier schreibt ⟦{first} {last}⟧.",
    "Für meinen Sohn ⟦{first}⟧ geb. ⟦{date}⟧ brauche ich einen Antrag.",
    "für meine tochter ⟦{first}⟧, geboren am ⟦{date}⟧",
    "Mein Mann heißt ⟦{first} {last}⟧.",
    "Ich, ⟦{first} {last}⟧, wohnhaft ⟦{street} {number}⟧, lege Widerspruch ein.",
    "Mein Vermieter Herr ⟦{last}⟧ erhöht die Miete.",
    "Antragstellerin: ⟦{first} {last}⟧",
)
NAME_CLOSINGS = (
    "Grüße, ⟦{first} {last}⟧",
    "Viele Grüße ⟦{first}⟧",
    "Mit freundlichen Grüßen\n⟦{first} {last}⟧",
    "mfg ⟦{last}⟧",
    "LG ⟦{first}⟧",
    "Vielen Dank und Gruß ⟦{first} {last}⟧",
    "Freundliche Grüsse ⟦{first} {last}⟧.",
)
LABELS = {
    "BG-Nummer": ("BG-Nummer", "bg nummer", "BG-Nr.", "Bedarfsgemeinschaft", "Nummer der Bedarfsgemeinschaft"),
    "Kundennummer": ("Kundennummer", "kundennummer", "Kunden-Nr.", "Kd-Nr.", "Aktenzeichen", "kundennr"),
    "IBAN": ("IBAN", "iban", "Bankverbindung", "Kontoverbindung", "Konto"),
    "Versicherungsnummer": ("SV-Nummer", "Sozialversicherungsnummer", "Rentenversicherungsnummer", "sv nr"),
    "Steuer-ID": ("Steuer-ID", "steuer id", "Steueridentifikationsnummer", "IdNr.", "Steuernummer"),
    "Telefonnummer": ("Telefon", "Tel.", "Handynummer", "handy", "Mobil", "Telefonnummer", "Rückruf bitte unter"),
    "E-Mail-Adresse": ("E-Mail", "email", "Mail", "Mailadresse"),
    "Geburtsdatum": ("Geburtsdatum", "geburtsdatum", "geb. am", "geboren am", "geb.", "Geburtstag", "geb"),
    "Adresse": ("Adresse", "Anschrift", "ich wohne", "wohnhaft", "wir wohnen jetzt"),
}
LABEL_BEHIND = ("⟦{value}⟧ ist meine {label}", "⟦{value}⟧ ({label})", "⟦{value}⟧ lautet die {label}")
# Labels that read well behind the value.
NOUNS = {
    "BG-Nummer": ("BG-Nummer", "bg nummer"),
    "Kundennummer": ("Kundennummer", "kundennummer"),
    "IBAN": ("IBAN", "Kontoverbindung"),
    "Versicherungsnummer": ("SV-Nummer", "Sozialversicherungsnummer"),
    "Steuer-ID": ("Steuer-ID", "Steuernummer"),
    "Telefonnummer": ("Handynummer", "Telefonnummer", "Nummer"),
    "E-Mail-Adresse": ("Mail", "E-Mail-Adresse"),
    "Geburtsdatum": ("Geburtsdatum",),
    "Adresse": ("Adresse", "Anschrift"),
}
# These say nothing without a label; everything else is recognised by itself.
NEEDS_LABEL = {"Geburtsdatum"}


# ---- values ----------------------------------------------------------------------------------------------------


def make_digits(random: Random, count: int) -> str:
    """Return random digits."""
    return "".join(random.choices(string.digits, k=count))


def make_iban(random: Random) -> str:
    """Return a German (mostly), Austrian, Dutch or Lithuanian IBAN with valid check digits."""
    country, account = random.choice(
        [("DE", make_digits(random, 18))] * 4
        + [("AT", make_digits(random, 16)), ("NL", "ABNA" + make_digits(random, 10)), ("LT", make_digits(random, 16))]
    )
    number: str = country + iban.calc_check_digits(f"{country}00{account}") + account
    groups = [number[start : start + 4] for start in range(0, len(number), 4)]
    return random.choice([number, " ".join(groups), " ".join(groups).lower(), "-".join(groups), ".".join(groups)])


def make_tax_id(random: Random) -> str:
    """Return a tax id: one digit twice among the first ten, which do not start with 0."""
    digits = random.sample(string.digits, 9)
    digits.insert(random.randrange(1, 10), random.choice(digits))
    if digits[0] == "0":
        digits = digits[::-1]
    number = "".join(digits)
    number = number.replace("0", "7") if number[0] == "0" else number
    number += str(idnr.mod_11_10.calc_check_digit(number))
    if not idnr.is_valid(number):
        return make_tax_id(random)
    parts = [number[:2], number[2:5], number[5:8], number[8:]]
    return random.choice([number, " ".join(parts), ".".join(parts), "-".join(parts)])


def calc_insurance_check_digit(number: str) -> str:
    """Return the last digit (VKVV § 4): weighted digits of the number with its letter as 01 to 26, modulo 10."""
    digits = number[:8] + str(string.ascii_uppercase.index(number[8]) + 1).zfill(2) + number[9:11]
    products = [int(digit) * weight for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)]
    return str(sum(product // 10 + product % 10 for product in products) % 10)


def make_insurance_number(random: Random) -> str:
    """Return a pension insurance number: area, birth date, initial, serial number, check digit."""
    born = f"{random.randint(1, 28):02}{random.randint(1, 12):02}{random.randint(40, 99)}"
    area, letter, serial = (
        random.choice(["10", "12", "42", "53", "65"]),
        random.choice("ABFKMSTWZ"),
        random.randint(0, 99),
    )
    number = f"{area}{born}{letter}{serial:02}"
    check = calc_insurance_check_digit(number)
    spaced = f"{area} {born} {letter} {serial:02} {check}"
    return random.choice(
        [number + check, spaced, f"{area} {born} {letter}{serial:02}{check}", (number + check).lower()]
    )


def make_phone(random: Random) -> str:
    """Return a phone number in one of many spellings."""
    area, rest = random.choice(["0151", "0176", "01522", "06831", "06838", "0681"]), make_digits(random, 7)
    pairs = " ".join(re.findall("..?", rest))
    return random.choice(
        [
            f"{area}{rest}",
            f"{area} {rest}",
            f"{area}/{rest}",
            f"{area}-{rest}",
            f"{area} / {pairs}",
            f"({area}) {pairs}",
            f"+49 {area[1:]} {rest}",
            f"0049{area[1:]}{rest}",
            f"+49 (0) {area[1:]} {pairs}",
            f"{area}.{rest}",
        ]
    )


def make_email(random: Random) -> str:
    """Return an e-mail address; some people avoid the sign @."""
    name = random.choice(["petra.klein", "jonas_85", "al-khatib", "k.mueller+amt", "MaxMuster", "info4711"])
    host = random.choice(["gmx.de", "web.de", "t-online.de", "mail.example.org", "GMAIL.COM"])
    return random.choice([f"{name}@{host}"] * 3 + [f"{name} @ {host}", f"{name}(at){host}", f"{name} [at] {host}"])


def make_bg_number(random: Random) -> str:
    """Return a number of a household as it stands on letters."""
    office, serial = make_digits(random, 5), make_digits(random, 7)
    return random.choice([f"{office}BG{serial}", f"{office} BG {serial}", f"{office}//{serial}", f"{office}bg{serial}"])


def make_customer_number(random: Random) -> str:
    """Return a customer number of the Federal Employment Agency."""
    start, letter, end = make_digits(random, 3), random.choice("ABDFK"), make_digits(random, 6)
    return random.choice([f"{start}{letter}{end}", f"{start} {letter} {end}", f"{start}{letter.lower()}{end}"])


def make_birth_date(random: Random) -> str:
    """Return a day between 1950 and 2025 in one of many spellings."""
    day, month, year = random.randint(1, 28), random.randint(1, 12), random.randint(1950, 2025)
    name = ["Januar", "Februar", "März", "April", "mai", "Juni", "Juli", "Aug.", "September", "Okt", "November", "Dez"]
    return random.choice(
        [
            f"{day:02}.{month:02}.{year}",
            f"{day}.{month}.{year % 100:02}",
            f"{day:02}/{month:02}/{year}",
            f"{day}. {name[month - 1]} {year}",
            f"{year}-{month:02}-{day:02}",
            f"{day}. {month}. {year}",
        ]
    )


def make_address(random: Random) -> str:
    """Return street and number, sometimes with the place (which alone is no secret)."""
    street = random.choice(STREETS)
    return f"{street} {random.randint(1, 199)}{random.choice(['', '', '', 'a', ' b'])}"


VALUES: dict[str, Callable[[Random], str]] = {
    "BG-Nummer": make_bg_number,
    "Kundennummer": make_customer_number,
    "IBAN": make_iban,
    "Versicherungsnummer": make_insurance_number,
    "Steuer-ID": make_tax_id,
    "Telefonnummer": make_phone,
    "E-Mail-Adresse": make_email,
    "Geburtsdatum": make_birth_date,
    "Adresse": make_address,
}


# ---- cases -----------------------------------------------------------------------------------------------------


def read_all() -> list[Case]:
    """Return every case once, generated and handwritten."""
    handwritten = [case for number in ROUNDS for case in read_cases(number)]
    return list(dict.fromkeys([*generate_personal(), *generate_harmless(), *handwritten]))


def is_right(case: Case, masked: Masked) -> bool:
    """Tell whether all secrets are gone, or whether a harmless sentence stayed whole."""
    return not find_leak(case, masked) if case.secrets else masked.text == case.text


def generate_personal(seed: int = SEED) -> Iterator[Case]:
    """Yield the same cases for the same seed: PER_KIND of each kind, and as many names below letters."""
    random = Random(seed)
    for kind, make_value in VALUES.items():
        for _ in range(PER_KIND):
            yield _mark(kind, _wrap(random, _write(random, kind, make_value(random))))
    for _ in range(PER_KIND):
        sentence = random.choice(NAME_SENTENCES)
        yield _mark("Name", _wrap(random, _maybe_lower(random, _fill_name(random, sentence))))
        closing = _maybe_lower(random, _fill_name(random, random.choice(NAME_CLOSINGS)))
        yield _mark("Name", f"{random.choice(OPENINGS)} {closing}")


def _fill_name(random: Random, sentence: str) -> str:
    return sentence.format(
        first=random.choice(FIRST_NAMES),
        last=random.choice(LAST_NAMES),
        date=make_birth_date(random),
        street=random.choice(STREETS),
        number=random.randint(1, 99),
    )


def _write(random: Random, kind: str, value: str) -> str:
    """Write a value down with a label in front, behind, misspelt or (where that is enough) without."""
    way = random.choice(["front", "front", "misspelt", "behind", "none"])
    if way == "none" and kind not in NEEDS_LABEL:
        return f"⟦{value}⟧"
    if way == "behind":
        return random.choice(LABEL_BEHIND).format(value=value, label=random.choice(NOUNS[kind]))
    label = random.choice(LABELS[kind])
    if way == "misspelt":
        label = misspell(random, label)
    return f"{random.choice(['', 'meine '])}{label}{random.choice([' ', ': ', ' '])}⟦{value}⟧"


def misspell(random: Random, label: str) -> str:
    """Drop, double or swap a letter inside the longest word; short words stay."""
    word = max(re.findall(r"[^\W\d_]+", label), key=len)
    if len(word) < 6:
        return label
    at = random.randrange(1, len(word) - 2)
    wrong = random.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )
    return label.replace(word, wrong)


def _wrap(random: Random, sentence: str) -> str:
    """Put the sentence into a longer message, or leave it alone."""
    end = "" if sentence[-1] in ".!?" else "."
    return random.choice(
        [
            sentence,
            f"{random.choice(OPENINGS)} {sentence}",
            f"{sentence}{end} {random.choice(ENDINGS)}",
            f"{random.choice(OPENINGS)} {sentence}{end} {random.choice(ENDINGS)}",
        ]
    )


def _maybe_lower(random: Random, text: str) -> str:
    return text.lower() if random.random() < 0.3 else text


HARMLESS_SENTENCES = (
    "Ich bekomme {amount} Euro im Monat, stimmt das?",
    "{amount} € Miete und {small} Personen, ist das angemessen?",
    "Nachzahlung von {amount},{cents} Euro für {year}",
    "was steht in § {paragraph} SGB II",
    "§ {paragraph} Abs. {small} Satz 2 SGB X – gilt das noch?",
    "Bescheid vom {day}.{month:02}.{year}, läuft die Frist noch?",
    "mein termin ist am {day}.{month}.{year} um {hour}:30 uhr, kann ich verschieben",
    "Antrag am {day}. {month}. abgegeben, seit {small} Wochen nichts gehört",
    "Brief datiert {day}.{month}.{year}, Az fehlt",
    "bin ich mit {place} bei euch richtig?",
    "wir ziehen nach {place} mit {small} Kindern",
    "Habt ihr Mo bis Do von {hour} bis 16 Uhr auf und Fr {hour}.30–12 Uhr?",
    "Ich wohne in der {street_name} seit {small} Jahren",
    "Muss ich {year} noch mal einen Antrag stellen, der alte läuft bis {month}/{year}?",
    "Modell {letters}{number6} kostet {amount} Euro",
    "Artikel-Nr. {number6} im Angebot, {amount} Euro",
    "Vermögen {amount}00 Euro und Auto Baujahr {year}",
    "Ich arbeite {hour} Stunden für {small},50 Euro mehr, Grenze {amount} Euro",
    "Sendungsnummer {wrong_tax_id} ist nicht angekommen",
    "Gerätenummer {wrong_insurance} am Boiler",
    "auf der Packung steht {wrong_iban}",
    "ich bin {hour} Jahre alt und im {small}. Monat schwanger",
)


def generate_harmless(seed: int = SEED) -> Iterator[Case]:
    """Yield sentences with numbers that are nobody's."""
    random = Random(seed)
    for pattern in HARMLESS_SENTENCES:
        for _ in range(HARMLESS_PER_PATTERN):
            yield Case(HARMLESS, _maybe_lower(random, pattern.format(**_make_numbers(random))))


def _make_numbers(random: Random) -> dict[str, str | int]:
    return {
        "amount": random.choice(["563", "1.250", "89", "12", "2400", str(random.randint(20, 3000))]),
        "cents": f"{random.randint(0, 99):02}",
        "small": random.randint(2, 9),
        "year": random.randint(2024, 2027),
        "day": random.randint(1, 28),
        "month": random.randint(1, 12),
        "hour": random.randint(7, 11),
        "paragraph": random.choice(["7", "11b", "22", "31a", "44", "48"]),
        "place": random.choice(PLACES),
        "street_name": random.choice(["Lindenstraße", "Bahnhofstraße", "Metzer Straße", "Rosengasse"]),
        "letters": "".join(random.choices("WMKGSBT", k=3)),
        "number6": str(random.randint(100000, 999999)),
        "wrong_tax_id": _spoil(make_tax_id(random)),
        "wrong_insurance": _spoil(make_insurance_number(random)),
        "wrong_iban": _spoil(make_iban(random)),
    }


def _spoil(number: str) -> str:
    """Change the last digit, so that the check digit no longer fits."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)
