"""Says which model belongs to the present configuration, sentences and code."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL_SOURCES = ("bot/nlu", "bot/text.py")


def fingerprint(config: Path, nlu_data: Path) -> str:
    """Return a hash over everything a model depends on: configuration, sentences and the code in `bot/nlu`."""
    digest = hashlib.sha256()
    files = [config, *sorted(nlu_data.glob("*.yml"))]
    for source in MODEL_SOURCES:
        path = ROOT / source
        files += sorted(path.glob("*.py")) if path.is_dir() else [path]
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
