"""The stock Rasa environment: creates it, trains the `rasa init` pipeline in it, and our graph as a proof."""

import json
import shutil
from pathlib import Path
from typing import Any

from dataset import Dataset
from processes import ROOT, BenchmarkError, build_environment, run

HERE = Path(__file__).resolve().parent
PACKAGES = ["rasa==3.6.21", "setuptools<81"]  # later setuptools have no pkg_resources, which Rasa imports


def create_environment(folder: Path, python: str, log: Path) -> None:
    """Install stock Rasa with uv unless it is there: 2.7 GB, about a minute."""
    if (folder / "bin" / "rasa").exists():
        return
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    if not Path(uv).exists():
        raise BenchmarkError("uv fehlt. Einmal ./run ausführen, dann liegt es in .tools/bin/.")
    environment = build_environment()
    run([uv, "venv", "--allow-existing", "--python", python, folder], log, environment)
    # --no-config: otherwise uv leaves out TensorFlow, as our pyproject.toml tells it to
    install: list[str | Path] = [uv, "pip", "install", "--no-config", "--compile-bytecode"]
    run([*install, "--python", folder / "bin" / "python", *PACKAGES], log, environment)


def train_stock(stock: Path, data: Dataset, epochs: int, work: Path) -> tuple[Path, dict[str, float]]:
    """Train the `rasa init` pipeline with Rasa's command line; returns the model and what it took.

    The cost is kept beside the model, so that a later run can reuse both.
    """
    archive, cost = train_stock_on(stock, data.nlu, epochs, work)
    cost |= {"epochs": epochs}
    _sidecar(archive).write_text(json.dumps({**cost, "digest": data.digest}), encoding="utf-8")
    return archive, cost


def train_stock_on(stock: Path, nlu: Path, epochs: int, work: Path) -> tuple[Path, dict[str, float]]:
    """Train the `rasa init` pipeline on a folder of training data; returns the model and what it took."""
    config = work / "stock_config.yml"
    original = (HERE / "stock_config.yml").read_text(encoding="utf-8")
    config.write_text(original.replace("epochs: 100", f"epochs: {epochs}"), encoding="utf-8")
    return _train(stock, config, nlu, work, "stock")


def train_own_graph(stock: Path, data: Dataset, work: Path) -> Path:
    """Train our `config.yml` with stock Rasa's command line alone: `rasa train nlu`."""
    archive, _ = _train(stock, ROOT / "config.yml", data.nlu, work, "own_graph")
    return archive


def reuse_stock(archive: Path, data: Dataset) -> tuple[dict[str, float], str]:
    """Return what the training of an existing model took and a German note on it.

    The cost is empty when the model was not trained on the same sentences: then only start, memory and time count.
    """
    sidecar = _sidecar(archive)
    if not archive.exists():
        raise BenchmarkError(f"Das Modell {archive} gibt es nicht.")
    if not sidecar.exists():
        return {}, "Stock-Modell wiederverwendet; womit es trainiert ist, ist unbekannt."
    cost: dict[str, Any] = json.loads(sidecar.read_text(encoding="utf-8"))
    if cost.pop("digest") == data.digest:
        return cost, "Stock-Modell wiederverwendet, mit denselben Sätzen in einem früheren Lauf trainiert."
    return {}, "Stock-Modell wiederverwendet, mit anderen Sätzen trainiert; Training und Trefferquote fehlen deshalb."


def _sidecar(archive: Path) -> Path:
    return archive.with_name(archive.name.removesuffix(".tar.gz") + ".json")


def _train(stock: Path, config: Path, nlu: Path, work: Path, name: str) -> tuple[Path, dict[str, float]]:
    command: list[str | Path] = [stock / "bin" / "rasa", "train", "nlu", "--config", config, "--nlu", nlu]
    command_line = [*command, "--out", work, "--fixed-model-name", name]
    cost = run(command_line, work / f"train_{name}.log", build_environment())
    return work / f"{name}.tar.gz", cost
