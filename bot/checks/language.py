"""Checks of the wording: retired official words, and sentences that are too long for Einfache Sprache."""

import re
from collections.abc import Iterator

from bot.checks.project import Project
from bot.models import Problem

MAX_WORDS = 15
MAX_COMMAS = 2

# Words of the law before 1 July 2026 and the official ones of today (facts/sgb2.md, sections 1, 22 and 24).
RETIRED_WORDS = {
    re.compile(r"\bArbeitslosengeld (?:II|2)\b|\bALG ?(?:II|2)\b", re.I): "Grundsicherungsgeld",
    re.compile(r"\bHartz", re.I): "Grundsicherungsgeld",
    re.compile(r"\bBürgergeld\w*", re.I): "Grundsicherungsgeld",
    re.compile(r"\bSozialgeld\w*", re.I): "Grundsicherungsgeld",
    re.compile(r"\bEingliederungsvereinbarung\w*", re.I): "Kooperationsplan",
    re.compile(r"\bSanktion\w*", re.I): "Leistungsminderung",
    re.compile(r"\bArbeitsamt\w*", re.I): "Agentur für Arbeit",
}
# In a sentence with one of these the old word is a bridge: "Grundsicherungsgeld (früher Bürgergeld)".
_BRIDGE = re.compile(r"\b(?:früher\w*|statt|hieß\w*|heißt|bisher\w*|heute|davor|ehemal\w+|noch|Namen?)\b", re.I)
# A full stop ends no sentence after a day or ordinal, a single letter or a usual abbreviation.
_SHORT = ("Abs", "bzw", "ca", "evtl", "ggf", "Nr", "Str", "usw")
_ABBREVIATIONS = "".join(rf"(?<!\b{word}\.)" for word in _SHORT)
_SENTENCE_END = re.compile(
    rf"(?<!(?<!\d)\d\.)(?<!(?<!\d)\d\d\.)(?<!\b[^\W\d_]\.){_ABBREVIATIONS}"
    r"(?:(?<=[.!?:])|(?<=[.!?]“)|(?<=[.!?]\)))\s+|\n+"
)


def split_sentences(text: str) -> list[str]:
    """Split a German text into sentences; a line is at least one sentence."""
    return [part.strip("– ") for part in _SENTENCE_END.split(text) if part and part.strip("– ")]


def check_retired_words(project: Project) -> Iterator[Problem]:
    """Answers use the words of the law in force; old ones only to build a bridge."""
    for topic, answer in project.content.answers.items():
        for field, text in (("text", answer.text), ("plain", answer.plain), ("easy", answer.easy or "")):
            for sentence in split_sentences(text):
                for word, official in RETIRED_WORDS.items():
                    match = word.search(sentence)
                    if match and not _BRIDGE.search(sentence):
                        change = f'"{match.group()}" heißt jetzt "{official}"'
                        message = f"{topic}: {change}; das alte Wort nur als Brücke (früher …, hieß …)."
                        yield project.problem(f"answer:{topic}.{field}", message)


def check_plain_sentences(project: Project) -> Iterator[Problem]:
    """Count long and nested sentences in the versions in Einfache Sprache."""
    content = project.content
    texts = [(f"answer:{topic}.plain", topic, answer.plain) for topic, answer in content.answers.items()]
    texts += [(f"system:{key}", key, entry.plain) for key, entry in content.system.items()]
    for place, label, text in texts:
        sentences = split_sentences(project.fill(text))
        long = sum(len(sentence.split()) > MAX_WORDS for sentence in sentences)
        nested = sum(len(re.findall(r",(?!\d)", sentence)) > MAX_COMMAS for sentence in sentences)
        faults = [f"über {MAX_WORDS} Wörter: {long}"] if long else []
        faults += [f"mehr als {MAX_COMMAS} Kommas: {nested}"] if nested else []
        if faults:
            message = f"{label}: plain hat schwere Sätze ({', '.join(faults)})."
            yield project.problem(place, message, "HINWEIS")
