"""Settings come from the environment only, and a wrong one gets a clear sentence."""

from pathlib import Path

import pytest

from bot.settings import Secret, SettingsError, describe_settings, load_settings

README = Path(__file__).resolve().parent.parent / "README.md"


def test_defaults_need_no_environment() -> None:
    settings = load_settings({})
    assert settings.port == 8080
    assert settings.telegram_token == ""


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("PORT", "achtzig", "keine ganze Zahl"),
        ("PORT", "70000", "zwischen 0 und 65535"),
        ("PROT", "80", "gibt es nicht"),
        ("LOG_LEVEL", "laut", "DEBUG, INFO"),
        ("ALLOWED_ORIGINS", "ftp://x", "https://"),
        ("TELEGRAM_WEBHOOK_URL", "http://example.org", "https://"),
        ("CONVERSATION_MINUTES", "0", "mindestens 1"),
        ("MAX_TEXT_LENGTH", "5", "mindestens 100"),
        ("TRUSTED_PROXIES", "*", "Adressen oder Netzen"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, nginx", "Adressen oder Netzen"),
        ("MAX_CONVERSATIONS", "0", "mindestens 1"),
        ("SECRET_KEY", "zu kurz", "32 Zeichen"),
        ("DATABASE_URL", "mysql://db/bot", "postgresql://"),
        ("RETENTION_DAYS", "0", "mindestens 1"),
        ("CONVERSATION_MINUTES", "30000", "RETENTION_DAYS"),
        ("TELEGRAM_MESSAGES_PER_MINUTE", "0", "mindestens 1"),
        ("TELEGRAM_SENDS_PER_SECOND", "0", "mindestens 1"),
        ("WORKERS", "0", "zwischen 1 und 64"),
        ("WORKERS", "2", "braucht eine Datenbank"),
        ("MESSAGES_PER_MINUTE", "0", "mindestens 1"),
        ("ADDRESS_MESSAGES_PER_MINUTE", "0", "mindestens 1"),
        ("REQUEST_SECONDS", "0", "mindestens 1"),
        ("REVIEW", "true", "braucht eine Datenbank"),
        ("STATISTICS_TOKEN", "kurz", "mindestens 16 Zeichen"),
        ("METRICS_TOKEN", "kurz", "mindestens 16 Zeichen"),
        ("LOG_FORMAT", "xml", "text oder json"),
    ],
)
def test_wrong_setting_is_named_with_a_way_out(name: str, value: str, part: str) -> None:
    with pytest.raises(SettingsError, match=part) as error:
        load_settings({f"JOBCENTER_BOT_{name}": value})
    assert name in str(error.value)


def test_webhook_needs_a_secret_that_telegram_accepts() -> None:
    environment = {"JOBCENTER_BOT_TELEGRAM_WEBHOOK_URL": "https://bot.example.org"}
    with pytest.raises(SettingsError, match="SECRET"):
        load_settings(environment)
    settings = load_settings({**environment, "JOBCENTER_BOT_TELEGRAM_WEBHOOK_SECRET": "a" * 32})
    assert settings.telegram_webhook_secret == "a" * 32


def test_shared_state_needs_a_key_that_outlives_the_process() -> None:
    environment = {"JOBCENTER_BOT_DATABASE_URL": "sqlite:///state.db"}
    with pytest.raises(SettingsError, match="SECRET_KEY wird mit einer Datenbank gebraucht"):
        load_settings(environment)
    assert load_settings(environment | {"JOBCENTER_BOT_SECRET_KEY": "k" * 32}).secret_key == "k" * 32


def test_secrets_hide_in_repr() -> None:
    settings = load_settings({"JOBCENTER_BOT_TELEGRAM_TOKEN": "123:geheim"})
    assert isinstance(settings.telegram_token, Secret)
    assert "geheim" not in repr(settings)


def test_lists_and_origins_are_split_at_commas() -> None:
    settings = load_settings({"JOBCENTER_BOT_ALLOWED_ORIGINS": "https://a.de/, https://b.de"})
    assert settings.allowed_origins == ("https://a.de", "https://b.de")


@pytest.mark.parametrize(("variable", "default", "help_text"), describe_settings())
def test_readme_names_every_setting_as_it_is(variable: str, default: str, help_text: str) -> None:
    shown = f"`{default}`" if default else "leer"
    assert f"| `{variable}` | {shown} | {help_text} |" in README.read_text(encoding="utf-8")
