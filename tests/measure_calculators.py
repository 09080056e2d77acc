"""Prints how many cases computed by hand the calculators get right, and how many typed inputs are understood.

PYTHONPATH=.:tests .venv/bin/python tests/measure_calculators.py
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from calculation_tables import CALCULATIONS, TODAY, TYPED, is_right, read_table
from conftest import ROOT
from measure_privacy import describe_share

from bot.calculators.inputs import parse_amount, parse_count, parse_date
from bot.content import load_content

INPUTS: dict[str, tuple[Callable[[str], Any], Callable[[str], Any]]] = {
    "amounts": (parse_amount, lambda value: Decimal(str(value))),
    "dates": (lambda text: parse_date(text, TODAY), lambda value: date.fromisoformat(str(value))),
    "counts": (parse_count, int),
}


def main() -> None:
    """Print one line for each table and every case that goes wrong."""
    content = load_content(ROOT / "responses")
    print("Von Hand gerechnete Fälle:")
    for table in map(read_table, CALCULATIONS):
        wrong = [case["why"] for case in table["cases"] if not is_right(content, table, case)]
        total = len(table["cases"])
        print(f"  {table['name']:<20} {describe_share(total - len(wrong), total)}", *wrong, sep="\n    falsch: ")
    print("Getippte Eingaben:")
    for name, (parse, convert) in INPUTS.items():
        cases = TYPED[name]
        wrong = [text for text, value in cases if parse(str(text)) != (None if value is None else convert(value))]
        print(f"  {name:<20} {describe_share(len(cases) - len(wrong), len(cases))}", *wrong, sep="\n    falsch: ")


if __name__ == "__main__":
    main()
