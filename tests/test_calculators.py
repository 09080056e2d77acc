"""The calculators against tables computed by hand, and their flows against what they return."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from calculation_tables import CALCULATIONS, TODAY, TYPED, calculate, read_cases, read_table
from hypothesis import given
from hypothesis import strategies as st

from bot.calculators import CALCULATORS, Inputs, Result
from bot.calculators.inputs import MAX_AMOUNT, MAX_COUNT, parse_amount, parse_count, parse_date
from bot.calculators.quantities import add_months, format_amount, read_months, read_number
from bot.calculators.result import find_input, get_input
from bot.content import PLACEHOLDER, Content

CASES = [pytest.param(table, case, id=f"{table['name']}: {case['why']}") for table, case in read_cases()]


@pytest.mark.parametrize(("table", "case"), CASES)
def test_calculation_agrees_with_the_one_by_hand(content: Content, table: dict[str, Any], case: dict[str, Any]) -> None:
    result = calculate(content, table, case)
    expected = case.get("names", {})
    assert (result.key, {name: result.names.get(name) for name in expected}) == (case["key"], expected)


@pytest.mark.parametrize(("table", "case"), CASES)
@pytest.mark.parametrize("wording", ["text", "plain"])
def test_result_fills_every_placeholder(
    content: Content, table: dict[str, Any], case: dict[str, Any], wording: str
) -> None:
    result = calculate(content, table, case)
    assert not result.names.keys() & content.values.keys()
    names = set(PLACEHOLDER.findall(getattr(content.flows[table["flow"]].results[result.key], wording)))
    assert names <= result.names.keys() | content.values.keys()


@pytest.mark.parametrize("name", CALCULATIONS)
def test_every_result_text_has_a_case_or_a_button(content: Content, name: str) -> None:
    table = read_table(name)
    flow = content.flows[table["flow"]]
    tapped = {option.result for step in flow.steps.values() for option in step.options if option.result}
    assert {case["key"] for case in table["cases"]} | tapped == set(flow.results)


@pytest.mark.parametrize("name", CALCULATIONS)
def test_table_has_enough_cases(name: str) -> None:
    assert len(read_table(name)["cases"]) >= 30


def test_every_calculator_has_a_flow(content: Content) -> None:
    assert {flow.calculator for flow in content.flows.values() if flow.calculator} == set(CALCULATORS)


def test_values_agree_with_what_is_computed_from_them(content: Content) -> None:
    """Amounts that answers name and the calculators compute are the same."""
    values = content.values_on(TODAY)
    table = {"flow": "bedarf", "today": TODAY.isoformat(), "defaults": {"kinder": "nein"}}
    levels = {"allein": "1", "paar": "2", "jung_eltern": "3"}
    for adults, level in levels.items():
        case = {"inputs": {"erwachsene": adults, "schwanger": "ja", "warmwasser": "nein"}}
        result = calculate(content, table, case)
        assert result.names["pregnancy"] == values(f"mehrbedarf_schwangerschaft_stufe_{level}")
    wages = {"beispiel_300": "300", "beispiel_520": "520", "beispiel_minijob": "603", "beispiel_800": "800"}
    table = {"flow": "freibetrag", "today": TODAY.isoformat(), "defaults": {}}
    for name, wage in wages.items():
        inputs = {"gruppe": "arbeit", "brutto": wage, "netto": wage, "kind": "nein", "kosten_hoch": "nein"}
        assert calculate(content, table, {"inputs": inputs}).names["free"] == values(f"hinzuverdienst_{name}")


@pytest.mark.parametrize("name", CALCULATORS)
def test_nothing_is_invented_without_values(name: str) -> None:
    inputs: Inputs = {
        "datum": date(2026, 11, 3), "brutto": Decimal(450), "netto": Decimal(450), "erwachsene": "allein",
    }  # fmt: skip
    assert CALCULATORS[name](inputs, lambda _: None, TODAY) == Result("unknown")


@pytest.mark.parametrize(("text", "expected"), TYPED["amounts"])
def test_amount_is_read(text: str, expected: str | None) -> None:
    assert parse_amount(text) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("text", "expected"), TYPED["dates"])
def test_date_is_read(text: str, expected: str | None) -> None:
    assert parse_date(text, TODAY) == (None if expected is None else date.fromisoformat(expected))


@pytest.mark.parametrize(("text", "expected"), TYPED["counts"])
def test_count_is_read(text: str, expected: str | None) -> None:
    assert parse_count(text) == (None if expected is None else int(expected))


@given(st.text() | st.text("0123456789.,-/ €vormtagewchn"), st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_reading_never_raises(text: str, today: date) -> None:
    amount, count = parse_amount(text), parse_count(text)
    assert amount is None or 0 <= amount <= MAX_AMOUNT
    assert count is None or 0 <= count <= MAX_COUNT
    parse_date(text, today)


@given(st.dates(date(2020, 3, 1), date(2099, 12, 31)))
def test_day_without_year_is_the_last_one(today: date) -> None:
    for day in (date(2020, 2, 29), date(2021, 12, 31)):
        found = parse_date(f"{day.day}.{day.month}.", today)
        assert found is not None and found <= today and (found.day, found.month) == (day.day, day.month)


@given(st.decimals(0, MAX_AMOUNT, places=2))
def test_written_amount_is_read_again(amount: Decimal) -> None:
    assert parse_amount(format_amount(amount)) == amount


@given(st.dates(date(2026, 7, 1), date(2060, 12, 31)), st.dates(date(2005, 1, 1), date(2060, 12, 31)))
def test_deadline_is_never_before_a_month(content: Content, today: date, letter: date) -> None:
    inputs: Inputs = {"datum": letter, "belehrung": "ja"}
    result = CALCULATORS["objection_deadline"](inputs, content.values_on(today), today)
    assert (result.key == "future") == (letter > today)
    if (today - letter).days <= 28 + 4 and letter <= today:
        assert result.key in {"done", "today"}
    if (today - letter).days > 31 + 4 + 5:  # five days: the longest row of weekend and holidays
        assert result.key in {"over", "long_over"}


@given(st.integers(0, 5000), st.integers(0, 5000), st.booleans(), st.sampled_from(["arbeit", "jung"]))
def test_parts_of_a_wage_add_up(content: Content, gross: int, net: int, child: bool, group: str) -> None:
    inputs: Inputs = {
        "gruppe": group, "brutto": Decimal(gross), "netto": Decimal(net), "kind": "ja" if child else "nein",
    }  # fmt: skip
    result = CALCULATORS["earned_income"](inputs, content.values_on(TODAY), TODAY)
    assert (result.key == "mismatch") == (net > gross)
    if result.names:
        amounts = {name: read_number(result.names.get, name) for name in result.names}
        assert amounts["free"] + amounts["counted"] == net
        assert amounts["free"] <= amounts["allowance"]


def test_answer_of_another_kind_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="datum"):
        find_input({"datum": "gestern"}, "datum", date)
    with pytest.raises(KeyError, match="datum"):
        get_input({}, "datum", date)


@pytest.mark.parametrize(("text", "months"), [("1 Monat", 1), ("3 Monate", 3), ("1 Jahr", 12), ("4 Jahre", 48)])
def test_period_is_read_in_months(text: str, months: int) -> None:
    assert read_months(lambda _: text, "frist") == months


@pytest.mark.parametrize("read", [read_number, read_months])
def test_value_that_cannot_be_read_names_itself(read: Any) -> None:
    with pytest.raises(ValueError, match="frist"):
        read(lambda _: "bald", "frist")


def test_months_end_at_the_last_day() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 12, 5), 1) == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0 Euro"), ("563", "563 Euro"), ("1234.5", "1.234,50 Euro"), ("0.05", "0,05 Euro"), ("100.00", "100 Euro")],
)
def test_amount_is_written_in_german(amount: str, text: str) -> None:
    assert format_amount(Decimal(amount)) == text
