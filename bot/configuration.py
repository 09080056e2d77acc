"""Shows all settings, and checks what only the machine can tell: folders, rights, the address, the database."""

import errno
import ipaddress
import logging
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from bot.preparation import model_path
from bot.settings import PREFIX, Secret, Settings, describe_settings

logger = logging.getLogger(__name__)

SQLITE = "sqlite:///"
SECRETS = ("secret_key", "statistics_token", "metrics_token", "telegram_token", "telegram_webhook_secret")


class ConfigurationError(Exception):
    """The bot cannot work on this machine with these settings; the message says in German why and what to do."""


class Finding(Struct, frozen=True):
    """What is wrong or worth knowing: FEHLER stops the start, WARNUNG costs something, HINWEIS is no problem."""

    severity: Literal["FEHLER", "WARNUNG", "HINWEIS"]
    setting: str
    sentence: str

    def __str__(self) -> str:
        return f"[{self.severity}] {PREFIX}{self.setting.upper()}: {self.sentence}"


def run_config(settings: Settings) -> int:
    """Print all settings and what the checks say; 1 when something is to be mended."""
    print(format_settings(settings))
    findings = check_machine(settings)
    print("\n".join(str(finding) for finding in findings))
    wrong = [finding for finding in findings if finding.severity != "HINWEIS"]
    print(f"{len(wrong)} zu beheben." if wrong else "Alles in Ordnung: So kann der Bot starten.")
    return 1 if wrong else 0


def require_sound_machine(settings: Settings) -> None:
    """Log what costs something; raise ConfigurationError, before anything is loaded, when starting is in vain."""
    findings = check_machine(settings)
    errors = [str(finding) for finding in findings if finding.severity == "FEHLER"]
    if errors:
        raise ConfigurationError("\n".join([*errors, "Alle Einstellungen und Prüfungen zeigt: ./run config"]))
    for finding in findings:
        if finding.severity == "WARNUNG":
            logger.warning("%s%s: %s", PREFIX, finding.setting.upper(), finding.sentence)


def format_settings(settings: Settings) -> str:
    """Return every setting with value, default and meaning; of secrets only whether they are set."""
    lines = []
    for field, (variable, default, meaning) in zip(Settings.__struct_fields__, describe_settings(), strict=True):
        value = getattr(settings, field)
        if isinstance(value, Secret):
            shown = "***" if value else "leer"
        else:
            shown = (", ".join(value) if isinstance(value, tuple) else str(value)) or "leer"
        unchanged = value == getattr(Settings(), field)
        lines.append(f"{variable} = {shown}   ({'Vorgabe' if unchanged else 'Vorgabe: ' + (default or 'leer')})")
        lines.append(f"    {meaning}")
    return "\n".join(lines) + "\n"


def check_machine(settings: Settings) -> list[Finding]:
    """Return what does not fit this machine, the worst first."""
    checks = (_check_address, _check_inputs, _check_models, _check_database, _check_secrets, _check_surroundings)
    findings = [finding for check in checks for finding in check(settings)]
    return sorted(findings, key=lambda finding: ("FEHLER", "WARNUNG", "HINWEIS").index(finding.severity))


def _check_address(settings: Settings) -> Iterator[Finding]:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except socket.gaierror:
        sentence = f'"{settings.host}" ist keine IPv4-Adresse und kein Name, den dieser Rechner kennt.'
        yield Finding("FEHLER", "host", sentence)
    except OSError as error:
        yield _explain_bind(settings, error)


def _explain_bind(settings: Settings, error: OSError) -> Finding:
    if error.errno == errno.EADDRINUSE:
        sentence = f"Auf {settings.host}:{settings.port} läuft schon ein Programm, vielleicht dieser Bot."
        return Finding("HINWEIS", "port", sentence)
    if error.errno == errno.EADDRNOTAVAIL:
        sentence = f"Die Adresse {settings.host} gehört nicht zu diesem Rechner. Üblich ist 127.0.0.1."
        return Finding("FEHLER", "host", sentence)
    if error.errno == errno.EACCES:
        sentence = (
            f"Für den Port {settings.port} fehlen die Rechte. Bitte einen ab 1024 nehmen, zum Beispiel 8080, und einen "
            "Webserver davorsetzen."
        )
        return Finding("FEHLER", "port", sentence)
    return Finding("FEHLER", "host", f"Auf {settings.host}:{settings.port} geht es nicht: {error.strerror}.")


def _check_inputs(settings: Settings) -> Iterator[Finding]:
    for name in ("responses_dir", "nlu_data_dir"):
        folder: Path = getattr(settings, name)
        if not folder.is_dir():
            yield Finding("FEHLER", name, f"Den Ordner {folder} gibt es nicht.")
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Finding("FEHLER", name, f"Der Ordner {folder} ist nicht lesbar. {_explain_owner(folder)}")
        elif not any(folder.glob("*.yml")):
            yield Finding("FEHLER", name, f"Im Ordner {folder} liegt keine .yml-Datei.")
        else:
            closed = next((path for path in sorted(folder.glob("*.yml")) if not os.access(path, os.R_OK)), None)
            if closed:
                yield Finding("FEHLER", name, f"Die Datei {closed} ist nicht lesbar. {_explain_owner(closed)}")
    if not settings.rasa_config.is_file():
        yield Finding("FEHLER", "rasa_config", f"Die Datei {settings.rasa_config} gibt es nicht.")
    elif not os.access(settings.rasa_config, os.R_OK):
        sentence = f"Die Datei {settings.rasa_config} ist nicht lesbar. {_explain_owner(settings.rasa_config)}"
        yield Finding("FEHLER", "rasa_config", sentence)


def _check_models(settings: Settings) -> Iterator[Finding]:
    if [*_check_inputs(settings)]:
        return  # which model is needed cannot be told
    archive = model_path(settings)
    is_there = archive.is_file()
    obstacle = _find_obstacle(settings.models_dir)
    if obstacle and not is_there:
        sentence = f"Es fehlt das Modell {archive.name}, und es lässt sich dort nicht ablegen: {obstacle}"
        yield Finding("FEHLER", "models_dir", sentence)
    elif obstacle:
        sentence = f"Modell vorhanden; ein neues ließe sich nicht ablegen: {obstacle}"
        yield Finding("HINWEIS", "models_dir", sentence)
    elif not is_there:
        sentence = "Es gibt noch kein Modell zu diesen Sätzen. Der Start trainiert es (rund zwei Minuten)."
        yield Finding("HINWEIS", "models_dir", sentence)


def _check_database(settings: Settings) -> Iterator[Finding]:
    url = settings.database_address
    if not settings.has_database:
        sentence = "Alles bleibt im Arbeitsspeicher und ist nach einem Neustart vergessen."
        yield Finding("HINWEIS", "database_url", sentence)
    elif url.startswith("postgresql://"):
        if not urlsplit(url).path.strip("/"):
            sentence = "Der Name der Datenbank fehlt: postgresql://NUTZER:PASSWORT@RECHNER/NAME"
            yield Finding("FEHLER", "database_url", sentence)
    else:
        path = Path(url.removeprefix(SQLITE))
        obstacle = _find_obstacle(path.parent)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            obstacle = f"Die Datei {path} ist nicht beschreibbar. {_explain_owner(path)}"
        if obstacle:  # citizens get their answers all the same, so the bot starts
            yield Finding("WARNUNG", "database_url", f"{obstacle} Der Bot antwortet dann ohne Zusammenhang.")
        elif path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding("WARNUNG", "database_url", f"Andere Benutzer dürfen {path} lesen. Bitte: chmod 600 {path}")


def _check_secrets(settings: Settings) -> Iterator[Finding]:
    given = [(name, getattr(settings, name)) for name in SECRETS if getattr(settings, name)]
    for index, (name, value) in enumerate(given):
        twin = next((other for other, known in given[:index] if known == value), None)
        if twin:
            sentence = f"ist dasselbe Geheimwort wie {PREFIX}{twin.upper()}. Wer eines erfährt, kennt dann beide."
            yield Finding("WARNUNG", name, sentence)
        elif len(set(value)) < 6:
            yield Finding("WARNUNG", name, "ist leicht zu erraten. Ein gutes Geheimwort erzeugt: openssl rand -hex 32")
    if settings.telegram_webhook_url and not settings.telegram_token:
        yield Finding("WARNUNG", "telegram_webhook_url", "wirkt nicht: JOBCENTER_BOT_TELEGRAM_TOKEN fehlt.")
    if settings.telegram_webhook_secret and not settings.telegram_webhook_url:
        yield Finding("WARNUNG", "telegram_webhook_secret", "wirkt nicht: JOBCENTER_BOT_TELEGRAM_WEBHOOK_URL fehlt.")


def _check_surroundings(settings: Settings) -> Iterator[Finding]:
    if not _is_loopback(settings.host):
        sentence = "Der Bot ist aus dem Netz erreichbar und spricht kein HTTPS; davor gehört ein Webserver."
        yield Finding("HINWEIS", "host", sentence)
    if settings.gallery:
        yield Finding("HINWEIS", "gallery", "ist für die Entwicklung und gehört im Betrieb ausgeschaltet.")
    if settings.log_level == "DEBUG":
        yield Finding("HINWEIS", "log_level", "DEBUG füllt den Datenträger; im Betrieb genügt INFO.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _find_obstacle(folder: Path) -> str:
    """Return why nothing can be written to a folder that may not exist yet, or an empty string."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        return f"{place} ist kein Ordner."
    if not os.access(place, os.W_OK | os.X_OK):
        return f"In {place} darf der Bot nicht schreiben. {_explain_owner(place)}"
    return ""


def _explain_owner(path: Path) -> str:
    """Say whom the path belongs to and who the bot is, so that the remedy is plain."""
    return f"(Eigentümer: {_name_user(path.stat().st_uid)}; der Bot läuft als {_name_user(os.geteuid())}.)"


def _name_user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # in a container the number often has no name
        return f"Nummer {number}"
