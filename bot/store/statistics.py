"""Reads the numbers of a period from the database."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, TextClause, text

from bot.statistics.summary import Period, Tally
from bot.store.database import Database, DatabaseUnavailable

PORTION = timedelta(days=29)
"""Read at once: whoever waits for an answer meanwhile waits 0.04 s longer, measured with 1,500 messages a day."""
_DAYS = "WHERE day BETWEEN :first AND :last GROUP BY"
_CHANNELS = text(f"SELECT day, channel, sum(count) FROM turn_counts {_DAYS} day, channel")
_HOURS = text(f"SELECT day, hour, sum(count) FROM hour_counts {_DAYS} day, hour")
_STATUSES = text(f"SELECT day, status, sum(count) FROM turn_counts {_DAYS} day, status")
_TOPICS = text(f"SELECT day, topic, sum(count) FROM turn_counts {_DAYS} day, topic")
_FEEDBACK = text(f"SELECT day, topic, value, sum(count) FROM feedback_counts {_DAYS} day, topic, value")


class SqlStatistics:
    """Reads without holding up those who wait for an answer: one short statement after the other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, period: Period) -> Tally | None:
        """Return what was counted, None while the database is away."""
        collecting = Period(period.origin(), period.last)
        try:
            return Tally(
                await self._sum(_CHANNELS, period),
                await self._sum(_HOURS, period),
                await self._sum(_STATUSES, collecting),
                await self._sum(_TOPICS, collecting),
                await self._sum(_FEEDBACK, collecting),
            )
        except DatabaseUnavailable:
            return None

    async def _sum(self, statement: TextClause, period: Period) -> dict[Any, int]:
        sums: dict[Any, int] = {}
        first = period.first
        while first <= period.last:
            last = min(first + PORTION, period.last)
            sums |= await self._database.run(partial(_read, statement, first, last), single=True)
            first = last + timedelta(days=1)
        return sums


def _read(statement: TextClause, first: date, last: date, connection: Connection) -> dict[Any, int]:
    rows = connection.execute(statement, {"first": first.isoformat(), "last": last.isoformat()})
    return {(date.fromisoformat(day), *key): int(count) for day, *key, count in rows}
