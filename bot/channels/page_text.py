"""Turns curated text into HTML elements: paragraphs, points, and numbers and addresses that can be tapped."""

import re
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element

from bot.markup import Child, element

# Amounts, dates and paragraphs never start with 0 and seven digits; the short numbers must not be an amount or a "§".
_PHONE = (
    r"\b0\d{2,4}[ /-]?\d[\d -]{3,}\d\b"
    r"|(?<![\d.,§])(?<!§ )\b(?:110|112|116 \d{3})\b(?![.,]?\d| ?(?:Euro|€|%|Prozent|Tage))"
)
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_URL = r"https://[^\s„“\"<>]*[^\s„“\"<>.,;:!?)]"
_TAPPABLE = re.compile(f"({_URL})|({_EMAIL})|({_PHONE})")
_POINT = "– "


def write_blocks(text: str) -> list[Element]:
    """Return paragraphs and lists; as in the chat, lines that begin with "– " are points up to the next empty line."""
    blocks = []
    for block in split_blocks(text):
        lead, *points = re.split(rf"^{_POINT}", block, flags=re.MULTILINE)
        if lead.strip():
            blocks.append(element("p", *write_lines(lead)))
        if points:
            blocks.append(element("ul", *(element("li", *write_lines(point)) for point in points)))
    return blocks


def split_blocks(text: str) -> list[str]:
    """Return the parts of a text between empty lines."""
    return [block.strip() for block in re.split(r"\n[ \t]*\n", text) if block.strip()]


def split_sections(text: str, headings: Collection[str]) -> list[tuple[str | None, str]]:
    """Return (heading, text): a block whose first line is one of the headings begins and fills a section."""
    sections: list[tuple[str | None, str]] = []
    for block in split_blocks(text):
        first, _, rest = block.partition("\n")
        if first.strip() in headings:
            sections.append((first.strip(), rest))
        elif sections and sections[-1][0] is None:
            sections[-1] = (None, f"{sections[-1][1]}\n\n{block}")
        else:
            sections.append((None, block))
    return sections


def write_lines(text: str) -> Iterator[Child]:
    """Yield a text with a line break between its lines."""
    for number, line in enumerate(text.strip().splitlines()):
        if number:
            yield element("br")
        yield from write_line(line.strip())


def write_line(text: str) -> Iterator[Child]:
    """Yield one line with links for addresses, e-mail addresses and telephone numbers."""
    place = 0
    for match in _TAPPABLE.finditer(text):
        yield text[place : match.start()]
        place = match.end()
        yield element("a", match[0], href=_address(*match.groups()))
    yield text[place:]


def _address(url: str | None, email: str | None, phone: str | None) -> str:
    if url:
        return url
    return f"mailto:{email}" if email else "tel:" + re.sub(r"\D", "", phone or "")
