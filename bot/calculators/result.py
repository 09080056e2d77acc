"""What a calculator takes and returns."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct, field

T = TypeVar("T", str, Decimal, date, int)

Inputs = Mapping[str, str | Decimal | date | int]
"""Answers by step of the flow; a step that was skipped is missing."""
Values = Callable[[str], str | None]
"""Looks up a value of `_values.yml` for the day of the question."""


class Result(Struct, frozen=True):
    """Which text is said, and what fills its placeholders."""

    key: str
    """Name of a result in `_calculators.yml`."""
    names: dict[str, str] = field(default_factory=dict)


def find_input(inputs: Inputs, step: str, kind: type[T]) -> T | None:
    """Return the answer to a step, or None when the step was skipped; raises TypeError for another kind of answer."""
    value = inputs.get(step)
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{step}: {kind.__name__} erwartet")
    return value


def get_input(inputs: Inputs, step: str, kind: type[T]) -> T:
    """Return the answer to a step that is always asked; raises KeyError when it is missing."""
    value = find_input(inputs, step, kind)
    if value is None:
        raise KeyError(step)
    return value
