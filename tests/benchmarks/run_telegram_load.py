"""Telegram under load, with failures and a restart in the middle; prints figures, fails when an answer is missing.

PYTHONPATH=.:tests .venv/bin/python tests/benchmarks/run_telegram_load.py [--chats 1000] [--workers 2] [--postgres]
"""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from postgres import PostgresServer
from telegram_load import Load, Outcome, run_load


def main() -> int:
    """Run once and print what came of it; 1 when something was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--postgres", action="store_true", help="a PostgreSQL of its own as the shared store, not SQLite"
    )
    parser.add_argument("--sends-per-second", type=int, default=30, help="of all workers together")
    parser.add_argument("--logs", type=Path, help="where to keep what the processes wrote")
    parser.add_argument("--seed", type=int, default=1)
    chosen = vars(parser.parse_args())
    logs: Path | None = chosen.pop("logs")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if chosen.pop("postgres"):
            server = PostgresServer()
            stack.callback(server.remove)
            chosen["database"] = server.url
        load = Load(**chosen)
        outcome = run_load(load, folder)
    if logs:
        logs.write_text(outcome.logs)
    print(describe(load, outcome))
    return 0 if outcome.is_good else 1


def describe(load: Load, outcome: Outcome) -> str:
    """The figures as lines."""
    injected = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.injected.items()))
    store = "PostgreSQL" if load.database else "SQLite"
    lines = {
        "Chats × Nachrichten, Prozesse, Speicher": f"{load.chats} × {load.messages}, {load.workers}, {store}",
        "beantwortet": f"{outcome.answered} von {outcome.updates}",
        "verloren": outcome.missing,
        "doppelt": outcome.doubled,
        "Chats in falscher Reihenfolge": outcome.swapped,
        "Chat-Kennungen in Protokollen oder SQLite-Datei": outcome.leaks,
        "Fehler und Wiederholungen": injected or "keine",
        "angekommen, aber unbestätigt, daher noch einmal geschickt": outcome.unconfirmed,
        "Zustellungen ohne 200 (Telegram wiederholt)": outcome.refused,
        "Meldungen der Datenbank": sum(" bot.store." in line for line in outcome.logs.splitlines()),
        "Ende-Codes (Neustart zuerst)": outcome.exit_codes,
        "Dauer": f"{outcome.seconds:.0f} s ({outcome.updates / outcome.seconds:.1f} Antworten je Sekunde)",
        "Antwort an Telegram (95. Perzentil)": f"{1000 * outcome.webhook_p95:.0f} ms",
        "höchstens in einer Sekunde": outcome.most_per_second,
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items())


if __name__ == "__main__":
    sys.exit(main())
