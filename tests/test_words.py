"""The word bridge: a question in the citizens' words leads where the same question in the official word leads."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import yaml
from msgspec import Struct, convert

from bot.app import Bot
from bot.content import Content
from bot.models import UserMessage
from bot.settings import load_settings

WORDS = Path(__file__).resolve().parent / "dialogues" / "_words.yml"
MIN_PAIRS = 170
MIN_SHARE = 0.95
Outcome = Literal["answered", "offered", "missed"]
# Answers that lack the official word on the day named; strict: a mended one must be deleted here.
WITHOUT_OFFICIAL_WORD: dict[tuple[str, str], str] = {}


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """One question twice, and the topic both belong to."""

    says: str
    means: str
    topic: str
    official: str | None = None


def read_pairs() -> list[Pair]:
    """Return the table."""
    return convert(yaml.safe_load(WORDS.read_text(encoding="utf-8"))["pairs"], list[Pair])


@pytest.fixture(scope="module")
def bot() -> Iterator[Bot]:
    """The real bot; JOBCENTER_BOT_NLU_DATA_DIR and …_MODELS_DIR let it learn from a copy of the sentences."""
    bot = Bot(load_settings(os.environ))
    yield bot
    bot.close()


def play(bot: Bot, text: str, topic: str) -> Outcome:
    """Ask in a conversation of its own: answered at once, first among the options, or neither."""
    decision = asyncio.run(bot.assistant.handle(UserMessage("test", f"words:{text}", text))).decision
    if decision.topic == topic and not decision.options:
        return "answered"
    return "offered" if decision.options[:1] == (topic,) else "missed"


@pytest.mark.model
def test_both_words_lead_to_the_same_answer(bot: Bot) -> None:
    pairs = read_pairs()
    played = {pair: (play(bot, pair.says, pair.topic), play(bot, pair.means, pair.topic)) for pair in pairs}
    # a reply beside the topic on both sides is no bridge either, so only the expected topic counts
    missed = [f"{pair.topic}: {pair.says} / {pair.means} {both}" for pair, both in played.items() if "missed" in both]
    counts = Counter(outcome for both in played.values() for outcome in both)
    at_once = sum(both == ("answered", "answered") for both in played.values())
    share = 1 - len(missed) / len(pairs)
    print(
        f"{len(pairs)} Paare: {at_once} beidseits sofort, {share:.1%} gebaut; Sätze: {dict(counts)}", *missed, sep="\n"
    )
    assert share >= MIN_SHARE, "\n".join(missed)


def test_there_are_enough_pairs_and_each_has_two_sides() -> None:
    pairs = read_pairs()
    assert len(pairs) >= MIN_PAIRS
    assert [pair for pair in pairs if pair.says.casefold() == pair.means.casefold()] == []


def test_answers_use_the_official_word(content: Content) -> None:
    lacking = {
        (pair.topic, pair.official)
        for pair in read_pairs()
        for text in (content.answers[pair.topic].text, content.answers[pair.topic].plain)
        if pair.official and pair.official.casefold() not in text.casefold()
    }
    assert lacking == set(WITHOUT_OFFICIAL_WORD)
