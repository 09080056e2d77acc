"""A recognition that is stuck: people get the error text with phone and hours, and health says so."""

import asyncio

import pytest
from conftest import NOW

from bot import assistant
from bot.assistant import Assistant
from bot.content import Content
from bot.conversations import MemoryStore
from bot.guardrails import Guardrails
from bot.models import Prediction, UserMessage


async def parse_forever(text: str) -> Prediction:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.fixture
def stuck(content: Content, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    monkeypatch.setattr(assistant, "TURN_SECONDS", 0.01)
    return Assistant(content, parse_forever, MemoryStore(30, 100), 2000, lambda: NOW)


async def test_stuck_turn_ends_with_phone_and_hours(stuck: Assistant) -> None:
    turn = await stuck.handle(UserMessage("web", "a", "Wer zahlt die Kaution?"))
    assert turn.decision.status == "error"
    assert "06831 444 8000" in turn.replies[-1].text
    assert "Öffnungszeiten" in turn.replies[-1].text


async def test_emergency_does_not_wait_for_it(stuck: Assistant) -> None:
    turn = await stuck.handle(UserMessage("web", "a", "ich will nicht mehr leben"))
    assert turn.decision.status == "guardrail_crisis"


async def test_health_is_a_no(stuck: Assistant) -> None:
    assert await stuck.is_ready() is False


async def test_message_far_too_long_is_searched_at_both_ends_only(content: Content) -> None:
    guardrails = Guardrails(content, 2000)
    for text in ("ich will sterben " + "a" * 60_000, "a" * 60_000 + " ich will sterben"):
        decision = guardrails.check(UserMessage("web", "x", text)).decision
        assert decision and decision.status == "guardrail_crisis"
    decision = guardrails.check(UserMessage("web", "x", "a" * 60_000)).decision
    assert decision and decision.text_key == "too_long"
