"""Adds one sentence to a file of `nlu_data/`: one new line, every other byte as it was."""

import os
import re
import shutil
from pathlib import Path

from bot.training_data import Example, read_examples

_INTENT = re.compile(rb"\s*-\s+intent:\s*([\"']?)(?P<name>[\w-]+)\1\s*(?:#.*)?")
_EXAMPLES = re.compile(rb"\s*examples:\s*\|\s*(?:#.*)?")
_SENTENCE = re.compile(rb"(?P<indent> *)-")
_FORBIDDEN = "[]{}\\"
"""Rasa reads brackets as entities, and a backslash in a file without umlauts as the beginning of a character."""


class SentenceError(Exception):
    """The sentence cannot be written; the message says in German what to do."""


def check_form(sentence: str) -> None:
    """Raise SentenceError when Rasa would read the sentence differently from how it stands there."""
    found = [char for char in _FORBIDDEN if char in sentence]
    if found:
        raise SentenceError(f"Der Satz enthält {' '.join(found)}; das liest Rasa anders, als es dasteht.")
    if not sentence or sentence != " ".join(sentence.split()) or sentence.startswith(("/", "-")):
        raise SentenceError("Der Satz ist leer, beginnt mit / oder - oder hat überzählige Leerzeichen.")


def add_sentence(path: Path, topic: str, sentence: str) -> int:
    """Write a sentence below the others of its topic and return its line; raises SentenceError.

    The new file takes the place of the old one only after it was read back and says exactly what it should.
    """
    check_form(sentence)
    path = path.resolve()
    name = f"{path.parent.name}/{path.name}"
    before, problems = read_examples(path)
    if problems:
        raise SentenceError(f"{problems[0]} Bitte zuerst in Ordnung bringen (./run check).")
    lines = path.read_bytes().splitlines(keepends=True)
    last = _find_last_sentence(lines, topic)
    if last is None:
        raise SentenceError(f'In {name} gibt es noch keine Trainingssätze zum Thema "{topic}".')
    lines[last : last + 1] = _append(lines, last, sentence)
    _replace(path, b"".join(lines), before, Example(topic, sentence, name, last + 2))
    return last + 2


def _find_last_sentence(lines: list[bytes], topic: str) -> int | None:
    """Return the index of the last sentence in the first block of a topic."""
    is_topic, in_block, last = False, False, None
    for index, line in enumerate(lines):
        intent = _INTENT.fullmatch(line.rstrip())
        if intent:
            if last is not None:
                break
            is_topic, in_block = intent["name"].decode() == topic, False
        elif is_topic and _EXAMPLES.fullmatch(line.rstrip()):
            in_block = True
        elif in_block and _SENTENCE.match(line):
            last = index
    return last


def _append(lines: list[bytes], last: int, sentence: str) -> list[bytes]:
    """Return the last sentence and the new one below it, with the same indent and the same end of line."""
    match = _SENTENCE.match(lines[last])
    assert match is not None
    end = b"\r\n" if lines[0].endswith(b"\r\n") else b"\n"
    above = lines[last]
    new = match["indent"] + b"- " + sentence.encode()
    return [above, new + end] if above.endswith(b"\n") else [above + end, new]


def _replace(path: Path, content: bytes, before: list[Example], added: Example) -> None:
    draft = path.with_name(f".{path.stem}.neu")  # not *.yml: Rasa reads every one in the folder
    name = f"{path.parent.name}/{path.name}"
    try:
        draft.write_bytes(content)
        shutil.copymode(path, draft)
        after, problems = read_examples(draft)
        rest = [(example.topic, example.text) for example in after if example.line != added.line]
        new = [(example.topic, example.text) for example in after if example.line == added.line]
        expected = [(example.topic, example.text) for example in before]
        if problems or new != [(added.topic, added.text)] or rest != expected:
            raise SentenceError(f"{name} ist anders aufgebaut als gewohnt; bitte den Satz von Hand eintragen.")
        os.replace(draft, path)
    except OSError as error:
        raise SentenceError(f"{name} lässt sich nicht schreiben ({error.strerror}).") from None
    finally:
        draft.unlink(missing_ok=True)
