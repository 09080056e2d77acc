"""What the checks look at: content, training sentences and test sentences, each with its place."""

from datetime import date
from typing import Literal

from msgspec import Struct

from bot.content import PLACEHOLDER, Content
from bot.models import Problem
from bot.text import fold_words
from bot.training_data import Example

Severity = Literal["FEHLER", "HINWEIS"]
Kind = Literal["answers", "suggestions", "not_answers", "out_of_scope", "crisis", "crisis_unseen", "words"]


class DialogueSentence(Struct, frozen=True):
    """One test sentence and what it is for."""

    text: str
    kind: Kind
    topic: str | None
    file: str
    line: int


class Project(Struct, frozen=True):
    """Everything that was readable."""

    content: Content
    examples: list[Example]
    words: list[tuple[str, ...]]
    """The folded words of each example, in the same order."""
    dialogues: list[DialogueSentence]
    today: date
    emergencies: list[Example]
    """Example sentences of `_crisis_sentences.yml`; the topic is the kind of emergency."""
    folder: str = "responses"
    """Name of the content folder."""

    def problem_in(self, stem: str, message: str) -> Problem:
        """Return a problem of a whole content file."""
        return Problem(f"{self.folder}/{stem}.yml", 1, message)

    def problem(self, key: str, message: str, severity: Severity = "FEHLER") -> Problem:
        """Return a problem at a place such as "answer:kaution.text", or at the entry around it."""
        places = self.content.places
        file, line = places.get(key) or places.get(key.partition(".")[0]) or (self.folder, 1)
        return Problem(file, line, message, severity)

    def fill(self, text: str) -> str:
        """Return a text with the values of today; an unknown name stays as it is."""
        return PLACEHOLDER.sub(lambda match: self.content.value_on(match[1], self.today) or match[0], text)


def fold(text: str) -> tuple[str, ...]:
    """Return what makes two sentences the same: words without case, umlauts and punctuation."""
    return tuple(fold_words(text)) or (text,)


def list_names(names: list[str]) -> str:
    """Return names for a message, quoted."""
    return ", ".join(f'"{name}"' for name in names)
