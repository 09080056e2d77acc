"""Measures one model in a fresh process; runs alike under our Python and under stock Rasa's Python 3.10."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from processes import ROOT, read_memory

Ranking = list[tuple[str, float]]
Parse = Callable[[str], Awaitable[Ranking]]
RANKING_LENGTH = 4  # the best three, and the fallback marker stock Rasa puts before them


def load_bot(model: Path) -> Parse:
    """Load a model with our own run time."""
    from bot.nlu.interpreter import Interpreter

    interpreter = Interpreter(model)

    async def parse(text: str) -> Ranking:
        prediction = await interpreter.parse(text)
        return [(score.name, score.confidence) for score in prediction.intent_ranking]

    return parse


def load_stock(model: Path) -> Parse:
    """Load a model the way `rasa run` does, logging included."""
    import logging

    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.INFO)  # otherwise each parse also prints its text
    agent = Agent.load(str(model))

    async def parse(text: str) -> Ranking:
        result = await agent.parse_message(text)
        return [(score["name"], score["confidence"]) for score in result["intent_ranking"]]

    return parse


async def measure(parse: Parse, timed: list[str], labelled: list[str]) -> dict[str, Any]:
    """Return the moment of the first answer, the seconds of each timed question, memory, and rankings."""
    await parse(timed[0])
    answered_at = time.monotonic()  # one clock for all processes, so the parent can subtract its own
    seconds = []
    for text in timed[1:]:
        start = time.perf_counter()
        await parse(text)
        seconds.append(time.perf_counter() - start)
    memory = read_memory("self")
    rankings = [(await parse(text))[:RANKING_LENGTH] for text in labelled]
    return {"answered_at": answered_at, "seconds": seconds, "memory": memory, "rankings": rankings}


def main() -> None:
    """Read {"timed", "labelled"} from a JSON file, write the measurement to another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=["bot", "stock"])
    parser.add_argument("model", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("result", type=Path)
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))  # the graph recipe's components live in the project
    warnings.simplefilter("ignore")
    questions = json.loads(args.questions.read_text(encoding="utf-8"))
    parse = load_bot(args.model) if args.engine == "bot" else load_stock(args.model)
    args.result.write_text(json.dumps(asyncio.run(measure(parse, **questions))), encoding="utf-8")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
