"""Which questions the bot did not understand may be kept for the editors: rather too few than one that tells."""

import re
from typing import Protocol

from bot.content import Content
from bot.conversations import Conversation
from bot.guardrails import Guarded
from bot.languages import detect_language
from bot.models import Decision, UserMessage

LONGEST = 300
"""Characters; a longer message is a story, and stories identify people without any name."""
CHANNELS = frozenset({"web", "telegram"})
"""Where people read that questions are kept and can delete the conversation."""
NOT_UNDERSTOOD = frozenset({"fallback_1", "fallback_2", "fallback_3"})
# what the masking does not know: five digits or more are somebody's number, "@" and "www" somebody's address
_SUSPICIOUS = re.compile(r"(?:\d[\s./-]?){5}|@|https?:|www\.", re.I)


class ReviewNotes(Protocol):
    """Where such questions wait; never makes a turn wait."""

    is_on: bool

    def note(self, conversation: str, text: str) -> None:
        """Keep a text; it can be forgotten as long as the conversation lives."""

    async def forget(self, conversation: str) -> None:
        """Remove every text of the conversation at once."""


def is_reviewable(
    message: UserMessage, guarded: Guarded, decision: Decision, state: Conversation, content: Content
) -> bool:
    """Tell whether the text of a turn may be kept; `state` is the one before the turn.

    A message with personal data is never kept, not even masked: where one was found, another may be hidden.
    """
    emergencies = {kind.topic for kind in content.crisis.values()}
    return (
        message.channel in CHANNELS
        and decision.status == "fallback"
        and (decision.text_key in NOT_UNDERSTOOD or decision.topic == "unbekannt")
        and 0 < len(guarded.text) <= LONGEST
        and not guarded.has_personal_data
        and guarded.possible_crisis is None
        and state.last_topic not in emergencies
        and state.flow is None  # calculators promise to keep nothing of what people enter
        and not _SUSPICIOUS.search(guarded.text)
        and detect_language(guarded.text) is None
    )
