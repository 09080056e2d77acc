"""The page with the statistics: every plot has a table with the same numbers, and every number says what it means."""

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from bot.content import Content
from bot.markup import Child, element, fold, format_percent, table, write_page
from bot.plots import draw_bars, draw_columns, draw_grid
from bot.statistics.summary import HELPFUL, PRESETS, Period, Span, Summary, join_weeks
from bot.statistics.suppression import LEAST
from bot.statistics.tables import (
    Table,
    format_number,
    format_span,
    list_hints,
    list_rare_topics,
    name_topic,
    show_cell,
    tabulate_days,
    tabulate_feedback,
    tabulate_hours,
    tabulate_statuses,
    tabulate_topics,
)
from bot.statistics.words import (
    CHANNELS,
    COLLECTED,
    COUNTED,
    GAPS,
    HONEST,
    NOTHING,
    PRIVACY,
    STATUSES,
    VOTES,
    WEEKDAYS,
)

PAGE, STYLES, DOWNLOAD = "/statistik", "/statistik.css", "/statistik.csv"
MOST_DAYS = 92
"""Longer periods are drawn by week."""
MOST_TOPICS = 15
MOST_HINTS = 10
COLOURS = 5
"""Channels with a colour of their own; the style sheet has as many."""
HEADLINES = ("answered", "clarification", "fallback")
SECTIONS = {
    "tage": "Nachrichten",
    "ergebnisse": "Was daraus wurde",
    "themen": "Themen",
    "rueckmeldungen": "Rückmeldungen",
    "uhrzeiten": "Uhrzeiten",
    "hinweise": "Was gezählt wird und was nicht",
}


def write_statistics(summary: Summary, content: Content, query: Mapping[str, str]) -> str:
    """Return the page for a period."""
    links = (element("li", element("a", title, href=f"#{anchor}")) for anchor, title in SECTIONS.items())
    parts = [
        _choose_period(summary.period, query),
        element("nav", element("ul", *links), aria_label="Inhalt"),
        *_show_figures(summary),
        *_show_days(summary),
        *_show_statuses(summary),
        *_show_topics(summary, content),
        *_show_feedback(summary, content),
        *_show_hours(summary),
        _heading("hinweise"),
        element("ul", *(element("li", sentence) for sentence in (COUNTED, HONEST, *PRIVACY, COLLECTED))),
    ]
    return _write(*parts)


def write_sentence(sentence: str, period: Period | None = None) -> str:
    """Return a page that says why there are no numbers; with a period it offers to choose another one."""
    parts = [element("p", sentence, class_="notice", role="alert")]
    if period is not None:
        parts.append(_choose_period(period, {}))
    return _write(*parts)


def _write(*parts: Element) -> str:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="robots", content="noindex"),
        element("title", "Statistik des Chatbots"),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href=STYLES),
    )
    main = element("main", element("h1", "Statistik des Chatbots"), *parts)
    return write_page(element("html", head, element("body", main), lang="de"))


def _choose_period(period: Period, query: Mapping[str, str]) -> Element:
    chosen = "" if "von" in query else query.get("tage", "30")
    links = []
    for days in PRESETS:
        link = element("a", f"{days} Tage", href=f"{PAGE}?tage={days}")
        if chosen == str(days):
            link.set("aria-current", "true")
        links.append(element("li", link))
    first, last = period.first.isoformat(), period.last.isoformat()
    fields = [
        element("label", "von ", element("input", type="date", name="von", value=first, required="required")),
        element("label", "bis ", element("input", type="date", name="bis", value=last, required="required")),
        element("button", "Anzeigen", type="submit"),
    ]
    download = element("a", "Zahlen für Excel (CSV)", href=f"{DOWNLOAD}?von={first}&bis={last}", download="download")
    return element(
        "section",
        element("h2", format_span(period), class_="period"),
        element("ul", *links, class_="presets"),
        element("form", *fields, action=PAGE, method="get"),
        element("p", download, class_="download"),
        aria_label="Zeitraum",
    )


def _show_figures(summary: Summary) -> Iterator[Element]:
    figures = {"Nachrichten": format_number(summary.total)}
    counted = sum(summary.statuses.values())
    for status in HEADLINES:
        if counted and status in summary.statuses:
            figures[STATUSES[status][0]] = format_percent(summary.statuses[status] / counted)  # type: ignore[index]
    votes = sum(sum(values.values()) for values in summary.feedback.values())
    if votes:
        helpful = sum(values.get(HELPFUL, 0) for values in summary.feedback.values())
        figures[f"hilfreich (von {format_number(votes)})"] = format_percent(helpful / votes)
    tiles = (element("div", element("dt", name), element("dd", figure)) for name, figure in figures.items())
    yield element("dl", *tiles, class_="figures")
    yield element("p", HONEST, class_="quiet")


def _show_days(summary: Summary) -> Iterator[Element]:
    yield _heading("tage")
    yield element("p", COUNTED, class_="quiet")
    if not summary.channels:
        yield element("p", "In diesem Zeitraum wurde nichts gezählt. Der heutige Tag erscheint morgen.")
        yield element("p", GAPS, class_="quiet")
        return
    by_week = len(summary.days) > MOST_DAYS
    spans = join_weeks(summary.days) if by_week else summary.days
    names = [(f"series-{min(number, COLOURS)}", channel) for number, channel in enumerate(summary.channels, 1)]
    entries = [(class_, CHANNELS.get(channel, channel)) for class_, channel in names]
    has_gaps = any(span.counts is None for span in spans)
    yield _legend([*entries, ("missing", NOTHING)] if has_gaps else entries)
    columns = [
        (_describe(span), None if span.counts is None else [(cls, span.counts.get(name, 0)) for cls, name in names])
        for span in spans
    ]
    kind = "Woche" if by_week else "Tag"
    label = f"Säulen: Nachrichten je {kind} und Kanal. Die Zahlen stehen in der Tabelle darunter."
    yield draw_columns(label, columns, _mark_days(spans))
    yield _fold(f"Tabelle: Nachrichten je {kind}", tabulate_days(spans, summary.channels))
    if has_gaps:
        yield element("p", GAPS, class_="quiet")


def _describe(span: Span) -> str:
    return f"{format_span(span)}: {NOTHING if span.counts is None else format_number(sum(span.counts.values()))}"


def _mark_days(spans: Sequence[Span]) -> dict[int, str]:
    """Return dates for about five columns, none of them at the very edge."""
    count = min(5, len(spans))
    places = [round((number + 0.5) * len(spans) / count - 0.5) for number in range(count)]
    return {place: f"{spans[place].first:%d.%m.}" for place in places}


def _show_statuses(summary: Summary) -> Iterator[Element]:
    yield _heading("ergebnisse")
    yield _name_weeks(summary)
    total = sum(summary.statuses.values())
    if total:
        rows = [
            (
                STATUSES[status][0],
                f"{format_percent(summary.statuses[status] / total)} ({format_number(summary.statuses[status])})",
                [("series-1", summary.statuses[status] / total)],
            )
            for status in STATUSES
            if status in summary.statuses
        ]
        yield draw_bars(rows)
    yield _fold("Tabelle: Was daraus wurde", tabulate_statuses(summary))
    words = [(element("dt", name), element("dd", meaning)) for name, meaning in STATUSES.values()]
    meanings = element("dl", *(part for pair in words for part in pair), class_="meanings")
    yield fold("Was die Wörter bedeuten", meanings)
    yield _explain_hidden()


def _show_topics(summary: Summary, content: Content) -> Iterator[Element]:
    yield _heading("themen")
    yield _name_weeks(summary)
    numbers = tabulate_topics(summary, content)
    counts = [(topic, count) for topic, count in summary.topics.items() if topic][:MOST_TOPICS]
    if counts:
        most = counts[0][1]
        yield element("p", f"Die meistgefragten Themen (höchstens {MOST_TOPICS}):")
        bars = [
            (name_topic(topic, content), format_number(count), [("series-1", count / most)]) for topic, count in counts
        ]
        yield draw_bars(bars)
        yield _fold(f"Tabelle: alle Themen ab {LEAST}", numbers)
    else:
        yield element("p", numbers.empty)
    rare = list_rare_topics(summary, content)
    if rare:
        note = element(
            "p",
            f"Diese Themen wurden nicht gefragt, haben noch keine {LEAST} Nachrichten zusammen oder warten mit einem "
            "seltenen Thema, damit sich dessen Zahl nicht ausrechnen lässt:",
        )
        titles = element("ul", *(element("li", title) for title in rare), class_="titles")
        yield fold(f"Nicht gefragt oder noch nicht gezeigt: {len(rare)} Themen", element("div", note, titles))
    yield _explain_hidden()


def _show_feedback(summary: Summary, content: Content) -> Iterator[Element]:
    yield _heading("rueckmeldungen")
    yield _name_weeks(summary)
    numbers = tabulate_feedback(summary, content)
    if not numbers.rows:
        yield element("p", numbers.empty)
        return
    hints = list_hints(summary, content)[:MOST_HINTS]
    if hints:
        yield element("h3", "Diese Antworten zuerst ansehen")
        cards = (
            element(
                "li",
                element("strong", hint.title),
                element("p", hint.finding),
                element("p", hint.advice, " ", element("span", f"({hint.place})", class_="quiet"), class_="advice"),
            )
            for hint in hints
        )
        yield element("ol", *cards, class_="cards")
    yield element("h3", "So viele fanden die Antwort hilfreich")
    yield _legend([("series-1", "hilfreich"), ("against", "nicht hilfreich")])
    rows = []
    for topic, values in list(summary.feedback.items())[:MOST_TOPICS]:
        yes, total = values.get(HELPFUL, 0), sum(values.values())
        shares = [("series-1", yes / total), ("against", 1 - yes / total)]
        rows.append((name_topic(topic, content), f"{yes} von {total}", shares))
    yield draw_bars(rows)
    yield _fold("Tabelle: Rückmeldungen mit Gründen", numbers)
    yield element("p", VOTES, class_="quiet")


def _show_hours(summary: Summary) -> Iterator[Element]:
    yield _heading("uhrzeiten")
    if not summary.total:
        yield element("p", "In diesem Zeitraum wurde nichts gezählt.")
        return
    by_hour = [sum(day[hour] for day in summary.hours) for hour in range(24)]
    columns = [
        (f"{hour}–{hour + 1} Uhr: {format_number(count)}", [("series-1", count)]) for hour, count in enumerate(by_hour)
    ]
    busiest = by_hour.index(max(by_hour))
    yield element("p", f"Die meisten Nachrichten kamen zwischen {busiest} und {busiest + 1} Uhr.")
    marks = {hour: f"{hour} Uhr" for hour in (0, 6, 12, 18)}
    note = "Die Zahlen stehen in der Tabelle darunter."
    yield element("h3", "Nachrichten je Stunde des Tages")
    yield draw_columns(f"Säulen: Nachrichten je Stunde des Tages. {note}", columns, marks)
    yield element("h3", "Nach Wochentag und Stunde")
    yield element("p", "Je kräftiger ein Feld, desto mehr Nachrichten.", class_="quiet")
    rows = list(zip(WEEKDAYS, summary.hours, strict=True))
    yield draw_grid(f"Felder: Nachrichten je Wochentag und Stunde. {note}", rows, marks)
    yield _fold("Tabelle: Nachrichten je Wochentag und Stunde", tabulate_hours(summary))


def _heading(anchor: str) -> Element:
    return element("h2", SECTIONS[anchor], id=anchor)


def _name_weeks(summary: Summary) -> Element:
    if summary.weeks is None:
        sentence = (
            "In diesem Zeitraum ist noch keine ganze Woche (Montag bis Sonntag) zu Ende. Bitte einen längeren wählen."
        )
    else:
        sentence = f"Aus den ganzen Wochen vom {format_span(summary.weeks)}, also nicht genau aus dem Zeitraum oben."
    return element("p", sentence, class_="quiet")


def _explain_hidden() -> Element:
    link = element("a", "Warum?", href="#hinweise")
    return element("p", f"Seltenes wird gesammelt, bis {LEAST} Nachrichten zusammen sind. ", link, class_="quiet")


def _fold(title: str, numbers: Table) -> Element:
    rows: list[list[Child]] = [[show_cell(cell) for cell in row] for row in numbers.rows]
    grid = table(numbers.headings, rows, numbers.has_total)
    grid.set("aria-label", title)  # two tables may begin with the same heading
    return fold(title, grid)


def _legend(entries: Sequence[tuple[str, str]]) -> Element:
    return element("ul", *(element("li", name, class_=class_) for class_, name in entries), class_="legend")
