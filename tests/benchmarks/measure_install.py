"""Prints the megabytes of packages and all they need, as installed here, without bytecode; runs on Python 3.10 too."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement


def find_needed(names: list[str]) -> dict[str, metadata.Distribution]:
    """Return these distributions and all that they need and that are installed."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        try:
            distribution = metadata.distribution(wanted.name)
        except metadata.PackageNotFoundError:
            continue  # left out on purpose, as TensorFlow is in our environment
        key = f"{wanted.name.lower().replace('_', '-')}[{','.join(sorted(wanted.extras))}]"
        if key in found:
            continue
        found[key] = distribution
        for line in distribution.requires or ():
            needed = Requirement(line)
            extras = ["", *wanted.extras]
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return found


def measure(names: list[str]) -> float:
    """Return the megabytes of their files."""
    files = {
        Path(str(distribution.locate_file(file))).resolve()
        for distribution in find_needed(names).values()
        for file in distribution.files or ()
        if file.suffix != ".pyc"
    }
    return sum(path.stat().st_size for path in files if path.is_file()) / 1e6


if __name__ == "__main__":
    print(measure(sys.argv[1:]))
