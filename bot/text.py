"""Makes citizen text safe to classify: NFC, white space, control characters, leading slashes."""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_EDGE = re.compile(r"^[\s/\\]+")
_DIGRAPHS = re.compile(r"(?<![aeq])ue|oe|ae")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def normalise(text: str) -> str:
    """Return the text in NFC with plain single spaces; invisible characters and a leading "/" are gone."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(char if _is_visible(char) else " " if char.isspace() else "" for char in composed)
    return _SPACE.sub(" ", _EDGE.sub("", visible)).strip()


def _is_visible(char: str) -> bool:
    # Cc control, Cf format (zero width, bidi), Cs surrogates, Co private use, Cn unassigned
    return not unicodedata.category(char).startswith("C")


def has_letters(text: str) -> bool:
    """Tell whether there is at least one letter of any script."""
    return any(char.isalpha() for char in text)


def has_symbols_only(text: str) -> bool:
    """Tell whether the text is nothing but emoji, punctuation and the like, without letters and digits."""
    return bool(text) and not any(char.isalnum() for char in text)


def fold_words(text: str) -> list[str]:
    """Return lower-case words without punctuation and diacritics (ä→ae, ß→ss); other scripts are kept."""
    lowered = text.casefold().replace("ß", "ss").translate(_UMLAUTS)
    decomposed = unicodedata.normalize("NFKD", lowered)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+", plain)


def fold_spelling(text: str) -> str:
    """Return lower-case text in which "für", "fuer" and "fur" look the same; for features only, never shown."""
    lowered = text.casefold().translate(_UMLAUTS)
    return _DIGRAPHS.sub(lambda match: match.group()[0], lowered)
