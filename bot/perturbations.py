"""Writes a question the way hurried people type it: typos, no umlauts, all lower case, keywords only."""

import re
import zlib
from collections.abc import Callable, Mapping
from random import Random

Perturb = Callable[[str], str]

SHORTEST_WORD = 4
"""Shorter words get no typo: "in" with a wrong letter is another word, not a misspelt one."""
_WORD = re.compile(r"[^\W\d_]+")
_KEYWORD = re.compile(r"[\w§]+(?:-\w+)*")

# Rows of a German keyboard with the shift of each to the right, in widths of a key.
_KEYBOARD = (("qwertzuiopü", 0.0), ("asdfghjklöä", 0.25), ("yxcvbnm", 0.75))
_KEYS = [
    (letter, row, column + shift)
    for row, (letters, shift) in enumerate(_KEYBOARD)
    for column, letter in enumerate(letters)
]
NEIGHBOURS = {
    letter: "".join(
        other
        for other, other_row, other_place in _KEYS
        if other != letter
        and abs(row - other_row) <= 1
        and abs(place - other_place) <= (1.0 if row == other_row else 0.75)
    )
    for letter, row, place in _KEYS
}
"""The keys that touch a key."""

_UMLAUTS = ("ä", "ö", "ü", "Ä", "Ö", "Ü", "ß")
_SPELT_OUT = str.maketrans(dict(zip(_UMLAUTS, ("ae", "oe", "ue", "Ae", "Oe", "Ue", "ss"), strict=True)))
_WITHOUT_DOTS = str.maketrans(dict(zip(_UMLAUTS, ("a", "o", "u", "A", "O", "U", "ss"), strict=True)))

# "nicht", "kein", "ohne", "wann", "wo" and "wer" stay: people type them because they carry the question.
_DROPPED = """
aber als also am an auch auf aus bei beim bin bis bist bitte da dabei dafür damit dann das dass davon dazu dein
deine deinem deinen deiner dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch du durch
ein eine einem einen einer eines er es etwas euch euer eure für gegen gibt habe haben habt hallo hast hat hatte
hätte ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja jetzt kann kannst können könnte könnten mal man
mein meine meinem meinen meiner meines mich mir mit möchte muss müssen nach noch nun nur ob oder schon sehr sein
seine seinem seinen seiner seit sich sie sind so soll sollen sollte sondern über um und uns unser unsere unserem
unseren unserer unter vom von vor war waren was weil welche welchem welchen welcher welches wenn werde werden wie
will wir wird wirklich wollen wurde würde zu zum zur
"""
FUNCTION_WORDS = frozenset(_DROPPED.split())


def add_typos(text: str, count: int) -> str:
    """Return the text with one typo each in `count` words, or in fewer when it has fewer long words.

    The same text always gets the same typos.
    """
    random = Random(zlib.crc32(text.encode("utf-8", "surrogatepass")) + count)
    words = [match for match in _WORD.finditer(text) if len(match.group()) >= SHORTEST_WORD]
    chosen = random.sample(words, min(count, len(words)))
    for match in sorted(chosen, key=re.Match.start, reverse=True):
        text = text[: match.start()] + _mistype(match.group(), random) + text[match.end() :]
    return text


def _mistype(word: str, random: Random) -> str:
    """Swap, drop, double or miss one letter; the first letter stays, as people seldom get it wrong."""
    position = random.randrange(1, len(word))
    before, letter, after = word[:position], word[position], word[position + 1 :]
    spellings = [before + after, before + letter * 2 + after]
    if after and after[0] != letter:
        spellings.append(before + after[0] + letter + after[1:])
    if letter.lower() in NEIGHBOURS:
        hit = random.choice(NEIGHBOURS[letter.lower()])
        spellings.append(before + (hit.upper() if letter.isupper() else hit) + after)
    return random.choice(spellings)


def spell_out_umlauts(text: str) -> str:
    """Write ä as ae, ö as oe, ü as ue, ß as ss."""
    return text.translate(_SPELT_OUT)


def drop_umlaut_dots(text: str) -> str:
    """Write ä as a, ö as o, ü as u, ß as ss, as on a foreign keyboard."""
    return text.translate(_WITHOUT_DOTS)


def keep_keywords(text: str) -> str:
    """Keep the content words, as in a search box; a text without any stays as it is."""
    words = [word for word in _KEYWORD.findall(text) if word.lower() not in FUNCTION_WORDS]
    return " ".join(words) or text


PERTURBATIONS: Mapping[str, Perturb] = {
    "ein Tippfehler": lambda text: add_typos(text, 1),
    "zwei Tippfehler": lambda text: add_typos(text, 2),
    "Umlaute als ae, oe, ue": spell_out_umlauts,
    "Umlaute als a, o, u": drop_umlaut_dots,
    "alles klein": str.lower,
    "nur Stichwörter": keep_keywords,
}
"""Every way of writing that is measured, by the name an editor sees."""
