"""The command that shows the statistics in the terminal."""

import asyncio
import sys
from pathlib import Path

from bot.content import load_content
from bot.hours import local_now
from bot.preparation import StartError, open_state
from bot.settings import Settings
from bot.statistics.summary import PeriodError, last_days, summarise
from bot.statistics.tables import write_csv, write_text
from bot.statistics.words import AWAY, COLLECTED, COUNTED, GAPS, HONEST, NO_DATABASE


class StatisticsUnavailable(StartError):
    """There are no numbers; the message says in German why and what to do."""


def run_statistics(settings: Settings, days: int, target: str | None) -> int:
    """Print the numbers of the last days, or write them as CSV to a file or, with "-", to the output."""
    today = local_now().date()
    try:
        period = last_days(days, today)
    except PeriodError as error:
        raise StatisticsUnavailable(str(error)) from None
    content = load_content(settings.responses_dir)
    if not settings.has_database:
        raise StatisticsUnavailable(NO_DATABASE)
    state = open_state(settings)
    assert state is not None
    tally = asyncio.run(state.statistics.read(period))
    state.database.close()
    if tally is None:
        raise StatisticsUnavailable(AWAY)
    summary = summarise(tally, period, today)
    if target is None:
        print(write_text(summary, content))
        print("", COUNTED, HONEST, GAPS, COLLECTED, sep="\n")
    elif target == "-":
        sys.stdout.write(write_csv(summary, content))
    else:
        _write(Path(target), write_csv(summary, content))
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise StatisticsUnavailable(f"{path} lässt sich nicht schreiben: {error.strerror}.") from None
    print(f"Geschrieben: {path}", file=sys.stderr)
