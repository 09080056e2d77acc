"""Nothing that people write reaches the database."""

import logging
import re
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from conftest import FakeInterpreter, predict
from personal_data import generate_personal
from store_tools import BuildAssistant, read

from bot.content import Content
from bot.conversations import Conversation
from bot.models import Status, UserMessage
from bot.store.sealing import Sealer
from bot.store.state import SharedState

# ---- privacy -------------------------------------------------------------------------------------------------------


async def test_nothing_people_write_reaches_the_database(
    worker: SharedState,
    database_url: str,
    request: pytest.FixtureRequest,
    content: Content,
    interpreter: FakeInterpreter,
    build_assistant: BuildAssistant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    states: list[Conversation] = []
    seal = Sealer.seal

    def watch(self: Sealer, conversation: str, state: Conversation) -> str:
        states.append(state)
        return seal(self, conversation, state)

    monkeypatch.setattr(Sealer, "seal", watch)
    assistant = build_assistant(worker)
    draw, topics, flows = Random(0), list(content.answers), list(content.flows)
    cases = [*generate_personal()]
    for number, case in enumerate(cases):
        interpreter.prediction = predict((draw.choice(topics), draw.choice([0.99, 0.3, 0.05])))
        conversation = f"telegram:{number % 50}"
        if number % 5 == 0:
            await assistant.handle(UserMessage("telegram", conversation, payload=f"f:{draw.choice(flows)}"))
        async with worker.ledger.turn(conversation, number):
            await assistant.handle(UserMessage("telegram", conversation, case.text))
        if number % 20 == 0:
            await worker.keep()
    await worker.keep()
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        stored = b"".join(path.read_bytes() for path in folder.iterdir())
    else:
        stored = request.getfixturevalue("postgres").dump()
    assert b"telegram" in stored and b"answered" in stored, "the right bytes are looked at"
    secrets = {secret for case in cases for secret in case.secrets if len(secret) > 6}  # "ben" is part of many words
    assert len(secrets) > 400
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in caplog.text
    for table in ("conversations", "telegram_updates", "workers", "turn_counts", "hour_counts", "feedback_counts"):
        for row in await read(worker, f"SELECT * FROM {table}"):
            assert [value for value in row if not is_harmless(value, content)] == [], table
    assert len(states) > len(cases)
    for state in states:
        given = [part for pair in state.answers for part in pair]
        names = [state.last_topic, *state.also, state.case, *state.offered, state.last_text_key, state.flow, *given]
        known = {*content.topics, *content.own_cases, *content.system, *content.flows, *list_steps(content)}
        assert {*names} <= known | {None} | {name for name in names if name and DATE_OR_AMOUNT.fullmatch(name)}


DATE_OR_AMOUNT = re.compile(r"[\d.-]+")
OPAQUE = re.compile(r"[0-9a-f]{64}|[0-9a-f]{16}|gAAAA[\w=-]+|\d{4}-\d\d-\d\d|done|telegram|")


def is_harmless(value: object, content: Content) -> bool:
    """Tell whether a column holds a number, a hash, a sealed state, a day or a word of the content."""
    return isinstance(value, int | None) or (
        isinstance(value, str)
        and (value in content.topics or value in get_args(Status) or OPAQUE.fullmatch(value) is not None)
    )


def list_steps(content: Content) -> set[str]:
    """Return the names of all questions in flows and of their options."""
    steps = [item for flow in content.flows.values() for item in flow.steps.items()]
    return {name for name, _ in steps} | {option.value for _, step in steps for option in step.options}
