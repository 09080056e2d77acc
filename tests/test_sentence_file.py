"""A sentence is added as one line, every other byte stays, and Rasa reads back what was written."""

import stat
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

from bot.privacy import mask
from bot.review.sentence_file import SentenceError, add_sentence, check_form
from bot.text import normalise
from bot.training_data import read_examples

NLU_DATA = Path(__file__).resolve().parent.parent / "nlu_data"
SMALL = b"""\
# Pruefen: ./run check
version: "3.1"
nlu:
  - intent: kaution   # ein Kommentar
    examples: |
      - erster satz
      - zweiter satz

  - intent: umzug
    examples: |
      - dritter satz
"""


UNREADABLE = ["[miete](betrag) zu hoch", "a {b}", "a\\u0041", "/start", "- eins", "", " a", "a  b"]
ODD_CHARACTERS = r"[-/ \[\](){}$#:'\"&*!|>%@`\\~a-zü\u2028\x85\t]{1,30}"


def write(path: Path, content: bytes = SMALL) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read_with_rasa(path: Path) -> list[tuple[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what Rasa imports when it reads for the first time
        data = RasaYAMLReader().read(str(path))
    assert data.entity_examples == []
    return [(message.get("intent"), message.get("text")) for message in data.training_examples]


def read_ours(path: Path) -> list[tuple[str, str]]:
    examples, problems = read_examples(path)
    assert problems == []
    return [(found.topic, found.text) for found in examples]


def test_new_line_stands_below_the_others_of_its_topic(tmp_path: Path) -> None:
    path = write(tmp_path / "wohnen.yml")
    assert add_sentence(path, "kaution", "Wer zahlt's?") == 8
    assert path.read_bytes() == SMALL.replace(b"zweiter satz\n", b"zweiter satz\n      - Wer zahlt's?\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["wohnen.yml"], "no draft is left"


@pytest.mark.parametrize("path", [path for path in NLU_DATA.glob("[!_]*.yml")], ids=lambda path: path.stem)
def test_every_topic_of_the_real_files_takes_a_sentence(tmp_path: Path, path: Path) -> None:
    before = path.read_bytes().split(b"\n")
    for topic in dict.fromkeys(found.topic for found in read_examples(path)[0]):
        copy = write(tmp_path / path.name, path.read_bytes())
        line = add_sentence(copy, topic, "zebrastreifen mit ß und 😀?")
        after = copy.read_bytes().split(b"\n")
        assert after[line - 1].decode() == "      - zebrastreifen mit ß und 😀?"
        assert after[: line - 1] + after[line:] == before


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (SMALL.replace(b"\n", b"\r\n"), b"      - dritter satz\r\n      - neu\r\n"),
        (SMALL.rstrip(b"\n"), b"      - dritter satz\n      - neu"),
        (SMALL.replace(b"      - d", b"        - d"), b"        - dritter satz\n        - neu\n"),
        (SMALL.replace(b"intent: umzug", b'intent: "umzug"'), b"      - dritter satz\n      - neu\n"),
        (SMALL + b"\n\n# Ende\n", b"      - dritter satz\n      - neu\n\n\n# Ende\n"),
    ],
)
def test_form_of_the_file_is_kept(tmp_path: Path, content: bytes, expected: bytes) -> None:
    path = write(tmp_path / "wohnen.yml", content)
    add_sentence(path, "umzug", "neu")
    assert path.read_bytes().endswith(expected)
    assert read_ours(path)[-1] == ("umzug", "neu")


@pytest.mark.parametrize("sentence", UNREADABLE)
def test_sentence_rasa_would_misread_is_refused(tmp_path: Path, sentence: str) -> None:
    path = write(tmp_path / "wohnen.yml")
    with pytest.raises(SentenceError):
        add_sentence(path, "kaution", sentence)
    assert path.read_bytes() == SMALL


@pytest.mark.parametrize(
    ("content", "topic", "part"),
    [
        (SMALL, "mensch", "noch keine Trainingssätze"),
        (SMALL, "kautio", "noch keine Trainingssätze"),
        (b"nlu: [", "kaution", "./run check"),
        (SMALL.replace(b"      - dritter", b"      dritter"), "kaution", "wohnen.yml:11"),
        (SMALL.replace(b"examples: |", b'examples: "- a"', 1), "kaution", "wohnen.yml:6"),
    ],
)
def test_file_that_does_not_fit_is_left_alone(tmp_path: Path, content: bytes, topic: str, part: str) -> None:
    path = write(tmp_path / "wohnen.yml", content)
    with pytest.raises(SentenceError, match=part):
        add_sentence(path, topic, "neu")
    assert path.read_bytes() == content


def test_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SentenceError, match="fehlt"):
        add_sentence(tmp_path / "wohnen.yml", "kaution", "neu")


def test_folder_nobody_may_write_to_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, content: bytes) -> int:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "wohnen.yml")
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(SentenceError, match="lässt sich nicht schreiben"):
        add_sentence(path, "kaution", "neu")
    assert path.read_bytes() == SMALL


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "wirklich" / "wohnen.yml")
    path.chmod(0o640)
    link = tmp_path / "wohnen.yml"
    link.symlink_to(path)
    add_sentence(link, "kaution", "neu")
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert ("kaution", "neu") in read_ours(path)


@given(text=st.text(max_size=80) | st.from_regex(ODD_CHARACTERS, fullmatch=True))
@example("- [a](b)")
@example("${HOME} und ${GIBT_ES_NICHT}")
@example("a: b # c")
@example('"halb')
@example("satz\u2028mit umbruch\x85und noch einem")
@example("%YAML 1.2")
@example("--- ...")
@example("😀 \ufeff \ufffe")
@example("\\U0001F600")
def test_any_masked_sentence_is_refused_or_read_back_identically(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    sentence = mask(normalise(text)).text
    path = write(tmp_path_factory.mktemp("nlu_data") / "wohnen.yml")
    try:
        line = add_sentence(path, "kaution", sentence)
    except SentenceError:
        assert path.read_bytes() == SMALL
        with pytest.raises(SentenceError):
            check_form(sentence)
        return
    kaution = [("kaution", known) for known in ("erster satz", "zweiter satz", sentence)]
    expected = [*kaution, ("umzug", "dritter satz")]
    assert read_ours(path) == expected
    assert read_with_rasa(path) == expected
    lines = path.read_bytes().split(b"\n")
    assert b"\n".join(lines[: line - 1] + lines[line:]) == SMALL
