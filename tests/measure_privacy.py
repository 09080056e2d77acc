"""Prints how much personal data is masked, kind by kind, and how many harmless sentences do not stay whole.

    PYTHONPATH=.:tests .venv/bin/python tests/measure_privacy.py

The first-time figures of the rounds written without sight of the rules stand in `personal_data.yml`.
"""

import time
from collections.abc import Iterable

from conftest import ROOT
from personal_data import HARMLESS, ROUNDS, Case, generate_harmless, generate_personal, is_right, read_all, read_cases

from bot.privacy import mask
from bot.training_data import read_training_data

GERMAN = {"first": "erste Runde", "second": "zweite Runde", "third": "dritte Runde", "fourth": "vierte Runde"}


def describe_share(right: int, total: int) -> str:
    """Return a share in German: 98,2 % (54 von 55)."""
    return f"{right / total:.1%}".replace(".", ",").replace("%", " %") + f" ({right} von {total})"


def print_group(name: str, cases: Iterable[Case]) -> None:
    """Print recall and false maskings of a group of cases in one line."""
    outcome = [(case.kind == HARMLESS, is_right(case, mask(case.text))) for case in cases]
    personal = [right for is_harmless, right in outcome if not is_harmless]
    harmless = [right for is_harmless, right in outcome if is_harmless]
    wrong = describe_share(harmless.count(False), len(harmless))
    print(f"  {name:<16} erkannt {describe_share(sum(personal), len(personal)):<24} zu viel {wrong}")


def main() -> None:
    """Print the table and every case that goes wrong."""
    cases = read_all()
    wrong = [case for case in cases if not is_right(case, mask(case.text))]
    print("Unkenntlich gemacht, je Art:")
    for kind in dict.fromkeys(case.kind for case in cases if case.kind != HARMLESS):
        total = sum(case.kind == kind for case in cases)
        print(f"  {kind:<20} {describe_share(total - sum(case.kind == kind for case in wrong), total)}")
    print("\nJe Gruppe (was nach den Regeln geschrieben wurde, siehe personal_data.yml):")
    print_group("generiert", [*generate_personal(), *generate_harmless()])
    for number in ROUNDS:
        print_group(GERMAN[number], read_cases(number))
    print_group("zusammen", cases)

    examples, _ = read_training_data(ROOT / "nlu_data")
    start = time.perf_counter()
    masked = sum(bool(mask(example.text).found) for example in examples)
    duration = (time.perf_counter() - start) / len(examples) * 1e6
    print(f"\nTrainingssätze, in denen etwas unkenntlich wird: {describe_share(masked, len(examples))}")
    print(f"Dauer je Satz: {duration:.0f} Mikrosekunden")
    print("\nFalsch:", *(f"  {case.kind}: {case.text} → {mask(case.text).text}" for case in wrong), sep="\n")


if __name__ == "__main__":
    main()
