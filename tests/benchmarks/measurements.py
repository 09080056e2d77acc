"""Trains and measures: our whole service, and one model of either side without any channel around it."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from dataset import Dataset, Labelled
from processes import ROOT, BenchmarkError, build_environment, read_memory, run, serve

PYTHON = Path(sys.executable)
UNKNOWN = "unbekannt"


class Measured(NamedTuple):
    """What one side took for the questions."""

    start: float
    """Median seconds from the start of the process to the first answer."""
    seconds: list[float]
    """Of every question after the first."""
    memory: dict[str, float]
    rankings: list[list[str]]
    """Intents per labelled sentence, best first; empty for the whole service."""


class Engine(NamedTuple):
    """Which run time answers with which model."""

    name: str
    """`bot` or `stock`."""
    python: Path
    model: Path


def train_bot(data: Dataset, work: Path) -> tuple[Path, dict[str, str], dict[str, float]]:
    """Train with our command line; returns model, the environment that finds it again, and what it took."""
    models = work / "models"
    for old in models.glob("*.tar.gz"):
        old.unlink()
    folders = {"JOBCENTER_BOT_NLU_DATA_DIR": str(data.nlu), "JOBCENTER_BOT_MODELS_DIR": str(models)}
    environment = build_environment(**folders)
    cost = run([PYTHON, "-m", "bot", "train"], work / "train_bot.log", environment)
    return next(models.glob("*.tar.gz")), environment, cost


def measure_parsing(engine: Engine, timed: list[str], labelled: list[Labelled], starts: int, work: Path) -> Measured:
    """Load a model in fresh processes; the last one answers all questions."""
    seconds_to_start = []
    questions, result = work / "questions.json", work / f"parsing_{engine.name}.json"
    script = Path(__file__).with_name("parse_questions.py")
    command: list[str | Path] = [engine.python, script, engine.name, engine.model, questions, result]
    for remaining in reversed(range(starts)):
        asked = {
            "timed": timed[:1] if remaining else timed,
            "labelled": [] if remaining else [text for text, _ in labelled],
        }
        questions.write_text(json.dumps(asked), encoding="utf-8")
        cost = run(command, work / f"parsing_{engine.name}.log", build_environment())
        measured: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        seconds_to_start.append(measured["answered_at"] - cost["started"])
    rankings = [[name for name, _ in ranking] for ranking in measured["rankings"]]
    return Measured(statistics.median(seconds_to_start), measured["seconds"], measured["memory"], rankings)


def measure_serving(environment: dict[str, str], timed: list[str], starts: int, work: Path) -> Measured:
    """Start our service several times; the last time ask all questions over one connection."""
    models = Path(environment["JOBCENTER_BOT_MODELS_DIR"])
    before = list(models.iterdir())
    seconds_to_start, seconds = [], []
    for remaining in reversed(range(starts)):
        with serve(PYTHON, work / "serve.log", environment) as (server, started):
            server.ask(timed[0])
            seconds_to_start.append(time.monotonic() - started)
            for text in [] if remaining else timed[1:]:
                start = time.perf_counter()
                server.ask(text)
                seconds.append(time.perf_counter() - start)
            memory = read_memory(server.pid)
    if list(models.iterdir()) != before:  # then the server trained, and its start means nothing
        raise BenchmarkError("Der Code des Bots hat sich während der Messung geändert; bitte noch einmal.")
    return Measured(statistics.median(seconds_to_start), seconds, memory, [])


def ask_bot(environment: dict[str, str], labelled: list[Labelled], work: Path) -> list[str | None]:
    """Return what the whole bot answered: a topic, UNKNOWN for "I don't know", None when it asked back."""
    questions = [json.dumps({"id": number, "text": text}) for number, (text, _) in enumerate(labelled)]
    with (work / "ask.log").open("wb") as log:
        answers = subprocess.run(
            [PYTHON, "-m", "bot", "ask", "--jsonl"],
            cwd=ROOT,
            env=environment,
            input="\n".join(questions).encode(),
            stdout=subprocess.PIPE,
            stderr=log,
            check=False,
        )
    if answers.returncode:
        raise BenchmarkError(f"`bot ask --jsonl` ist gescheitert; siehe {work / 'ask.log'}")
    turns = [json.loads(line) for line in answers.stdout.splitlines()]
    return [UNKNOWN if turn["status"] == "fallback" else turn["topic"] for turn in turns]


def count_same_tops(engines: dict[str, Engine], proof: list[Labelled], work: Path) -> dict[str, int]:
    """Return per engine how many sentences get the same first intent as from the first engine."""
    tops = {
        name: [ranking[0] for ranking in measure_parsing(engine, [proof[0][0]], proof, 1, work).rankings]
        for name, engine in engines.items()
    }
    reference = next(iter(tops.values()))
    return {name: sum(a == b for a, b in zip(found, reference, strict=True)) for name, found in tops.items()}
