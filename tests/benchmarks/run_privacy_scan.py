"""Sends thousands of messages full of personal data, searches all that is left behind; fails when anything is found.

PYTHONPATH=.:tests .venv/bin/python tests/benchmarks/run_privacy_scan.py [--messages 10000] [--postgres]
"""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from postgres import PostgresServer
from privacy_scan import Scan, judge, make_messages
from telegram_emulator import TelegramEmulator


def main() -> int:
    """Search without and with the queue for review; 1 when anything personal was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--postgres", action="store_true", help="a PostgreSQL of its own as the store, not SQLite")
    chosen = parser.parse_args()
    return max(scan_once(chosen.messages, chosen.postgres, review) for review in (False, True))


def scan_once(count: int, with_postgres: bool, review: bool) -> int:
    """Send, search, crash and search again; returns the exit code."""
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="privacy-")))
        telegram = stack.enter_context(TelegramEmulator())
        postgres = PostgresServer() if with_postgres else None
        if postgres:
            stack.callback(postgres.remove)
        scan = Scan(folder, telegram, review, postgres.url if postgres else "")
        stack.callback(scan.server.process.wait)
        stack.callback(scan.server.process.kill)
        scan.send(make_messages(count))
        found = judge(scan, review, dump(postgres))
        scan.crash()
        stored = dump(postgres)
        found += judge(scan, review, stored)
        cores = scan.list_cores()
        size = sum(path.stat().st_size for path in folder.rglob("*")) + sum(len(content) for _, content in stored)
        secrets = len(scan.secrets)
    print(
        f"Aufheben für die Redaktion {'an' if review else 'aus'}: {count} Nachrichten, {secrets} verschiedene Angaben, "
        f"{size / 1e6:.1f} MB durchsucht: {len(found)} Funde, {len(cores)} Speicherabbilder "
        f"({time.monotonic() - begun:.0f} s)"
    )
    for one in found[:20]:
        print(f"  {one.place}: {one.text}")
    return 1 if found or cores else 0


def dump(postgres: PostgresServer | None) -> list[tuple[str, bytes]]:
    """Return every byte of the database."""
    return [("/data/ (PostgreSQL)", postgres.dump())] if postgres else []


if __name__ == "__main__":
    sys.exit(main())
