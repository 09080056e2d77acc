"""Draws the plots of the evaluation report and the statistics as SVG; colours come from the style sheet of the page."""

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from bot.markup import element, format_percent

Point = tuple[float, float]

WIDTH = 400
"""Narrow, so that the letters stay readable when a phone shrinks the plot."""
ROW = 38
BAR = 14
LEFT, RIGHT, TOP, BOTTOM = 46, 390, 14, 168
"""The frame of a plot with axes; below it is room for numbers and a caption."""
HEIGHT = 212
COLUMNS_HEIGHT = 198
GRID_LEFT = 24
Column = tuple[str, Sequence[tuple[str, int]] | None]
"""Words for the pointer, and (CSS class, number) of each part from below; None where nothing was counted."""


def draw_bars(rows: Sequence[tuple[str, str, Sequence[tuple[str, float]]]]) -> Element:
    """Draw one stacked bar per row: name, figures as text, and (CSS class, share) of each part from the left."""
    height = ROW * len(rows) + 4
    drawing = _start("Balken je Gruppe; die Zahlen stehen in der Tabelle darunter.", height)
    for index, (name, figures, parts) in enumerate(rows):
        y = index * ROW + 15
        drawing.append(_text(name, 0, y, "start"))
        drawing.append(_text(figures, WIDTH, y, "end"))
        x = 0.0
        for class_, share in parts:
            width = share * WIDTH
            drawing.append(_bar(x, y + 5, width, BAR, class_))
            x += width
    return drawing


def draw_histogram(left: Sequence[int], right: Sequence[int], mark: float) -> Element:
    """Draw two counts per bin side by side, with a line at `mark` (0 to 1) on the axis of the bins."""
    drawing = _start("Zuversicht des besten Themas, getrennt nach richtig und falsch.", HEIGHT)
    highest = max([*left, *right, 1])
    for value in dict.fromkeys((0, round(highest / 2), highest)):
        drawing.extend(_line_across(_y(value / highest), str(value)))
    slot = (RIGHT - LEFT) / len(left)
    for index, pair in enumerate(zip(left, right, strict=True)):
        for place, (class_, count) in enumerate(zip(("right", "wrong"), pair, strict=True)):
            y = _y(count / highest)
            x = LEFT + index * slot + 2 + place * (slot - 4) / 2
            bar = _bar(x, y, (slot - 4) / 2 - 1, BOTTOM - y, class_)
            bar.append(element("title", f"{index * 10} bis {index * 10 + 10} %: {count}"))
            drawing.append(bar)
    drawing.extend(_label_axis("Zuversicht"))
    drawing.extend(_mark_threshold(mark))
    return drawing


def draw_curve(points: Sequence[Point], others: Sequence[Point], mark: Point) -> Element:
    """Draw (x, y) shares as a line, others as a dashed one, and a dot at `mark`; the y axis fits the highest."""
    drawing = _start("Anteil falscher Antworten je Anteil beantworteter Fragen.", HEIGHT)
    highest = _round_up(max(y for _, y in [*points, *others, mark]))
    for share in (0.0, highest / 2, highest):
        drawing.extend(_line_across(_y(share / highest), format_percent(share, 0 if highest >= 0.1 else 1)))
    for class_, line in (("curve dashed", others), ("curve", points)):
        path = " ".join(f"{_x(x):.1f},{_y(y / highest):.1f}" for x, y in line)
        drawing.append(element("polyline", points=path, class_=class_))
    x, y = _x(mark[0]), _y(mark[1] / highest)
    drawing.append(element("circle", cx=round(x, 1), cy=round(y, 1), r=6, class_="mark"))
    # the line rises to the right, so below it there is room, except at the very bottom
    drawing.append(_text("jetzt", min(x + 9, RIGHT - 30), y + 17 if y < BOTTOM - 20 else y - 12, "start", "strong"))
    drawing.extend(_label_axis("beantwortete Fragen"))
    return drawing


def draw_columns(label: str, columns: Sequence[Column], marks: Mapping[int, str]) -> Element:
    """Draw one stacked column per entry, with words below some of them by their index."""
    drawing = _start(label, COLUMNS_HEIGHT)
    steps = _choose_steps(max((sum(count for _, count in parts or ()) for _, parts in columns), default=0))
    for value in steps:
        drawing.extend(_line_across(_y(value / steps[-1]), f"{value:,}".replace(",", ".")))
    slot = (RIGHT - LEFT) / len(columns)
    gap = min(3.0, slot * 0.2)
    for index, (words, parts) in enumerate(columns):
        x, y = LEFT + index * slot + gap / 2, float(BOTTOM)
        column = element("g", element("title", words))
        if parts is None:
            column.append(_bar(x, BOTTOM + 2, slot - gap, 4, "missing"))
        for class_, count in parts or ():
            height = count / steps[-1] * (BOTTOM - TOP)
            y -= height
            column.append(_bar(x, y, slot - gap, height, class_))
        drawing.append(column)
    for index, mark in marks.items():
        drawing.append(_text(mark, LEFT + (index + 0.5) * slot, BOTTOM + 22, "middle", "tick"))
    return drawing


def draw_grid(label: str, rows: Sequence[tuple[str, Sequence[int]]], marks: Mapping[int, str]) -> Element:
    """Draw a field per number, the stronger (class level-0 to level-5) the higher it is; words below some columns."""
    cell = (RIGHT - GRID_LEFT) / len(rows[0][1])
    drawing = _start(label, len(rows) * (cell + 3) + 22)
    highest = max((count for _, counts in rows for count in counts), default=0)
    for number, (name, counts) in enumerate(rows):
        y = number * (cell + 3)
        drawing.append(_text(name, 0, y + cell - 3, "start", "tick"))
        for index, count in enumerate(counts):
            level = -(-count * 5 // highest) if highest else 0
            field = _bar(GRID_LEFT + index * cell, y, cell - 1, cell, f"level-{level}")
            field.append(element("title", f"{name}, {index} Uhr: {count}"))
            drawing.append(field)
    for index, mark in marks.items():
        drawing.append(_text(mark, GRID_LEFT + index * cell, len(rows) * (cell + 3) + 14, "start", "tick"))
    return drawing


def _choose_steps(highest: int) -> list[int]:
    """Return up to five round numbers from zero to at least the highest."""
    size = 1
    while size * 4 < highest:
        size = next(step for step in _round_numbers() if step > size)
    return [size * number for number in range(max(1, -(-highest // size)) + 1)]


def _round_numbers() -> Iterator[int]:
    """Return 1, 2, 5, 10, 20, 50 …"""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _start(label: str, height: float) -> Element:
    return element("svg", viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=label)


def _text(words: str, x: float, y: float, anchor: str, class_: str = "") -> Element:
    return element("text", words, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=class_)


def _bar(x: float, y: float, width: float, height: float, class_: str) -> Element:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    return element("rect", class_=class_, **{name: round(size, 1) for name, size in sizes.items()})


def _x(share: float) -> float:
    return LEFT + share * (RIGHT - LEFT)


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)


def _round_up(share: float) -> float:
    """Return the next full step of five points, at least one step."""
    steps = int(share * 20)
    return max(1, steps + (steps < share * 20)) / 20


def _line_across(y: float, label: str) -> list[Element]:
    line = element("line", x1=LEFT, x2=RIGHT, y1=round(y, 1), y2=round(y, 1), class_="grid")
    return [line, _text(label, LEFT - 5, y + 4, "end", "tick")]


def _label_axis(caption: str) -> list[Element]:
    ticks = [_text(format_percent(share), _x(share), BOTTOM + 18, "middle", "tick") for share in (0.0, 0.25, 0.5, 0.75)]
    return [*ticks, _text("100\u00a0%", RIGHT, BOTTOM + 18, "end", "tick"), _text(caption, RIGHT, HEIGHT - 8, "end")]


def _mark_threshold(share: float) -> list[Element]:
    x = _x(share)
    line = element("line", x1=round(x, 1), x2=round(x, 1), y1=TOP, y2=BOTTOM, class_="threshold")
    return [line, _text("Schwelle", x + 4, TOP - 3, "start", "strong")]
