"""Short messages that get their meaning from the conversation; whole messages only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import Content
from bot.questions import MOST_PARTS, split_questions
from bot.typed import TypedMatcher


@pytest.fixture(scope="module")
def words(content: Content) -> TypedMatcher:
    return TypedMatcher(content.typed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("und wo ist das?", "wo"),
        ("Wohin muss ich da?", "wo"),
        ("welche Nummer?", "nummer"),
        ("wo kann ich da anrufen", "nummer"),
        ("wann habt ihr auf?", "zeiten"),
        ("Habt ihr morgen auf", "zeiten"),
        ("und für meine Kinder?", "kinder"),
        ("Was heißt das?", "bedeutung"),
        ("hä?", "bedeutung"),
        ("geht das nicht einfacher", None),
        ("geht das einfacher", "bedeutung"),
        ("warum?", "warum"),
        ("wo steht das", "warum"),
        ("geht das auch online?", "online"),
        ("und wenn ich unter 25 bin?", "unter_25"),
        ("bin erst 19", "unter_25"),
        ("nochmal bitte", "nochmal"),
        ("wo bekomme ich einen Wohnberechtigungsschein", None),
        ("warum ist mein Geld noch nicht da", None),
        ("was heißt Bedarfsgemeinschaft", None),
        ("ok danke, und welche Nummer?", "nummer"),
        ("aber warum", "warum"),
        ("ja gut, und wo?", "wo"),
        ("kannst du das ausrechnen?", "rechnen"),
        ("und", None),
        ("", None),
    ],
)
def test_follow_ups_are_whole_messages(words: TypedMatcher, text: str, expected: str | None) -> None:
    assert words.find_follow_up(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 1),
        ("das zweite", 1),
        ("ich nehme das dritte bitte", 2),
        ("Nummer 1", 0),
        ("erstens", 0),
        ("den ersten Brief habe ich nicht bekommen", None),
        ("4", 3),
        ("9", None),
    ],
)
def test_options_can_be_named_by_their_place(words: TypedMatcher, text: str, expected: int | None) -> None:
    assert words.find_ordinal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("nein, was anderes", True), ("keins davon", True), ("weder noch", True), ("nein", False)]
)
def test_none_of_the_options(words: TypedMatcher, text: str, expected: bool) -> None:
    assert words.is_other(text) is expected


def test_stop_and_delete(words: TypedMatcher) -> None:
    assert words.is_stop("Abbrechen!")
    assert not words.is_stop("kann ich eine Maßnahme abbrechen")
    assert words.is_delete("bitte Chat löschen")
    assert not words.is_delete("wann werden meine Daten gelöscht")


@given(st.text(max_size=200))
def test_matching_never_raises(words: TypedMatcher, text: str) -> None:
    words.find_follow_up(text)
    words.find_ordinal(text)
    words.is_stop(text)
    words.is_delete(text)
    assert len(split_questions(text)) <= MOST_PARTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Was ist die Startbahn und wann habt ihr auf?", ["Was ist die Startbahn", "wann habt ihr auf?"]),
        ("Ich bin schwanger. Was bekomme ich? Danke!", ["Ich bin schwanger.", "Was bekomme ich?"]),
        ("Miete und Strom", ["Miete und Strom"]),
        ("Zahlt ihr Möbel, und wie lange dauert das", ["Zahlt ihr Möbel", "wie lange dauert das"]),
    ],
)
def test_messages_are_split_where_a_new_question_begins(text: str, expected: list[str]) -> None:
    assert split_questions(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hab einen Brief vom Amt bekommen und versteh nix", "brief"),
        ("post gekriegt", None),
        ("ich habe post bekommen", "brief"),
        ("Was will der Brief?", "brief"),
        ("an wen muss ich mich wenden", "wohin"),
        ("bis wann kann ich Widerspruch einlegen", "widerspruch_frist"),
        ("hartz iv rechner", "bedarf"),
        ("minijob rechner", "freibetrag"),
        ("wo ist der Briefkasten", None),
        ("", None),
    ],
)
def test_menus_and_calculators_are_opened_by_words(words: TypedMatcher, text: str, expected: str | None) -> None:
    assert words.find_flow(text) == expected
