"""Tables computed by hand for the calculators, and what runs them."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.calculators import CALCULATORS, Inputs, Result
from bot.content import Content
from bot.flow_content import Flow
from bot.yaml_reader import read_yaml

TABLES = Path(__file__).resolve().parent / "calculations"
CALCULATIONS = ("objection_deadline", "earned_income", "household_needs")
READERS: dict[str, Callable[[str], str | date | Decimal | int]] = {
    "choice": str,
    "date": date.fromisoformat,
    "amount": Decimal,
    "count": int,
}
TYPED: dict[str, list[list[str]]] = read_yaml(TABLES / "inputs.yml").data
TODAY = date.fromisoformat(read_yaml(TABLES / "inputs.yml").data["today"])


def read_table(name: str) -> dict[str, Any]:
    """Return a table with its name, its flow, its day and its cases."""
    return {"name": name, **read_yaml(TABLES / f"{name}.yml").data}


def read_cases() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield every case with its table."""
    for table in map(read_table, CALCULATIONS):
        for case in table["cases"]:
            yield table, case


def complete_inputs(flow: Flow, given_answers: dict[str, str], defaults: dict[str, str]) -> Inputs:
    """Walk through the questions as a person would; every answer of the case must really be asked for."""
    answers: dict[str, str] = {}
    for name, step in flow.steps.items():
        if all(answers.get(earlier) in allowed for earlier, allowed in step.only_if.items()):
            answers[name] = given_answers.get(name) or defaults[name]
            values = [option.value for option in step.options]
            assert not values or answers[name] in values, name
    assert given_answers.keys() <= answers.keys()
    return {name: READERS[flow.steps[name].kind](value) for name, value in answers.items()}


def calculate(content: Content, table: dict[str, Any], case: dict[str, Any]) -> Result:
    """Run the calculator of a flow on its day."""
    day = date.fromisoformat(case.get("today", table["today"]))
    flow = content.flows[table["flow"]]
    assert flow.calculator is not None
    inputs = complete_inputs(flow, case["inputs"], table["defaults"])
    return CALCULATORS[flow.calculator](inputs, content.values_on(day), day)


def is_right(content: Content, table: dict[str, Any], case: dict[str, Any]) -> bool:
    """Tell whether a calculator returns what was computed by hand."""
    result = calculate(content, table, case)
    expected: dict[str, str] = case.get("names", {})
    return result.key == case["key"] and expected.items() <= result.names.items()
