"""Stylesheets of the bot's own pages: one palette before each of them."""

from importlib import resources

FOLDER = resources.files("bot") / "widget"


def read_styles(name: str) -> bytes:
    """Return a stylesheet behind the palette whose colours it uses."""
    return (FOLDER / "palette.css").read_bytes() + (FOLDER / name).read_bytes()
