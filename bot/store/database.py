"""One database behind a circuit breaker: nobody waits long for it, and while it is away nobody asks it."""

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, SQLAlchemyError

from bot.store.schema import NewerSchema, migrate

logger = logging.getLogger(__name__)
T = TypeVar("T")

OPERATION_SECONDS = 2.0
"""Longest wait of a turn for the database, once: after that the breaker is open."""
OPEN_SECONDS = 30.0
"""Longest wait for connecting and migrating; happens at the start and in the background."""
BUSY_MILLISECONDS = 1000
"""Longest wait inside the database for somebody else's lock or for one statement."""
POSTGRES_CONNECTIONS = 4
"""Per worker; PostgreSQL allows 100 in all by default."""
CONSEQUENCE = "Bis sie wieder da ist, kommen Antworten ohne Zusammenhang mit dem Gespräch davor."
_TRY_TO_WRITE = text("UPDATE schema_version SET version = version")
"""A disk that is full or read-only still opens."""
DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
HINTS = {
    "SQLITE_FULL": "Der Datenträger ist voll.",
    "SQLITE_READONLY": "Die Datei oder der Datenträger ist schreibgeschützt.",
    "SQLITE_CANTOPEN": "Die Datei lässt sich nicht öffnen; gibt es den Ordner, und darf der Bot darin schreiben?",
    "SQLITE_IOERR": "Der Datenträger meldet einen Fehler.",
    "SQLITE_BUSY": "Ein anderes Programm hält die Datei fest.",
    "25006": "Der Datenbankserver nimmt nur Lesezugriffe an.",
    "42501": "Dem Benutzer fehlen Rechte.",
    "53": "Dem Datenbankserver fehlen Platz oder freie Verbindungen.",
}


class DatabaseUnavailable(Exception):
    """The database is away; nothing was read, and what was to be written is not written."""


class DatabaseRefused(Exception):
    """This database cannot be used, now or later; the message says in German why."""


class Damaged(Exception):
    """The SQLite file is not a sound database."""


class Database:
    """Runs short transactions in threads of its own; after a failure only `open` asks the database again."""

    def __init__(self, url: str) -> None:
        """Prepare the connection without using it; raises DatabaseRefused for an address nobody can use."""
        address = _read_url(url)
        self.path = Path(address.database or "").absolute() if address.drivername == "sqlite" else None
        """The SQLite file."""
        self._engine = _build_sqlite(address) if self.path else _build_postgres(address)
        options: dict[str, Any] = {"single": True} if self.path else {"isolation_level": "AUTOCOMMIT"}
        self._single = self._engine.execution_options(**options)
        self._threads = ThreadPoolExecutor(1 if self.path else POSTGRES_CONNECTIONS, thread_name_prefix="database")
        self._file: tuple[int, int] | None = None
        self._connections: WeakSet[Any] = WeakSet()
        self._reported = ""
        self._answered_at = 0.0
        if self.is_postgres:
            event.listen(self._engine, "connect", lambda connection, record: self._connections.add(connection))
        self.is_available = False
        self.failed = asyncio.Event()
        """Set when the database goes away, so that whoever heals it need not wait for the next round."""

    @property
    def is_postgres(self) -> bool:
        """Tell which of the two it is, for the few statements that differ."""
        return self.path is None

    async def run(self, work: Callable[[Connection], T], single: bool = False) -> T:
        """Return what `work` returns; raises DatabaseUnavailable, at once while the breaker is open.

        `single` promises one statement, which needs no transaction around it.
        """
        if not self.is_available:
            raise DatabaseUnavailable
        engine = self._single if single else self._engine
        begun = time.monotonic()
        call = asyncio.get_running_loop().run_in_executor(self._threads, self._transact, engine, work)
        try:
            return await asyncio.wait_for(call, OPERATION_SECONDS)
        except TimeoutError as error:
            if self._answered_at < begun:  # else it is alive, and only the queue is long
                self._hang_up()
                self._break(error)
        except (SQLAlchemyError, OSError) as error:
            self._break(error)
        # outside the except block: SQLAlchemy's errors quote statements
        raise DatabaseUnavailable

    async def heal(self) -> None:
        """Try to open the database again; it stays unavailable when that does not help."""
        self.failed.clear()
        call = asyncio.get_running_loop().run_in_executor(self._threads, self.open)
        try:
            await asyncio.wait_for(call, OPEN_SECONDS)
        except TimeoutError:
            self._hang_up()
        except DatabaseRefused as error:
            self._report(logging.ERROR, str(error))

    def open(self) -> None:
        """Connect and migrate; unavailable afterwards when the database is away, DatabaseRefused when it is too new."""
        self._engine.dispose()
        try:
            if self.path is None:
                self._prepare()
            else:
                self._open_file(self.path)
        except NewerSchema as error:
            self._engine.dispose()
            raise DatabaseRefused(str(error)) from None
        except (SQLAlchemyError, OSError) as error:
            self._report(logging.ERROR, f"Die Datenbank ist nicht erreichbar ({_name(error)}). {CONSEQUENCE}")
            return
        self._report(logging.INFO, f"Die Datenbank ist verbunden ({'PostgreSQL' if self.is_postgres else 'SQLite'}).")
        self.is_available = True

    def close(self) -> None:
        """Let go of all connections."""
        self.is_available = False
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._engine.dispose()

    def check_file(self) -> None:
        """Raise OSError when the SQLite file is no longer the one that was opened, for example after a restore."""
        if self.path and self._file != _identify(self.path):
            raise OSError(errno.ESTALE, "Die Datei wurde ausgetauscht")

    def _transact(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with engine.begin() as connection:
            result = work(connection)
        self._answered_at = time.monotonic()
        return result

    def _break(self, error: Exception) -> None:
        self._report(logging.ERROR, f"Die Datenbank ist ausgefallen ({_name(error)}). {CONSEQUENCE}")
        self.is_available = False
        self.failed.set()

    def _hang_up(self) -> None:
        """End the connections nobody answers on: their threads would wait as long as the server stands still."""
        for connection in list(self._connections):
            with contextlib.suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)

    def _report(self, level: int, sentence: str) -> None:
        """Log what has changed, and not the same every second."""
        if sentence != self._reported:
            logger.log(level, "%s", sentence)
        self._reported = sentence

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            missing = migrate(connection)
            connection.execute(_TRY_TO_WRITE)
        if missing:
            logger.info("Die Datenbank wurde eingerichtet (%d Schritte).", missing)

    def _open_file(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _lock(path):
            try:
                self._prepare_file(path)
            except Damaged:
                self._engine.dispose()
                kept = _set_aside(path)
                logger.error("Die Datenbank %s ist beschädigt. Sie liegt jetzt als %s daneben.", path.name, kept.name)
                self._prepare_file(path)
            self._file = _identify(path)

    def _prepare_file(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # its companions take over the mode
        try:
            with self._engine.begin() as connection:
                sound = connection.execute(text("PRAGMA quick_check(1)")).scalar() == "ok"
            if sound:
                self._prepare()
                return
        except DatabaseError as error:
            if getattr(error.orig, "sqlite_errorname", "") not in DAMAGED:
                raise
        raise Damaged


def _read_url(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise DatabaseRefused("JOBCENTER_BOT_DATABASE_URL ist keine Adresse einer Datenbank.") from None
    if address.drivername in {"postgres", "postgresql"}:
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in {"sqlite", "postgresql+psycopg"} or not address.database:
        raise DatabaseRefused("JOBCENTER_BOT_DATABASE_URL muss mit sqlite:/// oder postgresql:// beginnen.")
    return address


def _build_postgres(address: URL) -> Engine:
    limits = f"-c statement_timeout={BUSY_MILLISECONDS} -c lock_timeout={BUSY_MILLISECONDS}"
    connect: dict[str, Any] = {
        "connect_timeout": 2,
        "tcp_user_timeout": 3000,
        "options": f"{limits} -c idle_in_transaction_session_timeout=10000",
        "application_name": "jobcenter-bot",
    }
    try:
        return create_engine(
            address,
            connect_args=connect,
            pool_size=POSTGRES_CONNECTIONS,
            max_overflow=0,
            pool_timeout=OPERATION_SECONDS,
            pool_recycle=300,  # before a firewall forgets the connection
            hide_parameters=True,
        )
    except ModuleNotFoundError:
        raise DatabaseRefused("Für PostgreSQL fehlt das Python-Paket psycopg.") from None


def _build_sqlite(address: URL) -> Engine:
    engine = create_engine(address, pool_size=1, max_overflow=0, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # transactions begin below, not where Python thinks
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = NORMAL",  # safe against kill -9; only a power cut may take the last turns
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("single"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # a reader that turns writer would fail instead of wait

    return engine


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep other workers from opening: two that find the file damaged would move away each other's new one."""
    with open(path.with_name(f"{path.name}.lock"), "w") as file:
        deadline = time.monotonic() + OPEN_SECONDS / 2
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield


def _set_aside(path: Path) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    for companion in ("-wal", "-shm", ""):  # the file last: while it is there, the next start finds it damaged again
        source = path.with_name(path.name + companion)
        if source.exists():
            source.rename(path.with_name(f"{path.name}.defekt-{stamp}{companion}"))
    return path.with_name(f"{path.name}.defekt-{stamp}")


def _identify(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _name(error: Exception) -> str:
    """Return the kind of an error in words for the operator, without anything it quotes."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    hint = next((hint for start, hint in HINTS.items() if code.startswith(start)), "")
    if not hint and isinstance(error, DBAPIError) and error.statement is None:
        hint = str(cause).partition("\n")[0]  # no connection: the message names server, user and database
    elif isinstance(cause, OSError):
        hint = cause.strerror or ""
    return " ".join(part for part in (type(cause).__name__, code, hint) if part).rstrip(".")
