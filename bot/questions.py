"""Splits a message into the questions it may consist of."""

import re

MOST_PARTS = 8
# not after "3." or "z. B."
_SENTENCE = re.compile(r"(?<=[^\W\d_]{2}[.!?;]|.[\d ][!?])\s+")
_OPENERS = (
    "wer|was|wo|wohin|woher|wann|wie|wieso|weshalb|warum|welche[rnsm]?|wieviel|wen|wem|womit|wofür|"
    "kann|können|darf|dürfen|muss|müssen|soll|sollen|bekomme?|bekommen|krieg|kriege|habt|haben sie|habe? ich|gibt|"
    "gibts|"
    "ist|sind|zahlt|zahlen|geht|brauche?|wird|werden|macht|hilft"
)
# "und" joins two questions only where the second begins like one; the lookbehind keeps a row of commas linear
_JOINT = re.compile(
    rf"(?<![,\s])[,\s]+(?:und|sowie|außerdem|ausserdem|dann noch|noch eine frage)[,:\s]+(?=(?:{_OPENERS})\b)", re.I
)


LEANING = 6
"""A part of at most so many words with "das", "dort" or "da" asks about the part before it."""
_LEANING_WORD = re.compile(r"\b(?:dort|da|dafür|davon|damit|dazu|das(?=\s*(?:\?|$|auch\b|denn\b|\w+en\b)))\b", re.I)
_ASKING = re.compile(r"\b(?:was|wer|wie|wo|wann|wohin|welche[rnsm]?)\b", re.I)
_OPENER = re.compile(rf"(?:{_OPENERS})\b", re.I)


def split_questions(text: str) -> list[str]:
    """Return the parts in order, at most MOST_PARTS; a part has at least two words."""
    parts = [part.strip() for sentence in _SENTENCE.split(text) for part in _JOINT.split(sentence)]
    return [part for part in parts if len(part.split()) > 1][:MOST_PARTS]


def is_question(part: str) -> bool:
    """Tell whether a part asks by itself: it has a question mark or word, and does not lean on "das" or "dort"."""
    leans = len(part.split()) <= LEANING and bool(_LEANING_WORD.search(part))
    return not leans and (part.endswith("?") or bool(_OPENER.match(part)) or bool(_ASKING.search(part)))
