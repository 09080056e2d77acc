"""Draws the plots of the benchmark as SVG files that stand alone, with the numbers beside the marks."""

import math
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, tostring

from benchmark_report import GROWTH, SIDES, Figures, Measure, build_measures, dig, format_value
from processes import ROOT

sys.path.insert(0, str(ROOT))

from bot.markup import element

WIDTH, HEIGHT = 400, 200
HEAD = 64
COLUMNS = 2
LEFT, RIGHT, TOP, BOTTOM = 84, 316, 44, 156
"""The lines of a panel; their values stand left and right of them."""
BAR_LEFT, BAR_RIGHT, BAR = 110, 300, 18
LABEL_HEIGHT = 15
LEAST_SPREAD = math.log(16)
"""So that small changes look small, and what grows as its cause does rises from corner to corner."""
AXIS_NOTE = "Linien: Achse logarithmisch, ganze Höhe mindestens ×16"
OTHER_COLOUR = "#555555"
LOOKS = (("#00629b", "0", "circle"), ("#8a1f5c", "2 4", "square"), ("#b35900", "8 4", "circle"))
"""Colour, dashes and mark, so that nobody needs to tell the colours apart."""
STYLE = "text{font:13px sans-serif;fill:#1a1a1a}.title{font-size:16px;font-weight:bold}.caption{font-weight:bold}"
BARS_IN_COMPARISON = ("Training", "Start bis", "Arbeitsspeicher", "Größe des", "Größe der", "Eine ganze Antwort, 95.")


class Bars(NamedTuple):
    """One bar per name, from zero."""

    measure: Measure
    values: Mapping[str, float | None]


class Lines(NamedTuple):
    """One line per name over some steps; the axis of the values is logarithmic."""

    measure: Measure
    steps: Sequence[str]
    values: Mapping[str, Sequence[float | None]]


def draw_comparison(result: Figures) -> str:
    """Draw the three sides: bars for what is one number, lines over the number of clients."""
    sides = result["sides"]
    clients = ["1", *map(str, result["plan"]["clients"])]
    panels: list[Bars | Lines] = []
    for measure in build_measures(result["plan"]):
        if measure.label.startswith(BARS_IN_COMPARISON):
            panels.append(Bars(measure, {SIDES[name]: _find(sides, name, measure) for name in SIDES}))
    for label, key, unit in (("Ganze Antworten je Sekunde", "throughput", ""), ("95. Perzentil", "p95", "ms")):
        measure = Measure(f"{label} bei … Clients", (), unit, 0)
        values = {
            title: [dig(sides.get(name), ("api" if name == "bot" else "webhook", count, key)) for count in clients]
            for name, title in SIDES.items()
        }
        panels.append(Lines(measure, clients, values))
    return draw_figure("Dieser Bot und Rasas Server", list(SIDES.values()), panels)


def draw_scaling(result: Figures) -> str:
    """Draw growth by topics and by sentences as lines, processes as bars."""
    axes = result["axes"]
    grown = {"Themen": axes.get("topics", {}), "Sätze": axes.get("sentences", {})}
    steps = list(next(iter(grown.values())))
    panels: list[Bars | Lines] = []
    for measure in GROWTH:
        values = {name: [dig(some.get(step), measure.path) for step in steps] for name, some in grown.items()}
        panels.append(Lines(measure, steps, values))
    for measure in (GROWTH[3], GROWTH[6]):
        one = measure._replace(label=f"{measure.label}, nach Prozessen")
        panels.append(Bars(one, {name: dig(some, measure.path) for name, some in axes.get("workers", {}).items()}))
    return draw_figure("Mehr Themen, mehr Sätze, mehr Prozesse", list(grown), panels)


def _find(sides: Figures, name: str, measure: Measure) -> float | None:
    return dig(sides.get(name), measure.path if name == "bot" else measure.rival or measure.path)


def draw_figure(title: str, names: Sequence[str], panels: Sequence[Bars | Lines]) -> str:
    """Draw a title, a legend and all panels in two columns."""
    rows = math.ceil(len(panels) / COLUMNS)
    width, height = COLUMNS * WIDTH, HEAD + rows * HEIGHT
    drawing = element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", role="img", aria_label=title
    )
    drawing.extend([element("title", title), element("style", STYLE)])
    drawing.append(element("rect", width=width, height=height, fill="#ffffff"))
    drawing.append(_text(title, 16, 26, class_="title"))
    for place, (name, look) in enumerate(zip(names, LOOKS, strict=False)):
        x = 16 + place * 150
        drawing.extend([_stroke([(x, 46), (x + 34, 46)], look), _mark(x + 17, 46, look), _text(name, x + 42, 50)])
    drawing.append(_text(AXIS_NOTE, width - 16, 26, "end"))
    for index, panel in enumerate(panels):
        x, y = index % COLUMNS * WIDTH, HEAD + index // COLUMNS * HEIGHT
        content = _draw_bars(panel, names) if isinstance(panel, Bars) else _draw_lines(panel)
        drawing.append(
            element("g", _text(panel.measure.label, 16, 24, class_="caption"), transform=f"translate({x} {y})")
        )
        drawing[-1].extend(content)
    return tostring(drawing, encoding="unicode") + "\n"


def _draw_bars(panel: Bars, names: Sequence[str]) -> list[Element]:
    highest = max((value for value in panel.values.values() if value), default=1.0)
    step = (BOTTOM - TOP) / max(len(panel.values), 1)
    drawn = []
    colours = {name: look[0] for name, look in zip(names, LOOKS, strict=False)}
    for index, (name, value) in enumerate(panel.values.items()):
        y = TOP + index * step
        width = (value or 0) / highest * (BAR_RIGHT - BAR_LEFT)
        colour = colours.get(name, OTHER_COLOUR)
        drawn.append(_text(name, BAR_LEFT - 8, y + BAR - 4, anchor="end"))
        drawn.append(element("rect", x=BAR_LEFT, y=round(y, 1), width=round(width, 1), height=BAR, fill=colour))
        drawn.append(_text(format_value(value, panel.measure), BAR_LEFT + width + 6, y + BAR - 4))
    return drawn


def _draw_lines(panel: Lines) -> list[Element]:
    known = [value for line in panel.values.values() for value in line if value]
    if not known:
        return [_text("nicht gemessen", LEFT, (TOP + BOTTOM) / 2)]
    lowest, highest = math.log(min(known)), math.log(max(known))
    spread = max(highest - lowest, LEAST_SPREAD)

    def place(index: int, value: float) -> tuple[float, float]:
        x = LEFT + index / max(len(panel.steps) - 1, 1) * (RIGHT - LEFT)
        return x, BOTTOM - (math.log(value) - lowest) / spread * (BOTTOM - TOP)

    drawn = [_text(step, place(index, known[0])[0], BOTTOM + 22, "middle") for index, step in enumerate(panel.steps)]
    ends: dict[str, list[tuple[float, str]]] = {"end": [], "start": []}
    for look, line in zip(LOOKS, panel.values.values(), strict=False):
        points = [(place(index, value), value) for index, value in enumerate(line) if value]
        if not points:
            continue
        drawn.append(_stroke([point for point, _ in points], look))
        drawn.extend(_mark(*point, look) for point, _ in points)
        for anchor, (point, value) in (("end", points[0]), ("start", points[-1])):
            ends[anchor].append((point[1], format_value(value, panel.measure)))
    for anchor, labels in ends.items():
        x = LEFT - 8 if anchor == "end" else RIGHT + 8
        drawn.extend(_text(label, x, y + 4, anchor) for y, label in spread_labels(labels))
    return drawn


def spread_labels(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Move labels apart until none covers another; values that look the same are written once."""
    placed: list[tuple[float, str]] = []
    for y, label in sorted(labels):
        if placed and label == placed[-1][1]:
            continue
        placed.append((max(y, placed[-1][0] + LABEL_HEIGHT) if placed else y, label))
    below = float(BOTTOM)
    for index in reversed(range(len(placed))):  # those that were moved out of the panel push the others up
        placed[index] = (min(placed[index][0], below), placed[index][1])
        below = placed[index][0] - LABEL_HEIGHT
    return placed


def _stroke(points: Sequence[tuple[float, float]], look: tuple[str, str, str]) -> Element:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=path, fill="none", stroke=look[0], stroke_width=2.5, stroke_dasharray=look[1])


def _mark(x: float, y: float, look: tuple[str, str, str]) -> Element:
    if look[2] == "circle":
        return element("circle", cx=round(x, 1), cy=round(y, 1), r=4, fill=look[0])
    return element("rect", x=round(x - 4, 1), y=round(y - 4, 1), width=8, height=8, fill=look[0])


def _text(words: str, x: float, y: float, anchor: str = "start", class_: str = "plain") -> Element:
    return element("text", words, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=class_)
