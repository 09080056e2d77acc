"""The stock Rasa environment: creates it, trains Rasa's own pipelines in it, and our graph as a proof."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml
from dataset import Dataset
from measurements import Service
from processes import ROOT, BenchmarkError, build_environment, run

sys.path.insert(0, str(ROOT))

from bot.content import load_content

HERE = Path(__file__).resolve().parent
PACKAGES = ["rasa==3.6.21", "setuptools<81"]  # later setuptools have no pkg_resources, which Rasa imports
CONFIGS = {"init": "stock_config.yml", "light": "stock_light_config.yml"}
FALLBACK_INTENT = "nlu_fallback"
RULES_ONLY = "policies:\n  - name: RulePolicy\n"


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


def train_stock(stock: Path, data: Dataset, kind: str, epochs: int, work: Path) -> tuple[Path, dict[str, Any]]:
    """Train a whole assistant, one rule per topic, unless an earlier run did; returns model and what it took."""
    archive, kept = work / f"{kind}.tar.gz", work / f"train_{kind}.json"
    key = {"digest": data.digest, "epochs": epochs}
    if archive.exists() and kept.exists():
        cost: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if {name: cost[name] for name in key} == key:
            return archive, {**cost, "cached": True}
    config = _write_config(kind, epochs, work, RULES_ONLY)
    domain, rules = _write_dialogue(sorted(_read_intents(data.nlu)), work)
    command: list[str | Path] = [stock / "bin" / "rasa", "train", "--config", config, "--domain", domain]
    command += ["--data", data.nlu, rules, "--out", work, "--fixed-model-name", kind]
    cost = {**run(command, work / f"train_{kind}.log", build_environment()), **key}
    kept.write_text(json.dumps(cost), encoding="utf-8")
    return archive, {**cost, "cached": False}


def train_stock_on(stock: Path, nlu: Path, epochs: int, work: Path) -> tuple[Path, dict[str, float]]:
    """Train only the recognition of `rasa init` on a folder of training data; returns the model and what it took."""
    return _train_nlu(stock, _write_config("init", epochs, work), nlu, work, "stock")


def train_own_graph(stock: Path, data: Dataset, work: Path) -> Path:
    """Train our `config.yml` with stock Rasa's command line alone: `rasa train nlu`."""
    archive, _ = _train_nlu(stock, ROOT / "config.yml", data.nlu, work, "own_graph")
    return archive


def build_stock_service(stock: Path, archive: Path, name: str, work: Path, whole_turns: bool = True) -> Service:
    """Return `rasa run --enable-api` with a model; without rules it can only recognise."""
    credentials, endpoints = work / "credentials.yml", work / "endpoints.yml"
    credentials.write_text("rest:\n", encoding="utf-8")
    endpoints.write_text("{}\n", encoding="utf-8")
    command: tuple[str | Path, ...] = (stock / "bin" / "rasa", "run", "--enable-api", "--model", archive)
    command += ("--interface", "127.0.0.1", "--port", "{port}", "--credentials", credentials, "--endpoints", endpoints)
    return Service(name, command, build_environment(), ("parse", "webhook") if whole_turns else ("parse",))


def _write_config(kind: str, epochs: int, work: Path, policies: str = "") -> Path:
    original = (HERE / CONFIGS[kind]).read_text(encoding="utf-8").rstrip("\n")
    path = work / CONFIGS[kind]
    path.write_text(original.replace("epochs: 100", f"epochs: {epochs}") + "\n" + policies, encoding="utf-8")
    return path


def _write_dialogue(intents: list[str], work: Path) -> tuple[Path, Path]:
    """Write domain and rules: one rule and one answer per topic, with the text our bot gives."""
    answers = load_content(ROOT / "responses").answers
    texts = {intent: answers[intent].text if intent in answers else "Das weiß ich nicht." for intent in intents}
    texts[FALLBACK_INTENT] = "Das habe ich nicht verstanden."
    # Rasa would read {value} as a slot of its own
    plain = {intent: text.replace("{", "").replace("}", "") for intent, text in texts.items()}
    domain = {
        "version": "3.1",
        "intents": intents,
        "responses": {f"utter_{intent}": [{"text": text}] for intent, text in plain.items()},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    steps = {intent: [{"intent": intent}, {"action": f"utter_{intent}"}] for intent in texts}
    rules = {"version": "3.1", "rules": [{"rule": intent, "steps": some} for intent, some in steps.items()]}
    paths = work / "domain.yml", work / "rules.yml"
    for path, content in zip(paths, (domain, rules), strict=True):
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return paths


def _read_intents(nlu: Path) -> set[str]:
    data = yaml.load((nlu / "nlu.yml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return {block["intent"] for block in data["nlu"] if "intent" in block}


def _train_nlu(stock: Path, config: Path, nlu: Path, work: Path, name: str) -> tuple[Path, dict[str, float]]:
    command: list[str | Path] = [stock / "bin" / "rasa", "train", "nlu", "--config", config, "--nlu", nlu]
    cost = run([*command, "--out", work, "--fixed-model-name", name], work / f"train_{name}.log", build_environment())
    return work / f"{name}.tar.gz", cost
