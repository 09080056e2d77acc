"""Starts the processes that are measured: environment, duration, memory, servers."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 20

Command = Sequence["str | Path"]


class BenchmarkError(Exception):
    """The benchmark cannot go on; the message says in German why."""


def read_memory(pid: int) -> float:
    """Return the megabytes (10⁶ bytes, VmRSS) a process and all its descendants hold."""
    return sum(_read_resident(member) for member in find_tree(pid)) / 1e6


def find_tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    parents = {int(path.name): _read_parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    tree = [pid]
    for member in tree:  # grows while it is walked
        tree += [child for child, parent in parents.items() if parent == member]
    return tree


def _read_parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0  # it has ended meanwhile


def _read_resident(pid: int) -> int:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields.get("VmRSS", "0 kB").split()[0]) * 1024


def build_environment(**extra: str) -> dict[str, str]:
    """Return one environment for all sides: same threads, bytecode allowed, no settings of an operator."""
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


def run(command: Command, log: Path, environment: dict[str, str]) -> dict[str, float]:
    """Run a command in the project; return `seconds` and `peak` megabytes.

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
    return {"seconds": seconds, "peak": usage.ru_maxrss * 1024 / 1e6}


@contextmanager
def start_server(
    command: Command, log: Path, environment: dict[str, str], is_up: Callable[[], bool]
) -> Iterator[tuple[int, float]]:
    """Start a server; yields its process id and the seconds until `is_up` was true for the first time."""
    with log.open("wb") as target:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=target, stderr=subprocess.STDOUT)
        try:
            while not is_up():
                if process.poll() is not None or time.monotonic() - started > START_TIMEOUT_SECONDS:
                    raise BenchmarkError(f"Der Server ist nicht gestartet; siehe {log}")
                time.sleep(0.005)
            yield process.pid, time.monotonic() - started
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Server:
    """Our running bot, asked over one connection that stays open."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.url = f"http://127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

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
    """Start our bot; yields the server, which takes connections, and the seconds that took."""
    port = find_free_port()
    environment = {**environment, "JOBCENTER_BOT_PORT": str(port)}
    command: Command = [python, "-m", "bot", "serve"]
    with start_server(command, log, environment, lambda: _takes_connections(port)) as (pid, seconds):
        yield Server(pid, port), seconds


def _takes_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def find_free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
