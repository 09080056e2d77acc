"""Counts turns and feedback in memory until they are written: numbers only, nothing about single persons."""

from collections import Counter
from datetime import datetime

from msgspec import Struct, field


class Counts(Struct):
    """Numbers by what is counted; days and hours are local."""

    turns: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """Day, channel, status, topic ("" without one)."""
    hours: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """Day, hour, channel: apart from the topics, so that a rare topic cannot be told to the hour."""
    feedback: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Day, topic, value."""

    def __bool__(self) -> bool:
        return bool(self.turns or self.hours or self.feedback)


class Counters:
    """Collects what was counted since it was last taken; a turn never waits for a database."""

    def __init__(self) -> None:
        self._counts = Counts()

    def count_turn(self, moment: datetime, channel: str, status: str, topic: str | None) -> None:
        """Count an answered message."""
        day = moment.date().isoformat()
        self._counts.turns[day, channel, status, topic or ""] += 1
        self._counts.hours[day, moment.hour, channel] += 1

    def count_feedback(self, moment: datetime, topic: str | None, value: str) -> None:
        """Count what somebody thought of an answer."""
        self._counts.feedback[moment.date().isoformat(), topic or "", value] += 1

    def take(self) -> Counts:
        """Return what was counted and begin anew."""
        counts, self._counts = self._counts, Counts()
        return counts

    def give_back(self, counts: Counts) -> None:
        """Add what could not be written, so that the next attempt writes it."""
        self._counts.turns.update(counts.turns)
        self._counts.hours.update(counts.hours)
        self._counts.feedback.update(counts.feedback)
