"""Random damages to a content file, for tests/test_text_fuzzing.py and tests/fuzz/damage_content.py."""

import random
import re

PLACE = re.compile(r"^\[FEHLER\] (?:responses/)?[\w.]+\.yml:[1-9]\d*: .+", re.S)
"""How an error names its place."""
TOKENS = (
    ":", "- ", "\n", "  ", "\t", '"', "'", "|", ">", "{", "}", "[", "]", "&a", "*a", "!!python/object:os.system", "#",
    "%", "@", "`", "null", "~", "---", "...", "? ", "<<: *a", "\x00", "\x85", "\ufeff", "é", "2026-13-45", "{betrag}",
    "0", "-1",
)  # fmt: skip


def damage(text: str, chance: random.Random) -> bytes:
    """Return a file with one to three damages: a token put in, characters or lines lost, doubled or moved."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        kind = chance.randrange(7)
        if kind == 0:
            text = text[:at] + chance.choice(TOKENS) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + chance.randint(1, 30) :]
        elif kind == 2:
            text = "\n".join([*lines[:line], *lines[line + 1 :]])
        elif kind == 3:
            text = "\n".join([*lines[:line], lines[line], *lines[line:]])
        elif kind == 4:
            text = "\n".join([*lines[:line], chance.choice(["", " ", "  "]) + lines[line].lstrip(), *lines[line + 1 :]])
        elif kind == 5:
            text = re.sub(r": .*", ": " + chance.choice(TOKENS), text, count=1) if line % 2 else text[:at]
        else:
            key, _, value = lines[line].partition(":")
            text = "\n".join(
                [*lines[:line], f"{key}:{chance.choice([' []', ' {}', ' 7', '', ' x' + value])}", *lines[line:]]
            )
    raw = text.encode()
    return raw if chance.random() > 0.05 else raw[: len(raw) // 2] + b"\xff" + raw[len(raw) // 2 :]
