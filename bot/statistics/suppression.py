"""Holds small numbers back until they are no longer small, so that neither a view nor a difference shows one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=str)

LEAST = 5
"""Smaller numbers are never shown."""


def release(weeks: Iterable[Mapping[Key, int]]) -> list[Counter[Key]]:
    """Return what may be shown of each week; a small number waits and is shown with a later week.

    Every number shown is at least LEAST, and so is every difference of two sums of them. Who knows all totals can
    still work out the sum of what waits; therefore it is at least LEAST and of at least two names. Where it would
    not be, the smallest numbers that could be shown wait as well. What is shown never depends on a later week.
    """
    waiting: Counter[Key] = Counter()
    shown = []
    for week in weeks:
        waiting.update(week)
        held = [count for count in waiting.values() if 0 < count < LEAST]
        ready = sorted((key for key in waiting if waiting[key] >= LEAST), key=lambda key: (-waiting[key], key))
        while held and ready and (len(held) < 2 or sum(held) < LEAST):
            held.append(waiting[ready.pop()])
        shown.append(Counter({key: waiting.pop(key) for key in ready}))
    return shown
