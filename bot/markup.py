"""Builds HTML and SVG whose text is escaped by construction, and writes numbers the German way."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, tostring

Child = Element | str


def element(tag: str, *children: Child, **attributes: str | float) -> Element:
    """Return an element; `class_` and `stroke_width` become `class` and `stroke-width`."""
    node = Element(tag, {name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items()})
    for child in children:
        if not isinstance(child, str):
            node.append(child)
        elif len(node):
            node[-1].tail = (node[-1].tail or "") + child
        else:
            node.text = (node.text or "") + child
    return node


def write_page(root: Element) -> str:
    """Return the text of a whole HTML page."""
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def fold(title: str, inner: Element) -> Element:
    """Return something that waits behind a click."""
    return element("details", element("summary", title), inner)


def table(headings: Sequence[str], rows: Sequence[Sequence[Child]], has_total: bool = False) -> Element:
    """Return a table of a name and numbers per row; with `has_total` the last row stands out."""
    first, *others = headings
    head = element("tr", element("th", first, scope="col"))
    head.extend(element("th", text, scope="col", class_="number") for text in others)
    body = element("tbody")
    for name, *numbers in rows:
        cells = (element("td", number, class_="number") for number in numbers)
        body.append(element("tr", element("th", name, scope="row"), *cells))
    if has_total:
        body[-1].set("class", "total")
    grid = element("table", element("thead", head), body)
    return element("div", grid, class_="scroll", tabindex=0, role="region", aria_label=f"Tabelle: {first}")


def format_percent(share: float, digits: int = 0) -> str:
    """Return 0.853 as "85 %", or with one digit as "85,3 %"."""
    return f"{share * 100:.{digits}f}\u00a0%".replace(".", ",")


def format_points(change: float) -> str:
    """Return a change of a share in percentage points with its sign: "+1,3", "−4,2", "0,0"."""
    points = round(change * 100, 1)
    if points == 0:
        return "0,0"
    return f"{points:+.1f}".replace(".", ",").replace("-", "−")
