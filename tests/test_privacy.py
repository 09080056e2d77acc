"""Personal data is masked before anything else sees the text; ordinary questions stay whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import MASK, mask

PERSONAL = [
    ("Meine IBAN ist DE89 3704 0044 0532 0130 00", "IBAN"),
    ("iban de89370400440532013000 danke", "IBAN"),
    ("IBAN DE12 3456 7890 1234 5678 90 mit Zahlendreher", "IBAN"),
    ("Überweisung an FR14 2004 1010 0505 0001 3M02 606", "IBAN"),
    ("schreiben Sie an max.muster@example.org", "E-Mail-Adresse"),
    ("ruf mich an 0151 23456789", "Telefonnummer"),
    ("tel 06831/123456", "Telefonnummer"),
    ("+49 151 2345 6789", "Telefonnummer"),
    ("BG-Nummer 12345BG0006789", "BG-Nummer"),
    ("bg 12345 bg 0006789 steht im brief", "BG-Nummer"),
    ("Kundennummer 123A456789", "Kundennummer"),
    ("meine kundennummer ist 4711-0815", "Aktenzeichen"),
    ("SV 65 170839 J 00 3", "Versicherungsnummer"),
    ("65170839J003", "Versicherungsnummer"),
    ("Steuer-ID 36574261809", "Steuer-ID"),
    ("geb. am 01.02.1985", "Geburtsdatum"),
    ("Geburtsdatum: 3.4.85", "Geburtsdatum"),
    ("ich wohne Musterstraße 12a in Saarlouis", "Adresse"),
    ("Lindenweg 3, 66740 Saarlouis", "Adresse"),
    ("ich heiße Erika Mustermann und brauche Hilfe", "Name"),
    ("Mein Name ist Mustermann", "Name"),
]
ORDINARY = [
    "Ich bekomme 563 Euro, stimmt das?",
    "Was steht in § 22 Abs. 8 SGB II?",
    "Seit 2023 heißt es Bürgergeld",
    "Welches Jobcenter ist für 66763 Dillingen zuständig?",
    "Der Termin ist am 03.11. um 9:30 Uhr",
    "450,50 € Miete für 45 qm und 2 Personen",
    "Ich habe 12 Bewerbungen geschrieben und 3 Kinder",
    "Was ist die Startbahn 25?",
    "Ich heiße das nicht gut",
    "Zahlt ihr 1.250,00 Euro Kaution?",
    "Bescheid vom 01.02.2026, Frist einen Monat",
    "Wohne seit 3 Jahren in der Straße am Bahnhof",
]


@pytest.mark.parametrize(("text", "kind"), PERSONAL)
def test_personal_data_is_found_and_masked(text: str, kind: str) -> None:
    masked = mask(text)
    assert kind in masked.found
    assert MASK in masked.text
    assert not any(word in masked.text for word in text.split() if sum(map(str.isdigit, word)) > 4)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_question_stays_whole(text: str) -> None:
    assert mask(text).text == text
    assert mask(text).found == ()


def test_our_own_contact_numbers_are_not_personal() -> None:
    text = "Ist 06831 444 8000 die richtige Nummer? Oder info@jobcenter-saarlouis.de?"
    public = ["06831 444 8000", "info@jobcenter-saarlouis.de"]
    assert mask(text, public).found == ()
    assert mask(text).found == ("E-Mail-Adresse", "Telefonnummer")


@given(st.text(max_size=300))
def test_mask_never_raises_and_finds_nothing_twice(text: str) -> None:
    masked = mask(text)
    assert len(set(masked.found)) == len(masked.found)
    assert (masked.text == text) == (not masked.found)
