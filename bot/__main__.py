"""Command line: parsing of arguments, nothing else."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from bot import commands, configuration
from bot.editing.commands import run_due, run_preview, run_schema
from bot.logs import catch_unexpected, configure_logging
from bot.review.commands import run_assign, run_confirm, run_discard, run_review
from bot.settings import PREFIX, Settings, SettingsError, load_settings
from bot.statistics.command import run_statistics
from bot.statistics.summary import DEFAULT_DAYS

PROGRAM = "jobcenter-bot"
WRONG_CALL = 2
REVIEW = "zeigt, was der Bot nicht verstanden hat; zwei Personen können ihm daraus Sätze beibringen"


class GermanParser(argparse.ArgumentParser):
    """Argument parser whose help and errors are German."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the call and leave with exit code 2."""
        for english, german in ERRORS.items():
            message = message.replace(english, german)
        self.exit(WRONG_CALL, f"{message}\nHilfe: {self.prog} --help\n")

    def format_help(self) -> str:
        """Return the help text with German headings."""
        text = super().format_help()
        for english, german in HEADINGS.items():
            text = text.replace(english, german)
        return text


HEADINGS = {
    "usage:": "Aufruf:",
    "positional arguments:": "Angaben:",
    "options:": "Optionen:",
    "show this help message and exit": "zeigt diese Hilfe",
}
ERRORS = {
    "the following arguments are required:": "Es fehlt:",
    "one of the arguments": "Es fehlt eine der Angaben:",
    " is required": "",
    "unrecognized arguments:": "Unbekannte Angabe:",
    "invalid choice:": "unbekannt:",
    "invalid int value:": "keine ganze Zahl:",
    "choose from": "möglich sind",
    "expected one argument": "braucht eine Angabe",
    "not allowed with argument": "geht nicht zusammen mit",
    "argument ": "",
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    parser = GermanParser(prog=PROGRAM, description="Bürger-Chatbot des Jobcenters Landkreis Saarlouis.")
    actions = parser.add_subparsers(title="Befehle", metavar="<Befehl>", required=True, parser_class=GermanParser)

    def add(name: str, run: Callable[[argparse.Namespace, Settings], int], text: str) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
        action.set_defaults(run=run, command=name)
        return action

    server = add(
        "serve", lambda args, settings: commands.run_serve(settings), "startet Website und, mit Token, Telegram"
    )
    server.add_argument("--workers", metavar="ZAHL", help="wie viele Prozesse (sonst JOBCENTER_BOT_WORKERS)")
    add("chat", lambda args, settings: commands.run_chat(settings), "unterhält sich im Terminal")

    ask = add("ask", _ask, "beantwortet eine Frage, oder mit --jsonl viele")
    what = ask.add_mutually_exclusive_group(required=True)
    what.add_argument("question", nargs="?", metavar="Frage", help="die Frage in Anführungszeichen")
    what.add_argument("--jsonl", action="store_true", help='liest Zeilen {"id", "text"} von der Standardeingabe')
    ask.add_argument("--explain", action="store_true", help="zeigt, was erkannt wurde")

    parse = add("parse", _parse, "zeigt das Rohergebnis von Rasa je Zeile")
    parse.add_argument("--jsonl", action="store_true", required=True, help='liest Zeilen {"id", "text"}')
    parse.add_argument("--model", type=Path, metavar="DATEI", help="anderes Modell, mit train --out erzeugt")

    train = add("train", _train, "trainiert das Modell")
    train.add_argument("--nlu", type=Path, metavar="PFAD", help="andere Rasa-Trainingsdaten (Datei oder Ordner)")
    train.add_argument("--out", type=Path, metavar="DATEI", help="wohin das Modell geschrieben wird (.tar.gz)")

    add("check", lambda args, settings: commands.run_check(settings), "prüft alle Inhalte")

    due = add("due", _due, "zeigt, was die Redaktion bald prüfen muss: Fristen, Beträge, offene Angaben")
    period = "so viele Tage im Voraus (sonst 60)"
    due.add_argument("--days", type=int, default=60, metavar="TAGE", help=period)
    calendar = "schreibt die Termine auch in eine Kalenderdatei (.ics)"
    due.add_argument("--ics", type=Path, metavar="PFAD", help=calendar)

    preview = add("preview", _preview, "zeigt Antworten beim Schreiben im Browser, nur auf diesem Rechner")
    preview.add_argument("--port", type=int, default=8090, metavar="PORT", help="Port der Vorschau (sonst 8090)")

    schema = "schreibt die Schemas, mit denen Texteditoren Felder vorschlagen (nach einem neuen Thema)"
    add("schema", lambda args, settings: run_schema(settings), schema)

    shown = "zeigt alle Einstellungen und prüft, ob der Bot damit auf diesem Rechner laufen kann"
    add("config", lambda args, settings: configuration.run_config(settings), shown)

    backup = add("backup", _backup, "sichert die Zahlen aus der Datenbank, nichts von Gesprächen")
    backup.add_argument("folder", type=Path, metavar="ORDNER", help="wohin die Sicherung kommt")
    backup.add_argument("--keep", type=int, default=14, metavar="ZAHL", help="so viele Sicherungen bleiben (sonst 14)")

    widget = add("widget", _widget, "zeigt die Zeile, die das Chat-Fenster in eine Website einbettet")
    widget.add_argument("--server", metavar="ADRESSE", help="öffentliche Adresse des Bots (https://…)")

    _add_review(add("review", lambda args, settings: run_review(settings), REVIEW))

    statistics = add(
        "statistics", _statistics, "zeigt, was gezählt wurde: Nachrichten, Themen, Rückmeldungen, Uhrzeiten"
    )
    days = f"so viele Tage bis gestern (sonst {DEFAULT_DAYS})"
    statistics.add_argument("--days", type=int, default=DEFAULT_DAYS, metavar="TAGE", help=days)
    table = "schreibt eine Tabelle für Excel; - schreibt sie auf die Standardausgabe"
    statistics.add_argument("--csv", metavar="PFAD", help=table)

    evaluate = add("evaluate", _evaluate, "misst an Fragen mit bekannter Lösung und sagt, was als Nächstes zu tun ist")
    labelled = 'Zeilen {"id", "text", "best", "accept"}; ohne Angabe die Sätze aus tests/dialogues'
    evaluate.add_argument("file", type=Path, nargs="?", metavar="DATEI", help=labelled)
    report = "wohin der Bericht geschrieben wird (sonst reports/evaluation.html)"
    evaluate.add_argument("--html", type=Path, default=commands.REPORT, metavar="PFAD", help=report)
    evaluate.add_argument("--quick", action="store_true", help="lässt Tippfehler und andere Schreibweisen weg")

    thresholds = add("thresholds", _thresholds, "misst, ab wann der Bot antwortet, nachfragt oder passt")
    thresholds.add_argument("file", type=Path, nargs="?", metavar="DATEI", help="dazu Fragen mit bekannter Lösung")
    thresholds.add_argument("--write", action="store_true", help="schreibt das Ergebnis in responses/_dialogue.yml")
    return parser


def _add_review(review: argparse.ArgumentParser) -> None:
    """Add what can be done with questions that were not understood."""
    actions = review.add_subparsers(title="Befehle", metavar="<Befehl>", parser_class=GermanParser)

    def add(name: str, run: Callable[[argparse.Namespace, Settings], int], text: str) -> argparse.ArgumentParser:
        action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
        action.set_defaults(run=run)
        action.add_argument("numbers", type=int, nargs="+", metavar="NUMMER", help="Nummer aus der Liste")
        return action

    assign = add("assign", _assign, "schlägt ein Thema vor")
    assign.add_argument("topic", metavar="THEMA", help="Kennung des Themas, zum Beispiel kaution")
    assign.add_argument("--name", required=True, help="wer das vorschlägt")
    assign.add_argument("--text", metavar="SATZ", help="neue Fassung des Satzes, die gelernt werden soll")
    confirm = add("confirm", _confirm, "trägt den vorgeschlagenen Satz in nlu_data/ ein; das macht jemand anderes")
    confirm.add_argument("--name", required=True, help="wer das bestätigt")
    discard = add("discard", _discard, "löscht die Frage")
    discard.add_argument("--name", help="darf dabeistehen, wird aber nicht gebraucht")


def _assign(args: argparse.Namespace, settings: Settings) -> int:
    return run_assign(settings, args.numbers, args.topic, args.name, args.text)


def _confirm(args: argparse.Namespace, settings: Settings) -> int:
    return run_confirm(settings, args.numbers, args.name)


def _discard(args: argparse.Namespace, settings: Settings) -> int:
    return run_discard(settings, args.numbers)


def _ask(args: argparse.Namespace, settings: Settings) -> int:
    if args.jsonl:
        return commands.run_ask_lines(settings, sys.stdin, sys.stdout)
    return commands.run_ask(settings, args.question, args.explain)


def _parse(args: argparse.Namespace, settings: Settings) -> int:
    return commands.run_parse_lines(settings, args.model, sys.stdin, sys.stdout)


def _train(args: argparse.Namespace, settings: Settings) -> int:
    return commands.run_train(settings, args.nlu, args.out)


def _due(args: argparse.Namespace, settings: Settings) -> int:
    return run_due(settings, args.days, args.ics)


def _preview(args: argparse.Namespace, settings: Settings) -> int:
    return run_preview(settings, args.port)


def _backup(args: argparse.Namespace, settings: Settings) -> int:
    from bot.store.backup import run_backup  # SQLAlchemy takes 0.3 s, and few commands need it

    return run_backup(settings, args.folder, max(args.keep, 1))


def _widget(args: argparse.Namespace, settings: Settings) -> int:
    return commands.run_widget(settings, args.server)


def _statistics(args: argparse.Namespace, settings: Settings) -> int:
    return run_statistics(settings, args.days, args.csv)


def _evaluate(args: argparse.Namespace, settings: Settings) -> int:
    return commands.run_evaluate(settings, args.file, args.html, args.quick)


def _thresholds(args: argparse.Namespace, settings: Settings) -> int:
    return commands.run_thresholds(settings, args.file, args.write)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0 (fine), 1 (problem found) or 2 (wrong call)."""
    args = build_parser().parse_args(arguments)
    try:
        workers = getattr(args, "workers", None)
        settings = load_settings(os.environ | ({f"{PREFIX}WORKERS": workers} if workers else {}))
    except SettingsError as error:
        print(f"Einstellung falsch: {error}", file=sys.stderr)
        return WRONG_CALL
    quiet = args.command != "serve" and settings.log_level == "INFO"  # one line a turn would drown the answers
    configure_logging("WARNING" if quiet else settings.log_level, settings.log_format)
    if args.command == "serve":
        catch_unexpected()
    try:
        code: int = args.run(args, settings)
    except (*commands.KNOWN_ERRORS, configuration.ConfigurationError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
