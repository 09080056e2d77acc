"""Flows: the next question, skipped questions, results, lost threads, typed values."""

from datetime import date

import msgspec
import pytest

from bot.flow_content import Flow
from bot.flows import choose, enter, find_open_step, start_flow

DAY = date(2026, 11, 22)
MENU = msgspec.convert(
    {
        "title": "Brief",
        "reviewed": "2026-11-22",
        "steps": {
            "art": {
                "kind": "choice",
                "text": "Was steht oben?",
                "plain": "Was steht oben?",
                "options": [
                    {"title": "Einladung", "value": "einladung", "result": "termin"},
                    {"title": "Bescheid", "value": "bescheid"},
                    {"title": "Startbahn", "value": "startbahn", "topic": "startbahn_25"},
                ],
            },
            "bescheid_art": {
                "kind": "choice",
                "only_if": {"art": ["bescheid"]},
                "text": "Welcher?",
                "plain": "Welcher?",
                "options": [{"title": "Ablehnung", "value": "nein", "result": "ablehnung"}],
            },
        },
        "results": {"termin": {"text": "Gehen Sie hin.", "plain": "…"}, "ablehnung": {"text": "…", "plain": "…"}},
    },
    Flow,
)
DEADLINE = msgspec.convert(
    {
        "title": "Frist",
        "reviewed": "2026-11-22",
        "calculator": "objection_deadline",
        "steps": {
            "datum": {"kind": "date", "text": "Datum?", "plain": "Datum?", "again": {"text": "?", "plain": "?"}},
            "kinder": {"kind": "count", "text": "Kinder?", "plain": "Kinder?", "again": {"text": "?", "plain": "?"}},
        },
        "results": {},
    },
    Flow,
)


def no_value(name: str) -> str | None:
    """Know no value of `_values.yml`."""
    return None


def test_start_asks_the_first_question() -> None:
    assert start_flow("brief", MENU).step == "art"


def test_option_with_result_ends_the_flow() -> None:
    move = choose("brief", MENU, "art", "einladung", (), no_value, DAY)
    assert move is not None
    assert (move.result, move.step, move.answers) == ("termin", None, ())


def test_option_with_topic_leads_to_its_answer() -> None:
    move = choose("brief", MENU, "art", "startbahn", (), no_value, DAY)
    assert move is not None
    assert move.topic == "startbahn_25"


def test_option_without_end_asks_the_next_question() -> None:
    move = choose("brief", MENU, "art", "bescheid", (), no_value, DAY)
    assert move is not None
    assert (move.step, move.answers) == ("bescheid_art", (("art", "bescheid"),))


def test_earlier_answer_can_be_changed_by_its_button() -> None:
    move = choose("brief", MENU, "art", "einladung", (("art", "bescheid"),), no_value, DAY)
    assert move is not None
    assert move.result == "termin"


@pytest.mark.parametrize(
    ("step", "value", "given"),
    [
        ("bescheid_art", "nein", ()),  # the answer before it has expired
        ("bescheid_art", "nein", (("art", "einladung"),)),  # a question that was never asked
        ("art", "gibtsnicht", ()),
        ("gibtsnicht", "nein", ()),
    ],
)
def test_lost_thread_and_unknown_options_are_refused(step: str, value: str, given: tuple[tuple[str, str], ...]) -> None:
    assert choose("brief", MENU, step, value, given, no_value, DAY) is None


def test_title_of_an_option_can_be_typed() -> None:
    move = enter("brief", MENU, "einladung!", (), no_value, DAY)
    assert move is not None
    assert move.result == "termin"
    assert enter("brief", MENU, "was ganz anderes", (), no_value, DAY) is None


def test_typed_values_are_kept_in_a_fixed_notation() -> None:
    move = enter("frist", DEADLINE, "am 3. November", (), no_value, DAY)
    assert move is not None
    assert (move.step, move.answers) == ("kinder", (("datum", "2026-11-03"),))
    assert enter("frist", DEADLINE, "weiß nicht", (), no_value, DAY) is None


def test_no_question_is_open_when_all_are_answered() -> None:
    assert find_open_step(DEADLINE, (("datum", "2026-11-03"), ("kinder", "2"))) is None
