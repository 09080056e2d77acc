"""Ranks the intents of sentences with stock Rasa; runs under its Python 3.10."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import warnings
from pathlib import Path

RANKING_LENGTH = 4  # the best three, and the fallback marker stock Rasa puts before them


async def rank(model: Path, texts: list[str]) -> list[list[tuple[str, float]]]:
    """Load a model the way `rasa run` does and rank."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.INFO)  # otherwise each parse also prints its text
    agent = Agent.load(str(model))
    results = [await agent.parse_message(text) for text in texts]
    return [
        [(score["name"], score["confidence"]) for score in result["intent_ranking"][:RANKING_LENGTH]]
        for result in results
    ]


def main() -> None:
    """Read a list of sentences from a JSON file, write their rankings to another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("result", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    texts = json.loads(args.questions.read_text(encoding="utf-8"))
    args.result.write_text(json.dumps(asyncio.run(rank(args.model, texts))), encoding="utf-8")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
