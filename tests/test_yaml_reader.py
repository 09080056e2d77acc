"""The strict YAML reader: no guessed types, no double keys, every place keeps its line."""

from pathlib import Path

import pytest

from bot.yaml_reader import YamlError, read_yaml


def write(folder: Path, text: str) -> Path:
    """Write a file and return its path."""
    path = folder / "datei.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("value", ["01067", "8:30", "no", "yes", "on", "1_000", "0x10", "2026-11-22", "1e3", "true"])
def test_scalar_stays_text(tmp_path: Path, value: str) -> None:
    assert read_yaml(write(tmp_path, f"a: {value}\nb: [{value}]\n")).data == {"a": value, "b": [value]}


@pytest.mark.parametrize("value", ["", "~", "null"])
def test_empty_value_becomes_none(tmp_path: Path, value: str) -> None:
    assert read_yaml(write(tmp_path, f"a: {value}\n")).data == {"a": None}


@pytest.mark.parametrize("value", ['""', "''", '"null"', "'~'"])
def test_quoted_value_stays_text(tmp_path: Path, value: str) -> None:
    assert read_yaml(write(tmp_path, f"a: {value}\n")).data == {"a": value[1:-1]}


def test_empty_file_has_no_data(tmp_path: Path) -> None:
    assert read_yaml(write(tmp_path, "# nur ein Kommentar\n")).data is None


def test_lines_of_places_are_those_of_the_file(tmp_path: Path) -> None:
    text = (
        "# Kommentar\nanswers:\n  kaution:\n    text: |\n      Eins.\n\n      Zwei.\n    next: [umzug,\n      miete]\n"
    )
    document = read_yaml(write(tmp_path, text), "responses/wohnen.yml")
    assert document.file == "responses/wohnen.yml"
    assert document.line("answers", "kaution") == 3
    assert document.line("answers", "kaution", "text") == 4
    assert document.line("answers", "kaution", "next", 1) == 9


def test_line_of_an_unknown_place_is_that_of_the_place_around(tmp_path: Path) -> None:
    document = read_yaml(write(tmp_path, "a:\n  b: 1\n"))
    assert document.line("a", "c", "d") == 1
    assert document.line("x") == 1


BROKEN = [
    ("a: 1\na: 2\n", 2, 'Der Schlüssel "a" steht zweimal an derselben Stelle.'),
    ("a:\n  - b: 1\n    b: 2\n", 3, 'Der Schlüssel "b" steht zweimal'),
    ("a: Hinweis: so nicht\n", 1, "Ein Doppelpunkt steht an unerwarteter Stelle"),
    ("a: 1\n\tb: 2\n", 2, "Hier steht ein Tabulator"),
    ('a: "offen\nb: 1\n', 3, "Ein Anführungszeichen oder eine Klammer wird nicht geschlossen."),
    ("a: 1\n  b: 2\n", 2, "Ein Doppelpunkt steht an unerwarteter Stelle"),
    ("a: *anker\n", 1, "Verweise mit *"),
    ("a: 1\nb: \x07\n", 1, "Die Datei enthält Zeichen, die in YAML verboten sind."),
    ("? [a, b]\n: 1\n", 1, "Ein Schlüssel muss ein einfaches Wort sein."),
]


@pytest.mark.parametrize(("text", "line", "message"), BROKEN)
def test_broken_file_is_explained_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        read_yaml(write(tmp_path, text), "responses/wohnen.yml")
    problem = caught.value.problem
    assert (problem.file, problem.line) == ("responses/wohnen.yml", line)
    assert message in problem.message


def test_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match="Diese Datei fehlt"):
        read_yaml(tmp_path / "fehlt.yml")


def test_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match="nicht lesbar"):
        read_yaml(tmp_path)


def test_other_encoding_is_explained_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "alt.yml"
    path.write_bytes("a: 1\nb: Gebühr\n".encode("latin-1"))
    with pytest.raises(YamlError, match=r"alt\.yml:2: Die Datei ist nicht in UTF-8 gespeichert"):
        read_yaml(path)
