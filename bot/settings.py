"""Every setting declared once: name, default, help; read from the environment."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta, Struct

PREFIX = "JOBCENTER_BOT_"
PUBLIC_URL = r"(?:(?:https://|http://(?=localhost|127\.0\.0\.1))[\w.-]+(?::\d+)?/?)?"
ROOT = Path(__file__).resolve().parent.parent
TOKEN_HINT = "Ein gutes erzeugt: openssl rand -hex 16"
DEFAULT_DATABASE = ROOT / "data" / "state.db"
MEMORY = "memory:"
"""The database address of a bot that keeps everything in this process."""


class SettingsError(ValueError):
    """A setting has a value nobody can work with; the message is for the operator."""


class Secret(str):
    """A string that hides itself in repr and tracebacks."""

    def __repr__(self) -> str:
        return "'***'" if self else "''"


class Settings(Struct, frozen=True):
    """What an operator can set; each field is the variable JOBCENTER_BOT_<FIELD>."""

    host: Annotated[str, Meta(description="Adresse, auf der der Webserver lauscht")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port des Webservers")] = 8080
    workers: Annotated[int, Meta(description="Zahl der Prozesse, die nebeneinander antworten")] = 1
    public_url: Annotated[
        str, Meta(description="Öffentliche Adresse dieser Website (https://…); leer: die Adresse der Anfrage")
    ] = ""
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(description="Websites, die das Chat-Fenster einbetten dürfen (https://…, durch Komma getrennt)"),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="Webserver davor, deren X-Forwarded-For gilt (Adressen oder Netze, durch Komma getrennt)"),
    ] = ("127.0.0.1", "::1")
    messages_per_minute: Annotated[
        int, Meta(description="So viele Nachrichten je Minute beantwortet der Bot in einem Gespräch auf der Website")
    ] = 20
    address_messages_per_minute: Annotated[
        int,
        Meta(description="So viele je Minute von einer Internetadresse; in Schulen und Ämtern teilen sich viele eine"),
    ] = 120
    request_seconds: Annotated[int, Meta(description="So lange darf das Senden einer Anfrage dauern (Sekunden)")] = 10
    responses_dir: Annotated[Path, Meta(description="Ordner mit den Antworten")] = ROOT / "responses"
    nlu_data_dir: Annotated[Path, Meta(description="Ordner mit den Trainingssätzen")] = ROOT / "nlu_data"
    rasa_config: Annotated[Path, Meta(description="Rasa-Konfiguration")] = ROOT / "config.yml"
    models_dir: Annotated[Path, Meta(description="Ordner für trainierte Modelle")] = ROOT / "models"
    max_text_length: Annotated[int, Meta(description="Längere Nachrichten werden nicht gelesen (Zeichen)")] = 2000
    conversation_minutes: Annotated[int, Meta(description="So lange merkt sich der Bot das letzte Thema")] = 30
    max_conversations: Annotated[int, Meta(description="Höchstzahl gleichzeitig gemerkter Gespräche")] = 20000
    easy_language: Annotated[
        bool, Meta(description="Leichte Sprache anbieten (true), obwohl sie noch nicht von der Zielgruppe geprüft ist")
    ] = False
    gallery: Annotated[
        bool, Meta(description="Alle Zustände des Chat-Fensters unter /galerie zeigen (true); für die Entwicklung")
    ] = False
    secret_key: Annotated[
        Secret,
        Meta(
            description="Schlüssel, mit dem Kennungen unkenntlich gemacht werden (mindestens 32 Zeichen); "
            "leer: bei jedem Start ein neuer"
        ),
    ] = Secret()
    database_url: Annotated[
        Secret,
        Meta(
            description="Wo Gespräche, Telegram-Updates und Zahlen liegen: sqlite:///DATEI, postgresql://… oder "
            "memory: (nur Arbeitsspeicher); leer: mit SECRET_KEY die Datei data/state.db, ohne ihn der Arbeitsspeicher"
        ),
    ] = Secret()
    retention_days: Annotated[
        int, Meta(description="Längste Aufbewahrung von allem, was zu einem Gespräch gehört (Tage)")
    ] = 14
    review: Annotated[
        bool,
        Meta(
            description="Fragen, die der Bot nicht verstanden hat, ohne persönliche Angaben für die Redaktion aufheben "
            "(true); braucht eine Datenbank"
        ),
    ] = False
    statistics_token: Annotated[
        Secret, Meta(description="Geheimwort für /statistik (mindestens 16 Zeichen); leer: die Seite ist aus")
    ] = Secret()
    metrics_token: Annotated[
        Secret, Meta(description="Geheimwort für /metrics (mindestens 16 Zeichen); leer: die Messwerte sind aus")
    ] = Secret()
    telegram_token: Annotated[Secret, Meta(description="Token des Telegram-Bots; leer: Telegram ist aus")] = Secret()
    telegram_webhook_url: Annotated[
        str, Meta(description="Öffentliche Adresse für den Webhook (https://…); leer: der Bot fragt selbst ab")
    ] = ""
    telegram_webhook_secret: Annotated[
        Secret, Meta(description="Geheimwort, das Telegram mitschickt (16 bis 256 Zeichen: A–Z, a–z, 0–9, _ und -)")
    ] = Secret()
    telegram_api_url: Annotated[str, Meta(description="Adresse der Bot-API (zum Testen änderbar)")] = (
        "https://api.telegram.org/bot"
    )
    telegram_messages_per_minute: Annotated[
        int, Meta(description="So viele Nachrichten je Minute beantwortet der Bot in einem Telegram-Chat")
    ] = 20
    telegram_sends_per_second: Annotated[
        int,
        Meta(description="So viele Nachrichten je Sekunde schickt ein Prozess an Telegram (Telegram erlaubt etwa 30)"),
    ] = 30
    log_level: Annotated[str, Meta(description="Ausführlichkeit des Protokolls: DEBUG, INFO, WARNING oder ERROR")] = (
        "INFO"
    )
    log_format: Annotated[
        str, Meta(description="Form des Protokolls: text für Menschen, json (eine Zeile je Ereignis) für Programme")
    ] = "text"

    @property
    def has_database(self) -> bool:
        """Tell whether anything outlives this process; without a key nothing may be stored."""
        return self.database_url != MEMORY and bool(self.secret_key)

    @property
    def database_address(self) -> str:
        """Return where the database is when there is one."""
        return self.database_url or f"sqlite:///{DEFAULT_DATABASE}"


def describe_settings() -> list[tuple[str, str, str]]:
    """Return (variable, default, help) of every setting, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for name, default in zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True):
        shown = (
            default.relative_to(ROOT)
            if isinstance(default, Path)
            else ", ".join(default)
            if isinstance(default, tuple)
            else default
        )
        rows.append((PREFIX + name.upper(), str(shown), hints[name].__metadata__[0].description))
    return rows


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from the environment; raises SettingsError with a German sentence."""
    hints = get_type_hints(Settings)
    known = {PREFIX + name.upper(): name for name in Settings.__struct_fields__}
    unknown = sorted(key for key in environ if key.startswith(PREFIX) and key not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]}: Diese Einstellung gibt es nicht. Bekannt sind: {', '.join(sorted(known))}.")
    values = {name: _parse(key, environ[key], hints[name]) for key, name in known.items() if key in environ}
    settings = Settings(**values)
    _check(settings)
    return settings


def _parse(key: str, raw: str, hint: Any) -> Any:
    if hint is Path:
        return Path(raw)
    if hint is Secret:
        return Secret(raw.strip())
    if hint == tuple[str, ...]:
        return tuple(part.strip().rstrip("/") for part in raw.split(",") if part.strip())
    try:
        return msgspec.convert(raw.strip(), hint, strict=False)
    except msgspec.ValidationError:
        kind = "weder true noch false" if hint is bool else "keine ganze Zahl"
        raise SettingsError(f'{key}: "{raw}" ist {kind}.') from None


def _check(settings: Settings) -> None:
    wrong = [
        (not 0 <= settings.port <= 65535, "PORT", "muss zwischen 0 und 65535 liegen."),
        (not 1 <= settings.workers <= 64, "WORKERS", "muss zwischen 1 und 64 liegen."),
        (settings.messages_per_minute < 1, "MESSAGES_PER_MINUTE", "muss mindestens 1 sein."),
        (settings.address_messages_per_minute < 1, "ADDRESS_MESSAGES_PER_MINUTE", "muss mindestens 1 sein."),
        (
            not all(_is_network(proxy) for proxy in settings.trusted_proxies),
            "TRUSTED_PROXIES",
            "muss aus Adressen oder Netzen bestehen, zum Beispiel 10.0.0.5 oder 172.16.0.0/12.",
        ),
        (settings.request_seconds < 1, "REQUEST_SECONDS", "muss mindestens 1 sein."),
        (settings.max_text_length < 100, "MAX_TEXT_LENGTH", "muss mindestens 100 sein."),
        (settings.conversation_minutes < 1, "CONVERSATION_MINUTES", "muss mindestens 1 sein."),
        (settings.retention_days < 1, "RETENTION_DAYS", "muss mindestens 1 sein."),
        (
            settings.conversation_minutes > settings.retention_days * 24 * 60,
            "CONVERSATION_MINUTES",
            "darf nicht länger sein als RETENTION_DAYS.",
        ),
        (
            settings.database_url not in ("", MEMORY)
            and not settings.database_url.startswith(("sqlite:///", "postgresql://")),
            "DATABASE_URL",
            "muss mit sqlite:/// oder postgresql:// beginnen oder memory: heißen.",
        ),
        (
            settings.database_url not in ("", MEMORY) and not settings.secret_key,
            "SECRET_KEY",
            "wird mit einer Datenbank gebraucht: Darin stehen nur Kennungen, die mit ihm unkenntlich gemacht sind. "
            "Einen guten Schlüssel erzeugt: openssl rand -hex 32",
        ),
        (settings.max_conversations < 1, "MAX_CONVERSATIONS", "muss mindestens 1 sein."),
        (
            0 < len(settings.secret_key) < 32,
            "SECRET_KEY",
            "muss mindestens 32 Zeichen haben; einen guten Schlüssel erzeugt: openssl rand -hex 32",
        ),
        (settings.telegram_messages_per_minute < 1, "TELEGRAM_MESSAGES_PER_MINUTE", "muss mindestens 1 sein."),
        (settings.telegram_sends_per_second < 1, "TELEGRAM_SENDS_PER_SECOND", "muss mindestens 1 sein."),
        (
            settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"},
            "LOG_LEVEL",
            "muss DEBUG, INFO, WARNING oder ERROR sein.",
        ),
        (settings.log_format not in {"text", "json"}, "LOG_FORMAT", "muss text oder json sein."),
        (
            0 < len(settings.statistics_token) < 16,
            "STATISTICS_TOKEN",
            f"muss mindestens 16 Zeichen haben. {TOKEN_HINT}",
        ),
        (0 < len(settings.metrics_token) < 16, "METRICS_TOKEN", f"muss mindestens 16 Zeichen haben. {TOKEN_HINT}"),
        (
            settings.review and not settings.has_database,
            "REVIEW",
            "braucht eine Datenbank; bitte SECRET_KEY und, wenn es nicht data/state.db sein soll, DATABASE_URL setzen.",
        ),
        (
            settings.workers > 1 and not settings.has_database,
            "WORKERS",
            "über 1 braucht eine Datenbank, in der alle Prozesse dieselben Gespräche finden; bitte SECRET_KEY setzen.",
        ),
        (
            settings.workers > 1 and bool(settings.telegram_token) and not settings.telegram_webhook_url,
            "WORKERS",
            "über 1 geht mit Telegram nur über den Webhook; bitte TELEGRAM_WEBHOOK_URL setzen.",
        ),
        (
            any(
                not origin.startswith(("https://", "http://localhost", "http://127.0.0.1"))
                for origin in settings.allowed_origins
            ),
            "ALLOWED_ORIGINS",
            "muss aus Adressen bestehen, die mit https:// beginnen.",
        ),
        (
            not re.fullmatch(PUBLIC_URL, settings.public_url),
            "PUBLIC_URL",
            "muss die Form https://chat.example.de haben, ohne Pfad.",
        ),
        (
            bool(settings.telegram_webhook_url)
            and not settings.telegram_webhook_url.startswith(("https://", "http://127.0.0.1")),
            "TELEGRAM_WEBHOOK_URL",
            "muss mit https:// beginnen.",
        ),
        (
            bool(settings.telegram_webhook_url) and not _is_webhook_secret(settings.telegram_webhook_secret),
            "TELEGRAM_WEBHOOK_SECRET",
            "wird mit einem Webhook gebraucht: 16 bis 256 Zeichen aus A–Z, a–z, 0–9, _ und -.",
        ),
    ]
    for is_wrong, name, sentence in wrong:
        if is_wrong:
            raise SettingsError(f"{PREFIX}{name} {sentence}")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_webhook_secret(secret: str) -> bool:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    return 16 <= len(secret) <= 256 and set(secret) <= allowed
