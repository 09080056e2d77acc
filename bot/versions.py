"""Says which version of the program and of the content answers."""

import hashlib
import re
from pathlib import Path

from msgspec import Struct

import bot
from bot.notices import FILE

HASH_LENGTH = 7
# Loading all answers for this one date would cost the start a second time.
_REVIEWED = re.compile(rb"^ +reviewed: *[\"']?(\d{4}-\d{2}-\d{2})", re.MULTILINE)


class Versions(Struct, frozen=True):
    """What stands on the receipt of a conversation and in the health report."""

    program: str
    content: str
    """Day of the newest review and a hash over all content files."""


def describe_versions(responses_dir: Path) -> Versions:
    """Return both versions; notices come and go by the day and are no part of the content."""
    digest = hashlib.sha256()
    days = [b"0001-01-01"]
    for path in sorted(responses_dir.glob("*.yml")):
        if path.name == FILE:
            continue
        body = path.read_bytes()
        digest.update(path.name.encode())
        digest.update(body)
        if not path.name.startswith("_"):
            days += _REVIEWED.findall(body)
    return Versions(bot.__version__, f"{max(days).decode()} {digest.hexdigest()[:HASH_LENGTH]}")
