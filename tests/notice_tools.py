"""A notice file that tests write, on a board with clocks that tests move."""

from datetime import datetime
from pathlib import Path

from bot.hours import BERLIN
from bot.notice_board import NoticeBoard

BANNER = "Am 24.12. geschlossen."
OFF = "Die Auskunft macht Pause."


def at(moment: str) -> datetime:
    """Return a moment on the clock of the offices."""
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


class Board:
    """A board over a file of its own."""

    def __init__(self, folder: Path, moment: str = "2026-12-01 10:00") -> None:
        (folder / "responses").mkdir()
        self.path = folder / "responses" / "_notices.yml"
        self.now = at(moment)
        self.seconds = 0.0
        self.board = NoticeBoard(self.path, lambda: self.now, lambda: self.seconds)

    def write(self, text: str) -> None:
        """Write the file, and let the second pass in which nobody looks."""
        self.path.write_text(text, encoding="utf-8")
        self.wait()

    def wait(self) -> None:
        """Let the second pass in which nobody looks."""
        self.seconds += 1.0

    def put_up(self, text: str = BANNER, more: str = "") -> None:
        """Show a banner throughout December."""
        self.write(f"notices:\n  - text: {text}\n    from: 2026-12-01\n    until: 2026-12-31\n{more}")

    def switch_off(self, more: str = "") -> None:
        """Switch the bot off."""
        self.write(f"off:\n  text: {OFF}\n{more}")
