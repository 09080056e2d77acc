"""What search engines read: structured data (schema.org), sitemap and robots.txt."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, tostring

from bot.markup import element
from bot.models import Reply

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
ROBOTS = """\
User-agent: *
Disallow: /api/
Disallow: /webhooks/
Disallow: /*?frage=
"""


def describe_answer(question: str, url: str, reply: Reply) -> Element:
    """Return the structured data of a page that holds one answer."""
    answer = {"@type": "Answer", "text": reply.text, "url": url, "dateModified": reply.as_of}
    return _write_faq(url, [{"@type": "Question", "name": question, "url": url, "acceptedAnswer": answer}])


def describe_overview(url: str, questions: Iterable[tuple[str, str]]) -> Element:
    """Return the structured data of the overview from (question, address of its answer).

    The texts are left out: search engines reject data that readers do not find on the same page.
    """
    entries = [
        {"@type": "Question", "name": title, "url": target, "acceptedAnswer": {"@type": "Answer", "url": target}}
        for title, target in questions
    ]
    return _write_faq(url, entries)


def write_sitemap(pages: Sequence[tuple[str, str | None]]) -> bytes:
    """Return the sitemap for (address, day of the last change)."""
    root = Element("urlset", {"xmlns": SITEMAP})
    for url, day in pages:
        entry = element("url", element("loc", url))
        if day:
            entry.append(element("lastmod", day))
        root.append(entry)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def write_robots(sitemap: str) -> str:
    """Return robots.txt; addresses that carry a question are nothing to index."""
    return f"{ROBOTS}\nSitemap: {sitemap}\n"


def _write_faq(url: str, questions: list[dict[str, Any]]) -> Element:
    data = {"@context": "https://schema.org", "@type": "FAQPage", "inLanguage": "de", "url": url}
    text = json.dumps(data | {"mainEntity": questions}, ensure_ascii=False)
    # inside <script> nothing is escaped as HTML, so what could end it is escaped as JSON
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return element("script", text, type="application/ld+json")
