"""Our server beside stock Rasa's: trained and asked with the same sentences, in one run on one machine."""

import statistics
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from dataset import Dataset, pick_evenly, read_sentences, take, write_dataset
from measurements import (
    PYTHON,
    UNKNOWN,
    Figures,
    ask_bot,
    build_own_service,
    measure_install,
    measure_service,
    measure_size,
    rank_with_model,
    rank_with_server,
    start_service,
    train_bot,
)
from processes import ROOT, BenchmarkError
from stages import Setup, attempt, save, tell
from stock_rasa import FALLBACK_INTENT, PACKAGES, build_stock_service, train_own_graph, train_stock

PROOF_SENTENCES = 50
RESULT = "compare.json"


def compare(setup: Setup) -> Figures:
    """Train and measure all sides; what fails is named in the result and stops nothing else."""
    started = time.monotonic()
    work = setup.work / "compare"
    sentences = read_sentences(ROOT / "nlu_data", setup.limit)
    pick, dialogues = take(setup.sentences), ROOT / "tests" / "dialogues"
    data = write_dataset(sentences, pick, dialogues, work / "nlu")
    # our tables of words are in a notation of our own; as regular expressions they would only slow stock Rasa down
    stock_data = write_dataset(sentences._replace(tables={}), pick, dialogues, work / "nlu_stock")
    result: Figures = {
        "machine": setup.machine,
        "data": {
            "topics": data.intents,
            "sentences": data.sentences,
            "sentences_per_topic": setup.sentences,
            "all_sentences": sum(map(len, sentences.topics.values())),
            "labelled": len(data.labelled),
            "epochs": setup.epochs,
        },
        "plan": setup.plan._asdict(),
        "sides": {},
    }
    # stock Rasa's default pipeline comes last: it takes longest, and what is done is saved
    steps: dict[str, Callable[[], Figures]] = {
        "bot": lambda: _measure_own(setup, data, work),
        "light": lambda: _measure_stock(setup, stock_data, "light", work),
        "proof": lambda: _prove_command_line(setup, data, work),
        "init": lambda: _measure_stock(setup, stock_data, "init", work),
    }
    for name, step in steps.items():
        figures = attempt(f"compare_{name}", step, work)
        if name == "proof":
            result["proof"] = figures
        else:
            result["sides"][name] = figures
        result["minutes"] = (time.monotonic() - started) / 60
        save(result, setup.results / RESULT)
    return result


def _measure_own(setup: Setup, data: Dataset, work: Path) -> Figures:
    tell(f"Training dieses Bots mit {data.sentences} Sätzen …")
    environment, training = train_bot(data, work)
    service = build_own_service(environment)
    with start_service(service, data.questions[0], work):
        pass  # the first start prepares what later ones find ready, such as the model of emergencies
    tell("Messung dieses Bots …")
    before = sorted((work / "models").iterdir())
    figures = measure_service(service, data.questions, setup.plan, work)
    if sorted((work / "models").iterdir()) != before:  # then the server trained, and its start means nothing
        raise BenchmarkError("Der Code des Bots hat sich während der Messung geändert; bitte noch einmal.")
    lines = ask_bot(environment, data.labelled, work)
    given = [UNKNOWN if line["status"] == "fallback" else line["topic"] for line in lines]
    tops = rank_with_model(work / "models" / training["archive"], data.labelled, work)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return {
        "training": training,
        "model": measure_size(work / "models"),
        "install": measure_install(PYTHON, needed),
        **figures,
        "accuracy": judge(data, tops, given),
    }


def _measure_stock(setup: Setup, data: Dataset, kind: str, work: Path) -> Figures:
    tell(f"Training von Stock-Rasa ({kind}) mit {data.sentences} Sätzen …")
    archive, training = train_stock(setup.stock, data, kind, setup.epochs, work)
    service = build_stock_service(setup.stock, archive, kind, work)
    tell(f"Messung von Stock-Rasa ({kind}) …")
    figures = measure_service(service, data.questions, setup.plan, work)
    with start_service(service, data.questions[0], work) as (_, port, _):
        rankings = rank_with_server(port, data.labelled)
    # stock Rasa's counterpart to asking back and saying "I don't know" is its FallbackClassifier
    given = [UNKNOWN if ranking[0] == FALLBACK_INTENT else ranking[0] for ranking in rankings]
    tops = [next(name for name in ranking if name != FALLBACK_INTENT) for ranking in rankings]
    return {
        "training": training,
        "model": measure_size(archive),
        "install": measure_install(setup.stock / "bin" / "python", PACKAGES),
        **figures,
        "accuracy": judge(data, tops, given),
    }


def judge(data: Dataset, tops: Sequence[str], given: Sequence[str | None]) -> dict[str, float]:
    """Return percentages: best topic right, answered right, answered with a wrong topic."""
    topics = [topic for _, topic in data.labelled]
    wrong = [answer not in (topic, UNKNOWN, None) for answer, topic in zip(given, topics, strict=True)]
    return {
        "top": _percent([top == topic for top, topic in zip(tops, topics, strict=True)]),
        "right": _percent([answer == topic for answer, topic in zip(given, topics, strict=True)]),
        "wrong": _percent(wrong),
    }


def _percent(hits: Sequence[bool]) -> float:
    return 100 * statistics.fmean(hits)


def _prove_command_line(setup: Setup, data: Dataset, work: Path) -> Figures:
    """Train and serve our graph with stock Rasa alone and compare the first intents with our run time."""
    tell("Gegenprobe: unsere config.yml mit Rasas eigener Kommandozeile …")
    archive = train_own_graph(setup.stock, data, work)
    proof = pick_evenly(data.labelled, PROOF_SENTENCES)
    with start_service(
        build_stock_service(setup.stock, archive, "own_graph", work, whole_turns=False), proof[0][0], work
    ) as (_, port, _):
        theirs = [ranking[0] for ranking in rank_with_server(port, proof)]
    own_archive = next((work / "models").glob("*.tar.gz"))
    models = {"own_model": own_archive, "same_model": archive}
    same = {name: rank_with_model(model, proof, work) for name, model in models.items()}
    counts = {name: sum(a == b for a, b in zip(theirs, tops, strict=True)) for name, tops in same.items()}
    return {"sentences": len(proof), **counts}
