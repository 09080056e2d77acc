"""Finds what an editor should look at, worst first, and says in one German sentence what to do next."""

from collections import Counter
from typing import Literal

from msgspec import Struct

from bot.evaluation import OUT_OF_SCOPE, UNKNOWN, Evaluation, Outcome, Question
from bot.markup import format_percent

Kind = Literal["wrong", "misled", "silent", "asked"]
"""Answered wrong; only wrong options; no topic at all; asked back though the topic was among the options."""

WEIGHTS: dict[Kind, int] = {"wrong": 3, "misled": 2, "silent": 2, "asked": 1}
"""How much a finding harms; the order of the kinds is the order of the list."""
_ORDER = list(WEIGHTS)


class Finding(Struct, frozen=True):
    """A question that did not go well."""

    outcome: Outcome
    kind: Kind
    advice: str


class Confusion(Struct, frozen=True):
    """Two topics that are taken for each other."""

    meant: str
    given: str
    answered: int
    suggested: int
    """How often the other topic was not answered but the first option."""
    example: Question


class WeakTopic(Struct, frozen=True):
    """A topic whose questions often go wrong."""

    topic: str
    count: int
    findings: list[Finding]
    given: list[tuple[str, int]]
    """What came instead, most frequent first."""


def list_findings(evaluation: Evaluation) -> list[Finding]:
    """Return every question that did not go well, worst first.

    Confidently wrong ones come first; among questions back, those where the right topic was least expected.
    """
    findings = [
        Finding(outcome, kind, advise(outcome, kind, evaluation))
        for outcome in evaluation.outcomes
        if (kind := classify(outcome)) is not None
    ]
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> tuple[int, float]:
    outcome = finding.outcome
    if finding.kind in {"wrong", "misled"}:
        # what was decided without the NLU was decided with certainty
        return _ORDER.index(finding.kind), -(1.0 if outcome.confidence is None else outcome.confidence)
    return _ORDER.index(finding.kind), outcome.confidence_of(outcome.question.accept)


def classify(outcome: Outcome) -> Kind | None:
    """Return what is wrong with an outcome, or None."""
    if outcome.is_right:
        return None
    if outcome.is_wrong:
        return "wrong"
    if outcome.is_offered:
        return None if outcome.question.may_ask else "asked"
    return "misled" if outcome.turn.decision.options else "silent"


def first_given(outcome: Outcome) -> str | None:
    """Return the topic a person saw first: answered, or the first option."""
    options = outcome.turn.decision.options
    return options[0] if options else outcome.answered


def list_confusions(evaluation: Evaluation) -> list[Confusion]:
    """Return the pairs of topics that are taken for each other, most frequent first."""
    pairs: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in evaluation.outcomes:
        given = first_given(outcome)
        if given not in (None, UNKNOWN) and given not in outcome.question.accept:
            pairs.setdefault((outcome.question.best[0], given or ""), []).append(outcome)
    confusions = []
    for (meant, given), rows in pairs.items():
        answered = [outcome for outcome in rows if outcome.is_wrong]
        example = (answered or rows)[0].question
        confusions.append(Confusion(meant, given, len(answered), len(rows) - len(answered), example))
    return sorted(confusions, key=lambda pair: (-pair.answered, -pair.suggested))


def list_weak_topics(evaluation: Evaluation) -> list[WeakTopic]:
    """Return the topics with findings, those that harm most first."""
    counts = Counter(outcome.question.best[0] for outcome in evaluation.outcomes)
    by_topic: dict[str, list[Finding]] = {}
    for finding in list_findings(evaluation):
        by_topic.setdefault(finding.outcome.question.best[0], []).append(finding)
    weak = []
    for topic, findings in by_topic.items():
        accept = {name for finding in findings for name in finding.outcome.question.accept}
        given = Counter(first_given(finding.outcome) for finding in findings)
        others = [(name, count) for name, count in given.most_common() if name and name not in {*accept, UNKNOWN}]
        weak.append(WeakTopic(topic, counts[topic], findings, others))
    return sorted(weak, key=lambda topic: -sum(WEIGHTS[finding.kind] for finding in topic.findings))


def name_topic(topic: str, evaluation: Evaluation) -> str:
    """Return title and id of a topic, as an editor knows it."""
    known = evaluation.content.topics.get(topic)
    return f"„{known.title}“ ({topic})" if known else f"„{topic}“"


def name_place(topic: str, evaluation: Evaluation) -> str:
    """Return where the sentences of a topic stand."""
    return f"bei {topic} in nlu_data/{evaluation.group_of(topic)}.yml"


def describe_outcome(outcome: Outcome, evaluation: Evaluation) -> str:
    """Say what the person saw."""
    decision = outcome.turn.decision
    if decision.status == "guardrail_crisis" and decision.topic:
        return f"Notfallhinweis und Antwort zu {name_topic(decision.topic, evaluation)}"
    if decision.status == "guardrail_language":
        return "Karte in einer anderen Sprache"
    if decision.status == "guardrail_input":
        return "Bitte, die Frage anders zu schreiben"
    if decision.status == "error":
        return "Fehlermeldung"
    if decision.options:
        return f"Rückfrage: {', '.join(name_topic(topic, evaluation) for topic in decision.options)}"
    if outcome.answered in (None, UNKNOWN):
        return "„Dazu weiß ich nichts“"
    return f"Antwort zu {name_topic(outcome.answered or '', evaluation)}"


def advise(outcome: Outcome, kind: Kind, evaluation: Evaluation) -> str:
    """Say in one sentence what to do next."""
    meant = _meant(outcome)
    return (
        _advise_on_labels(meant, evaluation)
        or _advise_on_guardrails(outcome)
        or _advise_on_sentences(outcome, kind, meant, evaluation)
    )


def _meant(outcome: Outcome) -> str:
    """Of the accepted topics the one that was nearest, so that the advice names the shortest way."""
    options = [topic for topic in outcome.turn.decision.options if topic in outcome.question.accept]
    return options[0] if options else outcome.question.best[0]


def _advise_on_labels(meant: str, evaluation: Evaluation) -> str | None:
    if meant not in evaluation.content.topics:
        return f"Das Thema {meant} steht nicht im Katalog: Prüfen Sie die Lösung zu diesem Satz."
    if meant not in evaluation.content.answers and meant != UNKNOWN:
        group = evaluation.group_of(meant)
        return f"Zu {meant} gibt es noch keine Antwort: Schreiben Sie sie in responses/{group}.yml."
    return None


def _advise_on_guardrails(outcome: Outcome) -> str | None:
    return {
        "guardrail_crisis": "Der Satz gilt als Notlage: Ergänzen Sie, wenn er keine ist, eine Ausnahme (exceptions) in "
        "responses/_crisis.yml.",
        "guardrail_language": "Der Satz gilt als andere Sprache: Mehr Sätze helfen hier nicht, geben Sie ihn an die "
        "Technik weiter.",
        "guardrail_input": "Der Satz gilt als unlesbar (zu lang oder ohne Wörter): Prüfen Sie, ob er in die Liste "
        "gehört.",
        "error": "Hier ist das Programm gescheitert: Geben Sie den Satz an die Technik weiter.",
    }.get(outcome.turn.decision.status)


def _advise_on_sentences(outcome: Outcome, kind: Kind, meant: str, evaluation: Evaluation) -> str:
    here = name_place(meant, evaluation)
    given = first_given(outcome)
    if OUT_OF_SCOPE.issuperset(outcome.question.best) and given:
        return f"Diese Frage gehört zu keiner Antwort des Jobcenters: Schreiben Sie ähnliche Sätze {here}."
    if kind == "silent" or given is None:
        return f"Der Bot kennt diese Art zu fragen nicht: Schreiben Sie drei bis fünf ähnliche Sätze {here}."
    if given == meant:
        return _advise_on_unsure(outcome, meant, evaluation)
    there = name_place(given, evaluation)
    if kind == "misled":
        return (
            f"{meant} fehlt unter den Vorschlägen, {given} stand vorn: Schreiben Sie {here} drei bis fünf Sätze mit "
            f"anderen Wörtern, und sehen Sie nach, ob {there} ein Satz zu ähnlich ist."
        )
    return (
        f"{meant} wird mit {given} verwechselt: Schreiben Sie Sätze, die beide unterscheiden, {here} und "
        f"{there if evaluation.group_of(meant) != evaluation.group_of(given) else f'bei {given} in derselben Datei'}."
    )


def _advise_on_unsure(outcome: Outcome, meant: str, evaluation: Evaluation) -> str:
    """The right topic came first, but below the threshold or too near to the second."""
    here = name_place(meant, evaluation)
    sure, needed = outcome.confidence_of([meant]), evaluation.content.thresholds.answer
    others = [topic for topic in outcome.turn.decision.options if topic != meant]
    if sure >= needed and others:
        there = name_place(others[0], evaluation)
        return f"{others[0]} liegt fast gleichauf: Schreiben Sie Sätze, die beide unterscheiden, {here} und {there}."
    return (
        f"Das richtige Thema lag vorn, aber zu unsicher ({format_percent(sure)}, nötig {format_percent(needed)}): "
        f"Ein bis zwei ähnliche Sätze {here} reichen meist."
    )
