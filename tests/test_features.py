"""Words become features: typos are mended, words that mean the same share a concept, and nothing is lost on disk."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.features import Vectorizer, find_word_starts
from bot.nlu.lexicon import Lexicon
from bot.nlu.spelling import Speller, is_one_slip

SPELLER = Speller.fit(["wer zahlt die kaution", "kaution für die wohnung", "die kaution der wohnung", "wohnung"])
LEXICON = Lexicon({"wohnkosten": ["miet*", "KdU", "Kosten der Unterkunft"], "haus": ["*haus"], "fuer": ["für"]})


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("kautoin", "kaution"),
        ("kation", "kaution"),
        ("kautiion", "kaution"),
        ("kaurion", "kaution"),
        ("Wer zahlt Kautoin?", "Wer zahlt kaution?"),
        ("wohnug", "wohnung"),
        ("zahlt", "zahlt"),  # rare but known
        ("kauton und wohnnung", "kaution und wohnung"),
        ("kutoin", "kutoin"),  # two slips
        ("di", "di"),
        ("12345", "12345"),
    ],
)
def test_one_slip_is_mended_and_nothing_else(typed: str, mended: str) -> None:
    assert SPELLER.mend(typed) == mended


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("miete", "miete", True),
        ("miete", "meite", True),
        ("miete", "mieter", True),
        ("miete", "iete", True),
        ("miete", "mitte", True),
        ("miete", "mette", False),
        ("miete", "mietern", False),
        ("ab", "ba", True),
        ("abc", "cba", False),
    ],
)
def test_is_one_slip(first: str, second: str, expected: bool) -> None:
    assert is_one_slip(first, second) is expected
    assert is_one_slip(second, first) is expected


@given(st.text(max_size=60))
def test_mending_never_raises_and_is_stable(text: str) -> None:
    once = SPELLER.mend(text)
    assert SPELLER.mend(once) == once


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("Mietvertrag", ["wohnkosten"]),
        ("die Kosten der Unterkunft", ["wohnkosten"]),
        ("Hochhaus fuer mich", ["haus", "fuer"]),
        ("Hausmeister", []),
        ("", []),
    ],
)
def test_words_that_mean_the_same_share_a_concept(text: str, concepts: list[str]) -> None:
    assert LEXICON.find_concepts(text) == concepts


def test_word_starts_are_words_and_neighbours_without_their_endings() -> None:
    assert find_word_starts("Kündigungen prüfen") == ["kundig", "prufen", "kundig prufen"]


def test_saved_vectorizer_gives_the_same_rows(tmp_path: Path) -> None:
    texts = ["Wer zahlt die Kaution?", "Ich ziehe um", "KdU zu hoch", "wo ist das Jobcenter"]
    vectorizer = Vectorizer.fit(texts, {"wohnkosten": ["KdU", "miet*"]})
    vectorizer.save(tmp_path)
    loaded = Vectorizer.load(tmp_path)
    questions = [*texts, "miete zu hoch", "ganz anderes", ""]
    assert np.allclose(vectorizer.transform(questions).toarray(), loaded.transform(questions).toarray())
    assert vectorizer.length == pytest.approx(loaded.length)
