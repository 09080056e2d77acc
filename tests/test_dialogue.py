"""Three zones, buttons, follow-ups and apologies that never repeat."""

from itertools import pairwise

import msgspec
import pytest
from conftest import NOW, predict
from hypothesis import given
from hypothesis import strategies as st

from bot.content import Content, Thresholds
from bot.conversations import Conversation
from bot.dialogue import decide, decide_fallback, decide_payload, decide_topic, decide_typed, remember
from bot.models import Decision
from bot.typed import TypedMatcher


@pytest.fixture(scope="module")
def content(content: Content) -> Content:
    """The real content with zones of its own, so that a new measurement changes no test."""
    return msgspec.structs.replace(content, thresholds=Thresholds(answer=0.5, lead=0.1, suggest=0.05))


def test_clear_lead_is_answered(content: Content) -> None:
    decision = decide(predict(("optionskommune", 0.95), ("leitung", 0.01)), Conversation(), content)
    assert decision == Decision("answered", topic="optionskommune")


def test_two_close_topics_become_options(content: Content) -> None:
    high = content.thresholds.answer + 0.01
    decision = decide(predict(("kontakt", high), ("standorte", high - 0.001)), Conversation(), content)
    assert decision.status == "clarification"
    assert decision.options == ("kontakt", "standorte")


def test_some_evidence_offers_at_most_three_topics(content: Content) -> None:
    middle = (content.thresholds.suggest + content.thresholds.answer) / 2
    names = ["kontakt", "standorte", "oeffnungszeiten", "einladung"]
    decision = decide(predict(*((name, middle) for name in names)), Conversation(), content)
    assert decision.options == tuple(names[:3])


def test_dialog_topics_are_never_offered_except_the_useful_ones(content: Content) -> None:
    middle = (content.thresholds.suggest + content.thresholds.answer) / 2
    names = ["smalltalk", "beleidigung", "kontakt", "mensch"]
    decision = decide(predict(*((name, middle) for name in names)), Conversation(), content)
    assert decision.options == ("kontakt", "mensch")


def test_no_evidence_is_a_fallback(content: Content) -> None:
    decision = decide(predict(("kontakt", content.thresholds.suggest / 2)), Conversation(), content)
    assert decision.status == "fallback"
    assert decide(predict(), Conversation(), content).status == "fallback"


@pytest.mark.parametrize(
    ("topic", "status"),
    [
        ("mensch", "handoff"),
        ("eigener_fall", "own_case"),
        ("andere_sprache", "guardrail_language"),
        ("unbekannt", "fallback"),
        ("oeffnungszeiten", "answered"),
    ],
)
def test_topic_decides_the_status(topic: str, status: str, content: Content) -> None:
    assert decide_topic(topic, Conversation(), content).status == status


def test_yes_takes_the_only_option_and_no_refuses_all(content: Content) -> None:
    state = Conversation(offered=("kontakt",))
    assert decide_topic("ja", state, content).topic == "kontakt"
    assert decide_topic("nein", state, content).text_key == "something_else_reply"
    assert decide_topic("ja", Conversation(), content).topic == "ja"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("t:kontakt", Decision("answered", topic="kontakt")),
        ("t:mensch", Decision("handoff", topic="mensch")),
        ("g:kontakt", Decision("answered", group="kontakt", text_key="group_kontakt")),
        ("s:start", Decision("answered", text_key="greeting")),
        ("s:topics", Decision("answered", text_key="topics_overview")),
        ("s:else", Decision("fallback", text_key="something_else_reply")),
        ("t:gibt_es_nicht", Decision("guardrail_input", text_key="unknown_payload")),
        ("x:kontakt", Decision("guardrail_input", text_key="unknown_payload")),
        ("", Decision("guardrail_input", text_key="unknown_payload")),
    ],
)
def test_payload_leads_to_its_place(payload: str, expected: Decision, content: Content) -> None:
    assert decide_payload(payload, Conversation(), content, NOW.date()) == expected


def test_same_apology_never_comes_twice_in_a_row() -> None:
    state = Conversation()
    keys = []
    for _ in range(6):
        decision = decide_fallback(state)
        keys.append(decision.text_key)
        state = remember(decision, state)
    assert keys[0] == "fallback_1"
    assert all(first != second for first, second in pairwise(keys))


def test_unknown_topic_twice_leads_on_to_a_human(content: Content) -> None:
    state = remember(decide_topic("unbekannt", Conversation(), content), Conversation())
    assert decide_topic("unbekannt", state, content).text_key == "fallback_2"


scores = st.tuples(
    st.sampled_from(["kontakt", "unbekannt", "ja", "nein", "mensch", "smalltalk", "optionskommune", "fremd"]),
    st.floats(0, 1),
)


@given(st.lists(scores, max_size=6), st.integers(0, 5), st.lists(st.sampled_from(["kontakt", "leitung"]), max_size=3))
def test_every_decision_leads_somewhere(
    content: Content, ranking: list[tuple[str, float]], failures: int, offered: list[str]
) -> None:
    ordered = sorted(ranking, key=lambda score: -score[1])
    state = Conversation(failures=failures, offered=tuple(offered))
    decision = decide(predict(*ordered), state, content)
    assert decision.topic or decision.text_key
    assert len(decision.options) <= 3
    assert remember(decision, state).offered == decision.options


def test_number_in_a_flow_is_an_answer_and_a_whole_question_is_not(content: Content) -> None:
    words = TypedMatcher(content.typed)
    state = Conversation(flow="freibetrag")
    again = decide_typed("450 Euro", state, content, words, NOW.date())
    assert again is not None
    assert again.move is not None
    assert again.move.again
    assert decide_typed("wie viel bekomme ich für meine 2 Kinder", state, content, words, NOW.date()) is None
