"""Walks through flows: pure functions from a flow and what was answered so far to the next question or the result."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from bot.calculators import CALCULATORS, Values
from bot.calculators.inputs import parse_amount, parse_count, parse_date
from bot.flow_content import Flow, Option, Step, StepKind
from bot.models import FlowMove
from bot.text import fold_words

_READERS: dict[StepKind, Callable[[str], str | date | Decimal | int]] = {
    "choice": str,
    "date": date.fromisoformat,
    "amount": Decimal,
    "count": int,
}
Answers = tuple[tuple[str, str], ...]
"""Step and answer, in the order given: a choice's value, or the typed value in a fixed notation."""


def start_flow(name: str, flow: Flow) -> FlowMove:
    """Return the first question."""
    return FlowMove(name, step=next(iter(flow.steps)))


def choose(name: str, flow: Flow, step: str, value: str, given: Answers, values: Values, day: date) -> FlowMove | None:
    """Take a tapped option; None when there is no such option or the answers before it are missing."""
    option = find_option(flow, step, value)
    before = _answers_before(flow, step, given)
    if option is None or before is None:
        return None
    answers = (*before, (step, value))
    if option.topic is not None:
        return FlowMove(name, topic=option.topic)
    if option.result is not None:
        return FlowMove(name, result=option.result)
    return _advance(name, flow, answers, values, day)


def pick(flow: Flow, given: Answers, index: int | None, value: str | None) -> str | None:
    """Return the value of the option of the open choice that is named by its place or by "ja" or "nein"."""
    step = find_open_step(flow, given)
    options = flow.steps[step].options if step else []
    if index is not None and index < len(options):
        return options[index].value
    return next((option.value for option in options if option.value == value), None)


def enter(name: str, flow: Flow, text: str, given: Answers, values: Values, day: date) -> FlowMove | None:
    """Take typed text as the answer to the open question; None when it does not look like one."""
    step = find_open_step(flow, given)
    if step is None:
        return None
    known = flow.steps[step]
    if known.kind == "choice":
        option = _match_title(known, text)
        return None if option is None else choose(name, flow, step, option.value, given, values, day)
    parsed = parse_value(known, text, day)
    if parsed is None:
        return None
    return _advance(name, flow, (*given, (step, str(parsed))), values, day)


def parse_value(step: Step, text: str, day: date) -> Decimal | date | int | None:
    """Return the typed value of a step, or None when it is not understood."""
    if step.kind == "date":
        return parse_date(text, day)
    if step.kind == "amount":
        return parse_amount(text)
    return parse_count(text)


def find_open_step(flow: Flow, given: Answers) -> str | None:
    """Return the question that comes next after these answers, or None when all are answered."""
    answers = dict(given)
    for name, step in flow.steps.items():
        if name not in answers and _applies(step, answers):
            return name
    return None


def find_option(flow: Flow, step: str, value: str) -> Option | None:
    """Return an option by its value."""
    options = flow.steps[step].options if step in flow.steps else []
    return next((option for option in options if option.value == value), None)


def _advance(name: str, flow: Flow, answers: Answers, values: Values, day: date) -> FlowMove:
    step = find_open_step(flow, answers)
    if step is not None:
        return FlowMove(name, step=step, answers=answers)
    assert flow.calculator is not None, name  # the checker holds: without one every last option ends the flow
    result = CALCULATORS[flow.calculator](_read_inputs(flow, answers), values, day)
    return FlowMove(name, result=result.key, names=tuple(result.names.items()))


def _read_inputs(flow: Flow, answers: Answers) -> dict[str, str | Decimal | date | int]:
    return {step: _READERS[flow.steps[step].kind](value) for step, value in answers}


def _answers_before(flow: Flow, step: str, given: Answers) -> Answers | None:
    """Return the answers to the questions before this one, or None when one is missing."""
    answers: dict[str, str] = {}
    known = dict(given)
    for name, earlier in flow.steps.items():
        if name == step:
            return tuple(answers.items()) if _applies(earlier, answers) else None
        if _applies(earlier, answers):
            if name not in known:
                return None
            answers[name] = known[name]
    return None


def _applies(step: Step, answers: Mapping[str, str]) -> bool:
    return all(answers.get(name) in allowed for name, allowed in step.only_if.items())


def _match_title(step: Step, text: str) -> Option | None:
    words = fold_words(text)
    return next((option for option in step.options if fold_words(option.title) == words), None)
