"""The word patterns of `_crisis.yml` and `_typed.yml` as regular expressions over folded words."""

import re

from bot.text import fold_words

# A pattern is a sequence of words; "x*" and "*x" are beginnings and endings, (a|b c) alternatives (an empty one makes
# the others optional), "_" one arbitrary word and "..." up to four.
_TOKEN = re.compile(r"\([^()]*\)|\S+")
_ALTERNATIVES = re.compile(r"\([^()]*\)")


def fold_message(text: str) -> str:
    """Return a message as the compiled patterns read it: folded words, each with a space on both sides."""
    return f" {' '.join(fold_words(text))} "


def is_broken(pattern: str) -> bool:
    """Tell whether a pattern is empty or has a bracket without its counterpart."""
    if any(bracket in _ALTERNATIVES.sub("x", pattern) for bracket in "()|"):
        return True
    try:
        return compile_patterns([pattern]) is None
    except (ValueError, re.error):
        return True


def compile_patterns(patterns: list[str]) -> re.Pattern[str] | None:
    """Turn word patterns into one regular expression over folded words; raises ValueError when one is empty."""
    return re.compile("|".join(f"(?:{_compile(pattern)})" for pattern in patterns)) if patterns else None


def _compile(pattern: str) -> str:
    parts: list[str] = []
    for token in _TOKEN.findall(pattern):
        if token == "...":
            parts.append(r"(?:[^ ]+ ){0,4}")
        elif token.startswith("("):
            options = token[1:-1].split("|")
            choices = "|".join(_sequence(choice) for choice in options if choice.strip())
            # an empty alternative makes the others optional
            parts.append(f"(?:(?:{choices}) )?" if "" in options else f"(?:{choices}) ")
        else:
            parts.append(_sequence(token) + " ")
    expression = "".join(parts)
    if not re.search(r"\w", pattern) or re.fullmatch(expression, ""):
        raise ValueError(pattern)
    # one space of context on the left; every part consumes the one on its right
    return r"(?<= )" + expression


def _sequence(words: str) -> str:
    return " ".join(_word(word) for word in words.split())


def _word(word: str) -> str:
    if word == "_":
        return r"[^ ]+"
    before = r"[^ ]*" if word.startswith("*") else ""
    after = r"[^ ]*" if word.endswith("*") else ""
    return before + re.escape(" ".join(fold_words(word))).replace(r"\ ", " ") + after
