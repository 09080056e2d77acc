"""One turn in fixed order, useful whatever happens, and silent about what people write."""

import logging
from datetime import date, datetime
from itertools import pairwise

import msgspec
import pytest
from conftest import FakeInterpreter, predict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.content import Content
from bot.conversations import Conversation, MemoryStore
from bot.crisis import CERTAIN, POSSIBLE
from bot.hours import BERLIN
from bot.models import Button, Prediction, Turn, UserMessage

PHONE = "06831 444 8000"


async def say(assistant: Assistant, text: str, conversation: str = "c") -> Turn:
    return await assistant.handle(UserMessage("test", conversation, text))


async def tap(assistant: Assistant, payload: str, conversation: str = "c") -> Turn:
    return await assistant.handle(UserMessage("test", conversation, payload=payload))


async def test_answer_carries_source_date_card_and_follow_ups(
    assistant: Assistant, interpreter: FakeInterpreter, content: Content
) -> None:
    interpreter.prediction = predict(("optionskommune", 0.99))
    (reply,) = (await say(assistant, "Was ist eine Optionskommune?")).replies
    assert reply.text.startswith(content.answers["optionskommune"].text[:40])
    assert PHONE in reply.text
    assert reply.sources
    assert reply.as_of == content.answers["optionskommune"].reviewed.isoformat()
    assert [button.payload for button in reply.buttons] == [
        *(f"t:{name}" for name in content.answers["optionskommune"].next if name in content.answers),
        "s:plain",
        "f:rueckmeldung",
    ]


@pytest.mark.parametrize("wish", ["Einfach bitte", "in einfacher sprache", "tap", "nicht_verstanden"])
async def test_plain_language_repeats_the_answer_and_stays_until_switched_off(
    assistant: Assistant, interpreter: FakeInterpreter, content: Content, wish: str
) -> None:
    interpreter.prediction = predict(("leitung", 0.99))
    await say(assistant, "Wer leitet das Jobcenter?")
    if wish == "nicht_verstanden":
        interpreter.prediction = predict(("nicht_verstanden", 0.99))
    turn = await (tap(assistant, "s:plain") if wish == "tap" else say(assistant, wish))
    plain = content.answers["leitung"].plain
    assert turn.replies[-1].text.startswith(plain[:60])
    assert "s:normal" in [button.payload for button in turn.replies[-1].buttons]
    interpreter.prediction = predict(("leitung", 0.99))
    assert (await say(assistant, "und nochmal")).replies[0].text.startswith(plain[:60])
    back = await tap(assistant, "s:normal")
    assert back.replies[-1].text.startswith(content.answers["leitung"].text[:60])


async def test_easy_language_comes_only_when_a_setting_allows_it(
    content: Content, interpreter: FakeInterpreter
) -> None:
    answer = msgspec.structs.replace(content.answers["leitung"], easy="Der Landrat leitet das Job·center.")
    changed = msgspec.structs.replace(content, answers={**content.answers, "leitung": answer})
    for allowed in (False, True):
        assistant = Assistant(changed, interpreter.parse, MemoryStore(30, 10), 2000, easy_language=allowed)
        offered = [button.payload for button in (await tap(assistant, "t:leitung")).replies[0].buttons]
        assert ("s:easy" in offered) is allowed
        easy = (await tap(assistant, "s:easy")).replies[-1].text
        assert ("Job·center" in easy) is allowed
        assert ("noch nicht von der Ziel·gruppe geprüft" in easy) is allowed
        other = (await tap(assistant, "t:optionskommune")).replies[0].text
        assert other.startswith(content.answers["optionskommune"].plain[:50])


async def test_conditions_are_shown_with_a_way_on_for_everybody_else(
    assistant: Assistant, content: Content, interpreter: FakeInterpreter
) -> None:
    answer = content.answers["hilfe_unter_25"]
    assert answer.applies_if
    (reply,) = (await tap(assistant, "t:hilfe_unter_25")).replies
    assert f"Das gilt, wenn:\n– {answer.applies_if[0]}" in reply.text
    assert reply.buttons[0] == Button("Bei mir ist es anders", f"t:{answer.otherwise}")


async def test_plain_language_before_any_question_is_confirmed(assistant: Assistant) -> None:
    (reply,) = (await tap(assistant, "s:plain")).replies
    assert "Einfacher Sprache" in reply.text
    assert reply.buttons[-1].payload == "s:normal"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", "guardrail_input"),
        ("   \n ", "guardrail_input"),
        ("😀😀😀", "guardrail_input"),
        ("12345", "guardrail_input"),
        ("x" * 10_000, "guardrail_input"),
        ("ich will nicht mehr leben", "guardrail_crisis"),
        ("meine IBAN ist DE89 3704 0044 0532 0130 00", "guardrail_personal_data"),
    ],
)
async def test_guardrails_speak_before_the_model(
    assistant: Assistant, interpreter: FakeInterpreter, text: str, status: str
) -> None:
    turn = await say(assistant, text)
    assert turn.decision.status == status
    assert turn.replies[0].text
    assert not any("DE89" in seen for seen in interpreter.seen)


async def test_crisis_is_seen_in_a_message_that_is_too_long(assistant: Assistant) -> None:
    turn = await say(assistant, "bla " * 2000 + "ich will mich umbringen")
    assert turn.decision.status == "guardrail_crisis"
    assert "0800 111 0 111" in turn.replies[0].text


async def test_personal_data_is_masked_and_the_question_still_answered(
    assistant: Assistant, interpreter: FakeInterpreter
) -> None:
    interpreter.prediction = predict(("termin_vereinbaren", 0.99))
    turn = await say(assistant, "Ich brauche einen Termin, meine Nummer ist 0151 23456789")
    assert interpreter.seen == ["Ich brauche einen Termin, meine Nummer ist •••"]
    assert turn.decision.status == "guardrail_personal_data"
    assert [reply.topic for reply in turn.replies] == [None, "termin_vereinbaren"]


@pytest.mark.parametrize("text", ['/start{"x":1}', "/optionskommune", "/t:kontakt", "s:start", "t:mensch"])
async def test_typed_text_never_triggers_commands(
    assistant: Assistant, interpreter: FakeInterpreter, text: str
) -> None:
    await say(assistant, text)
    assert interpreter.seen == [text.lstrip("/")]


async def test_typed_button_title_is_as_good_as_a_tap(assistant: Assistant) -> None:
    turn = await say(assistant, "mit einem menschen sprechen!")
    assert turn.decision.status == "handoff"


async def test_options_come_with_a_way_out(assistant: Assistant, interpreter: FakeInterpreter) -> None:
    interpreter.prediction = predict(("kontakt", 0.3), ("standorte", 0.29))
    (reply,) = (await say(assistant, "wo")).replies
    assert [button.payload for button in reply.buttons] == ["t:kontakt", "t:standorte", "s:else", "t:mensch"]


async def test_failures_never_repeat_themselves_and_name_the_phone(
    assistant: Assistant, interpreter: FakeInterpreter
) -> None:
    interpreter.prediction = predict(("unbekannt", 0.9))
    texts = [(await say(assistant, "asdf qwer")).replies[0].text for _ in range(5)]
    assert all(first != second for first, second in pairwise(texts))
    assert all(PHONE in text for text in texts)


async def test_conversations_do_not_mix(assistant: Assistant, interpreter: FakeInterpreter) -> None:
    interpreter.prediction = predict()
    first = await say(assistant, "asdf", "a")
    other = await say(assistant, "asdf", "b")
    again = await say(assistant, "asdf", "a")
    assert first.decision.text_key == other.decision.text_key == "fallback_1"
    assert again.decision.text_key == "fallback_2"


async def test_expired_answer_is_not_delivered(content: Content, interpreter: FakeInterpreter) -> None:
    old = msgspec.structs.replace(content.answers["leitung"], valid_until=date(2026, 11, 1))
    changed = msgspec.structs.replace(content, answers={**content.answers, "leitung": old})
    assistant = Assistant(
        changed, interpreter.parse, MemoryStore(30, 10), 2000, lambda: datetime(2026, 11, 2, tzinfo=BERLIN)
    )
    turn = await tap(assistant, "t:leitung")
    assert content.answers["leitung"].text[:30] not in turn.replies[0].text
    assert PHONE in turn.replies[0].text


async def test_topic_without_answer_is_named_honestly(content: Content, interpreter: FakeInterpreter) -> None:
    answers = {name: answer for name, answer in content.answers.items() if name != "leitung"}
    assistant = Assistant(
        msgspec.structs.replace(content, answers=answers), interpreter.parse, MemoryStore(30, 10), 2000
    )
    turn = await tap(assistant, "t:leitung")
    assert turn.decision.status == "fallback"
    assert content.topics["leitung"].title in turn.replies[0].text
    assert PHONE in turn.replies[0].text


async def test_broken_model_becomes_phone_and_hours(content: Content, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(text: str) -> Prediction:
        raise RuntimeError(text)

    assistant = Assistant(content, fail, MemoryStore(30, 10), 2000)
    turn = await say(assistant, "geheime Frage")
    assert turn.decision.status == "error"
    assert PHONE in turn.replies[0].text
    assert "geheime Frage" not in caplog.text
    assert not await assistant.is_ready()


async def test_dead_store_costs_the_context_not_the_answer(content: Content, interpreter: FakeInterpreter) -> None:
    class DeadStore(MemoryStore):
        async def load(self, conversation: str) -> Conversation:
            raise ConnectionError

        async def save(self, conversation: str, state: Conversation) -> None:
            raise ConnectionError

    interpreter.prediction = predict(("kontakt", 0.99))
    assistant = Assistant(content, interpreter.parse, DeadStore(30, 10), 2000)
    assert (await say(assistant, "Telefon?")).decision.status == "answered"


async def test_conversation_expires(content: Content, interpreter: FakeInterpreter) -> None:
    now = [0.0]
    interpreter.prediction = predict()
    assistant = Assistant(content, interpreter.parse, MemoryStore(30, 10, lambda: now[0]), 2000)
    await say(assistant, "asdf")
    now[0] = 30 * 60 + 1
    assert (await say(assistant, "asdf")).decision.text_key == "fallback_1"


async def test_overview_leads_to_every_answer(assistant: Assistant, content: Content) -> None:
    overview = (await tap(assistant, "s:topics")).replies[0]
    reached = set()
    for group in overview.buttons:
        reached |= {button.payload[2:] for button in (await tap(assistant, group.payload)).replies[0].buttons}
    expected = {name for name in content.answers if content.topics[name].group != "dialog"}
    assert expected <= reached


async def test_nothing_people_write_is_logged(
    assistant: Assistant, interpreter: FakeInterpreter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for text in ("Zauberwort Kaution", "Zauberwort IBAN DE89370400440532013000", "Zauberwort will nicht mehr leben"):
        await say(assistant, text, "Zauberkennung")
    assert "Zauberwort" not in caplog.text
    assert "Zauberkennung" not in caplog.text
    assert "status=" in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(text=st.text(max_size=400))
async def test_any_text_gets_a_reply_with_a_next_step(
    assistant: Assistant, interpreter: FakeInterpreter, text: str
) -> None:
    interpreter.prediction = predict(("unbekannt", 0.2))
    turn = await say(assistant, text)
    assert turn.decision.status != "error"
    for reply in turn.replies:
        assert reply.text.strip()
        assert all(len(button.payload.encode()) <= 64 for button in reply.buttons)
    assert turn.replies[-1].buttons


class FixedModel:
    """Says of every message what a test wants to hear."""

    def __init__(self, kind: str, score: float) -> None:
        self._verdict = (kind, score)

    def judge(self, text: str) -> tuple[str, float]:
        """Return the prepared verdict."""
        return self._verdict


def make_watchful(content: Content, interpreter: FakeInterpreter, score: float) -> Assistant:
    """An assistant for which every message has the same likeness to a power cut."""
    model = FixedModel("stromsperre", score)
    return Assistant(content, interpreter.parse, MemoryStore(30, 10), 2000, crisis_model=model)


async def test_possible_emergency_gets_the_numbers_and_the_answer(
    content: Content, interpreter: FakeInterpreter
) -> None:
    interpreter.prediction = predict(("kaution", 0.9))
    assistant = make_watchful(content, interpreter, POSSIBLE)
    turn = await assistant.handle(UserMessage("web", "c", "Was ist mit der Kaution für die Wohnung?"))
    assert turn.decision.status == "answered"
    assert turn.replies[0].text == content.crisis["stromsperre"].note
    assert turn.replies[1].topic == "kaution"


async def test_short_answer_in_a_conversation_gets_no_warning(content: Content, interpreter: FakeInterpreter) -> None:
    interpreter.prediction = predict(("kaution", 0.9))
    assistant = make_watchful(content, interpreter, POSSIBLE)
    await assistant.handle(UserMessage("web", "c", payload="t:kaution"))
    turn = await assistant.handle(UserMessage("web", "c", "und wo ist das?"))
    assert content.crisis["stromsperre"].note not in [reply.text for reply in turn.replies]


async def test_likely_emergency_comes_before_everything(content: Content, interpreter: FakeInterpreter) -> None:
    turn = await make_watchful(content, interpreter, CERTAIN).handle(UserMessage("web", "c", "Hallo"))
    assert turn.decision.status == "guardrail_crisis"
    assert interpreter.seen == []
