"""A real PostgreSQL on loopback, in a folder of its own, that can be killed, frozen and started again."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

LONGEST_START = 60


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's programs; Debian does not put them on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("postgres")
    if folders:
        return folders[-1]
    assert on_path, "PostgreSQL fehlt. Unter Debian und Ubuntu: apt-get install postgresql"
    return Path(on_path).resolve().parent


class PostgresServer:
    """One cluster; `url` stays the same over restarts."""

    def __init__(self, fsync: bool = False) -> None:
        """Set up and start; `fsync` only where speed is measured, or a power cut is what it is about."""
        self._fsync = "on" if fsync else "off"
        self._bin = find_binaries()
        # PostgreSQL refuses to run as root
        self._user = None if os.getuid() else next(user for user in ("postgres", "nobody") if _exists(user))
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "--no-sync", "--auth=trust", "--username=bot", "--encoding=UTF8", "--locale=C", "-D", "data"
        )
        self.start()

    @property
    def url(self) -> str:
        """Address as an operator writes it."""
        return f"postgresql://bot@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, also after `kill`, and wait until it answers."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._folder), "-c", f"fsync={self._fsync}"]
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", "data", *options],
                cwd=self._folder,
                user=self._user,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + LONGEST_START
        while not self._is_ready():
            assert time.monotonic() < deadline and self._process.poll() is None, (self._folder / "log.txt").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End it like a power cut, with all its children."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(20)

    def freeze(self) -> None:
        """Let it stand still: connections stay open, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def query(self, sql: str) -> str:
        """Return what psql prints."""
        arguments = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bot", "-d", "postgres", "-Atqc", sql]
        return self._run("psql", *arguments).strip()

    def dump(self) -> bytes:
        """Return every byte of its files."""
        self.query("CHECKPOINT")
        return b"".join(path.read_bytes() for path in sorted((self._folder / "data").rglob("*")) if path.is_file())

    def remove(self) -> None:
        """End it and delete its folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder)

    def _signal(self, number: signal.Signals) -> None:
        """Reach all its processes, the first of them first: it would start the others anew."""
        assert self._process is not None
        for pid in [self._process.pid, *_children(self._process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _is_ready(self) -> bool:
        arguments = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(arguments, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self._bin / program, *arguments], cwd=self._folder, user=self._user, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _exists(user: str) -> bool:
    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False
