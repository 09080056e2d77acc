"""Measures the whole bot on labelled questions: right, offered, wrong, per group, and what gets confused."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from bot.content import Content
from bot.models import Turn

UNKNOWN = "unbekannt"


class Question(Struct, frozen=True):
    """One labelled line: `best` topics, and all topics that may be answered."""

    id: str
    text: str
    best: list[str]
    accept: list[str]


class Outcome(Struct, frozen=True):
    """What became of one question."""

    question: Question
    turn: Turn

    @property
    def answered(self) -> str | None:
        """The topic that was answered at once, or None after a question back or a fallback."""
        decision = self.turn.decision
        if decision.status == "fallback":
            return UNKNOWN
        return None if decision.options else decision.topic

    @property
    def is_right(self) -> bool:
        """An accepted topic was answered at once; saying "I don't know" is right where nothing is known."""
        return self.answered in self.question.accept

    @property
    def is_offered(self) -> bool:
        """An accepted topic was answered, or is among the options."""
        return self.is_right or bool(set(self.turn.decision.options) & set(self.question.accept))

    @property
    def is_wrong(self) -> bool:
        """A topic was answered that is not accepted; options and "I don't know" are never wrong."""
        return self.answered not in (None, UNKNOWN) and not self.is_right


def read_questions(path: Path) -> list[Question]:
    """Read a JSON-lines file; raises ValueError with the line number when one is broken."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                questions.append(msgspec.json.decode(line, type=Question))
            except msgspec.MsgspecError as error:
                raise ValueError(f"{path}:{number}: Die Zeile passt nicht ({error}).") from None
    return questions


def format_report(outcomes: Sequence[Outcome], content: Content, most: int = 25) -> str:
    """Return the table per group, the confusions and the sentences to look at."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        topic = content.topics.get(outcome.question.best[0])
        groups.setdefault(topic.group if topic else "?", []).append(outcome)
    lines = [f"{'Gruppe':28}{'Fragen':>8}{'richtig':>9}{'angeboten':>11}{'falsch':>8}{'weiß nicht':>12}"]
    lines += [_format_row(name, rows) for name, rows in sorted(groups.items())]
    lines.append(_format_row("alle", outcomes))
    lines += ["", "richtig = sofort beantwortet; angeboten = richtig oder unter den Vorschlägen; "]
    lines += ["falsch = mit einem nicht akzeptierten Thema beantwortet; weiß nicht = Fallback.", ""]
    lines += _format_confusions(outcomes, most)
    return "\n".join(lines)


def _format_row(name: str, rows: Sequence[Outcome]) -> str:
    shares = [
        _share(row.is_right for row in rows),
        _share(row.is_offered for row in rows),
        _share(row.is_wrong for row in rows),
        _share(row.turn.decision.status == "fallback" for row in rows),
    ]
    return f"{name:28}{len(rows):8}{shares[0]:9.1%}{shares[1]:11.1%}{shares[2]:8.1%}{shares[3]:12.1%}"


def _share(values: Iterable[bool]) -> float:
    flags = list(values)
    return sum(flags) / len(flags) if flags else 0.0


def _format_confusions(outcomes: Sequence[Outcome], most: int) -> list[str]:
    pairs = Counter((outcome.question.best[0], outcome.answered or "") for outcome in outcomes if outcome.is_wrong)
    lines = ["Verwechslungen (gemeint → beantwortet):"]
    lines += [f"  {count:3}  {best} → {given}" for (best, given), count in pairs.most_common(most)]
    missed = [outcome for outcome in outcomes if not outcome.is_offered]
    lines += ["", f"Weder beantwortet noch angeboten: {len(missed)}"]
    for outcome in missed[:most]:
        decision = outcome.turn.decision
        given = ", ".join(decision.options) or decision.topic or decision.status
        lines.append(f"  {outcome.question.id}: {outcome.question.best[0]} → {given}")
    return lines
