"""Saves the figures of the database to a file, and nothing that belongs to a conversation."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, create_engine, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings

NAME = "jobcenter-bot-"
FIGURES = "_counts"
"""How the names of tables end whose rows are worth keeping; all others are saved empty."""
VERSION = "schema_version"


class BackupError(Exception):
    """Nothing was saved; the message says in German why."""


def run_backup(settings: Settings, folder: Path, keep: int) -> int:
    """Save the database and delete what is older than the last `keep` backups."""
    try:
        path = write_backup(settings, folder, datetime.now())
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Gesichert: {path} ({path.stat().st_size // 1024 + 1} kB)")
    for older in sorted(folder.glob(f"{NAME}*{path.suffix}"))[:-keep]:
        older.unlink()
        print(f"Gelöscht: {older}")
    return 0


def write_backup(settings: Settings, folder: Path, now: datetime) -> Path:
    """Return the file the database was saved to, complete or not there at all; raises BackupError."""
    if not settings.has_database:
        raise BackupError("Es gibt nichts zu sichern: Ohne Datenbank und SECRET_KEY bleibt alles im Arbeitsspeicher.")
    address = make_url(settings.database_address)
    is_file = address.drivername == "sqlite"
    path = folder / f"{NAME}{now:%Y%m%d-%H%M%S}{'.db' if is_file else '.dump'}"
    partial = path.with_suffix(".partial")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        if is_file:
            _copy_sqlite(Path(address.database or ""), partial)
        else:
            _dump_postgres(address, partial)
        partial.replace(path)
    except OSError as error:
        raise BackupError(f"In {folder} lässt sich nicht sichern ({error.strerror}).") from None
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise BackupError(f"Die Datenbank lässt sich nicht sichern ({type(error).__name__}).") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return path


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise BackupError(f"Die Datenbank {source} gibt es nicht.")
    with (
        contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for name in _without_figures([row[0] for row in tables]):
            copy.execute(f'DELETE FROM "{name}"')
        copy.execute("VACUUM")  # what was deleted would stay in the file
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupError("Die Datenbank ist beschädigt; die Sicherung wurde verworfen.")


def _dump_postgres(address: URL, target: Path) -> None:
    engine = create_engine(address.set(drivername="postgresql+psycopg"), hide_parameters=True)
    try:
        empty = [f"--exclude-table-data={name}" for name in _without_figures(inspect(engine).get_table_names())]
    finally:
        engine.dispose()
    # the password would stand in the list of processes
    public = address.set(drivername="postgresql", password=None).render_as_string()
    command = ["pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={public}", *empty]
    environment = {**os.environ, **({"PGPASSWORD": address.password} if address.password else {})}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError("Das Programm pg_dump fehlt. Unter Debian: apt-get install postgresql-client") from None
    if done.returncode:
        raise BackupError(f"pg_dump ist gescheitert: {done.stderr.strip().splitlines()[0]}")


def _without_figures(tables: list[str]) -> list[str]:
    return [name for name in tables if name != VERSION and not name.endswith(FIGURES)]
