"""Writes what was measured as one HTML page for editors: it works offline, on a phone and on paper."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from bot.confidence import count_confidences, measure_coverage, trace_coverage
from bot.evaluation import Evaluation, EvaluationError, Shares, explain_os_error, measure
from bot.findings import (
    Confusion,
    Finding,
    Kind,
    WeakTopic,
    describe_outcome,
    list_confusions,
    list_findings,
    list_weak_topics,
    name_place,
    name_topic,
)
from bot.markup import Child, element, fold, format_percent, format_points, table, write_page
from bot.plots import draw_bars, draw_curve, draw_histogram

STYLE = Path(__file__).with_suffix(".css")
MOST_TOPICS = 10
MOST_CONFUSIONS = 30
MOST_OPEN = 50
"""Sentences shown at once; the others wait behind a click."""
# Nothing is loaded from anywhere, and the browser makes sure of it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

KINDS: dict[Kind, str] = {
    "wrong": "Falsch beantwortet",
    "misled": "Nur unpassende Vorschläge",
    "silent": "Nicht erkannt",
    "asked": "Unnötige Rückfrage",
}
SECTIONS = {
    "naechstes": "Als Nächstes schreiben",
    "gruppen": "Je Gruppe",
    "verwechslungen": "Verwechslungen",
    "zuversicht": "Zuversicht",
    "schwelle": "Beantwortet und falsch",
    "schreibweisen": "Tippfehler und andere Schreibweisen",
    "saetze": "Diese Sätze zuerst ansehen",
}
LEGEND = {
    "right": "sofort richtig beantwortet",
    "offered": "richtiges Thema nur vorgeschlagen",
    "nothing": "weder noch",
    "wrong": "falsch beantwortet",
}
HEADINGS = ["Fragen", "richtig", "angeboten", "falsch", "weiß nicht", "abgewehrt"]


def reserve(path: Path) -> None:
    """Make sure before the long work that the report can be written; raises EvaluationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise _cannot_write(path, error) from None


def write_report(evaluation: Evaluation, path: Path, today: date) -> None:
    """Write the page; raises EvaluationError."""
    page = write_page(build_page(evaluation, today))
    try:
        path.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise _cannot_write(path, error) from None


def _cannot_write(path: Path, error: OSError) -> EvaluationError:
    return EvaluationError(f"Der Bericht lässt sich nicht nach {path} schreiben: {explain_os_error(error)}")


def build_page(evaluation: Evaluation, today: date) -> Element:
    """Return the whole page."""
    findings = list_findings(evaluation)
    return element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", http_equiv="Content-Security-Policy", content=POLICY),
            element("title", "Auswertung des Chatbots"),
            element("style", STYLE.read_text(encoding="utf-8")),
        ),
        element(
            "body",
            element(
                "main",
                *_show_summary(evaluation, today),
                *_show_next(evaluation, list_weak_topics(evaluation)),
                *_show_groups(evaluation),
                *_show_confusions(evaluation),
                *_show_confidence(evaluation),
                *_show_coverage(evaluation),
                *_show_variants(evaluation),
                *_show_findings(evaluation, findings),
            ),
        ),
        lang="de",
    )


def _show_summary(evaluation: Evaluation, today: date) -> Iterator[Element]:
    shares = measure(evaluation.outcomes, evaluation.content)
    figures = {
        "richtig": format_percent(shares.right, 1),
        "richtig oder angeboten": format_percent(shares.offered, 1),
        "falsch": format_percent(shares.wrong, 1),
        "weiß nicht": format_percent(shares.unknown, 1),
        "Fremdes abgewehrt": _format_rejected(shares),
    }
    zones = evaluation.content.thresholds
    needed = f"{format_percent(zones.answer)} Zuversicht und {format_percent(zones.lead)} Vorsprung"
    yield element("h1", "Auswertung des Chatbots")
    yield _quiet(
        f"{shares.count} Fragen aus {evaluation.source}, gemessen am {today:%d.%m.%Y}. "
        f"Der Bot antwortet sofort ab {needed}, sonst fragt er nach."
    )
    links = (element("li", element("a", title, href=f"#{anchor}")) for anchor, title in SECTIONS.items())
    yield element("nav", element("ul", *links), aria_label="Inhalt")
    tiles = (element("div", element("dt", name), element("dd", figure)) for name, figure in figures.items())
    yield element("dl", *tiles, class_="figures")
    yield _quiet(
        "Richtig: Ein passendes Thema wurde sofort beantwortet. Angeboten: zusätzlich die Rückfragen, bei denen ein "
        "passendes Thema zur Auswahl stand. Falsch: Ein unpassendes Thema wurde beantwortet. Fremdes abgewehrt: Anteil "
        "der Fragen an andere Behörden oder ohne Thema, auf die kein Inhaltsthema als Antwort kam."
    )


def _show_next(evaluation: Evaluation, topics: Sequence[WeakTopic]) -> Iterator[Element]:
    yield _heading("naechstes")
    if not topics:
        yield element("p", "Alle Fragen sind gut ausgegangen: Hier ist nichts zu tun.")
        return
    yield element(
        "p",
        "Diese Themen verlieren am meisten. Schreiben Sie neue Sätze mit eigenen Worten: Wer die Prüfsätze von unten "
        "nach nlu_data kopiert, misst beim nächsten Mal nur noch das Gedächtnis des Bots.",
    )
    cards = []
    for topic in topics[:MOST_TOPICS]:
        others = ", ".join(f"{name_topic(name, evaluation)} {count}‑mal" for name, count in topic.given[:3])
        cards.append(
            element(
                "li",
                element("strong", name_topic(topic.topic, evaluation)),
                element("p", f"{len(topic.findings)} von {topic.count} Fragen gingen nicht gut aus."),
                element("p", f"Stattdessen kam: {others}." if others else "Meist war der Bot nur zu unsicher."),
                element("p", _advise_on_topic(topic, evaluation), class_="advice"),
            )
        )
    yield element("ol", *cards, class_="cards")


def _advise_on_topic(topic: WeakTopic, evaluation: Evaluation) -> str:
    if topic.topic not in evaluation.content.topics:
        return "Dieses Thema steht nicht im Katalog: Prüfen Sie die Lösungen."
    advice = f"Schreiben Sie {name_place(topic.topic, evaluation)} fünf neue Sätze"
    return advice + (", die sich davon deutlich unterscheiden." if topic.given else ", wie Menschen sonst noch fragen.")


def _show_groups(evaluation: Evaluation) -> Iterator[Element]:
    content = evaluation.content
    rows = [(name, measure(outcomes, content)) for name, outcomes in evaluation.groups().items()]
    rows.append(("alle", measure(evaluation.outcomes, content)))
    yield _heading("gruppen")
    yield _legend(*LEGEND)
    yield draw_bars([(name, _summarise(shares), _split(shares)) for name, shares in rows])
    cells = [
        [
            name,
            str(shares.count),
            *(format_percent(share) for share in (shares.right, shares.offered, shares.wrong, shares.unknown)),
            _format_rejected(shares),
        ]
        for name, shares in rows
    ]
    yield table(["Gruppe", *HEADINGS], cells, has_total=True)


def _summarise(shares: Shares) -> str:
    return f"{format_percent(shares.right)} richtig, {format_percent(shares.wrong)} falsch"


def _split(shares: Shares) -> list[tuple[str, float]]:
    nothing = max(0.0, 1 - shares.offered - shares.wrong)
    only_offered = shares.offered - shares.right
    return [("right", shares.right), ("offered", only_offered), ("nothing", nothing), ("wrong", shares.wrong)]


def _format_rejected(shares: Shares) -> str:
    return "–" if shares.rejected is None else format_percent(shares.rejected, 1)


def _show_confusions(evaluation: Evaluation) -> Iterator[Element]:
    confusions = list_confusions(evaluation)
    yield _heading("verwechslungen")
    if not confusions:
        yield element("p", "Kein Thema wurde mit einem anderen verwechselt.")
        return
    yield element("p", "Wo zwei Themen oft verwechselt werden, fehlen Sätze, die sie unterscheiden.")
    cells: list[list[Child]] = [
        [_show_confusion(pair, evaluation), str(pair.answered), str(pair.suggested)]
        for pair in confusions[:MOST_CONFUSIONS]
    ]
    yield table(["gemeint → gekommen", "als Antwort", "als Vorschlag"], cells)
    if len(confusions) > MOST_CONFUSIONS:
        yield _quiet(f"Und {len(confusions) - MOST_CONFUSIONS} weitere, seltenere Paare.")


def _show_confusion(pair: Confusion, evaluation: Evaluation) -> Element:
    topics = f"{name_topic(pair.meant, evaluation)} → {name_topic(pair.given, evaluation)}"
    example = element("p", pair.example.text, class_="quiet", dir="auto")
    return element("div", element("p", topics), example)


def _show_confidence(evaluation: Evaluation) -> Iterator[Element]:
    histogram = count_confidences(evaluation.outcomes)
    yield _heading("zuversicht")
    yield element(
        "p",
        "Wie sicher war sich der Bot bei seinem besten Thema? Gut ist es, wenn die richtigen Fragen rechts stehen und "
        "die falschen links von der Schwelle, ab der er sofort antwortet.",
    )
    yield _legend("right", "wrong", right="bestes Thema passt", wrong="bestes Thema passt nicht")
    yield draw_histogram(histogram.right, histogram.wrong, evaluation.content.thresholds.answer)
    names = [f"{index * 10} bis {index * 10 + 10}\u00a0%" for index in range(len(histogram.right))]
    counts = zip(names, map(str, histogram.right), map(str, histogram.wrong), strict=True)
    yield fold("Zahlen dazu", table(["Zuversicht", "passt", "passt nicht"], [list(row) for row in counts]))


def _show_coverage(evaluation: Evaluation) -> Iterator[Element]:
    lead = evaluation.content.thresholds.lead
    points = trace_coverage(evaluation.outcomes, evaluation.content, lead)
    free = trace_coverage(evaluation.outcomes, evaluation.content, 0.0) if lead else []
    present = measure_coverage(evaluation.outcomes, evaluation.content.thresholds.answer)
    yield _heading("schwelle")
    yield element(
        "p",
        "Je niedriger die Schwelle, desto mehr Fragen werden sofort beantwortet (nach rechts) und desto mehr davon "
        f"falsch (nach oben). Jetzt werden {format_percent(present.answered, 1)} aller Fragen sofort beantwortet, "
        f"{format_percent(present.wrong, 1)} aller Fragen falsch.",
    )
    if free:
        yield element(
            "p", f"Gestrichelt: wenn das beste Thema nicht {format_percent(lead)} vor dem zweiten liegen müsste."
        )
    curves = [[(point.answered, point.wrong) for point in line] for line in (points, free)]
    yield draw_curve(curves[0], curves[1], (present.answered, present.wrong))
    cells = [
        [format_percent(point.threshold), format_percent(point.answered, 1), format_percent(point.wrong, 1)]
        for point in points[::10]
    ]
    yield fold("Zahlen dazu", table(["Schwelle", "sofort beantwortet", "davon falsch (von allen)"], cells))


def _show_variants(evaluation: Evaluation) -> Iterator[Element]:
    yield _heading("schreibweisen")
    if not evaluation.variants:
        yield element("p", "Nicht gemessen (--quick).")
        return
    yield element(
        "p",
        "Dieselben Fragen, anders geschrieben. Die Zahlen sind Prozentpunkte: Ein Minus bei richtig und angeboten ist "
        "verloren, ein Plus bei falsch auch.",
    )
    base = measure(evaluation.outcomes, evaluation.content)
    cells = [
        [
            variant.name,
            str(variant.changed),
            format_points(variant.shares.right - base.right),
            format_points(variant.shares.offered - base.offered),
            format_points(variant.shares.wrong - base.wrong),
        ]
        for variant in evaluation.variants
    ]
    yield table(["Schreibweise", "geändert", "richtig", "angeboten", "falsch"], cells)


def _show_findings(evaluation: Evaluation, findings: Sequence[Finding]) -> Iterator[Element]:
    yield _heading("saetze")
    if not findings:
        yield element("p", "Es gibt keinen.")
        return
    counts = [f"{name}: {sum(finding.kind == kind for finding in findings)}" for kind, name in KINDS.items()]
    yield element("p", f"Die schlimmsten zuerst ({', '.join(counts)}).")
    cards = [_show_finding(finding, evaluation) for finding in findings]
    yield element("ol", *cards[:MOST_OPEN], class_="cards")
    if len(cards) > MOST_OPEN:
        rest = element("ol", *cards[MOST_OPEN:], class_="cards", start=MOST_OPEN + 1)
        yield fold(f"{len(cards) - MOST_OPEN} weitere Sätze", rest)


def _show_finding(finding: Finding, evaluation: Evaluation) -> Element:
    outcome = finding.outcome
    sure = "" if outcome.confidence is None else f", Zuversicht {format_percent(outcome.confidence)}"
    meant = " oder ".join(name_topic(topic, evaluation) for topic in outcome.question.best)
    return element(
        "li",
        element("p", outcome.question.text, class_="question", dir="auto"),
        element("p", f"{KINDS[finding.kind]}{sure} · {outcome.question.id}", class_="quiet"),
        element("p", f"Gemeint: {meant}"),
        element("p", f"Gekommen: {describe_outcome(outcome, evaluation)}"),
        element("p", finding.advice, class_="advice"),
    )


def _heading(anchor: str) -> Element:
    return element("h2", SECTIONS[anchor], id=anchor)


def _quiet(words: str) -> Element:
    return element("p", words, class_="quiet")


def _legend(*classes: str, **words: str) -> Element:
    items = (element("li", words.get(class_, LEGEND[class_]), class_=class_) for class_ in classes)
    return element("ul", *items, class_="legend")
