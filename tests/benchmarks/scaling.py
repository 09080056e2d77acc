"""How our server grows: more topics, more sentences, more processes."""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dataset import OUT_OF_SCOPE, Dataset, Sentences, read_sentences, take, take_share, write_dataset
from measurements import (
    Figures,
    build_own_service,
    measure_service,
    measure_size,
    start_service,
    train_bot,
)
from processes import ROOT, BenchmarkError
from stages import Setup, attempt, save, tell
from synthetic import multiply_content, multiply_sentences

sys.path.insert(0, str(ROOT / "tests"))

from postgres import PostgresServer

RESULT = "scaling.json"
FACTORS = (1, 4, 16)
EVERY_TOPIC = 4
"""The curve of topics starts from every fourth topic, so that sixteen times as many still fit."""
SENTENCES_PER_TOPIC = 20
CLIENTS = (64,)
SECRET_KEY = "nur-fuer-die-messung-0123456789abcdef"
WORKERS = (1, 2)

Step = Callable[[], Figures]


def scale(setup: Setup) -> Figures:
    """Measure every size; what fails is named in the result and stops nothing else."""
    started = time.monotonic()
    setup = setup._replace(plan=setup.plan._replace(clients=CLIENTS))
    sentences = read_sentences(ROOT / "nlu_data", setup.limit)
    result: Figures = {
        "machine": setup.machine,
        "plan": setup.plan._asdict(),
        "sentences_per_topic": SENTENCES_PER_TOPIC,
        "axes": {},
    }
    axes = {
        "topics": {f"×{factor}": _topics_step(setup, sentences, factor) for factor in FACTORS},
        "sentences": {f"×{factor}": _sentences_step(setup, sentences, factor) for factor in FACTORS},
        "workers": {
            f"{store}, {workers}": _workers_step(setup, sentences, store, workers)
            for store in ("SQLite", "PostgreSQL")
            for workers in WORKERS
        },
    }
    for axis, steps in axes.items():
        for label, step in steps.items():
            tell(f"Wachstum: {axis} {label} …")
            name = f"{axis}_{label}".replace("×", "x").replace(", ", "_")
            figures = attempt(name, step, setup.work)
            result["axes"].setdefault(axis, {})[label] = figures
            result["minutes"] = (time.monotonic() - started) / 60
            save(result, setup.results / RESULT)
    return result


def _topics_step(setup: Setup, sentences: Sentences, factor: int) -> Step:
    def measure() -> Figures:
        work = setup.work / f"topics_{factor}"
        real = [name for name in sentences.topics if name != OUT_OF_SCOPE][::EVERY_TOPIC]
        base = Sentences(
            {name: sentences.topics[name] for name in sentences.topics if name in real or name == OUT_OF_SCOPE},
            sentences.tables,
        )
        multiply_content(ROOT / "responses", real, factor, work / "responses")
        multiplied = multiply_sentences(base, real, factor)
        data = write_dataset(multiplied, take(SENTENCES_PER_TOPIC), ROOT / "tests" / "dialogues", work / "nlu")
        return _measure(setup, data, work, responses_dir=str(work / "responses"))

    return measure


def _sentences_step(setup: Setup, sentences: Sentences, factor: int) -> Step:
    def measure() -> Figures:
        work = setup.work / f"sentences_{factor}"
        return _measure(setup, _write_share(sentences, factor, work), work)

    return measure


def _workers_step(setup: Setup, sentences: Sentences, store: str, workers: int) -> Step:
    """Processes are compared with all sentences, on the model of the last step before."""

    def measure() -> Figures:
        work = setup.work / f"sentences_{FACTORS[-1]}"
        data = _write_share(sentences, FACTORS[-1], work)
        with contextlib.ExitStack() as stack:
            if store == "PostgreSQL":
                server = PostgresServer()
                stack.callback(server.remove)
                url = server.url
            else:
                database = work / f"state_{workers}.db"
                for old in work.glob(f"{database.name}*"):
                    old.unlink()
                url = f"sqlite:///{database}"
            extra = {"database_url": url, "secret_key": SECRET_KEY, "workers": str(workers)}
            figures = _measure(setup, data, work, **extra)
        if workers > 1 and figures["processes"] <= workers:
            raise BenchmarkError(f"{workers} Prozesse sind eingestellt, aber der Server hat keine weiteren gestartet.")
        return {"workers": workers, **figures}

    return measure


def _write_share(sentences: Sentences, factor: int, work: Path) -> Dataset:
    return write_dataset(sentences, take_share(FACTORS[-1] // factor), ROOT / "tests" / "dialogues", work / "nlu")


def _measure(setup: Setup, data: Dataset, work: Path, **extra: str) -> Figures:
    environment, training = train_bot(data, work, **extra)
    service = build_own_service(environment)
    with start_service(service, data.questions[0], work):
        pass  # the first start prepares what later ones find ready, such as the model of emergencies
    figures = measure_service(service, data.questions, setup.plan, work)
    return {
        "topics": data.intents,
        "sentences": data.sentences,
        "training": training,
        "model": measure_size(work / "models"),
        **figures,
    }
