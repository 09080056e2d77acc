"""Calculators: pure functions from what people typed to the key and the names of a result text."""

from collections.abc import Callable
from datetime import date
from functools import wraps

from bot.calculators.earned_income import calculate_earned_income
from bot.calculators.household_needs import calculate_household_needs
from bot.calculators.objection_deadline import calculate_objection_deadline
from bot.calculators.quantities import UnknownValueError
from bot.calculators.result import Inputs, Result, Values

__all__ = ["CALCULATORS", "Calculator", "Inputs", "Result", "Values"]

Calculator = Callable[[Inputs, Values, date], Result]


def _say_unknown(calculate: Calculator) -> Calculator:
    """Return the result "unknown" where an amount for the day of the question is missing."""

    @wraps(calculate)
    def calculate_or_say_unknown(inputs: Inputs, values: Values, today: date) -> Result:
        try:
            return calculate(inputs, values, today)
        except UnknownValueError:
            return Result("unknown")

    return calculate_or_say_unknown


CALCULATORS: dict[str, Calculator] = {
    "objection_deadline": _say_unknown(calculate_objection_deadline),
    "earned_income": _say_unknown(calculate_earned_income),
    "household_needs": _say_unknown(calculate_household_needs),
}
