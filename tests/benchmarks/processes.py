"""Starts the processes that are measured: environment, duration, memory, our server."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_SECONDS = 120


class BenchmarkError(Exception):
    """The benchmark cannot go on; the message says in German why."""


def read_memory(pid: int | str) -> dict[str, float]:
    """Return the megabytes (10⁶ bytes) a process holds `now` (VmRSS) and held at its `peak` (VmHWM)."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    names = {"now": "VmRSS", "peak": "VmHWM"}
    return {name: int(fields[field].split()[0]) * 1024 / 1e6 for name, field in names.items()}


def build_environment(**extra: str) -> dict[str, str]:
    """Return one environment for both sides: same threads, bytecode allowed, no settings of an operator."""
    unwanted = ("JOBCENTER_BOT_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    cores = str(len(os.sched_getaffinity(0)))
    return {
        **kept,
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_MAX_CACHE_SIZE": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": cores,
        "TF_INTRA_OP_PARALLELISM_THREADS": cores,
        "TF_INTER_OP_PARALLELISM_THREADS": cores,
        "PYTHONWARNINGS": "ignore",
        **extra,
    }


def run(command: Sequence[str | Path], log: Path, environment: dict[str, str]) -> dict[str, float]:
    """Run a command in the project; return `started` (monotonic clock), `seconds` and `peak` megabytes.

    Raises BenchmarkError with the end of the log when the command fails.
    """
    with log.open("wb") as target:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=target, stderr=subprocess.STDOUT)
        try:
            _, status, usage = os.wait4(process.pid, 0)  # unlike Popen.wait it tells the peak memory
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise BenchmarkError(f"Gescheitert: {' '.join(map(str, command))}\n{tail}\nAlles in {log}")
    return {"started": started, "seconds": seconds, "peak": usage.ru_maxrss * 1024 / 1e6}


class Server:
    """Our running bot, asked over one connection that stays open."""

    def __init__(self, pid: int, connection: http.client.HTTPConnection) -> None:
        self.pid = pid
        self._connection = connection

    @property
    def url(self) -> str:
        """Where it can be reached."""
        return f"http://{self._connection.host}:{self._connection.port}"

    def ask(self, text: str) -> None:
        """Post one question as a new conversation and read the whole answer."""
        body = json.dumps({"conversation": None, "text": text}).encode()
        self._connection.request("POST", "/api/messages", body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200 or not json.loads(answer)["replies"]:
            raise BenchmarkError(f"/api/messages antwortet mit Status {response.status} ohne Antworttext.")


@contextmanager
def serve(python: Path, log: Path, environment: dict[str, str]) -> Iterator[tuple[Server, float]]:
    """Start our bot; yields the server, which takes connections, and the moment the process was started."""
    port = _find_free_port()
    environment = {**environment, "JOBCENTER_BOT_PORT": str(port)}
    with log.open("wb") as target:
        started = time.monotonic()
        process = subprocess.Popen(
            [python, "-m", "bot", "serve"], cwd=ROOT, env=environment, stdout=target, stderr=subprocess.STDOUT
        )
        try:
            connection = _connect(port, process, log)
            yield Server(process.pid, connection), started
            connection.close()
        finally:
            process.terminate()
            process.wait()


def _connect(port: int, process: subprocess.Popen[bytes], log: Path) -> http.client.HTTPConnection:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.connect()
            return connection
        except ConnectionRefusedError:
            time.sleep(0.005)
    raise BenchmarkError(f"Der Bot ist nicht gestartet; siehe {log}")


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
