"""Random text and damaged content files: nothing that reads them fails, except with a sentence and its place."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from damages import PLACE, TOKENS, damage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_project import SmallProject

from bot.calculators.inputs import parse_amount, parse_count, parse_date
from bot.content import Content, ContentError, load_content
from bot.guardrails import Guardrails
from bot.languages import detect_language
from bot.models import UserMessage
from bot.patterns import fold_message
from bot.privacy import mask
from bot.questions import MOST_PARTS, is_question, split_questions
from bot.rendering import fold_title
from bot.text import normalise
from bot.typed import TypedMatcher
from bot.yaml_reader import YamlError, read_yaml

FILES = (
    "_topics.yml", "_contacts.yml", "_values.yml", "_system.yml", "_crisis.yml", "_widget.yml", "_pages.yml",
    "_statement.yml",
    "_languages.yml", "_dialogue.yml", "_flows.yml", "_own_case.yml", "_typed.yml", "wohnen.yml", "dialog.yml",
)  # fmt: skip
WORDS = (
    "ich", "heiße", "Anna", "Müller", "Frau", "geboren", "am", "1.1.1990", "Straße", "12", "66740", "IBAN", "DE89",
    "BG", "Nummer", "0151", "@", "und", "wo", "was", "ist", "das", "?", "!", ",", ".", "-", "zweite", "ja", "nein",
    "nicht", "mehr", "leben", "sterben", "Euro", "1.000,50", "gestern", "\u0301", "\u200b", "👩‍👩‍👧",
    "\x00", "\ud800", "ﬁ",
)  # fmt: skip
ANY_TEXT = st.one_of(
    st.text(st.characters(codec=None), max_size=300),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=40).map("".join),
)


@pytest.fixture(scope="module")
def readers(content: Content) -> dict[str, Callable[[str], object]]:
    """Everything that reads what people type."""
    typed = TypedMatcher(content.typed)
    guardrails = Guardrails(content, 2000)
    today = date(2026, 11, 22)
    return {
        "normalise": normalise,
        "mask": mask,
        "guardrails": lambda text: guardrails.check(UserMessage("web", "x", text)),
        "language": detect_language,
        "split": lambda text: [is_question(part) for part in split_questions(text)],
        "fold": lambda text: (fold_message(text), fold_title(text)),
        "follow-up": typed.find_follow_up,
        "flow": typed.find_flow,
        "ordinal": typed.find_ordinal,
        "own case": typed.find_own_case,
        "choice": typed.find_choice,
        "words": lambda text: (typed.is_other(text), typed.is_stop(text), typed.is_delete(text)),
        "amount": parse_amount,
        "count": parse_count,
        "date": lambda text: parse_date(text, today),
    }


@given(text=ANY_TEXT)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_a_reader_fail(readers: dict[str, Callable[[str], object]], text: str) -> None:
    for read in readers.values():
        read(normalise(text))


@given(ANY_TEXT)
@settings(max_examples=60)
def test_what_is_normalised_and_masked_stays_so(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not any(ord(char) < 32 or "\ud800" <= char <= "\udfff" for char in once)
    masked = mask(once)
    assert mask(masked.text).text == masked.text or masked.found


@given(ANY_TEXT)
def test_parts_of_a_question_come_from_it(text: str) -> None:
    parts = split_questions(normalise(text))
    assert len(parts) <= MOST_PARTS
    assert all(part in normalise(text) for part in parts)


# Content files


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """A small project to be damaged one file at a time; tests/fuzz/damage_content.py does it to the real one."""
    return SmallProject(tmp_path_factory.mktemp("project"))


@given(name=st.sampled_from(FILES), seed=st.integers(0, 10**9))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_file_is_an_error_with_its_place_or_still_content(project: SmallProject, name: str, seed: int) -> None:
    path = project.responses / name
    original = path.read_bytes()
    try:
        path.write_bytes(damage(original.decode(), random.Random(seed)))
        load_content(project.responses)
    except ContentError as error:
        assert PLACE.match(str(error)), error
    finally:
        path.write_bytes(original)


@given(
    st.one_of(st.binary(max_size=200), st.lists(st.sampled_from((*TOKENS, "a", "b: c"))).map("".join).map(str.encode))
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_document_or_an_error_with_a_place(project: SmallProject, data: bytes) -> None:
    path = project.root / "any.yml"
    path.write_bytes(data)
    try:
        read_yaml(path)
    except YamlError as error:
        assert PLACE.match(str(error))


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 20_000, "- " * 50_000, "a: &a [*a]", "&a [*a, *a]", "a: " + "x" * 1_000_000],
    ids=["lists", "maps", "nested", "itself", "itself twice", "long"],
)
def test_hostile_yaml_ends_in_an_error_or_a_document(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yml").write_text(text)
    try:
        read_yaml(tmp_path / "x.yml")
    except YamlError as error:
        assert PLACE.match(str(error))


def test_laughter_of_a_billion_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)]
    (tmp_path / "x.yml").write_text("\n".join(lines))
    with pytest.raises(YamlError, match="Verweise"):
        read_yaml(tmp_path / "x.yml")
