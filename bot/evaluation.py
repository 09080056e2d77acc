"""Measures the whole bot on labelled questions: right, offered, wrong, per group, and what gets confused."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from bot.checks.dialogues import read_dialogues
from bot.content import Content, explain_error
from bot.dialogue import CONVERSATION_GROUP
from bot.models import Handle, Turn, UserMessage
from bot.perturbations import Perturb

UNKNOWN = "unbekannt"
OUT_OF_SCOPE = frozenset({UNKNOWN, "andere_behoerde"})
"""Topics of questions that are nobody's here; a content topic must never answer them."""


class EvaluationError(Exception):
    """The questions cannot be read or the report not written; the message says in German why."""


class Question(Struct, frozen=True):
    """One labelled line: `best` topics, and all topics that may be answered."""

    id: str | int
    text: str
    best: list[str]
    accept: list[str]
    may_ask: bool = False
    """A question back that offers an accepted topic is as good as the answer."""


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

    @property
    def confidence(self) -> float | None:
        """Confidence of the best topic, or None when the NLU was not asked."""
        ranking = self.turn.prediction.intent_ranking if self.turn.prediction else ()
        return ranking[0].confidence if ranking else None

    def confidence_of(self, topics: Iterable[str]) -> float:
        """Return the highest confidence among some topics; 0 when none is ranked."""
        ranking = self.turn.prediction.intent_ranking if self.turn.prediction else ()
        return max((score.confidence for score in ranking if score.name in set(topics)), default=0.0)


class Shares(Struct, frozen=True):
    """What became of some questions, as shares of them."""

    count: int
    right: float
    offered: float
    wrong: float
    unknown: float
    """Fallbacks: the bot said that it does not know."""
    rejected: float | None
    """Of the questions out of scope: not answered with a content topic. None when there are none."""


class Variant(Struct, frozen=True):
    """The same questions written in another way."""

    name: str
    changed: int
    """How many questions look different at all; the others keep their outcome."""
    shares: Shares


class Evaluation(Struct, frozen=True):
    """Everything that was measured, and the content it was measured with."""

    source: str
    outcomes: list[Outcome]
    variants: list[Variant]
    content: Content

    def group_of(self, topic: str) -> str:
        """Return the group of a topic, which is the name of its file too."""
        known = self.content.topics.get(topic)
        return known.group if known else "?"

    def groups(self) -> dict[str, list[Outcome]]:
        """Return the outcomes by the group of what was meant."""
        groups: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            groups.setdefault(self.group_of(outcome.question.best[0]), []).append(outcome)
        return dict(sorted(groups.items()))


def read_questions(path: Path) -> list[Question]:
    """Read a JSON-lines file; raises EvaluationError with the line number when one is broken."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EvaluationError(f"{path} ist nicht lesbar: Die Datei ist nicht in UTF-8 gespeichert.") from None
    except OSError as error:
        raise EvaluationError(f"{path} ist nicht lesbar: {explain_os_error(error)}") from None
    # not splitlines(): a sentence may hold one of the rarer line separators
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise EvaluationError(f"{path} enthält keine Fragen.")
    return [_read_question(line, f"{path}:{number}") for number, line in lines]


def _read_question(line: str, place: str) -> Question:
    try:
        question = msgspec.json.decode(line, type=Question)
    except msgspec.ValidationError as error:
        raise EvaluationError(f"{place}: Die Zeile passt nicht: {explain_error(str(error), Question)}.") from None
    except (msgspec.DecodeError, UnicodeError):
        raise EvaluationError(f"{place}: Die Zeile ist kein gültiges JSON.") from None
    if not question.best or not question.accept:
        raise EvaluationError(f'{place}: Die Listen "best" und "accept" brauchen mindestens ein Thema.')
    return question


def explain_os_error(error: OSError) -> str:
    """Return in German why a file cannot be read or written."""
    reasons = {
        FileNotFoundError: "Diese Datei gibt es nicht.",
        IsADirectoryError: "Das ist ein Ordner.",
        NotADirectoryError: "Ein Teil des Pfads ist kein Ordner.",
        FileExistsError: "Ein Teil des Pfads ist kein Ordner.",
        PermissionError: "Die Rechte dafür fehlen.",
    }
    return reasons.get(type(error), f"{error.strerror}.")


def read_dialogue_questions(folder: Path, content: Content) -> list[Question]:
    """Return the test sentences that have to be answered or offered; raises EvaluationError."""
    sentences, problems = read_dialogues(folder, content)
    if problems:
        raise EvaluationError(f"Die Testsätze haben Fehler, bitte zuerst beheben (./run check):\n{problems[0]}")
    questions = [
        Question(
            f"{Path(sentence.file).name}:{sentence.line}",
            sentence.text,
            [sentence.topic],
            [sentence.topic],
            sentence.kind == "suggestions",
        )
        for sentence in sentences
        if sentence.kind in {"answers", "suggestions"} and sentence.topic
    ]
    if not questions:
        raise EvaluationError(f"{folder} enthält keine Testsätze.")
    return questions


async def evaluate(
    handle: Handle, questions: Sequence[Question], content: Content, source: str, perturbations: Mapping[str, Perturb]
) -> Evaluation:
    """Ask every question as it stands, and once more in each of the other ways of writing."""
    outcomes = await _ask(handle, questions, "evaluate")
    variants = []
    for number, (name, perturb) in enumerate(perturbations.items()):
        texts = {index: perturb(question.text) for index, question in enumerate(questions)}
        changed = [index for index, question in enumerate(questions) if texts[index] != question.text]
        rewritten = [msgspec.structs.replace(questions[index], text=texts[index]) for index in changed]
        asked = dict(zip(changed, await _ask(handle, rewritten, f"evaluate:{number}"), strict=True))
        following = [asked.get(index, outcome) for index, outcome in enumerate(outcomes)]
        variants.append(Variant(name, len(changed), measure(following, content)))
    return Evaluation(source, outcomes, variants, content)


async def _ask(handle: Handle, questions: Sequence[Question], conversation: str) -> list[Outcome]:
    """Ask each question in a fresh conversation."""
    return [
        Outcome(question, await handle(UserMessage("evaluate", f"{conversation}:{index}", question.text)))
        for index, question in enumerate(questions)
    ]


def measure(outcomes: Sequence[Outcome], content: Content) -> Shares:
    """Return what became of some questions."""
    foreign = [outcome for outcome in outcomes if OUT_OF_SCOPE.issuperset(outcome.question.best)]
    return Shares(
        len(outcomes),
        _share(outcome.is_right for outcome in outcomes),
        _share(outcome.is_offered for outcome in outcomes),
        _share(outcome.is_wrong for outcome in outcomes),
        _share(outcome.turn.decision.status == "fallback" for outcome in outcomes),
        _share(not _is_content_topic(outcome.answered, content) for outcome in foreign) if foreign else None,
    )


def _is_content_topic(topic: str | None, content: Content) -> bool:
    known = content.topics.get(topic or "")
    return known is not None and known.group != CONVERSATION_GROUP


def _share(values: Iterable[bool]) -> float:
    flags = list(values)
    return sum(flags) / len(flags) if flags else 0.0


def format_report(evaluation: Evaluation, most: int = 25) -> str:
    """Return the table per group, what other ways of writing cost, the confusions and what was missed."""
    content, outcomes = evaluation.content, evaluation.outcomes
    headings = f"{'richtig':>9}{'angeboten':>11}{'falsch':>8}{'weiß nicht':>12}{'abgewehrt':>11}"
    lines = [f"{'Gruppe':28}{'Fragen':>8}{headings}"]
    lines += [_format_row(name, measure(rows, content)) for name, rows in evaluation.groups().items()]
    lines.append(_format_row("alle", measure(outcomes, content)))
    lines += ["", "richtig = sofort beantwortet; angeboten = richtig oder unter den Vorschlägen;"]
    lines += ["falsch = mit einem nicht akzeptierten Thema beantwortet; weiß nicht = Fallback;"]
    lines += [f"abgewehrt = von den Fragen zu {' und '.join(sorted(OUT_OF_SCOPE))}: kein Inhaltsthema als Antwort.", ""]
    lines += _format_losses(evaluation)
    lines += _format_confusions(outcomes, most)
    return "\n".join(lines)


def _format_row(name: str, shares: Shares) -> str:
    rejected = "–" if shares.rejected is None else f"{shares.rejected:.1%}"
    return (
        f"{name:28}{shares.count:8}{shares.right:9.1%}{shares.offered:11.1%}{shares.wrong:8.1%}"
        f"{shares.unknown:12.1%}{rejected:>11}"
    )


def _format_losses(evaluation: Evaluation) -> list[str]:
    if not evaluation.variants:
        return []
    base = measure(evaluation.outcomes, evaluation.content)
    lines = [f"{'Anders geschrieben (Punkte)':28}{'geändert':>8}{'richtig':>9}{'angeboten':>11}{'falsch':>8}"]
    for variant in evaluation.variants:
        shares = variant.shares
        changes = [shares.right - base.right, shares.offered - base.offered, shares.wrong - base.wrong]
        right, offered, wrong = (round(change * 100, 1) + 0.0 for change in changes)
        lines.append(f"{variant.name:28}{variant.changed:8}{right:+9.1f}{offered:+11.1f}{wrong:+8.1f}")
    return [*lines, ""]


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
