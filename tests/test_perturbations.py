"""Other ways of writing a question: always the same ones, never more than promised, never an exception."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.perturbations import (
    NEIGHBOURS,
    PERTURBATIONS,
    SHORTEST_WORD,
    add_typos,
    drop_umlaut_dots,
    keep_keywords,
    spell_out_umlauts,
)

LETTERS = re.compile(r"[^\W\d_]+")
GERMAN = st.text("abcdefghijklmnopqrstuvwxyzäöüßABCÄÖÜ  ,.?-1", max_size=60)
ANYTHING = st.one_of(GERMAN, st.text(st.characters(), max_size=60))


def count_edits(a: str, b: str) -> int:
    """Damerau-Levenshtein distance with adjacent swaps: what a typist calls the number of typos."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(ANYTHING)
@example("\ud800 Kaution")
@pytest.mark.parametrize("perturb", PERTURBATIONS.values(), ids=PERTURBATIONS)
def test_every_way_of_writing_is_repeatable_and_never_raises(perturb: Callable[[str], str], text: str) -> None:
    assert perturb(text) == perturb(text)


@given(ANYTHING, st.integers(0, 3))
def test_typos_are_as_many_as_asked_for_and_only_in_long_words(text: str, count: int) -> None:
    typed = add_typos(text, count)
    before, after = LETTERS.findall(text), LETTERS.findall(typed)
    long_words = [word for word in before if len(word) >= SHORTEST_WORD]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == min(count, len(long_words))
    assert all(len(old) >= SHORTEST_WORD and old[0] == new[0] for old, new in changed)
    assert all(count_edits(old, new) == 1 for old, new in changed)
    assert LETTERS.sub("", typed) == LETTERS.sub("", text)


def test_a_word_gets_every_kind_of_typo_sooner_or_later() -> None:
    typed = {add_typos(f"Antrag {number}", 1).split()[0] for number in range(300)}
    assert {"Antarg", "Antrg", "Antrrag", "Anteag"} <= typed


def test_a_text_without_long_words_gets_no_typo() -> None:
    assert add_typos("Wo ist das?", 2) == "Wo ist das?"


def test_neighbours_are_those_of_a_german_keyboard() -> None:
    assert set(NEIGHBOURS["s"]) == set("adweyx")
    assert set(NEIGHBOURS["z"]) == set("tugh")
    assert all(letter in NEIGHBOURS[other] for letter, others in NEIGHBOURS.items() for other in others)


def test_umlauts_are_spelt_out_or_lose_their_dots() -> None:
    text = "Öffnungszeiten für Große"
    assert spell_out_umlauts(text) == "Oeffnungszeiten fuer Grosse"
    assert drop_umlaut_dots(text) == "Offnungszeiten fur Grosse"


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("Wie hoch ist die Miete für mich?", "hoch Miete"),
        ("Wann bekomme ich kein Geld?", "Wann bekomme kein Geld"),
        ("Was ist § 22 SGB II?", "§ 22 SGB II"),
        ("E-Mail-Adresse, bitte!", "E-Mail-Adresse"),
        ("Was ist das?", "Was ist das?"),
        ("", ""),
    ],
)
def test_keywords_are_what_one_types_into_a_search_box(text: str, keywords: str) -> None:
    assert keep_keywords(text) == keywords
