"""Joins the parts of the chat window into the one script that websites embed."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from bot.channels.styles import FOLDER

# In this order: a part uses what stands before it.
SCRIPTS = (
    "settings",
    "memory",
    "server",
    "elements",
    "tools",
    "replies",
    "notices",
    "transcript",
    "composer",
    "menu",
    "chat",
    "page",
)
STYLES = ("window", "transcript")
_TOKEN = re.compile("__LABELS__|__STYLE__")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def build_widget(labels: Mapping[str, str]) -> bytes:
    """Return widget.js: one function, so that nothing of it is visible to the page around."""
    style = "\n".join(_compact(_COMMENT.sub("", _read(f"{name}.css"))) for name in STYLES)
    parts = [_compact(_read(f"{name}.js")) for name in SCRIPTS]
    script = "\n".join(['(() => {\n"use strict";', *parts, "})();\n"])
    values = {"__LABELS__": dict(labels), "__STYLE__": style}
    return _TOKEN.sub(lambda match: json.dumps(values[match[0]], ensure_ascii=False), script).encode()


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _compact(text: str) -> str:
    """Leave out indentation, empty lines and comment lines: a seventh of what a phone has to load."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def build_tag(script: bytes, server: str) -> str:
    """Return the line for a website; with its hash a browser runs this script and no other."""
    digest = base64.b64encode(hashlib.sha384(script).digest()).decode()
    source = quoteattr(f"{server.rstrip('/')}/widget.js")
    return f'<script src={source} integrity="sha384-{digest}" crossorigin="anonymous" defer></script>'
