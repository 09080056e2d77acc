"""The command line speaks German and says with its exit code how it went."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    "serve",
    "chat",
    "ask",
    "parse",
    "train",
    "check",
    "due",
    "preview",
    "schema",
    "config",
    "backup",
    "widget",
    "review",
    "statistics",
    "evaluate",
    "thresholds",
]


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_german(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    text = capsys.readouterr().out
    assert stop.value.code == 0
    assert "Aufruf:" in text
    assert "usage" not in text
    assert "show this help" not in text


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "Es fehlt"),
        (["frag"], "unbekannt"),
        (["ask"], "Es"),
        (["check", "--laut"], "Unbekannte Angabe"),
        (["parse"], "--jsonl"),
        (["train", "--out"], "braucht eine Angabe"),
        (["due", "--days", "bald"], "keine ganze Zahl: 'bald'"),
    ],
)
def test_wrong_call_ends_with_code_2(arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert part in capsys.readouterr().err


def test_wrong_setting_ends_with_code_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JOBCENTER_BOT_PORT", "achtzig")
    assert main(["check"]) == 2
    assert "keine ganze Zahl" in capsys.readouterr().err


def test_port_in_use_is_said_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("JOBCENTER_BOT_PORT", str(taken.getsockname()[1]))
        assert main(["serve"]) == 1
    assert "Läuft der Bot schon?" in capsys.readouterr().err


def test_broken_content_is_named_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (ROOT / "responses").glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "teams.yml").write_text("group: teams\nanswers:\n  startbahn_25: [kaputt\n", encoding="utf-8")
    monkeypatch.setenv("JOBCENTER_BOT_RESPONSES_DIR", str(tmp_path))
    assert main(["ask", "Hallo"]) == 1
    assert "teams.yml:" in capsys.readouterr().err


def test_missing_model_says_how_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "--jsonl", "--model", str(tmp_path / "fehlt.tar.gz")]) == 1
    assert "./run train" in capsys.readouterr().err


def test_damaged_model_says_how_to_make_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kaputt.tar.gz").write_bytes(b"kein Archiv")
    assert main(["parse", "--jsonl", "--model", str(tmp_path / "kaputt.tar.gz")]) == 1
    assert "./run train" in capsys.readouterr().err


def test_missing_evaluation_file_is_a_clear_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(tmp_path / "fehlt.jsonl")]) == 1
    assert "nicht lesbar" in capsys.readouterr().err


def test_check_loads_no_model() -> None:
    script = (
        "import sys; from bot.__main__ import main; main(['check']); "
        "print([name for name in ('tensorflow', 'sklearn', 'bot.nlu.intent_model') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
