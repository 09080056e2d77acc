"""Measures our bot beside stock Rasa: same machine, same data, same run. One command, a German table."""

import argparse
import os
import platform
import sys
import time
from pathlib import Path
from typing import NamedTuple

from dataset import Dataset, build_dataset, pick_evenly
from measurements import PYTHON, Engine, ask_bot, count_same_tops, measure_parsing, measure_serving, train_bot
from processes import ROOT, BenchmarkError
from stock_rasa import create_environment, reuse_stock, train_own_graph, train_stock
from table import build_accuracy_rows, build_time_rows, build_training_rows, format_table

PROOF_SENTENCES = 50


class StockModel(NamedTuple):
    """The trained `rasa init` pipeline and where it comes from."""

    archive: Path
    cost: dict[str, float]
    """Seconds, memory and epochs of its training; empty when it was not trained on the same sentences."""
    note: str


def parse_arguments() -> argparse.Namespace:
    """Return the options; the defaults measure everything anew."""
    parser = argparse.ArgumentParser(description="Vergleicht den Bot mit Rasa, wie es `rasa init` vorgibt.")
    option = parser.add_argument
    option("--stock", type=Path, default=ROOT / ".stock-rasa", help="Umgebung mit rasa 3.6.21, sonst angelegt")
    option("--stock-python", default="3.10", help="Python dafür: Version oder Pfad")
    option("--stock-model", type=Path, help="fertiges Stock-Modell wiederverwenden, statt zu trainieren")
    option("--epochs", type=int, default=100, help="Epochen des Stock-Trainings (rasa init: 100)")
    option("--limit", type=int, help="nur so viele Themen (zum Ausprobieren)")
    option("--questions", type=int, default=1000, help="so viele Fragen für Zeit und Speicher")
    option("--starts", type=int, default=3, help="so oft wird jeder Start gemessen (Median)")
    option("--nlu", type=Path, default=ROOT / "nlu_data", help="Ordner mit Trainingssätzen")
    option("--work", type=Path, default=ROOT / "reports" / "benchmark", help="Ordner für Modelle und Protokolle")
    return parser.parse_args()


def run_benchmark(args: argparse.Namespace) -> int:
    """Train, measure, print; returns 1 when stock Rasa does not reproduce our model."""
    work, stock = args.work.resolve(), args.stock.absolute()
    work.mkdir(parents=True, exist_ok=True)
    data = build_dataset(args.nlu, ROOT / "tests" / "dialogues", work / "nlu", args.limit)
    timed = [data.questions[number % len(data.questions)] for number in range(args.questions)]
    _tell("Umgebung mit Stock-Rasa (beim ersten Mal 2,7 GB, etwa eine Minute) …")
    create_environment(stock, args.stock_python, work / "install.log")
    _tell(f"Training dieses Bots mit {data.sentences} Sätzen …")
    model, environment, cost = train_bot(data, work)
    _tell("Messung dieses Bots …")
    serving = measure_serving(environment, timed, args.starts, work)
    given = ask_bot(environment, data.labelled, work)
    own = Engine("bot", PYTHON, model)
    bot = measure_parsing(own, timed, data.labelled, args.starts, work)
    _tell("Gegenprobe: unsere config.yml mit Rasas eigener Kommandozeile …")
    proven, proof = _prove_command_line(own, stock, data, work)
    stock_model = _get_stock_model(args, data, work)  # last, because it takes longest and the rest may fail
    _tell("Messung von Stock-Rasa …")
    engine = Engine("stock", stock / "bin" / "python", stock_model.archive)
    other = measure_parsing(engine, timed, data.labelled, args.starts, work)
    rows = [
        *build_time_rows(serving, bot, other),
        *build_training_rows(cost, stock_model.cost),
        *build_accuracy_rows(data.labelled, bot, other if stock_model.cost else None, given),
    ]
    head = _describe_run(data, stock_model)
    report = "\n".join([head, "", format_table(rows), "", proof])
    (work / "report.md").write_text(report + "\n", encoding="utf-8")
    print(report)
    return 0 if proven else 1


def _get_stock_model(args: argparse.Namespace, data: Dataset, work: Path) -> StockModel:
    if args.stock_model:
        archive: Path = args.stock_model.resolve()
        return StockModel(archive, *reuse_stock(archive, data))
    _tell("Training von Stock-Rasa (kann eine halbe Stunde und länger dauern) …")
    archive, cost = train_stock(args.stock.absolute(), data, args.epochs, work)
    return StockModel(archive, cost, "Beide Modelle in diesem Lauf trainiert.")


def _prove_command_line(own: Engine, stock: Path, data: Dataset, work: Path) -> tuple[bool, str]:
    """Train and load our graph with stock Rasa alone and compare the answers with our run time."""
    archive = train_own_graph(stock, data, work)
    engines = {
        "stock": Engine("stock", stock / "bin" / "python", archive),
        "same model": Engine("bot", PYTHON, archive),
        "own model": own,
    }
    proof = pick_evenly(data.labelled, PROOF_SENTENCES)
    same = count_same_tops(engines, proof, work)
    line = (
        "Gegenprobe: unsere config.yml, allein mit Rasas Kommandozeile trainiert (rasa train nlu) und von Rasa "
        f"geladen (Agent.load), nennt bei {same['own model']} von {len(proof)} Sätzen dasselbe erste Thema wie "
        f"dieser Bot; unsere Laufzeit mit jenem Modell bei {same['same model']} von {len(proof)}."
    )
    return min(same.values()) == len(proof), line


def _describe_run(data: Dataset, stock_model: StockModel) -> str:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(": ", 1)[1] for line in info if "model name" in line), platform.machine())
    epochs = stock_model.cost.get("epochs", "unbekannt viele")
    return (
        f"{time.strftime('%d.%m.%Y')}, {len(os.sched_getaffinity(0))} Kerne ({processor}); {data.intents} Themen, "
        f"{data.sentences} Trainingssätze, {len(data.labelled)} Testsätze.\n"
        f"Rasa 3.6.21 auf Python 3.10, {epochs} Epochen, ohne Webserver gemessen. {stock_model.note}"
    )


def _tell(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(run_benchmark(parse_arguments()))
    except BenchmarkError as error:
        sys.exit(str(error))
