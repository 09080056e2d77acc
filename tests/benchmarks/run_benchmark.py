"""Measures our server beside stock Rasa's, and how it grows. One command, German tables, plots and JSON."""

import argparse
import sys
from pathlib import Path

from benchmark_report import build_readme, find_errors, format_comparison, format_scaling
from charts import draw_comparison, draw_scaling
from comparison import RESULT as COMPARISON
from comparison import compare
from measurements import Plan
from processes import ROOT, BenchmarkError
from scaling import RESULT as SCALING
from scaling import scale
from stages import Figures, Setup, describe_machine, load, tell
from stock_rasa import create_environment

HERE = Path(__file__).resolve().parent
PARTS = {
    "compare": (COMPARISON, compare, format_comparison, draw_comparison),
    "scaling": (SCALING, scale, format_scaling, draw_scaling),
}


def parse_arguments() -> argparse.Namespace:
    """Return the options; the defaults measure everything."""
    parser = argparse.ArgumentParser(
        description="Vergleicht den Server mit dem von Rasa und misst, wie er wächst. Fertige Trainings werden "
        "wiederverwendet, solange Sätze und Code gleich sind; alles neu: --work auf einen leeren Ordner."
    )
    option = parser.add_argument
    option("--only", choices=list(PARTS), help="nur diesen Teil")
    option("--readme", action="store_true", help="nichts messen; den README-Abschnitt aus den Ergebnissen ausgeben")
    option("--redraw", action="store_true", help="nichts messen; Tabellen und Bilder aus den Ergebnissen neu machen")
    option("--stock", type=Path, default=ROOT / ".stock-rasa", help="Umgebung mit rasa 3.6.21, sonst angelegt")
    option("--stock-python", default="3.10", help="Python dafür: Version oder Pfad")
    option("--sentences", type=int, default=5, help="Sätze je Thema im Vergleich; mit allen lernt rasa init Stunden")
    option("--epochs", type=int, default=100, help="Epochen von rasa init (dort 100)")
    option("--limit", type=int, help="nur so viele Themen (zum Ausprobieren)")
    option("--requests", type=int, default=1000, help="so viele einzelne Fragen für Zeit und Speicher")
    option("--seconds", type=float, default=8.0, help="so lange fragen 8, 64 und 256 Clients")
    option("--starts", type=int, default=3, help="so oft wird jeder Start gemessen (Median)")
    option("--work", type=Path, default=ROOT / "reports" / "benchmark", help="Ordner für Modelle und Protokolle")
    option("--results", type=Path, default=HERE / "results", help="Ordner für Ergebnisse (JSON) und Bilder (SVG)")
    return parser.parse_args()


def run_parts(args: argparse.Namespace) -> int:
    """Measure, print and draw; returns 1 when a step failed."""
    setup = Setup(
        args.work.resolve(),
        args.results.resolve(),
        args.stock.absolute(),
        Plan(args.starts, args.requests, args.seconds),
        args.sentences,
        args.epochs,
        args.limit,
        describe_machine(),
    )
    failed = 0
    for name in [args.only] if args.only else PARTS:
        file, measure, format_part, draw = PARTS[name]
        if args.redraw:
            result = require_result(setup.results / file)
        else:
            (setup.work / name).mkdir(parents=True, exist_ok=True)
            if name == "compare":
                tell("Umgebung mit Stock-Rasa (beim ersten Mal 2,7 GB, etwa eine Minute) …")
                create_environment(setup.stock, args.stock_python, setup.work / "install.log")
            result = measure(setup)
        print(format_part(result) + "\n")
        picture = (setup.results / file).with_suffix(".svg")
        picture.write_text(draw(result), encoding="utf-8")
        tell(f"Ergebnisse: {setup.results / file}, Bild: {picture}")
        failed += count_failures(result)
    return min(failed, 1)


def count_failures(result: Figures) -> int:
    """Count what could not be measured."""
    return len(find_errors(result))


def require_result(path: Path) -> Figures:
    """Return saved results."""
    result = load(path)
    if result is None:
        raise BenchmarkError(f"{path} fehlt noch. Erst messen: .venv/bin/python tests/benchmarks/run_benchmark.py")
    return result


def main() -> int:
    """Run what the options ask for."""
    args = parse_arguments()
    if args.readme:
        print(build_readme(require_result(args.results / COMPARISON), require_result(args.results / SCALING)))
        return 0
    return run_parts(args)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchmarkError as error:
        sys.exit(str(error))
