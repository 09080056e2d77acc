"""What Telegram messages look like as plain text: commands in, replies out."""

import re
from datetime import date

from telegram import Message
from telegram.constants import MessageLimit

from bot.models import Reply

COMMANDS = {
    "start": "s:start",
    "hilfe": "t:bedienung",
    "themen": "s:topics",
    "kontakt": "t:kontakt",
    "einfach": "s:plain",
    "datenschutz": "t:datenschutz",
    "loeschen": "s:delete",
}
"""Payload of each entry in Telegram's command menu; the descriptions are system texts `command_<name>`."""


def read_text(text: str) -> tuple[str, str | None]:
    """Text and payload of a typed message; only a bare known command has a payload.

    A command followed by words is passed on as text, so that "/hilfe ich kann nicht mehr" reaches the
    guardrails. /start may carry one word: the parameter of a t.me link.
    """
    words = text.split()
    name = words[0][1:].partition("@")[0].lower() if text.startswith("/") else ""
    if name in COMMANDS and len(words) <= (2 if name == "start" else 1):
        return "", COMMANDS[name]
    return text.removeprefix("/"), None


def is_command(text: str) -> bool:
    """Tell whether a whole message looks like one of Telegram's commands, known or not."""
    return re.fullmatch(r"/[A-Za-z0-9_]{1,32}(@\w+)?", text.strip()) is not None


def read_emoji(message: Message) -> str:
    """The emoji a sticker or an animated throw stands for, or nothing."""
    picture = message.sticker or message.dice
    return (picture.emoji or "") if picture else ""


def render_text(reply: Reply, source_label: str, as_of_label: str) -> str:
    """The reply as plain text: text, links, source and date, with empty lines between."""
    links = "\n".join(f"{link.title}: {link.url}" for link in reply.links)
    notes = []
    if reply.sources:
        notes.append(f"{source_label.rstrip(': ')}: {'; '.join(reply.sources)}")
    if reply.as_of:
        notes.append(f"{as_of_label.rstrip(': ')}: {date.fromisoformat(reply.as_of):%d.%m.%Y}")
    return "\n\n".join(block for block in (reply.text.strip(), links, " · ".join(notes)) if block)


def split_text(text: str, limit: int = MessageLimit.MAX_TEXT_LENGTH) -> list[str]:
    """Cut into parts Telegram accepts, at paragraphs if possible, else at lines, else at words."""
    parts = []
    # Counted in UTF-16 units, as Telegram counts offsets: never more generous than the server.
    while len(text.encode("utf-16-le")) > 2 * limit:
        head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
        gaps = (text.rfind(mark, 0, len(head) + len(mark)) for mark in ("\n\n", "\n", " "))
        cut = next((gap for gap in gaps if gap > 0), len(head))
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text]
