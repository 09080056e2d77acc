"""Recognises short typed messages that get their meaning from the conversation: "das zweite", "und wo ist das?"."""

import re
from collections.abc import Iterable
from typing import TypeVar

from bot.flow_content import TypedWords
from bot.patterns import compile_patterns, fold_message

T = TypeVar("T")


class TypedMatcher:
    """Whole-message patterns of `_typed.yml`, compiled once."""

    def __init__(self, words: TypedWords) -> None:
        opener = compile_patterns(words.openers)
        self._opener = re.compile(f"(?:{opener.pattern})+" if opener else r"(?!)")
        self._follow_ups = {name: _compile(entry.patterns) for name, entry in words.follow_ups.items()}
        self._flows = {name: _compile(patterns) for name, patterns in words.flows.items()}
        self._ordinals = [_compile(patterns) for patterns in words.ordinals]
        self._own_cases = {case: compile_patterns(patterns) for case, patterns in words.own_case.items()}
        self._other = _compile(words.other)
        self._choices = {"ja": _compile(words.yes), "nein": _compile(words.no)}
        self._stop = _compile(words.stop)
        self._delete = _compile(words.delete)

    def find_follow_up(self, text: str) -> str | None:
        """Return the kind of follow-up the whole message is, or None."""
        folded = fold_message(text)
        opener = self._opener.match(folded, 1)
        starts = (1, opener.end()) if opener else (1,)
        kinds = self._follow_ups.items()
        return next((name for start in starts for name, pattern in kinds if pattern.match(folded, start)), None)

    def find_flow(self, text: str) -> str | None:
        """Return the menu or calculator the whole message asks for, or None."""
        return _find(self._flows.items(), text)

    def find_ordinal(self, text: str) -> int | None:
        """Return which option is meant, from 0, or None."""
        return _find(enumerate(self._ordinals), text)

    def find_own_case(self, text: str) -> str | None:
        """Return the case of `_own_case.yml` a message speaks of when it is about the person's own file, or None."""
        folded = fold_message(text)
        return next((case for case, pattern in self._own_cases.items() if pattern and pattern.search(folded)), None)

    def find_choice(self, text: str) -> str | None:
        """Return "ja" or "nein" when the whole message is another word for it, or None."""
        return _find(self._choices.items(), text)

    def is_other(self, text: str) -> bool:
        """Tell whether none of the options is meant."""
        return _matches(self._other, text)

    def is_stop(self, text: str) -> bool:
        """Tell whether the person wants to leave a flow."""
        return _matches(self._stop, text)

    def is_delete(self, text: str) -> bool:
        """Tell whether the person wants the conversation forgotten."""
        return _matches(self._delete, text)


def _compile(patterns: list[str]) -> re.Pattern[str]:
    compiled = compile_patterns(patterns)
    return re.compile(f"(?:{compiled.pattern})$" if compiled else r"(?!)")


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    return bool(pattern.match(fold_message(text), 1))


def _find(patterns: Iterable[tuple[T, re.Pattern[str]]], text: str) -> T | None:
    folded = fold_message(text)
    return next((key for key, pattern in patterns if pattern.match(folded, 1)), None)
