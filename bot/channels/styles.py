"""Stylesheets of the bot's own pages: one base before each of them."""

from importlib import resources

FOLDER = resources.files("bot") / "widget"


def read_styles(name: str) -> bytes:
    """Return a stylesheet behind the base whose colours and basics it uses."""
    return (FOLDER / "base.css").read_bytes() + (FOLDER / name).read_bytes()
