"""The emergency layer works on wording alone."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.content import Content
from bot.crisis import CrisisDetector, compile_patterns
from bot.text import fold_words

ROOT = Path(__file__).resolve().parent.parent
CASES = yaml.safe_load((ROOT / "tests" / "dialogues" / "_crisis.yml").read_text(encoding="utf-8"))


def matches(pattern: str, text: str) -> bool:
    compiled = compile_patterns([pattern])
    assert compiled is not None
    return bool(compiled.search(f" {' '.join(fold_words(text))} "))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("nicht mehr leben", "Ich will NICHT mehr leben!", True),
        ("nicht mehr leben", "nicht mehr lebendig", False),
        ("umbring*", "umbringen", True),
        ("*schlag", "Faustschlag", True),
        ("mann _ mich", "mein Mann schlägt mich", True),
        ("mann _ mich", "mein Mann mich", False),
        ("mann ... mich", "mein Mann mich", True),
        ("mann ... mich", "mein Mann hat gestern abend wieder mich", True),
        ("mann ... mich", "mein Mann ist seit drei Jahren weg und mich", False),
        ("(mann|frau von nebenan) haut", "die Frau von nebenan haut", True),
        ("schlägt", "schlaegt", True),
        ("хочу умереть", "Я хочу умереть", True),
    ],
)
def test_pattern_language(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@pytest.fixture(scope="module")
def detector(content: Content) -> CrisisDetector:
    return CrisisDetector(content.crisis)


def test_exceptions_blank_only_their_own_part(detector: CrisisDetector) -> None:
    assert detector.detect("die frist bringt mich um") is None
    assert detector.detect("die frist bringt mich um und ich will nicht mehr leben") == "suizid"


@given(st.text(max_size=300))
def test_detection_never_raises(detector: CrisisDetector, text: str) -> None:
    detector.detect(text)


@pytest.mark.parametrize(("part", "least", "most"), [("", 0.98, 0.01), ("_unseen", 0.85, 0.02)])
def test_people_in_danger_are_seen_and_figures_of_speech_are_not(
    detector: CrisisDetector, part: str, least: float, most: float
) -> None:
    """`_unseen` was written before the patterns were refined and never used for them."""
    hits, misses = CASES[f"hits{part}"], CASES[f"misses{part}"]
    missed = [case["text"] for case in hits if not detector.detect(case["text"])]
    alarms = [text for text in misses if detector.detect(text)]
    assert 1 - len(missed) / len(hits) >= least, missed
    assert len(alarms) / len(misses) <= most, alarms
