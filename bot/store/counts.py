"""Adds what the workers have counted to the numbers in the database."""

from typing import Any

from sqlalchemy import Connection, text

from bot.counters import Counts

_TURNS = text(
    "INSERT INTO turn_counts (day, channel, status, topic, count) VALUES (:day, :channel, :status, :topic, :count)"
    " ON CONFLICT (day, channel, status, topic) DO UPDATE SET count = turn_counts.count + excluded.count"
)
_HOURS = text(
    "INSERT INTO hour_counts (day, hour, channel, count) VALUES (:day, :hour, :channel, :count)"
    " ON CONFLICT (day, hour, channel) DO UPDATE SET count = hour_counts.count + excluded.count"
)
_FEEDBACK = text(
    "INSERT INTO feedback_counts (day, topic, value, count) VALUES (:day, :topic, :value, :count)"
    " ON CONFLICT (day, topic, value) DO UPDATE SET count = feedback_counts.count + excluded.count"
)


def add_counts(connection: Connection, counts: Counts) -> None:
    """Add the numbers; sorted, so that two workers never wait for each other's rows."""
    turns = [_name(("day", "channel", "status", "topic", "count"), (*key, n)) for key, n in counts.turns.items()]
    hours = [_name(("day", "hour", "channel", "count"), (*key, n)) for key, n in counts.hours.items()]
    feedback = [_name(("day", "topic", "value", "count"), (*key, n)) for key, n in counts.feedback.items()]
    for statement, rows in ((_TURNS, turns), (_HOURS, hours), (_FEEDBACK, feedback)):
        if rows:
            connection.execute(statement, sorted(rows, key=lambda row: [*row.values()]))


def _name(names: tuple[str, ...], values: tuple[object, ...]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))
