"""Writes `_known_failures.yml` anew from what the present model gets wrong.

    PYTHONPATH=. .venv/bin/python tests/update_known_failures.py

Look at the difference before you commit it: a line that is new there is something the bot has unlearnt.
"""

from datetime import date

import yaml
from conftest import ROOT
from test_model import DIALOGUES, ask, failed_cases

from bot.app import Bot
from bot.models import Turn
from bot.settings import Settings

HEAD = """# Sätze, die der Bot noch nicht richtig versteht (streng: wer einen behebt, löscht ihn hier).
# Neu schreiben: PYTHONPATH=. .venv/bin/python tests/update_known_failures.py
"""


def describe(kind: str, topic: str, turn: Turn) -> str:
    """Say in German what happens instead."""
    decision = turn.decision
    if kind == "not_answers":
        return f"wird mit {topic} beantwortet"
    if topic in decision.options:
        return f"{topic} wird nur angeboten"
    return f"{topic} erwartet, stattdessen {', '.join(decision.options) or decision.topic or decision.status}"


def main() -> None:
    """Write the file and say how many lines it has."""
    bot = Bot(Settings())
    entries = [
        {"text": text, "reason": describe(kind, topic, ask(bot, text)), "date": date.today().isoformat()}
        for kind, topic, text in failed_cases(bot)
    ]
    bot.close()
    body = yaml.safe_dump({"failures": entries}, allow_unicode=True, sort_keys=False, width=1000)
    (DIALOGUES / "_known_failures.yml").write_text(HEAD + body, encoding="utf-8")
    print(f"{len(entries)} Sätze in {(DIALOGUES / '_known_failures.yml').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
