"""Five-fold cross-validation beside stock Rasa's default pipeline: the same sentences, folds and questions, one run.

    .venv/bin/python tests/benchmarks/cross_validate_stock.py [DATEI.jsonl] [--sentences 15] [--epochs 100]

Stock Rasa needs hours for all sentences, so both sides get an even sample of each topic. Columns: best topic right,
among the best three, and answered at once when at most 4 % of all may be answered wrongly.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from processes import ROOT, BenchmarkError, build_environment, run
from stock_rasa import create_environment, train_stock_on

sys.path.insert(0, str(ROOT))

from bot.evaluation import read_questions
from bot.nlu.intent_model import FOLDS, SEED, IntentModel, assign_folds
from bot.training_data import read_lookup_tables, read_training_data

MOST_WRONG = 0.04
UNKNOWN = "unbekannt"
FALLBACK_INTENT = "nlu_fallback"
RANKING_LENGTH = 3

Ranking = list[tuple[str, float]]


class Asked(NamedTuple):
    """Sentences with the topics that are accepted, and what each side ranked best."""

    name: str
    accept: list[set[str]]
    rankings: dict[str, list[Ranking]]


def sample_evenly(topics: Sequence[str], count: int) -> list[int]:
    """Return the indices of at most `count` sentences of each topic."""
    generator = np.random.default_rng(SEED)
    order = generator.permutation(len(topics))
    taken: dict[str, int] = {}
    chosen = []
    for index in order:
        topic = topics[index]
        if taken.get(topic, 0) < count:
            taken[topic] = taken.get(topic, 0) + 1
            chosen.append(int(index))
    return sorted(chosen)


def rank_ours(texts: list[str], topics: list[str], asked: list[str]) -> list[Ranking]:
    """Train our model and rank."""
    return IntentModel.fit(texts, topics, read_lookup_tables(ROOT / "nlu_data")).rank(asked, RANKING_LENGTH)


def rank_stock(args: argparse.Namespace, texts: list[str], topics: list[str], asked: list[str]) -> list[Ranking]:
    """Train the `rasa init` pipeline and rank; its fallback marker is no intent."""
    folder = args.work / "nlu"
    folder.mkdir(parents=True, exist_ok=True)
    examples = {topic: [text for text, name in zip(texts, topics, strict=True) if name == topic] for topic in topics}
    blocks = [
        {"intent": topic, "examples": "".join(f"- {line}\n" for line in lines)} for topic, lines in examples.items()
    ]
    content = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, sort_keys=False, width=10**6)
    (folder / "nlu.yml").write_text(content, encoding="utf-8")
    archive, _ = train_stock_on(args.stock.absolute(), folder, args.epochs, args.work)
    questions, result = args.work / "questions.json", args.work / "rankings.json"
    questions.write_text(json.dumps(asked), encoding="utf-8")
    script = Path(__file__).with_name("parse_questions.py")
    command: list[str | Path] = [args.stock.absolute() / "bin" / "python", script, archive, questions, result]
    run(command, args.work / "parsing.log", build_environment())
    rankings = json.loads(result.read_text(encoding="utf-8"))
    return [[(name, score) for name, score in ranking if name != FALLBACK_INTENT] for ranking in rankings]


def judge(rankings: list[Ranking], accept: list[set[str]]) -> str:
    """Return the three columns."""
    pairs = list(zip(rankings, accept, strict=True))
    right = np.array([ranking[0][0] in wanted for ranking, wanted in pairs])
    wrong = ~right & np.array([ranking[0][0] != UNKNOWN for ranking in rankings])
    three = np.mean([any(name in wanted for name, _ in ranking[:RANKING_LENGTH]) for ranking, wanted in pairs])
    certainty = np.array([ranking[0][1] for ranking in rankings])
    bearable = [t for t in np.unique(certainty) if (wrong & (certainty >= t)).mean() <= MOST_WRONG]
    answered = max((float((right & (certainty >= threshold)).mean()) for threshold in bearable), default=0.0)
    return f"{right.mean():9.1%}{three:9.1%}{answered:9.1%}"


def cross_validate_both(args: argparse.Namespace) -> list[Asked]:
    """Rank every held-out sentence, and the questions of the file with the model of the first fold."""
    examples, _ = read_training_data(ROOT / "nlu_data")
    examples = [examples[i] for i in sample_evenly([example.topic for example in examples], args.sentences)]
    texts, topics = [example.text for example in examples], [example.topic for example in examples]
    _, labels = np.unique(topics, return_inverse=True)
    fold = assign_folds(labels, np.random.default_rng(SEED))
    questions = read_questions(args.file) if args.file else []
    held_out = Asked("zurückgehalten", [], {"bot": [], "stock": []})
    file = Asked(args.file.name if args.file else "", [set(question.accept) for question in questions], {})
    for number in range(FOLDS):
        started = time.monotonic()
        kept, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        train = [texts[i] for i in kept], [topics[i] for i in kept]
        asked = [texts[i] for i in held] + ([question.text for question in questions] if number == 0 else [])
        sides = {"bot": rank_ours(*train, asked), "stock": rank_stock(args, *train, asked)}
        held_out.accept.extend({topics[i]} for i in held)
        for side, rankings in sides.items():
            held_out.rankings[side] += rankings[: len(held)]
            if number == 0:
                file.rankings[side] = rankings[len(held) :]
        seconds = time.monotonic() - started
        print(f"{time.strftime('%H:%M:%S')}  Teil {number + 1} von {FOLDS}: {seconds:.0f} s", file=sys.stderr)
    return [held_out, file] if questions else [held_out]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("file", type=Path, nargs="?", help="beschriftete Fragen, die beide zusätzlich beantworten")
    option("--sentences", type=int, default=15, help="so viele Sätze je Thema")
    option("--epochs", type=int, default=100, help="Epochen des Stock-Trainings (rasa init: 100)")
    option("--stock", type=Path, default=ROOT / ".stock-rasa", help="Umgebung mit rasa 3.6.21, sonst angelegt")
    option("--stock-python", default="3.10", help="Python dafür: Version oder Pfad")
    option("--work", type=Path, default=ROOT / "reports" / "cross_validation", help="Ordner für Modelle")
    args = parser.parse_args()
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    create_environment(args.stock.absolute(), args.stock_python, args.work / "install.log")
    results = cross_validate_both(args)
    print(f"{args.sentences} Sätze je Thema, {args.epochs} Epochen; je Spalte:")
    print("bestes richtig, unter den besten drei, sofort bei ≤ 4 % falsch (Zahl der Sätze)")
    for asked in results:
        for side, name in (("bot", "dieser Bot"), ("stock", "Rasa nach rasa init")):
            print(f"{asked.name:28}{name:22}{judge(asked.rankings[side], asked.accept)}   ({len(asked.accept)})")


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(str(error))
