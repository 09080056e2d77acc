"""Citizen text becomes safe to classify, whatever it is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import fold_spelling, fold_words, has_letters, has_symbols_only, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Hallo \n\t Welt ", "Hallo Welt"),
        ("/start", "start"),
        ('/start{"x":1}', 'start{"x":1}'),
        ("// /greet", "greet"),
        ("a\u200bb\u202ec", "abc"),
        ("a\x00b\x1bc", "abc"),
        ("u\u0308ber", "über"),
        ("", ""),
        ("\ud800", ""),
    ],
)
def test_normalise_makes_text_plain(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text())
def test_normalise_is_stable_and_never_keeps_control_characters(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not once.startswith("/")
    assert not any(unicodedata.category(char).startswith("C") for char in once)


@pytest.mark.parametrize(("text", "expected"), [("1 2", False), ("a", True), ("ж", True), ("😀", False)])
def test_has_letters_knows_all_scripts(text: str, expected: bool) -> None:
    assert has_letters(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("😀😀", True), ("?!", True), ("", False), ("5", False), ("a?", False)])
def test_has_symbols_only_means_neither_letters_nor_digits(text: str, expected: bool) -> None:
    assert has_symbols_only(text) is expected


def test_fold_words_drops_case_punctuation_and_umlauts() -> None:
    assert fold_words("Größe, ÄRGER – élan! Жить") == ["groesse", "aerger", "elan", "жить"]


@pytest.mark.parametrize("text", ["für", "fuer", "fur", "FÜR"])
def test_fold_spelling_makes_umlaut_spellings_equal(text: str) -> None:
    assert fold_spelling(text) == "fur"


@pytest.mark.parametrize("text", ["neue", "quer", "dauer"])
def test_fold_spelling_keeps_ue_that_is_no_umlaut(text: str) -> None:
    assert fold_spelling(text) == text
