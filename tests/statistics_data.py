"""Numbers of a bot that has been running for a while, always the same."""

import random
from collections.abc import Iterable
from datetime import date, timedelta

from bot.counters import Counts
from bot.store.counts import add_counts
from bot.store.database import Database

CHANNELS = (("web", 0.6), ("telegram", 0.25), ("page", 0.12), ("rest", 0.03))
STATUSES = (
    ("answered", 0.66),
    ("clarification", 0.16),
    ("fallback", 0.08),
    ("handoff", 0.03),
    ("own_case", 0.03),
    ("guardrail_personal_data", 0.015),
    ("guardrail_language", 0.01),
    ("guardrail_input", 0.008),
    ("guardrail_crisis", 0.005),
    ("error", 0.002),
)
VALUES = (("ja", 0.6), ("frage", 0.15), ("schwer", 0.12), ("falsch", 0.05), ("anders", 0.08))
WITHOUT_TOPIC = {"clarification", "fallback", "guardrail_input", "error"}


def make_counts(topics: Iterable[str], last: date, days: int, a_day: int, seed: int = 7) -> Counts:
    """Return what was counted until the last day; Sundays are quiet, and on three days the bot was off."""
    chance = random.Random(seed)
    names = sorted(topics)
    chance.shuffle(names)
    weights = [1 / (place + 2) for place in range(len(names))]
    off = {last - timedelta(days=number) for number in (days // 3, days // 3 + 1, days // 2)}
    counts = Counts()
    for number in range(days):
        day = last - timedelta(days=number)
        if day in off:
            continue
        busy = (1.2, 1.1, 0.9, 1.0, 0.7, 0.25, 0.2)[day.weekday()] * chance.uniform(0.7, 1.3)
        for _ in range(round(a_day * busy)):
            channel, status = _choose(chance, CHANNELS), _choose(chance, STATUSES)
            topic = "" if status in WITHOUT_TOPIC else chance.choices(names, weights)[0]
            hour = min(23, max(0, round(chance.gauss(12.5, 4))))
            counts.turns[day.isoformat(), channel, status, topic] += 1
            counts.hours[day.isoformat(), hour, channel] += 1
            if topic and status == "answered" and chance.random() < 0.06:
                counts.feedback[day.isoformat(), topic, _choose(chance, VALUES)] += 1
    return counts


def _choose(chance: random.Random, weighted: tuple[tuple[str, float], ...]) -> str:
    return chance.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]


def write_counts(url: str, counts: Counts) -> None:
    """Add the numbers to a database, which is set up when it is new."""
    database = Database(url)
    database.open()
    with database._engine.begin() as connection:
        add_counts(connection, counts)
    database.close()
