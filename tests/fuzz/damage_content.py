"""Damages the real content files at random and loads them: every damage must be content or an error with its place.

PYTHONPATH=.:tests .venv/bin/python tests/fuzz/damage_content.py [--rounds 300] [--seed 1]
"""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from damages import PLACE, damage

from bot.content import ContentError, load_content

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Try so many damages; prints the seed of each that breaks the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    refused = broken = 0
    with tempfile.TemporaryDirectory() as folder:
        content = Path(shutil.copytree(ROOT / "responses", Path(folder) / "responses"))
        files = sorted(content.glob("*.yml"))
        for seed in range(given.seed, given.seed + given.rounds):
            chance = random.Random(seed)
            path = chance.choice(files)
            original = path.read_bytes()
            path.write_bytes(damage(original.decode(), chance))
            try:
                load_content(content)
            except ContentError as error:
                refused += 1
                if not PLACE.match(str(error)):
                    broken += 1
                    print(f"{path.name}, seed {seed}: {str(error)[:200]!r}")
            except Exception as error:  # what this script looks for
                broken += 1
                print(f"{path.name}, seed {seed}: {type(error).__name__}: {error}")
            finally:
                path.write_bytes(original)
    print(f"{given.rounds} Schäden: {refused} mit Datei und Zeile gemeldet, {broken} nicht.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
