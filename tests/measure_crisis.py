"""Prints how many emergencies are recognised and how often something harmless is taken for one.

    PYTHONPATH=.:tests .venv/bin/python tests/measure_crisis.py [--show] [--thresholds]

`--show` lists what goes wrong, `--thresholds` what other thresholds would give. The sentences stand in
`tests/dialogues/_crisis.yml`; the unseen ones were written by people who knew neither patterns nor examples.
"""

import argparse
from collections.abc import Sequence

from conftest import ROOT
from measure_privacy import describe_share
from msgspec import Struct

from bot import crisis
from bot.checks.dialogues import read_dialogues
from bot.content import load_content
from bot.crisis import CrisisDetector
from bot.preparation import ensure_crisis_model
from bot.settings import load_settings
from bot.yaml_reader import read_yaml

THRESHOLDS = (0.4, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, -0.8, -0.9, -1.0)
GERMAN = {"": "bearbeitete Sätze", "_unseen": "ungesehene Sätze"}


class Case(Struct, frozen=True):
    """A sentence and its kind of emergency, None for a harmless one."""

    text: str
    kind: str | None = None


def read_cases(part: str) -> list[Case]:
    """Return the sentences of `_crisis.yml`: "" those that were worked with, "_unseen" the others."""
    data = read_yaml(ROOT / "tests" / "dialogues" / "_crisis.yml").data
    hits = [Case(case["text"], case["kind"]) for case in data[f"hits{part}"]]
    return [*hits, *(Case(text) for text in data[f"misses{part}"])]


def read_ordinary() -> list[Case]:
    """Return the test sentences of all topics that are no emergency."""
    content = load_content(ROOT / "responses")
    kinds = {kind.topic for kind in content.crisis.values()}
    sentences, _ = read_dialogues(ROOT / "tests" / "dialogues", content)
    return [Case(sentence.text) for sentence in sentences if sentence.topic and sentence.topic not in kinds]


def build_detector() -> CrisisDetector:
    """Return the detector as the bot uses it."""
    settings = load_settings({})
    content = load_content(settings.responses_dir)
    return CrisisDetector(content.crisis, ensure_crisis_model(settings, content))


def find_missed(detector: CrisisDetector, cases: Sequence[Case], only_certain: bool = True) -> list[Case]:
    """Return the emergencies that do not lead to help first (or, with False, not even to a note)."""
    found = [(case, detector.detect(case.text)) for case in cases if case.kind]
    return [case for case, emergency in found if emergency is None or (only_certain and not emergency.is_certain)]


def find_alarms(detector: CrisisDetector, cases: Sequence[Case], only_certain: bool = True) -> list[Case]:
    """Return the harmless sentences that are taken for an emergency (or, with False, get a note)."""
    found = [(case, detector.detect(case.text)) for case in cases if not case.kind]
    return [case for case, emergency in found if emergency and (emergency.is_certain or not only_certain)]


def describe(detector: CrisisDetector, cases: Sequence[Case]) -> str:
    """Return recall and false alarms in two lines."""
    emergencies = sum(case.kind is not None for case in cases)
    lines = []
    for only_certain, name in ((True, "Hilfe zuerst"), (False, "oder Hinweis")):
        recognised = emergencies - len(find_missed(detector, cases, only_certain))
        alarms = len(find_alarms(detector, cases, only_certain))
        wrong = describe_share(alarms, len(cases) - emergencies) if len(cases) > emergencies else "–"
        lines.append(f"  {name}: erkannt {describe_share(recognised, emergencies)}, Fehlalarm {wrong}")
    return "\n".join(lines)


def print_thresholds(detector: CrisisDetector, cases: Sequence[Case]) -> None:
    """Print what each threshold would give, patterns included."""
    emergencies = sum(case.kind is not None for case in cases)
    certain = crisis.CERTAIN
    for threshold in THRESHOLDS:
        crisis.CERTAIN = threshold
        recall = 1 - len(find_missed(detector, cases)) / emergencies
        alarms = len(find_alarms(detector, cases)) / (len(cases) - emergencies)
        print(f"  {threshold:+.1f}: erkannt {recall:.1%}, Fehlalarm {alarms:.1%}")
    crisis.CERTAIN = certain


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--thresholds", action="store_true")
    arguments = parser.parse_args()
    detector = build_detector()
    for part, name in GERMAN.items():
        cases = read_cases(part)
        print(f"{name}:\n{describe(detector, cases)}")
        for kind in dict.fromkeys(case.kind for case in cases if case.kind):
            print(f" {kind}:\n{describe(detector, [case for case in cases if case.kind == kind])}")
        if arguments.thresholds:
            print_thresholds(detector, cases)
        if arguments.show:
            print(*(f"  übersehen ({case.kind}): {case.text}" for case in find_missed(detector, cases)), sep="\n")
            print(*(f"  Fehlalarm: {case.text}" for case in find_alarms(detector, cases)), sep="\n")
    ordinary = read_ordinary()
    print("gewöhnliche Fragen (Testsätze anderer Themen):")
    for only_certain, name in ((True, "Hilfe zuerst"), (False, "oder Hinweis")):
        alarms = find_alarms(detector, ordinary, only_certain)
        print(f"  {name}: Fehlalarm {describe_share(len(alarms), len(ordinary))}")
    if arguments.show:
        print(*(f"  Fehlalarm: {case.text}" for case in find_alarms(detector, ordinary)), sep="\n")


if __name__ == "__main__":
    main()
