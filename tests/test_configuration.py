"""`config` shows every setting and finds, before anything is loaded, what this machine does not allow."""

import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.__main__ import main
from bot.configuration import ConfigurationError, check_machine, format_settings, require_sound_machine
from bot.settings import Secret, Settings, describe_settings

KEY = Secret("0123456789abcdef0123456789abcdef")
ROOT = Path(__file__).resolve().parent.parent


def find(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return setting → severity and sentence of the worst that was found."""
    return {finding.setting: (finding.severity, finding.sentence) for finding in reversed(check_machine(settings))}


def test_every_setting_is_shown_with_value_default_and_meaning() -> None:
    text = format_settings(Settings(port=9999))
    for variable, _, meaning in describe_settings():
        assert f"{variable} = " in text
        assert meaning in text
    assert "JOBCENTER_BOT_PORT = 9999   (Vorgabe: 8080)" in text
    assert "JOBCENTER_BOT_WORKERS = 1   (Vorgabe)" in text


def test_secrets_are_never_shown() -> None:
    secret = Secret("Zauberwort-Zuckerwatte")
    names = [name for name in Settings.__struct_fields__ if isinstance(getattr(Settings(), name), Secret)]
    text = format_settings(replace(Settings(), **dict.fromkeys(names, secret)))
    assert "Zauberwort" not in text
    assert text.count("= ***") == len(names) == 6
    assert "JOBCENTER_BOT_SECRET_KEY = leer" in format_settings(Settings())


@pytest.mark.parametrize(
    ("settings", "severity", "name", "part"),
    [
        (Settings(host="bot.invalid"), "FEHLER", "host", "kein Name, den dieser Rechner kennt"),
        (Settings(host="192.0.2.1"), "FEHLER", "host", "gehört nicht zu diesem Rechner"),
        (Settings(host="0.0.0.0", port=0), "HINWEIS", "host", "spricht kein HTTPS"),
        (Settings(responses_dir=Path("/gibt/es/nicht")), "FEHLER", "responses_dir", "gibt es nicht"),
        (Settings(nlu_data_dir=Path("/usr")), "FEHLER", "nlu_data_dir", "liegt keine .yml-Datei"),
        (Settings(rasa_config=Path("/gibt/es/nicht.yml")), "FEHLER", "rasa_config", "gibt es nicht"),
        (Settings(models_dir=Path("/gibt/es/nicht")), "HINWEIS", "models_dir", "noch kein Modell"),
        (Settings(), "HINWEIS", "database_url", "nach einem Neustart vergessen"),
        (
            Settings(secret_key=KEY, database_url=Secret("postgresql://db.example.org")),
            "FEHLER",
            "database_url",
            "Name der Datenbank fehlt",
        ),
        (
            Settings(secret_key=KEY, database_url=Secret("sqlite:////etc/hosts/x.db")),
            "WARNUNG",
            "database_url",
            "kein",
        ),
        (Settings(secret_key=KEY, metrics_token=KEY), "WARNUNG", "metrics_token", "SECRET_KEY"),
        (Settings(metrics_token=Secret("a" * 40)), "WARNUNG", "metrics_token", "leicht zu erraten"),
        (Settings(telegram_webhook_url="https://x.example"), "WARNUNG", "telegram_webhook_url", "TELEGRAM_TOKEN fehlt"),
        (Settings(telegram_webhook_secret=KEY), "WARNUNG", "telegram_webhook_secret", "WEBHOOK_URL fehlt"),
        (Settings(gallery=True), "HINWEIS", "gallery", "Entwicklung"),
        (Settings(log_level="DEBUG"), "HINWEIS", "log_level", "INFO"),
    ],
)
def test_what_does_not_fit_is_named(settings: Settings, severity: str, name: str, part: str) -> None:
    found = find(settings)[name]
    assert found[0] == severity
    assert part in found[1]


def test_port_in_use_is_no_error_because_the_bot_may_be_running() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        severity, sentence = find(Settings(port=taken.getsockname()[1]))["port"]
    assert severity == "HINWEIS"
    assert "läuft schon ein Programm" in sentence


def test_missing_rights_are_said_with_owner_and_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access
    # the tests may run as root, who may write everywhere
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode & os.W_OK and path == tmp_path) and real(path, mode))
    settings = Settings(
        models_dir=tmp_path / "models", database_url=Secret(f"sqlite:///{tmp_path}/state.db"), secret_key=KEY
    )
    found = find(settings)
    assert found["models_dir"][0] == "FEHLER"
    assert "es lässt sich dort nicht ablegen" in found["models_dir"][1]
    assert f"der Bot läuft als {pwd.getpwuid(os.geteuid()).pw_name}" in found["models_dir"][1]
    assert found["database_url"][0] == "WARNUNG"
    assert "darf der Bot nicht schreiben" in found["database_url"][1]


def test_database_that_others_may_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(mode=0o644)
    path.chmod(0o644)
    settings = Settings(secret_key=KEY, database_url=Secret(f"sqlite:///{path}"))
    assert f"chmod 600 {path}" in find(settings)["database_url"][1]
    path.chmod(0o600)
    assert "database_url" not in find(settings)


def test_start_is_refused_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="RESPONSES_DIR") as error:
        require_sound_machine(Settings(responses_dir=Path("/gibt/es/nicht"), models_dir=Path("/gibt/es/nicht")))
    assert "./run config" in str(error.value)
    environment = {**os.environ, "JOBCENTER_BOT_RESPONSES_DIR": "/gibt/es/nicht"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("[FEHLER] JOBCENTER_BOT_RESPONSES_DIR: Den Ordner /gibt/es/nicht gibt es nicht.")


def test_what_only_costs_something_is_logged_and_the_start_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    require_sound_machine(Settings(port=0, metrics_token=Secret("a" * 40)))
    assert [record.getMessage() for record in caplog.records] == [
        "JOBCENTER_BOT_METRICS_TOKEN: ist leicht zu erraten. Ein gutes Geheimwort erzeugt: openssl rand -hex 32"
    ]


@pytest.mark.parametrize(
    ("folder", "code", "last"), [("responses", 0, "Alles in Ordnung"), ("weg", 1, "1 zu beheben.")]
)
def test_command_says_with_its_exit_code_whether_the_bot_can_start(
    folder: str, code: int, last: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOBCENTER_BOT_RESPONSES_DIR", str(ROOT / folder))
    assert main(["config"]) == code
    assert capsys.readouterr().out.splitlines()[-1].startswith(last)
