"""Moves the clock over the days on which law and amounts change: nothing old, nothing early, nothing half-filled."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import get_args

import pytest

from bot.checks.facts import find_facts
from bot.content import PLACEHOLDER, Answer, Content
from bot.dialogue import WORDINGS
from bot.hours import BERLIN
from bot.models import Decision, Reply, Wording
from bot.rendering import Renderer
from bot.settings import Settings

BEFORE_REFORM, REFORM = date(2026, 6, 30), date(2026, 7, 1)
END_OF_2026, START_OF_2027 = date(2026, 12, 31), date(2027, 1, 1)
NAMED_DAYS = (BEFORE_REFORM, REFORM, date(2026, 7, 2), END_OF_2026, START_OF_2027, date(2027, 1, 2))
EACH_WORDING = pytest.mark.parametrize("wording", get_args(Wording))


@pytest.fixture(scope="module")
def renderer(content: Content) -> Renderer:
    """The real renderer, with Leichte Sprache so that it is rehearsed as well."""
    return Renderer(content, Settings().max_text_length, easy_language=True)


@pytest.fixture(scope="module")
def days(content: Content) -> list[date]:
    """The named days, and the last and first day of everything that begins or ends in the content."""
    day = timedelta(days=1)
    turning = {value.from_ for values in content.values.values() for value in values}
    turning |= {value.until + day for values in content.values.values() for value in values if value.until}
    turning |= {answer.valid_from for answer in content.answers.values() if answer.valid_from}
    turning |= {answer.valid_until + day for answer in content.answers.values() if answer.valid_until}
    return sorted({*NAMED_DAYS, *turning, *(first - day for first in turning)})


def noon(day: date) -> datetime:
    """Return the middle of a day; when exactly makes no difference to law and amounts."""
    return datetime.combine(day, time(12), BERLIN)


def choose_wording(answer: Answer, wording: Wording) -> str:
    """Return the text that is delivered in a wording."""
    if wording == "easy":
        return answer.easy or answer.plain
    return answer.text if wording == "text" else answer.plain


def used_values(answer: Answer, wording: Wording) -> list[str]:
    """Return the names of the values an answer needs, as often as it needs them."""
    parts = (choose_wording(answer, wording), *answer.applies_if)
    return [name for part in parts for name in PLACEHOLDER.findall(part)]


def values_of_other_days(content: Content, names: Iterable[str], day: date) -> set[str]:
    """Return what these values were or will be, as far as none of them is it today; bare numbers prove nothing."""
    now = {content.value_on(name, day) for name in names}
    ever = {value.value for name in names for value in content.values[name]}
    return {value for value in ever - now if not value.isdigit()}


def contains(text: str, value: str) -> bool:
    """Tell whether a value stands in a text, not only as part of another one ("100 Euro" in "1.100 Euro")."""
    return re.search(rf"(?<![\d.,]){re.escape(value)}(?!\w)", text) is not None


def read_amounts(text: str) -> set[str]:
    """Return the Euro amounts of a text in one form."""
    return find_facts(text)["Beträge"]


def is_withheld(content: Content, reply: Reply, topic: str, wording: Wording) -> bool:
    """Tell whether the honest sentence stands in the place of the answer."""
    answer, instead = content.answers[topic], content.system["expired_answer"]
    told = reply.text.startswith((instead.text if wording == "text" else instead.plain).strip())
    hidden = choose_wording(answer, wording).split("\n")[0] not in reply.text
    return told and hidden and "t:mensch" in {button.payload for button in reply.buttons}


def system_decisions(content: Content) -> list[Decision]:
    """Return one decision for every reply that is no curated answer."""
    keys = ["greeting", "topics_overview", *WORDINGS, "unknown_payload", "something_else_reply"]
    keys += [key for key in content.system if re.fullmatch(r"(?:fallback|clarification)_\d", key)]
    decisions = [Decision("fallback", text_key=key) for key in keys]
    decisions += [Decision("answered", group=group, text_key=f"group_{group}") for group in content.groups()]
    decisions += [Decision("guardrail_crisis", crisis_kind=kind) for kind in content.crisis]
    return [*decisions, *(Decision("guardrail_language", language=code) for code in content.languages)]


@EACH_WORDING
def test_no_reply_shows_a_brace(content: Content, renderer: Renderer, days: list[date], wording: Wording) -> None:
    decisions = [Decision("answered", topic=topic) for topic in content.answers] + system_decisions(content)
    broken = [
        (day.isoformat(), decision.topic or decision.text_key)
        for day in days
        for decision in decisions
        for reply in renderer.render(decision, noon(day), wording)
        if set("{}") & set("".join((reply.text, *(button.title for button in reply.buttons))))
    ]
    assert broken == []


@EACH_WORDING
def test_unknown_value_is_named_as_unknown(
    content: Content, renderer: Renderer, days: list[date], wording: Wording
) -> None:
    # the note stands in the text exactly as often as a value is missing: never a gap, never one too many
    note = renderer.text("value_unknown")
    for day in days:
        for topic, answer in content.answers.items():
            if answer.is_valid(day):
                missing = sum(content.value_on(name, day) is None for name in used_values(answer, wording))
                assert renderer.render_answer(topic, noon(day), wording).text.count(note) == missing, (topic, day)


@EACH_WORDING
def test_no_answer_shows_the_value_of_another_day(
    content: Content, renderer: Renderer, days: list[date], wording: Wording
) -> None:
    shown = [
        (day.isoformat(), topic, value)
        for day in days
        for topic, answer in content.answers.items()
        for value in values_of_other_days(content, used_values(answer, wording), day)
        if contains(renderer.render_answer(topic, noon(day), wording).text, value)
    ]
    assert shown == []


@EACH_WORDING
@pytest.mark.parametrize("day", [START_OF_2027, date(2027, 1, 2)])
def test_no_amount_of_2026_survives_the_year(content: Content, renderer: Renderer, day: date, wording: Wording) -> None:
    # also when an editor typed it instead of using the value, and in answers that do not use the value at all
    over = read_amounts(" ".join(values_of_other_days(content, content.values, day)))
    over -= read_amounts(" ".join(filter(None, (content.value_on(name, day) for name in content.values))))
    assert len(over) > 20
    amounts = {topic: read_amounts(renderer.render_answer(topic, noon(day), wording).text) for topic in content.answers}
    assert {topic: found & over for topic, found in amounts.items() if found & over} == {}


@EACH_WORDING
def test_answers_of_the_reform_wait_for_their_day(content: Content, renderer: Renderer, wording: Wording) -> None:
    topics = [topic for topic, answer in content.answers.items() if answer.valid_from == REFORM]
    assert len(topics) > 30
    for topic in topics:
        assert is_withheld(content, renderer.render_answer(topic, noon(BEFORE_REFORM), wording), topic, wording), topic
        assert not is_withheld(content, renderer.render_answer(topic, noon(REFORM), wording), topic, wording), topic


@EACH_WORDING
def test_answers_are_given_from_their_first_to_their_last_day(
    content: Content, renderer: Renderer, days: list[date], wording: Wording
) -> None:
    wrong = [
        (day.isoformat(), topic)
        for day in days
        for topic, answer in content.answers.items()
        if is_withheld(content, renderer.render_answer(topic, noon(day), wording), topic, wording)
        == answer.is_valid(day)
    ]
    assert wrong == []


@pytest.mark.parametrize("day", [REFORM, date(2026, 7, 2), END_OF_2026])
def test_everything_is_known_until_the_end_of_2026(content: Content, renderer: Renderer, day: date) -> None:
    note = renderer.text("value_unknown")
    texts = {topic: renderer.render_answer(topic, noon(day)).text for topic in content.answers}
    assert [topic for topic, text in texts.items() if note in text] == []


def test_values_switch_by_themselves_on_their_day(content: Content, renderer: Renderer) -> None:
    changes = [
        (name, old, new)
        for name, values in content.values.items()
        for old, new in pairwise(sorted(values, key=lambda value: value.from_))
    ]
    assert {"mindestlohn", "minijob_grenze"} <= {name for name, _, new in changes if new.from_ == START_OF_2027}
    for name, old, new in changes:
        sentence = f"Es sind {{{name}}}."
        assert renderer.fill(sentence, new.from_ - timedelta(days=1)) == f"Es sind {old.value}.", name
        assert renderer.fill(sentence, new.from_) == f"Es sind {new.value}.", name


@EACH_WORDING
def test_answers_show_the_values_of_2027_on_new_years_day(
    content: Content, renderer: Renderer, wording: Wording
) -> None:
    switched = set()
    for topic, answer in content.answers.items():
        for name in used_values(answer, wording):
            old, new = content.value_on(name, END_OF_2026), content.value_on(name, START_OF_2027)
            if old and new and old != new:
                assert contains(renderer.render_answer(topic, noon(END_OF_2026), wording).text, old), (topic, name)
                assert contains(renderer.render_answer(topic, noon(START_OF_2027), wording).text, new), (topic, name)
                switched.add(topic)
    assert {"hinzuverdienst", "studium_azubi"} <= switched
