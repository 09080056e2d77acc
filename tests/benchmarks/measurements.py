"""Measures a server from outside: start, memory, time of one question, throughput; and trains our bot."""

import http.client
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ask_server import WAYS, Job, build_body
from dataset import Dataset, Labelled
from processes import (
    ROOT,
    BenchmarkError,
    Command,
    build_environment,
    find_free_port,
    find_tree,
    read_memory,
    run,
    start_server,
)

sys.path.insert(0, str(ROOT))

from bot.nlu.fingerprint import fingerprint

HERE = Path(__file__).resolve().parent
PYTHON = Path(sys.executable)
UNKNOWN = "unbekannt"
FIRST_CONVERSATION = "0123456789abcdef"
WARM_UP_REQUESTS, WARM_UP_SECONDS = 20, 2.0

Figures = dict[str, Any]


class Plan(NamedTuple):
    """How long to measure."""

    starts: int = 3
    requests: int = 1000
    seconds: float = 8.0
    clients: tuple[int, ...] = (8, 64, 256)


class Service(NamedTuple):
    """A server that can be started at a port, and the ways to ask it; the first way decides when it is up."""

    name: str
    command: tuple[str | Path, ...]
    """`{port}` stands for the port."""
    environment: dict[str, str]
    ways: tuple[str, ...]


def build_own_service(environment: dict[str, str]) -> Service:
    """Return our bot as a service."""
    return Service("bot", (PYTHON, "-m", "bot", "serve"), environment, ("api",))


def build_own_environment(nlu: Path, models: Path, **extra: str) -> dict[str, str]:
    """Return the settings of our bot: its folders, and no limit for a client that asks on and on."""
    settings = {
        "nlu_data_dir": str(nlu),
        "models_dir": str(models),
        "messages_per_minute": "1000000",
        "address_messages_per_minute": "1000000",
        "log_level": "WARNING",
        **extra,
    }
    return build_environment(**{f"JOBCENTER_BOT_{name.upper()}": value for name, value in settings.items()})


def train_bot(data: Dataset, work: Path, **extra: str) -> tuple[dict[str, str], Figures]:
    """Train with our command line unless the same code was trained with the same sentences in an earlier run.

    Returns the environment that finds the model again, and what the training took.
    """
    models, kept = work / "models", work / "train_bot.json"
    environment = build_own_environment(data.nlu, models, **extra)
    archive = models / f"nlu-{fingerprint(ROOT / 'config.yml', data.nlu)}.tar.gz"
    if archive.exists() and kept.exists():
        cost: Figures = json.loads(kept.read_text(encoding="utf-8"))
        if cost["archive"] == archive.name:
            return environment, {**cost, "cached": True}
    shutil.rmtree(models, ignore_errors=True)
    cost = {**run([PYTHON, "-m", "bot", "train"], work / "train_bot.log", environment), "archive": archive.name}
    kept.write_text(json.dumps(cost), encoding="utf-8")
    return environment, {**cost, "cached": False}


def measure_size(path: Path) -> float:
    """Return the megabytes of a file or of all files below a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def measure_install(python: Path, packages: Sequence[str]) -> float:
    """Return the megabytes of these packages and all they need, as installed, without bytecode."""
    command: Command = [python, HERE / "measure_install.py", *packages]
    result = subprocess.run(command, capture_output=True, text=True, env=build_environment(), check=False)
    if result.returncode:
        raise BenchmarkError(f"Die Installation von {python} lässt sich nicht messen: {result.stderr[-500:]}")
    return float(result.stdout)


def measure_service(service: Service, questions: list[str], plan: Plan, work: Path) -> Figures:
    """Start a service several times; the last time ask it in every way."""
    starts = []
    for _ in range(plan.starts - 1):
        with start_service(service, questions[0], work) as (_, _, seconds):
            starts.append(seconds)
    with start_service(service, questions[0], work) as (pid, port, seconds):
        starts.append(seconds)
        figures: Figures = {"start": statistics.median(starts)}
        for way in service.ways:
            one = Job(port, way, questions, requests=plan.requests, skipped=WARM_UP_REQUESTS)
            figures[way] = {"1": run_clients(one, work)}
            figures.setdefault("memory", read_memory(pid))  # after the questions of the first way
            figures.setdefault("processes", len(find_tree(pid)))
            for clients in plan.clients:
                many = Job(port, way, questions, clients, seconds=plan.seconds, skipped=WARM_UP_SECONDS)
                try:
                    figures[way][str(clients)] = run_clients(many, work)
                except BenchmarkError as error:  # too much for this server: a result, not the end of the others
                    figures[way][str(clients)] = {"error": str(error)}
        figures["memory_after_load"] = read_memory(pid)
    return figures


def run_clients(job: Job, work: Path) -> Figures:
    """Ask in a process of its own, which therefore shares no thread with the measurement."""
    log = work / "clients.log"
    with log.open("wb") as errors:
        result = subprocess.run(
            [PYTHON, HERE / "ask_server.py"],
            input=json.dumps(job._asdict()).encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=build_environment(),
            check=False,
        )
    if result.returncode:
        raise BenchmarkError(f"Das Programm, das die Fragen stellt, ist gescheitert; siehe {log}")
    load: Figures = json.loads(result.stdout)
    if not load["answers"]:
        raise BenchmarkError(f"Keine einzige gute Antwort auf {WAYS[job.way].path} bei {job.clients} Clients.")
    return load


@contextmanager
def start_service(service: Service, question: str, work: Path) -> Iterator[tuple[int, int, float]]:
    """Start a service; yields process id, port, and the seconds until its first good answer."""
    port = find_free_port()
    command = [str(part).replace("{port}", str(port)) for part in service.command]
    environment = {**service.environment, "JOBCENTER_BOT_PORT": str(port)}
    log = work / f"serve_{service.name}.log"
    way = service.ways[0]
    with start_server(command, log, environment, lambda: _answers(port, way, question)) as (pid, seconds):
        yield pid, port, seconds


def _answers(port: int, way: str, question: str) -> bool:
    try:
        return WAYS[way].mark in post(port, way, question)
    except (OSError, http.client.HTTPException, BenchmarkError):
        return False  # not yet


def post(port: int, way: str, question: str) -> bytes:
    """Ask once and return the body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = json.dumps(build_body(way, question, FIRST_CONVERSATION))
        connection.request("POST", WAYS[way].path, body, {"content-type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise BenchmarkError(f"{WAYS[way].path} antwortet mit Status {response.status}.")
    return answer


def rank_with_server(port: int, labelled: Sequence[Labelled]) -> list[list[str]]:
    """Return the intents stock Rasa's server names for each sentence, best first."""
    answers = [json.loads(post(port, "parse", text)) for text, _ in labelled]
    return [[score["name"] for score in answer["intent_ranking"]] for answer in answers]


def ask_bot(environment: dict[str, str], labelled: Sequence[Labelled], work: Path) -> list[Figures]:
    """Return what our whole bot answers to each sentence as a fresh conversation."""
    return _run_lines(["ask", "--jsonl"], environment, labelled, work / "ask.log")


def rank_with_model(archive: Path, labelled: Sequence[Labelled], work: Path) -> list[str]:
    """Return the first intent of each sentence, from our run time with a given model."""
    command: list[str | Path] = ["parse", "--jsonl", "--model", archive]
    return [line["intent"] for line in _run_lines(command, build_environment(), labelled, work / "parse.log")]


def _run_lines(
    command: list[str | Path], environment: dict[str, str], labelled: Sequence[Labelled], log: Path
) -> list[Figures]:
    lines = [json.dumps({"id": number, "text": text}) for number, (text, _) in enumerate(labelled)]
    with log.open("wb") as errors:
        result = subprocess.run(
            [PYTHON, "-m", "bot", *command],
            cwd=ROOT,
            env=environment,
            input="\n".join(lines).encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            check=False,
        )
    if result.returncode:
        raise BenchmarkError(f"`bot {command[0]} --jsonl` ist gescheitert; siehe {log}")
    return [json.loads(line) for line in result.stdout.splitlines()]
