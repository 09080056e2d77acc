"""Walks through flows: where choices lead, and what a calculator returns when people use it."""

import random
from datetime import date, timedelta

from msgspec import Struct, field

from bot.calculators import Values
from bot.checks.project import Project
from bot.flow_content import Flow, Option
from bot.flows import choose, enter, start_flow
from bot.models import FlowMove

TRIALS = 800
"""Walks through a calculator; with 400 a rare result was missed on one of six days, with 800 never. 25 ms each."""

_SAMPLES = {
    "amount": ("0", "50", "100", "180", "450", "520", "603", "1000", "1250", "1500", "2000", "4000"),
    "count": ("0", "0", "1", "2", "3", "5"),
}
_DAYS_BACK = (-30, -1, *range(50), 100, 200, 360, 366, 380, 400, 500, 900, 1500, 2500, 4000)


class Paths(Struct):
    """Where the choices of a flow lead."""

    steps: set[str] = field(default_factory=set)
    """Questions that are asked on some path."""
    results: set[str] = field(default_factory=set)
    """Results an option names."""
    open_ends: set[tuple[str, str]] = field(default_factory=set)
    """Question and title of the option (none for a typed answer) after which nothing comes."""
    taps: int = 0
    """Questions on the longest path."""


class Trial(Struct):
    """What came of many walks through a calculator."""

    results: dict[str, dict[str, str]] = field(default_factory=dict)
    """By result: the names it always comes with, each with the longest words seen."""
    failures: set[str] = field(default_factory=set)


def trace_paths(flow: Flow) -> Paths:
    """Follow every choice in the order the engine asks, as far as conditions tell them apart."""
    paths = Paths()
    needed = {name for step in flow.steps.values() for name in step.only_if}
    # the answers conditions ask for, the last answer, and how many were given
    states: set[tuple[frozenset[tuple[str, str]], tuple[str, str], int]] = {(frozenset(), ("", ""), 0)}
    for name, step in flow.steps.items():
        following = set()
        for answers, last, taps in states:
            given = dict(answers)
            if any(given.get(earlier) not in allowed for earlier, allowed in step.only_if.items()):
                following.add((answers, last, taps))
                continue
            paths.steps.add(name)
            paths.taps = max(paths.taps, taps + 1)
            paths.results |= {option.result for option in step.options if option.result is not None}
            for option in filter(goes_on, step.options):
                added = {(name, option.value)} if name in needed else set()
                following.add((answers | added, (name, option.title), taps + 1))
            if step.kind != "choice":
                following.add((answers, (name, ""), taps + 1))
        states = following
    paths.open_ends = {last for _, last, _ in states}
    return paths


def goes_on(option: Option) -> bool:
    """Tell whether the flow asks on after this option."""
    return option.result is None and option.topic is None


def try_out(project: Project, name: str) -> Trial:
    """Walk through a calculator as people would; the same walks every time."""
    trial, flow = Trial(), project.content.flows[name]
    source = random.Random(0)
    known = project.content.values_on(project.today)
    for number in range(TRIALS):
        # some results come only on working days, and one only where an amount is not known
        day = project.today - timedelta(days=number % 7)
        values: Values = known if number % 10 else lambda _: None
        try:
            move = _walk(name, flow, values, day, source)
        except Exception as error:  # whatever a calculator stumbles over becomes a problem for the editor
            trial.failures.add(f"{type(error).__name__}: {error}")
            continue
        if move.result is not None:
            names = dict(move.names)
            before = trial.results.get(move.result, names)
            longest = {key: max(before[key], names[key], key=len) for key in before.keys() & names.keys()}
            trial.results[move.result] = longest
    return trial


def _walk(name: str, flow: Flow, values: Values, day: date, source: random.Random) -> FlowMove:
    """Answer at random until the flow ends."""
    move = start_flow(name, flow)
    while move.step is not None:
        step = flow.steps[move.step]
        if step.kind == "choice" or (step.options and source.random() < 0.5):
            value = source.choice(step.options).value
            following = choose(name, flow, move.step, value, move.answers, values, day)
        else:
            then = day - timedelta(days=source.choice(_DAYS_BACK))
            text = then.isoformat() if step.kind == "date" else source.choice(_SAMPLES[step.kind])
            following = enter(name, flow, text, move.answers, values, day)
        assert following is not None, move.step
        move = following
    return move
