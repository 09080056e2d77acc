"""Ties every answer and every value to the fact sheets, which stand in ../shared/facts beside the project."""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.checks.facts import find_facts
from bot.content import PLACEHOLDER, Answer, Content, Value

FACTS = Path(__file__).resolve().parent.parent.parent / "shared" / "facts"
SHEETS = ("sgb2.md", "saarlouis.md")
ALLOWED = ("in Kraft", "belegt", "beschlossen")
OWN_WORDS = "Redaktion des Chatbots"

_LAW = (
    r"SGB [IVX]+\b|FreizügG/EU|(?:SGG|ZPO|EStG|BKGG|WoGG|UhVorschG|MinUhV|GrusiGV|ErrV|ESGV|RBSFV|MiLoV5|AsylbLG"
    r"|AufenthG|IntV|BerHG|RBStV|MuSchG|GG|DSGVO)\b"
)
_BELOW = r"(?:Abs\.|Absatz|S\.|Satz|Nr\.)\s*"
_REFERENCE = re.compile(rf"(?:§§?|Art\.)\s*\d+[a-z]?(?:\s|,|;|–|-|und|bis|§|{_BELOW}|\d+[a-z]?)*?\s(?P<law>{_LAW})")
_SUBSECTION = re.compile(rf"{_BELOW}\d+[a-z]?(?:\s?[–-]\s?\d+[a-z]?)?")

# How answers name a source, and the words of the sheet line that stand for it.
PUBLISHERS = {
    "Jobcenter im Landkreis Saarlouis": "jobcenter-saarlouis.de",
    "Jobcenter Saarlouis, Leichte Sprache": "jobcenter-saarlouis.de",
    "Jobcenter Saarlouis, Seite in Leichter Sprache": "jobcenter-saarlouis.de",
    "Jobcenter Saarlouis, häufige Fragen zur Unterkunft": "jobcenter-saarlouis.de/arbeitsuchende",
    "jobcenter-saarlouis.de": "jobcenter-saarlouis.de",
    "Landkreis Saarlouis, Pressemitteilung": "Mitteilung des Landkreises Saarlouis",
    "Landkreis Saarlouis": "kreis-saarlouis.de",
    "Kreisstadt Saarlouis": "//saarlouis.de",
    "Stadt Saarlouis": "//saarlouis.de",
    "Saarbrücker Zeitung": "saarbruecker-zeitung.de",
    "saarnews": "saarnews.com",
    "nachrichten.ag": "nachrichten.ag",
    "saar-regional.de": "saar-regional.de",
    "Paulinus Bistumsnews": "paulinus-bistumsnews.de",
    "Caritasverband Saar-Hochwald": "caritas-saar-hochwald.de",
    "Soroptimist Club Merzig-Saarlouis": "soroptimist.de",
    "Regionalverband Saarbrücken": "regionalverband-saarbruecken.de",
    "Saarland, Wohngeld": "saarland.de",
    "Saarpfalz-Kreis": "saarpfalz-kreis.de",
    "Arbeitskammer": "arbeitskammer.de",
    "Kommune21": "kommune21.de",
    "BMAS": "bmas.de",
    "Deutscher Städtetag": "staedtetag.de",
    "Aktionswoche der kommunalen Jobcenter, Bericht": "Aktionswoche",
    "Walhalla Fachverlag": "walhalla.de",
    "Hilfetelefon Gewalt gegen Frauen": "hilfetelefon.de",
    "Nummer gegen Kummer": "himmelunderdeonline.de",
    "TelefonSeelsorge": "domradio.de",
    "Notruf": "lifeline.de",
    "Ärztlicher Bereitschaftsdienst": "tk.de",
    "Sozialgericht für das Saarland": "Sozialgericht_für_das_Saarland",
    "Pfändungsfreigrenzenbekanntmachung": "Pfändungsfreigrenzenbekanntmachung",
    "KomtrZV": "KomtrZV",
    "buerger-geld.org": "buerger-geld.org",
    "kommunenfuerarbeit.de": "kommunenfuerarbeit.de",
}
# Found on the day named, for the editors to mend; strict: what is mended must be deleted here.
KNOWN_SOURCES = {
    "datenschutz: Betriebsregeln dieses Chatbots (11/2026)": "2026-11-22: eigene Angabe außerhalb der Gruppe dialog",
}
KNOWN_FACTS: dict[str, str] = {}
# Values whose line says the same in a way only a reader understands.
READ_BY_HAND = {
    "wohn_karenzzeit_deckel: 150 % ab 2026-07-01": "das Blatt sagt: Eineinhalbfaches",
    "vermoegen_alter_stufe_3: 40 ab 2026-07-01": "das Blatt sagt: ab dem 41. Lebensjahr, also ab 40",
    "vermoegen_alter_stufe_4: 50 ab 2026-07-01": "das Blatt sagt: ab dem 51. Lebensjahr, also ab 50",
    "meldeversaeumnis_minderung: 10 % ab 2026-01-01": "altes Recht, im Blatt bei § 65a Abs. 2 SGB II",
    "minderung_pflichtverletzung: 10 %, 20 % oder 30 % ab 2026-01-01": "altes Recht, im Blatt bei § 65a Abs. 2 SGB II",
    "meldeversaeumnis_minderung_ab: 2. Mal ab 2026-07-01": "das Blatt sagt: bei wiederholtem Versäumnis",
    "meldeversaeumnis_nicht_erreichbar_nach: 3 Termine ab 2026-07-01": "das Blatt sagt: drei Versäumnisse",
}
_DATE = re.compile(r"\b\d{2}\.\d{2}\.\d{4}\b|\b\d{2}/\d{4}\b|\b(?:19|20)\d{2}\b")

_UNITS = r"(?:Kalender|Werk|Leistungs|Folge)?(?:[Jj]ahr|[Mm]onat|Woche|[Tt]ag|Stunde|Termin)"
_NUMERALS = {
    "zweieinhalb": "2,5", "zwei": "2", "drei": "3", "dritten": "3", "vier": "4", "vierten": "4", "fünf": "5",
    "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "zehn": "10", "elf": "11", "zwölf": "12",
}  # fmt: skip
_NUMERAL = re.compile(rf"\b({'|'.join(_NUMERALS)})\b", re.I)
_ONE = re.compile(rf"\bein(?:e|en|em|er|es)?\b(?=\s{_UNITS})")
_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_MONTH = re.compile(rf"\b(\d{{1,2}})\. ({'|'.join(_MONTHS)})(?: (\d{{4}}))?")
_DAY = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d{4})?(?!\d)")
_FILLERS = {"und", "oder", "von", "bis", "innerhalb", "einmal", "der", "letzten", *(month.lower() for month in _MONTHS)}
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?")
# "vor dem 1. Tag" and "am 1. Tag vom Monat" are beginnings, no periods
_PERIOD = re.compile(rf"(?<![\w.,])(?!1\.)(\d+)\.?\s({_UNITS})")


class Fact(NamedTuple):
    """One line of a fact sheet."""

    place: str
    statement: str
    line: str
    """The whole line; "ebenda" is replaced by the source meant."""
    status: str


def read_facts() -> Iterator[Fact]:
    """Return every line of the sheets that carries a status."""
    for name in SHEETS:
        source, heading = "", ""
        for number, line in enumerate((FACTS / name).read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith(("## ", "Quelle aller Zeilen:")):
                heading = line
            parts = line.removeprefix("- ").split(" | ")
            if not line.startswith("- ") or len(parts) < 3:
                continue
            if "ebenda" not in line:
                source = parts[1]
            meant = f"{line} {source} {heading}".replace("SZ aid", "saarbruecker-zeitung.de aid")
            yield Fact(f"{name}:{number}", parts[0], meant, parts[-1].strip())


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    """The lines that may be stated; the sheets are no part of the repository, but CI must have them."""
    if not FACTS.is_dir():
        reason = f"Die Faktenblätter fehlen: {FACTS} (sie liegen neben dem Projekt, nicht darin)."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return [fact for fact in read_facts() if fact.status.startswith(ALLOWED)]


@cache
def find_paragraphs(text: str) -> frozenset[str]:
    """Return law and section of every reference, without subsections: "§§ 3, 5 Abs. 5 ErrV" → {"ErrV 3", "ErrV 5"}."""
    found: set[str] = set()
    for match in _REFERENCE.finditer(text):
        reference = match.group().removesuffix(match["law"])
        found |= _read_sections(_SUBSECTION.sub("|", reference), match["law"])
    return frozenset(found)


def _read_sections(reference: str, law: str) -> set[str]:
    """Read the sections of one reference whose subsections are already replaced by "|"."""
    sections = set()
    for sign, body in re.findall(r"(§§?|Art\.)([^§]*)", reference):
        # "§ 22 Abs. 1, 1a, 3" is one section with three subsections, "§§ 41 Abs. 3, 41a" are two sections
        numbers = re.findall(r"\d+[a-z]?", body)
        sections |= {f"{law} {number}" for number in (numbers if sign == "§§" else numbers[:1])}
    return sections


def _read_numeral(match: re.Match[str]) -> str:
    return _NUMERALS[match[1].lower()]


@cache
def read_numbers(text: str) -> frozenset[str]:
    """Return numbers and dates in one form: "1.590", "ein Jahr", "zwölf", "31. Dezember 2026"."""
    text = _NUMERAL.sub(_read_numeral, _ONE.sub("1", text))
    text = _MONTH.sub(lambda match: f"{int(match[1]):02}.{_MONTHS.index(match[2]) + 1:02}.{match[3] or ''}", text)
    found = set(_DAY.findall(text))
    return frozenset(found) | {
        number.replace(".", "").removesuffix(",00") for number in _NUMBER.findall(_DAY.sub(" ", text))
    }


def find_publishers(entry: str) -> list[str]:
    """Return what the sheet line of a named source must contain."""
    words = []
    for name in sorted(PUBLISHERS, key=len, reverse=True):
        if name in entry:
            entry = entry.replace(name, " ")
            words.append(PUBLISHERS[name])
    return words


def supports(fact: Fact, source: str) -> bool:
    """Tell whether a line is what this source entry stands for: same section, or same publisher and date."""
    if source.startswith(("§", "Art.")):
        return bool(find_paragraphs(source) & find_paragraphs(fact.line))
    words = find_publishers(source)
    return bool(words) and all(word in fact.line for word in (*words, *_DATE.findall(source)))


def states(fact: Fact, value: str) -> bool:
    """Tell whether a line says this value: all its numbers, and its words as far as they are a unit."""
    statement = fact.statement.replace(" J. ", " Jahre ").replace(" M.", " Monate").lower()
    units = {"quadratmeter": "m²", "kilometer": "km"}
    words = set(re.findall(r"[a-zäöüß]{3,}|%", value.lower())) - _FILLERS
    stems = [units.get(word, word.rstrip("en")[:6] if len(word) > 3 else word) for word in words]
    return read_numbers(value) <= read_numbers(fact.statement) and all(stem in statement for stem in stems)


def find_unknown_sources(answer: Answer, facts: list[Fact]) -> Iterator[str]:
    """Return the source entries of an answer that no usable line stands for."""
    sections = set().union(*(find_paragraphs(fact.line) for fact in facts))
    for source in answer.sources:
        if source.startswith(("§", "Art.")):
            wanted = find_paragraphs(source)
            if not wanted or wanted - sections:
                yield source
        elif source != OWN_WORDS and not any(supports(fact, source) for fact in facts):
            yield source


def find_unknown_facts(answer: Answer, facts: list[Fact]) -> Iterator[str]:
    """Return amounts, percentages and periods typed into an answer that its own sources do not say."""
    own = [fact for fact in facts if any(supports(fact, source) for source in answer.sources)]
    for part in (answer.text, answer.plain, answer.easy or "", *answer.applies_if):
        text = PLACEHOLDER.sub(" … ", part)
        found = find_facts(text)
        wanted = [f"{number} Euro" for number in found["Beträge"]]
        wanted += [f"{number} %" for number in found["Prozentsätze"]]
        wanted += [" ".join(match) for match in _PERIOD.findall(_NUMERAL.sub(_read_numeral, text))]
        for fact in wanted:
            # "0,1 Prozent" and "25-Jährige" are the same facts in other words
            spellings = (fact, fact.replace("%", "Prozent"), re.sub("[Jj]ahr", "Jähr", fact))
            if not any(states(line, spelling) for line in own for spelling in spellings):
                yield fact


def find_phones(text: str) -> set[str]:
    """Return the phone numbers of a text; "01/2026" is a month."""
    return find_facts(_DATE.sub(" ", text))["Telefonnummern"]


def assert_known(found: dict[str, list[str]], known: dict[str, str]) -> None:
    """Compare what was found with the list of what is known; a mended entry must be deleted there."""
    listed = {f"{name}: {item}" for name, items in found.items() for item in items}
    assert listed == set(known), "neu (links) oder behoben (rechts: bitte aus der Liste löschen)"


def test_every_source_of_an_answer_stands_in_a_fact_sheet(content: Content, facts: list[Fact]) -> None:
    found = {topic: list(find_unknown_sources(answer, facts)) for topic, answer in content.answers.items()}
    assert_known(found, KNOWN_SOURCES)


def test_only_conversation_needs_no_source(content: Content) -> None:
    own = {topic for topic, answer in content.answers.items() if OWN_WORDS in answer.sources}
    assert {content.topics[topic].group for topic in own} <= {"dialog"}


def test_amounts_in_answers_come_from_their_sources(content: Content, facts: list[Fact]) -> None:
    found = {topic: sorted(set(find_unknown_facts(answer, facts))) for topic, answer in content.answers.items()}
    assert_known(found, KNOWN_FACTS)


def test_phone_numbers_in_answers_stand_in_a_fact_sheet(content: Content, facts: list[Fact]) -> None:
    known = " ".join(re.sub(r"[^\d ]|(?<=\d) (?=\d)", "", fact.statement) for fact in facts)
    texts = [(topic, text) for topic, answer in content.answers.items() for text in (answer.text, answer.plain)]
    texts += [(f"_crisis: {kind}", entry.text) for kind, entry in content.crisis.items()]
    assert [(name, phone) for name, text in texts for phone in find_phones(text) if phone not in known] == []


def is_stated(value: Value, facts: list[Fact]) -> bool:
    """Tell whether a line of the paragraph the value names says the value."""
    sections = find_paragraphs(value.source)
    return any(sections & find_paragraphs(fact.line) and states(fact, value.value) for fact in facts)


def test_every_value_stands_in_a_fact_sheet(content: Content, facts: list[Fact]) -> None:
    found = {
        name: [f"{value.value} ab {value.from_}" for value in values if not is_stated(value, facts)]
        for name, values in content.values.items()
    }
    assert_known(found, READ_BY_HAND)


@pytest.mark.parametrize(
    ("reference", "sections"),
    [
        ("§ 22 Abs. 1, 1a, 3 SGB II", {"SGB II 22"}),
        ("§§ 31a Abs. 1 S. 2, 31b Abs. 2–3 SGB II", {"SGB II 31a", "SGB II 31b"}),
        ("§ 40 Abs. 1 S. 2 SGB II, § 44 Abs. 1 SGB X", {"SGB II 40", "SGB X 44"}),
        ("§§ 3, 5 Abs. 5 ErrV", {"ErrV 3", "ErrV 5"}),
        ("§ 66a SGB II; §§ 22 Abs. 4, 81 SGB III", {"SGB II 66a", "SGB III 22", "SGB III 81"}),
        ("§ 31a Abs. 1 und 2 SGB II", {"SGB II 31a"}),
        ("Personen mit § 24 müssen drei Jahre warten; SGB II", set()),
    ],
)
def test_sections_are_read_from_references(reference: str, sections: set[str]) -> None:
    assert find_paragraphs(reference) == sections


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.590 Euro und 0,20 Euro", {"1590", "0,20"}),
        ("binnen eines Monats, ein Kind, zwölf Wochen", {"1", "12"}),
        ("bis 31. Dezember 2026 oder 31.12.2026", {"31.12.2026"}),
        ("zum 1. August, vor Ablauf des dritten Tages", {"01.08.", "3"}),
    ],
)
def test_numbers_are_read_in_one_form(text: str, numbers: set[str]) -> None:
    assert read_numbers(text) == numbers
