"""What each command of the command line does; returns the exit code."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import Struct

from bot.app import Bot, serve
from bot.channels.terminal import chat, format_reply
from bot.channels.widget_script import build_tag, build_widget
from bot.checks import check_project, summarise
from bot.configuration import require_sound_machine
from bot.content import ContentError, load_content
from bot.core_dumps import forbid_core_dumps
from bot.evaluation import EvaluationError, evaluate, format_report, read_dialogue_questions, read_questions
from bot.evaluation_report import reserve, write_report
from bot.hours import local_now
from bot.model_archive import load_interpreter
from bot.models import IntentScore, Prediction, Turn, UserMessage
from bot.nlu.errors import ModelError, TrainingError
from bot.nlu.interpreter import Interpreter
from bot.perturbations import PERTURBATIONS
from bot.preparation import StartError, ensure_crisis_model, ensure_model
from bot.settings import ROOT, Settings
from bot.thresholds import Sample, choose_thresholds, measure_zones, write_thresholds
from bot.training_data import read_lookup_tables, read_training_data
from bot.workers import serve_many

KNOWN_ERRORS = (ContentError, ModelError, TrainingError, StartError, EvaluationError)
DIALOGUES = ROOT / "tests" / "dialogues"
REPORT = ROOT / "reports" / "evaluation.html"
WIDGET_HINT = (
    "Die Prüfsumme gilt für diesen Stand: Ändern sich Programm oder responses/_widget.yml, den Befehl neu ausführen "
    "und die Zeile auf der Website austauschen, sonst lädt der Browser den Chat nicht."
)
BATCH = 256
RANKING_LENGTH = 10


class Line(Struct):
    """One input line of `--jsonl`."""

    id: str | int
    text: str


class BadLine(Exception):
    """An input line cannot be read."""


def run_serve(settings: Settings) -> int:
    """Serve until told to stop."""
    require_sound_machine(settings)
    forbid_core_dumps()
    if settings.workers > 1:
        serve_many(settings)
    else:
        serve(settings)
    return 0


def run_chat(settings: Settings) -> int:
    """Talk in the terminal."""
    bot = Bot(settings)
    asyncio.run(chat(bot.assistant.handle))
    bot.close()
    return 0


def run_ask(settings: Settings, question: str, explain: bool) -> int:
    """Print the reply to one question."""
    bot = Bot(settings)
    turn = asyncio.run(bot.assistant.handle(UserMessage("ask", "ask", question)))
    bot.close()
    print("\n\n".join(format_reply(reply) for reply in turn.replies))
    if explain:
        print(f"\nStatus: {turn.decision.status}   Thema: {turn.decision.topic or '–'}")
        for score in turn.prediction.intent_ranking[:5] if turn.prediction else ():
            print(f"  {score.confidence:6.1%}  {score.name}")
    return 0


def run_ask_lines(settings: Settings, source: TextIO, target: TextIO) -> int:
    """Answer each line as a fresh conversation."""
    bot = Bot(settings)

    async def answer_all() -> None:
        for number, line in enumerate(_read_lines(source)):
            turn = await bot.assistant.handle(UserMessage("ask", f"ask:{number}", line.text))
            target.write(msgspec.json.encode(_describe(line, turn)).decode() + "\n")

    try:
        asyncio.run(answer_all())
    except BadLine as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        bot.close()
    return 0


def _describe(line: Line, turn: Turn) -> dict[str, object]:
    ranking = turn.prediction.intent_ranking if turn.prediction else ()
    return {
        "id": line.id,
        "status": turn.decision.status,
        "topic": None if turn.decision.options else turn.decision.topic,
        "options": list(turn.decision.options),
        "ranking": [score.name for score in ranking],
        "reply": "\n\n".join(reply.text for reply in turn.replies),
    }


def run_parse_lines(settings: Settings, model: Path | None, source: TextIO, target: TextIO) -> int:
    """Write Rasa's raw result for each line."""
    interpreter = load_interpreter(model or ensure_model(settings))
    try:
        batch: list[Line] = []
        for line in _read_lines(source):
            batch.append(line)
            if len(batch) == BATCH:
                _parse_batch(interpreter, batch, target)
                batch = []
        _parse_batch(interpreter, batch, target)
    except BadLine as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        interpreter.close()
    return 0


def _parse_batch(interpreter: Interpreter, batch: list[Line], target: TextIO) -> None:
    if not batch:
        return
    for line, prediction in zip(batch, interpreter.parse_batch([line.text for line in batch]), strict=True):
        target.write(msgspec.json.encode(_describe_parse(line, prediction)).decode() + "\n")


def _describe_parse(line: Line, prediction: Prediction) -> dict[str, object]:
    best: IntentScore = prediction.intent_ranking[0]
    return {
        "id": line.id,
        "text": line.text,
        "intent": best.name,
        "confidence": best.confidence,
        "ranking": prediction.intent_ranking,
    }


def _read_lines(source: TextIO) -> Iterator[Line]:
    for number, raw in enumerate(source, 1):
        if raw.strip():
            try:
                yield msgspec.json.decode(raw, type=Line)
            except msgspec.MsgspecError:
                raise BadLine(f'Zeile {number} ist keine JSON-Zeile mit "id" und "text".') from None


def run_train(settings: Settings, nlu: Path | None, out: Path | None) -> int:
    """Have both models of our sentences ready, or train on foreign Rasa data."""
    if nlu is None and out is None:
        archive = ensure_model(settings)
        ensure_crisis_model(settings, load_content(settings.responses_dir))
        print(f"Das Modell passt zu den Sätzen: {archive}")
        return 0
    from bot.nlu.training import train_model

    data = nlu or settings.nlu_data_dir
    if out is None:
        out = settings.models_dir / f"{data.stem}.tar.gz"
    print(f"Trainiere mit {data} …", file=sys.stderr)
    train_model(settings.rasa_config, data, out)
    print(f"Modell geschrieben: {out}")
    return 0


def run_check(settings: Settings) -> int:
    """Check all content and print the problems."""
    result = check_project(settings.responses_dir, settings.nlu_data_dir)
    for problem in result.problems:
        print(problem)
    print(summarise(result))
    return 1 if result.errors else 0


def run_widget(settings: Settings, server: str | None) -> int:
    """Print the line that embeds the chat window, with the hash of what the server delivers."""
    script = build_widget(load_content(settings.responses_dir).labels)
    address = server or settings.public_url
    if not address:
        print("Die Adresse des Bots ist noch einzusetzen (oder: --server https://…).", file=sys.stderr)
    print(build_tag(script, address or "https://BOT-ADRESSE"))
    print(WIDGET_HINT, file=sys.stderr)
    return 0


def run_evaluate(settings: Settings, file: Path | None, html: Path, quick: bool) -> int:
    """Measure on labelled questions, or on the test sentences; print the figures and write the report."""
    content = load_content(settings.responses_dir)
    questions = read_questions(file) if file else read_dialogue_questions(DIALOGUES, content)
    source = file.name if file else "tests/dialogues"
    reserve(html)
    bot = Bot(settings)
    print(f"Stelle {len(questions)} Fragen …", file=sys.stderr)
    ways = {} if quick else PERTURBATIONS
    evaluation = asyncio.run(evaluate(bot.assistant.handle, questions, bot.content, source, ways))
    bot.close()
    write_report(evaluation, html, local_now().date())
    print(format_report(evaluation))
    print(f"\nBericht: {html}")
    return 0


def run_thresholds(settings: Settings, file: Path | None, write: bool) -> int:
    """Choose the thresholds on labelled questions, or by cross-validation when there are none; show both."""
    content = load_content(settings.responses_dir)
    samples = {"Kreuzvalidierung": _cross_validated_samples(settings)}
    if file is not None:
        samples[file.name] = _labelled_samples(settings, file)
    zones = choose_thresholds(samples[file.name if file else "Kreuzvalidierung"], content)
    best = zones.thresholds
    print(f"answer {best.answer}   lead {best.lead}   suggest {best.suggest}")
    for name, some in samples.items():
        zones = measure_zones(some, content, best)
        print(
            f"{name} ({len(some)}): bestes Thema richtig {_share_right(some):.1%}; damit richtig beantwortet "
            f"{zones.right:.1%}, richtig oder angeboten {zones.offered:.1%}, falsch {zones.wrong:.1%}"
        )
    if write:
        write_thresholds(settings.responses_dir / "_dialogue.yml", best)
        print(f"Geschrieben: {settings.responses_dir / '_dialogue.yml'}")
    return 0


def _cross_validated_samples(settings: Settings) -> list[Sample]:
    from bot.nlu.cross_validation import cross_validate

    examples, _ = read_training_data(settings.nlu_data_dir)
    print("Kreuzvalidierung läuft (einige Minuten) …", file=sys.stderr)
    tables = read_lookup_tables(settings.nlu_data_dir)
    rankings = cross_validate([e.text for e in examples], [e.topic for e in examples], RANKING_LENGTH, tables)
    return [
        Sample(_predict(ranking), frozenset({example.topic}))
        for example, ranking in zip(examples, rankings, strict=True)
    ]


def _labelled_samples(settings: Settings, file: Path) -> list[Sample]:
    questions = read_questions(file)
    interpreter = load_interpreter(ensure_model(settings))
    predictions = interpreter.parse_batch([question.text for question in questions])
    interpreter.close()
    return [
        Sample(prediction, frozenset(question.accept))
        for question, prediction in zip(questions, predictions, strict=True)
    ]


def _predict(ranking: list[tuple[str, float]]) -> Prediction:
    return Prediction(tuple(IntentScore(name, confidence) for name, confidence in ranking))


def _share_right(samples: list[Sample]) -> float:
    ranked = [sample for sample in samples if sample.prediction.intent_ranking]
    return sum(sample.prediction.intent_ranking[0].name in sample.accept for sample in ranked) / len(ranked)
