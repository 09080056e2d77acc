"""The emergency layer works on wording alone."""

import errno
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_crisis import find_alarms, find_missed, read_cases
from small_project import SmallProject

from bot.content import Content
from bot.crisis import CrisisDetector, Emergency, EmergencyModel
from bot.crisis_model import CrisisModel, load_or_fit
from bot.crisis_sentences import NO_EMERGENCY, SENTENCES
from bot.patterns import compile_patterns
from bot.text import fold_words

LEAST_SEEN, MOST_ALARMS = 0.965, 0.0125
"""On sentences nobody has worked with; a little room below what tests/measure_crisis.py prints."""
LEAST_NOTED, MOST_NOTES = 0.985, 0.045


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
    found = detector.detect("die frist bringt mich um und ich will nicht mehr leben")
    assert found == Emergency("suizid", True)


@given(st.text(max_size=300))
def test_detection_never_raises(with_model: CrisisDetector, text: str) -> None:
    with_model.detect(text)


@pytest.fixture(scope="session")
def with_model(content: Content, crisis_model: EmergencyModel) -> CrisisDetector:
    return CrisisDetector(content.crisis, crisis_model)


@pytest.mark.parametrize(("part", "least", "most"), [("", 0.99, 0.03), ("_unseen", LEAST_SEEN, MOST_ALARMS)])
def test_people_in_danger_are_seen_and_figures_of_speech_are_not(
    with_model: CrisisDetector, part: str, least: float, most: float
) -> None:
    cases = read_cases(part)
    emergencies = sum(case.kind is not None for case in cases)
    missed, alarms = find_missed(with_model, cases), find_alarms(with_model, cases)
    assert 1 - len(missed) / emergencies >= least, missed
    assert len(alarms) / (len(cases) - emergencies) <= most, alarms


def test_nearly_everybody_in_danger_gets_at_least_the_numbers(with_model: CrisisDetector) -> None:
    cases = read_cases("_unseen")
    missed = find_missed(with_model, cases, only_certain=False)
    assert 1 - len(missed) / sum(case.kind is not None for case in cases) >= LEAST_NOTED, missed
    alarms = find_alarms(with_model, cases, only_certain=False)
    assert len(alarms) / sum(case.kind is None for case in cases) <= MOST_NOTES


def test_enough_unseen_sentences() -> None:
    cases = read_cases("_unseen")
    assert sum(case.kind is not None for case in cases) >= 250
    assert sum(case.kind is None for case in cases) >= 300


def test_patterns_alone_recognise_the_plain_wordings(detector: CrisisDetector) -> None:
    """Without a model, for instance with a broken file of sentences, the worst is still caught."""
    cases = read_cases("")
    assert len(find_missed(detector, cases)) / sum(case.kind is not None for case in cases) <= 0.15


@pytest.fixture(scope="module")
def small_model() -> CrisisModel:
    return CrisisModel.fit(
        {
            "suizid": [f"ich will nicht mehr leben, {word}" for word in ("heute", "bitte", "wirklich", "immer")],
            "stromsperre": [f"der strom ist abgestellt {word}" for word in ("heute", "bitte", "wirklich", "immer")],
            NO_EMERGENCY: ["wo ist das amt", "was kostet der strom", "ich lebe in dillingen", "hallo"],
        }
    )


def test_model_says_which_emergency_it_is(small_model: CrisisModel) -> None:
    kinds = [kind for kind, _ in small_model.judge_all(["nicht mehr leben", "strom abgestellt"])]
    assert kinds == ["suizid", "stromsperre"]
    assert small_model.judge("hallo")[1] < 0 < small_model.judge("ich will nicht mehr leben")[1]


def test_model_says_nothing_about_nothing(small_model: CrisisModel) -> None:
    assert small_model.judge("")[1] < 0
    assert small_model.judge("?!")[1] < 0


def test_half_written_model_leaves_nothing_behind(
    small_model: CrisisModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(file: BinaryIO, **arrays: object) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", fill_the_disk)
    with pytest.raises(OSError, match="No space"):
        small_model.save(tmp_path / "crisis.npz")
    assert list(tmp_path.iterdir()) == []


def test_saved_model_judges_alike(small_model: CrisisModel, tmp_path: Path) -> None:
    small_model.save(tmp_path / "deep" / "crisis.npz")
    loaded = CrisisModel.load(tmp_path / "deep" / "crisis.npz")
    texts = ["nicht mehr leben", "kein strom", "wo ist das amt"]
    assert loaded.judge_all(texts) == small_model.judge_all(texts)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    project = SmallProject(tmp_path / "project")
    return tmp_path / "models", project.responses, project.root / "nlu_data"


def test_model_is_trained_once_and_again_when_sentences_change(folders: tuple[Path, Path, Path]) -> None:
    models, responses, _ = folders
    assert load_or_fit(*folders, {"kaution"}) is not None
    first = list(models.iterdir())
    load_or_fit(*folders, {"kaution"})
    assert list(models.iterdir()) == first and len(first) == 1
    file = responses / SENTENCES
    file.write_text(file.read_text(encoding="utf-8") + "      - noch ein satz\n", encoding="utf-8")
    load_or_fit(*folders, {"kaution"})
    second = list(models.iterdir())
    assert len(second) == 1 and second != first


@pytest.mark.parametrize("damage", [b"", b"PK no archive", b"\x00" * 500], ids=["empty", "text", "zeros"])
def test_damaged_model_is_trained_anew(folders: tuple[Path, Path, Path], damage: bytes) -> None:
    models = folders[0]
    load_or_fit(*folders, {"kaution"})
    file = next(models.iterdir())
    file.write_bytes(damage)
    assert load_or_fit(*folders, {"kaution"}) is not None
    assert CrisisModel.load(file)


def test_model_works_where_nothing_can_be_written(folders: tuple[Path, Path, Path]) -> None:
    folders[0].write_text("a file where the folder should be")
    assert load_or_fit(*folders, {"kaution"}) is not None


@pytest.mark.parametrize("text", ["", "nlu: kaputt", "- : [", 'version: "3.1"\nnlu: []\n'])
def test_without_sentences_there_is_no_model(folders: tuple[Path, Path, Path], text: str) -> None:
    (folders[1] / SENTENCES).write_text(text, encoding="utf-8")
    assert load_or_fit(*folders, set()) is None


def test_kind_without_help_text_is_no_emergency(content: Content, small_model: CrisisModel) -> None:
    kinds = {name: kind for name, kind in content.crisis.items() if name != "suizid"}
    assert CrisisDetector(kinds, small_model).detect("ich will nicht mehr leben, bitte") is None
