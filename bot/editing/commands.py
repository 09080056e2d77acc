"""What the commands for editors do: due, preview, schema; returns the exit code."""

import sys
from pathlib import Path

from bot.content import load_content
from bot.editing.calendar_file import build_calendar
from bot.editing.due import format_due, list_due
from bot.editing.preview_server import serve_preview
from bot.editing.schema import FOLDER, write_schemas
from bot.hours import local_now
from bot.settings import ROOT, Settings


def run_due(settings: Settings, days: int, calendar: Path | None) -> int:
    """Print what has to be looked at, and write the dates into a calendar file; 1 when something is overdue."""
    now = local_now()
    content = load_content(settings.responses_dir)
    due = list_due(content, settings.responses_dir, now.date(), days, settings.easy_language)
    print(format_due(due, now.date(), days))
    if calendar is not None:
        try:
            calendar.write_bytes(build_calendar(due, now))
        except OSError as error:
            print(f"Der Kalender {calendar} lässt sich nicht schreiben ({error.strerror}).", file=sys.stderr)
            return 1
        print(f"\nKalender geschrieben: {calendar}")
    return 1 if due.overdue else 0


def run_preview(settings: Settings, port: int) -> int:
    """Show the content in a local browser until told to stop."""
    serve_preview(settings, port, ROOT / "tests" / "dialogues")
    return 0


def run_schema(settings: Settings) -> int:
    """Write the schemas for the completion in editors."""
    changed = write_schemas(load_content(settings.responses_dir))
    for path in changed:
        print(f"Geschrieben: {path.relative_to(ROOT)}")
    if not changed:
        print(f"Alle Schemas in {FOLDER.relative_to(ROOT)} sind aktuell.")
    return 0
