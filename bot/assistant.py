"""Runs one turn in fixed order: guard, classify, decide, render, remember. Never raises."""

import logging
from collections.abc import Awaitable, Callable
from datetime import date

import msgspec

from bot.content import Content
from bot.conversations import Conversation, ConversationStore
from bot.dialogue import decide, decide_payload, remember
from bot.guardrails import Guarded, Guardrails
from bot.models import Decision, Prediction, Reply, Turn, UserMessage, Wording
from bot.rendering import Renderer, fold_title

logger = logging.getLogger(__name__)

Parse = Callable[[str], Awaitable[Prediction]]


class Assistant:
    """The bot behind every channel."""

    def __init__(
        self,
        content: Content,
        parse: Parse,
        store: ConversationStore,
        max_text_length: int,
        today: Callable[[], date] = date.today,
        easy_language: bool = False,
    ) -> None:
        self._content = content
        self._parse = parse
        self._store = store
        self._today = today
        self._guardrails = Guardrails(content, max_text_length)
        self._renderer = Renderer(content, max_text_length, easy_language)
        self._titles = self._renderer.titles()

    async def handle(self, message: UserMessage) -> Turn:
        """Answer one message; whatever goes wrong becomes a useful reply, and only its type is logged."""
        try:
            turn = await self._run(message)
        except Exception as error:  # the last line of defence: a citizen must always get phone and hours
            logger.error("turn failed: channel=%s error=%s", message.channel, type(error).__name__)
            decision = Decision("error", text_key="error")
            turn = Turn(self._renderer.render(decision, self._today()), decision)
        logger.info("turn: channel=%s status=%s", message.channel, turn.decision.status)
        return turn

    async def is_ready(self) -> bool:
        """Tell whether a question can be recognised and answered; nothing is remembered or logged but a failure."""
        try:
            text = next(iter(self._content.topics.values())).title
            decision = decide(await self._parse(text), Conversation(), self._content)
            return bool(self._renderer.render(decision, self._today()))
        except Exception as error:  # health is a yes or no
            logger.error("not ready: error=%s", type(error).__name__)
            return False

    async def _run(self, message: UserMessage) -> Turn:
        state = self._load(message.conversation)
        if message.payload is not None:
            decision, prediction, guarded = decide_payload(message.payload, state, self._content), None, None
        else:
            guarded = self._guardrails.check(message)
            decision, prediction = await self._decide_text(guarded, state)
        following = remember(decision, state)
        replies = self._render(decision, guarded, following.wording)
        self._save(message.conversation, following)
        return Turn(replies, decision, prediction)

    async def _decide_text(self, guarded: Guarded, state: Conversation) -> tuple[Decision, Prediction | None]:
        if guarded.decision is not None:
            return guarded.decision, None
        prediction = await self._parse(guarded.text)
        payload = self._titles.get(fold_title(guarded.text))
        if payload is None:
            decision = decide(prediction, state, self._content)
        else:
            decision = decide_payload(payload, state, self._content)
        if guarded.has_personal_data:
            decision = msgspec.structs.replace(decision, status="guardrail_personal_data")
        return decision, prediction

    def _render(self, decision: Decision, guarded: Guarded | None, wording: Wording) -> tuple[Reply, ...]:
        replies = self._renderer.render(decision, self._today(), wording)
        if guarded is None or not guarded.has_personal_data:
            return replies
        note = self._renderer.note("personal_data_answered" if decision.topic else "personal_data", wording)
        return (note, *replies) if decision.topic else (msgspec.structs.replace(note, buttons=replies[-1].buttons),)

    def _load(self, conversation: str) -> Conversation:
        try:
            return self._store.load(conversation)
        except Exception as error:  # a dead store costs the context, not the answer
            logger.error("conversation not loaded: error=%s", type(error).__name__)
            return Conversation()

    def _save(self, conversation: str, state: Conversation) -> None:
        try:
            self._store.save(conversation, state)
        except Exception as error:  # see _load
            logger.error("conversation not saved: error=%s", type(error).__name__)
