"""What the bot still does while it is switched off: help numbers first, then the text of the switch."""

from datetime import datetime

from bot.content import Content
from bot.guardrails import Guardrails
from bot.models import Decision, Reply, Turn, UserMessage
from bot.notice_board import NoticeBoard
from bot.rendering import Renderer
from bot.typed import TypedMatcher

SWITCHED_OFF = "switched_off"
"""Text key of the decision; the text itself stands in `_notices.yml`."""
DELETE = "s:delete"


class OffSwitch:
    """Answers in the place of the assistant while a channel is off; without classifying or remembering anything."""

    def __init__(
        self, board: NoticeBoard, content: Content, guardrails: Guardrails, renderer: Renderer, typed: TypedMatcher
    ) -> None:
        self._board = board
        self._guardrails = guardrails
        self._renderer = renderer
        self._typed = typed
        self._served = {DELETE, *(f"t:{kind.topic}" for kind in content.crisis.values())}

    def answer(self, message: UserMessage, now: datetime) -> Turn | None:
        """Return the turn while the channel is off; None when it is on, or for what is served all the same.

        A conversation can still be deleted, and the buttons below the help numbers still lead to more help.
        """
        text = self._board.off_text(message.channel)
        if text is None or message.payload in self._served or self._typed.is_delete(message.text):
            return None
        replies: tuple[Reply, ...] = (self._renderer.render_off(text, now),)
        decision = Decision("handoff", text_key=SWITCHED_OFF)
        if message.payload is not None:
            return Turn(replies, decision)
        guarded = self._guardrails.check(message)
        if guarded.decision is not None and guarded.decision.crisis_kind is not None:
            return Turn((*self._renderer.render(guarded.decision, now), *replies), guarded.decision)
        if guarded.possible_crisis is not None:
            replies = (self._renderer.render_crisis_note(guarded.possible_crisis), *replies)
        return Turn(replies, decision)
