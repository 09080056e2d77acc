"""Turns saved results into German tables and the section of the README: ratios first, then what was measured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Figures = Mapping[str, Any]
Path = tuple[str, ...]

MISSING = "–"
SIDES = {"bot": "dieser Bot", "init": "rasa init", "light": "Rasa, leicht"}
RIVALS = ("init", "light")
AXES = {"topics": "Mehr Themen", "sentences": "Mehr Sätze", "workers": "Mehr Prozesse"}
SCALING_CLIENTS = "64"
MOST_BUSY = 0.1
"""Share of the cores that others may use before the numbers are called worthless."""
COMMAND = ".venv/bin/python tests/benchmarks/run_benchmark.py"
FOLDER = "tests/benchmarks/results"


class Measure(NamedTuple):
    """One line or column: what is shown, and where it stands in the results."""

    label: str
    path: Path
    unit: str
    digits: int = 1
    is_gain: bool = False
    """More is better."""
    rival: Path = ()
    """Where it stands for stock Rasa when not in the same place."""


def build_measures(plan: Figures) -> list[Measure]:
    """Return the lines of the comparison."""
    clients = ["1", *map(str, plan["clients"])]
    asked = f"{plan['requests']:,}".replace(",", ".")
    return [
        Measure("Start bis zur ersten Antwort", ("start",), "s"),
        Measure(f"Arbeitsspeicher nach {asked} Fragen", ("memory",), "MB", 0),
        Measure("Eine ganze Antwort, Median", ("api", "1", "p50"), "ms", rival=("webhook", "1", "p50")),
        Measure("Eine ganze Antwort, 95. Perzentil", ("api", "1", "p95"), "ms", rival=("webhook", "1", "p95")),
        *(_throughput(name, "webhook", "Ganze Antworten") for name in clients),
        *(_slowest(name) for name in clients[1:]),
        Measure("Rasa nur Erkennung, Median", ("api", "1", "p50"), "ms", rival=("parse", "1", "p50")),
        Measure("Rasa nur Erkennung, 95. Perzentil", ("api", "1", "p95"), "ms", rival=("parse", "1", "p95")),
        *(_throughput(name, "parse", "Rasa nur Erkennung,") for name in clients),
        Measure("Training", ("training", "seconds"), "s"),
        Measure("Speicherspitze beim Training", ("training", "peak"), "MB", 0),
        Measure("Größe des Modells (dieser Bot: samt Notlagen)", ("model",), "MB"),
        Measure("Größe der Installation", ("install",), "MB", 0),
        Measure("Richtiges Thema an erster Stelle", ("accuracy", "top"), "%"),
        Measure("Sofort richtig beantwortet", ("accuracy", "right"), "%"),
        Measure("Mit falschem Thema beantwortet", ("accuracy", "wrong"), "%"),
    ]


def _throughput(clients: str, way: str, label: str) -> Measure:
    where = "1 Client" if clients == "1" else f"{clients} Clients"
    path = (clients, "throughput")
    return Measure(f"{label} je Sekunde, {where}", ("api", *path), "", 0, True, (way, *path))


def _slowest(clients: str) -> Measure:
    path = (clients, "p95")
    return Measure(
        f"Ganze Antwort, 95. Perzentil, {clients} Clients", ("api", *path), "ms", 0, rival=("webhook", *path)
    )


def dig(figures: Any, path: Path) -> float | None:
    """Return a number from nested results, or None when a step failed and it is not there."""
    for name in path:
        if not isinstance(figures, Mapping) or name not in figures:
            return None
        figures = figures[name]
    return float(figures)


def format_comparison(result: Figures) -> str:
    """Return the comparison as Markdown."""
    sides = result["sides"]
    heading = ["", *(f"Vorteil gegen {SIDES[name]}" for name in RIVALS), *SIDES.values()]
    lines = [heading]
    for measure in build_measures(result["plan"]):
        own = dig(sides.get("bot"), measure.path)
        others = [dig(sides.get(name), measure.rival or measure.path) for name in RIVALS]
        values = [format_value(value, measure) for value in (own, *others)]
        lines.append([measure.label, *(_compare(own, other, measure) for other in others), *values])
    return "\n\n".join([describe_comparison(result), format_table(lines), *describe_failures(sides)])


def describe_comparison(result: Figures) -> str:
    """Say on what machine and with what data the comparison was made."""
    data, plan = result["data"], result["plan"]
    return (
        f"{_describe_machine(result)} Alle drei mit denselben {_whole(data['sentences'])} Sätzen zu {data['topics']} "
        f"Themen trainiert ({data['sentences_per_topic']} je Thema, von {_whole(data['all_sentences'])} im Ganzen; mit "
        f"allen lernt `rasa init` Stunden; {data['epochs']} Epochen) und mit denselben Fragen gefragt, Durchsatz je "
        f"{format_number(plan['seconds'], 0)} s. Rasa 3.6.21 beantwortet ganze Fragen mit einer Regel je Thema; unsere "
        f"Wortlisten, deren Schreibweise es nicht kennt, bekommt es nicht."
        f"{_describe_training(result['sides'].values())}"
    )


def _describe_training(steps: Iterable[Figures]) -> str:
    trained = [figures["training"] for figures in steps if "training" in figures]
    return " Trainiert wurde in einem früheren Lauf." if any(cost["cached"] for cost in trained) else ""


def describe_failures(steps: Mapping[str, Any]) -> list[str]:
    """Name what failed, and how many single answers were no good."""
    failed = [f"{SIDES.get(name, name)}: {error}" for name, figures in steps.items() for error in find_errors(figures)]
    faults = {SIDES.get(name, name): count_faults(figures) for name, figures in steps.items()}
    bad = [f"{name} {count}" for name, count in faults.items() if count]
    lines = [f"Nicht gemessen – {reason}" for reason in failed]
    if bad:
        lines.append(f"Fehlerhafte Antworten (nicht mitgezählt): {', '.join(bad)}.")
    return lines


def find_errors(figures: Any) -> list[str]:
    """Return the reasons of everything that failed in a result."""
    if not isinstance(figures, Mapping):
        return []
    inner = [error for value in figures.values() for error in find_errors(value)]
    return [figures["error"], *inner] if "error" in figures else inner


def count_faults(figures: Any) -> int:
    """Add up the errors of all loads in a result."""
    if not isinstance(figures, Mapping):
        return 0
    return int(figures.get("errors", 0)) + sum(count_faults(inner) for inner in figures.values())


GROWTH = (
    Measure("Training", ("training", "seconds"), "s"),
    Measure("Modell", ("model",), "MB"),
    Measure("Start", ("start",), "s"),
    Measure("Arbeitsspeicher", ("memory",), "MB", 0),
    Measure("Eine Antwort, Median", ("api", "1", "p50"), "ms"),
    Measure("Eine Antwort, 95. Perzentil", ("api", "1", "p95"), "ms"),
    Measure(f"Antworten je Sekunde, {SCALING_CLIENTS} Clients", ("api", SCALING_CLIENTS, "throughput"), "", 0),
    Measure(f"95. Perzentil, {SCALING_CLIENTS} Clients", ("api", SCALING_CLIENTS, "p95"), "ms", 0),
)


def format_scaling(result: Figures) -> str:
    """Return the growth as Markdown: one table per axis, factors against its first line before the numbers."""
    sizes = [figures for axis, steps in result["axes"].items() if axis != "workers" for figures in steps.values()]
    parts = [_describe_machine(result) + _describe_training(sizes)]
    for axis, steps in result["axes"].items():
        measures = GROWTH[2:] if axis == "workers" else GROWTH
        sizes = [] if axis == "workers" else ["Themen", "Sätze"]
        lines = [[AXES[axis], *sizes, *(measure.label for measure in measures)]]
        first: dict[str, Figures] = {}
        for label, figures in steps.items():
            start = first.setdefault(label.rpartition(", ")[0], figures)
            counts = [_whole(figures[name]) if name in figures else MISSING for name in ("topics", "sentences")]
            cells = [_show_growth(dig(figures, one.path), dig(start, one.path), one) for one in measures]
            lines.append([label, *(counts if sizes else ()), *cells])
        parts += [format_table(lines), *describe_failures(steps)]
    return "\n\n".join(parts)


def _show_growth(value: float | None, first: float | None, measure: Measure) -> str:
    shown = format_value(value, measure)
    if value is None or not first or value == first:
        return shown
    return f"×{format_factor(value / first)} ({shown})"


def build_readme(comparison: Figures, scaling: Figures) -> str:
    """Return the finished German section of the README."""
    minutes = round(comparison["minutes"])
    return f"""\
**Neben Rasas Server** (`{COMMAND}`, {minutes} Minuten; das Wachstum
darunter dauert etwa ebenso lange). „Vorteil“ ist das Verhältnis zugunsten dieses Bots: Über 1 ist er schneller oder
kleiner, unter 1 langsamer oder größer. Die Fragen stellt ein eigener Prozess, der sich die Kerne mit dem Server teilt;
jeder Client wartet auf seine Antwort, bevor er weiterfragt. Bei „nur Erkennung“ nennt Rasa bloß das Thema
(`/model/parse`), der Bot gibt auch dort die ganze Antwort. „Leicht“ ist Rasa ohne TensorFlow-Modell
(`WhitespaceTokenizer`, `CountVectorsFeaturizer`, `LogisticRegressionClassifier`).

{format_comparison(comparison)}

{_describe_proof(comparison)}![Vergleich mit Rasa]({FOLDER}/compare.svg)

**Wie der Bot wächst** (derselbe Befehl mit `--only scaling`). Sätze: ein Sechzehntel, ein Viertel und alle
Trainingssätze. Themen: jedes vierte Thema mit {scaling["sentences_per_topic"]} Sätzen, dann dazu 3 und 15 Abbilder von
jedem; ein Abbild ersetzt in allen Sätzen jeden Buchstaben durch einen anderen und hat deshalb kein Wort mit dem Vorbild
gemeinsam. Prozesse: mit allen Sätzen, an einer SQLite-Datei und an PostgreSQL. Der Faktor vergleicht mit der ersten
Zeile, bei den Prozessen mit einem Prozess an derselben Datenbank.

{format_scaling(scaling)}

![Wachstum]({FOLDER}/scaling.svg)"""


def _describe_proof(comparison: Figures) -> str:
    proof = comparison.get("proof", {})
    if "sentences" not in proof:
        return ""
    count = proof["sentences"]
    return (
        f"Gegenprobe: unsere `config.yml`, allein mit `rasa train nlu` trainiert und von `rasa run` geladen, nennt bei "
        f"{proof['own_model']} von {count} Sätzen dasselbe erste Thema wie dieser Bot; unsere Laufzeit mit jenem "
        f"Modell bei {proof['same_model']} von {count}.\n\n"
    )


def _describe_machine(result: Figures) -> str:
    machine = result["machine"]
    busy = ""
    if machine["busy_before"] > MOST_BUSY:
        busy = " Die Maschine war schon vorher beschäftigt; die Zahlen taugen nur zum Ausprobieren."
    return (
        f"Gemessen am {machine['date']}, {machine['cores']} Kerne ({machine['processor']}), "
        f"{machine['memory_gb']} GB Arbeitsspeicher.{busy}"
    )


def _compare(own: float | None, other: float | None, measure: Measure) -> str:
    if own is None or other is None:
        return MISSING
    if measure.unit == "%":
        points = round(own - other, 1)
        sign = "+" if points > 0 else "−" if points < 0 else "±"
        return f"{sign}{format_number(abs(points), 1)} Punkte"
    if not own or not other:
        return MISSING
    return f"×{format_factor(own / other if measure.is_gain else other / own)}"


def format_value(value: float | None, measure: Measure) -> str:
    """Return a number with its unit."""
    return MISSING if value is None else f"{format_number(value, measure.digits)} {measure.unit}".rstrip()


def format_factor(factor: float) -> str:
    """Return a ratio with two digits that count."""
    return format_number(factor, 2 if factor < 0.95 else 1 if factor < 9.95 else 0)


def format_number(value: float, digits: int) -> str:
    """Return a number the German way."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def _whole(value: float) -> str:
    return format_number(value, 0)


def format_table(lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first line is the heading, the first column stands left."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = []
    for first, *others in lines:
        padded = [first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True))]
        rows.append(f"| {' | '.join(padded)} |")
    ruler = [":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])]
    return "\n".join([rows[0], f"|{'|'.join(ruler)}|", *rows[1:]])
