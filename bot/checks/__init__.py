"""Cross-checks catalogue, answers, training sentences and test dialogues, and tells editors in German."""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from msgspec import Struct

from bot.checks import answers, catalogue, emergencies, flows, language, notices, pages, sentences, system_texts
from bot.checks import dialogues as dialogue_checks
from bot.checks.project import DialogueSentence, Project, fold
from bot.content import read_content
from bot.crisis_sentences import SENTENCES
from bot.hours import local_now
from bot.models import Problem
from bot.settings import ROOT
from bot.training_data import read_examples, read_training_data

CHECKS: tuple[Callable[[Project], Iterable[Problem]], ...] = (
    catalogue.check_titles,
    catalogue.check_pointers,
    catalogue.check_missing_answers,
    catalogue.check_start_topics,
    catalogue.check_references,
    catalogue.check_contacts,
    catalogue.check_opening_hours,
    catalogue.check_values,
    answers.check_length,
    answers.check_rendered_length,
    answers.check_form,
    answers.check_placeholders,
    answers.check_facts,
    answers.check_links_and_sources,
    answers.check_dates,
    language.check_retired_words,
    language.check_plain_sentences,
    system_texts.check_system_texts,
    system_texts.check_unused_texts,
    pages.check_page_words,
    pages.check_statement,
    emergencies.check_kinds,
    emergencies.check_example_sentences,
    flows.check_flows,
    flows.check_calculators,
    flows.check_flow_titles,
    flows.check_flow_texts,
    flows.check_own_cases,
    flows.check_typed,
    sentences.check_sentence_places,
    sentences.check_sentence_counts,
    sentences.check_repeated_sentences,
    sentences.check_seen_sentences,
    sentences.check_personal_data,
    sentences.check_variety,
)
DIALOGUE_CHECKS = (
    emergencies.check_unseen_sentences,
    dialogue_checks.check_answers_are_tested,
    dialogue_checks.check_contradictions,
)


class CheckResult(Struct, frozen=True):
    """All problems, sorted by place, and how much was looked at."""

    problems: list[Problem]
    topics: int = 0
    answers: int = 0
    examples: int = 0
    dialogues: int = 0
    covered_share: float = 0.0
    """Share of the training sentences that say nothing new in their topic."""

    @property
    def errors(self) -> bool:
        """Tell whether anything must be mended before the bot may run."""
        return any(problem.severity == "FEHLER" for problem in self.problems)


def check_project(
    responses: Path,
    nlu_data: Path,
    dialogues: Path | None = ROOT / "tests" / "dialogues",
    today: date | None = None,
) -> CheckResult:
    """Check everything; without a folder of test dialogues what depends on them is left out."""
    content, problems = read_content(responses)
    examples, found = read_training_data(nlu_data)
    problems += found
    if content is None:  # without a catalogue everything else would look wrong too
        return CheckResult(sorted(problems), examples=len(examples))
    checks = list(CHECKS)
    tests: list[DialogueSentence] = []
    if dialogues is not None:
        tests, found = dialogue_checks.read_dialogues(dialogues, content)
        problems += found
        checks += DIALOGUE_CHECKS
    problems += notices.check_notices(responses, content, today or local_now().date())
    crisis_examples, found = read_examples(responses / SENTENCES)
    problems += found
    words = [fold(example.text) for example in examples]
    project = Project(content, examples, words, tests, today or local_now().date(), crisis_examples, responses.name)
    for check in checks:
        problems += check(project)
    return CheckResult(
        sorted(set(problems)),
        len(content.topics),
        len(content.answers),
        len(examples),
        len(tests),
        sentences.measure_covered_share(project),
    )


def summarise(result: CheckResult) -> str:
    """Return the last lines of the report: how varied the sentences are, and whether all is well."""
    errors = sum(problem.severity == "FEHLER" for problem in result.problems)
    hints = _count(len(result.problems) - errors, "Hinweis", "Hinweise")
    share = f"{result.covered_share:.0%}".replace("%", " %")
    lines = [f"Vielfalt: {share} der Trainingssätze sagen kaum Neues gegenüber einem anderen ihres Themas."]
    if errors:
        return "\n".join([*lines, f"{_count(errors, 'Fehler', 'Fehler')}, {hints}."])
    amounts = [
        _count(result.topics, "Thema", "Themen"),
        _count(result.answers, "Antwort", "Antworten"),
        _count(result.examples, "Trainingssatz", "Trainingssätze"),
        _count(result.dialogues, "Testsatz", "Testsätze"),
        hints,
    ]
    return "\n".join([*lines, f"Alles in Ordnung: {', '.join(amounts)}."])


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,}".replace(",", ".") + f" {one if number == 1 else many}"
