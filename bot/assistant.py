"""Runs one turn in fixed order: guard, classify, decide, render, remember. Never raises."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime

import msgspec

from bot.content import Content
from bot.conversations import Conversation, ConversationStore
from bot.counters import Counters
from bot.crisis import EmergencyModel
from bot.dialogue import (
    CONVERSATION_GROUP,
    ask_again,
    avoid_repeating,
    decide,
    decide_many,
    decide_own_case,
    decide_payload,
    decide_typed,
    remember,
)
from bot.flow_rendering import FlowRenderer
from bot.guardrails import Guarded, Guardrails
from bot.hours import local_now
from bot.models import Decision, IntentScore, Prediction, Reply, Turn, UserMessage
from bot.notice_board import NO_NOTICES, NoticeBoard
from bot.off_switch import OffSwitch
from bot.questions import is_question, split_questions
from bot.rendering import FEEDBACK, Renderer, fold_title
from bot.review.notes import ReviewNotes, is_reviewable
from bot.text import normalise
from bot.typed import TypedMatcher

logger = logging.getLogger(__name__)

Parse = Callable[[str], Awaitable[Prediction]]
ObserveTurn = Callable[[str, str, float], None]
"""Takes channel, status and seconds of every turn."""
FORGET = "conversation_deleted"
NO_LETTERS = "no_letters"
TURN_SECONDS = 10.0
"""Longest time for a turn; a recognition that is stuck must not keep people waiting."""
SHORT = 80
"""Longest message in letters that may be an answer to the bot's own question."""


class Assistant:
    """The bot behind every channel."""

    def __init__(
        self,
        content: Content,
        parse: Parse,
        store: ConversationStore,
        max_text_length: int,
        now: Callable[[], datetime] = local_now,
        easy_language: bool = False,
        crisis_model: EmergencyModel | None = None,
        counters: Counters | None = None,
        board: NoticeBoard = NO_NOTICES,
        review: ReviewNotes | None = None,
        review_days: int = 0,
        observe_turn: ObserveTurn | None = None,
    ) -> None:
        """`review_days` tells people how long questions are kept that were not understood; 0: they are not."""
        self._content = content
        self._parse = parse
        self._store = store
        self._counters = counters
        self._review = review
        self._observe_turn = observe_turn
        self._now = now
        self._guardrails = Guardrails(content, max_text_length, crisis_model)
        self._renderer = Renderer(content, max_text_length, easy_language, board.special_days, review_days)
        self._flow_renderer = FlowRenderer(content, self._renderer)
        self._typed = TypedMatcher(content.typed)
        self._titles = self._renderer.titles()
        self._board = board
        self._off_switch = OffSwitch(board, content, self._guardrails, self._renderer, self._typed)

    async def handle(self, message: UserMessage) -> Turn:
        """Answer one message; whatever goes wrong becomes a useful reply, and only its type is logged."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(TURN_SECONDS):
                turn = await self._run(message)
        except Exception as error:  # the last line of defence: a citizen must always get phone and hours
            logger.error("turn failed: channel=%s error=%s", message.channel, type(error).__name__)
            decision = Decision("error", text_key="error")
            turn = Turn(self._renderer.render(decision, self._now()), decision)
        self._report(message.channel, turn.decision.status, time.perf_counter() - begun)
        if self._counters:
            self._counters.count_turn(self._now(), message.channel, turn.decision.status, turn.decision.topic)
        return turn

    def _report(self, channel: str, status: str, seconds: float) -> None:
        """Log and measure a turn; never its topic, because with the time that may point at a person."""
        milliseconds = round(seconds * 1000)
        fields = {"event": "turn", "channel": channel, "status": status, "duration_ms": milliseconds}
        logger.info("turn: channel=%s status=%s duration_ms=%d", channel, status, milliseconds, extra=fields)
        if self._observe_turn:
            self._observe_turn(channel, status, seconds)

    async def is_ready(self) -> bool:
        """Tell whether a question can be recognised and answered; nothing is remembered or logged but a failure."""
        try:
            text = next(iter(self._content.topics.values())).title
            async with asyncio.timeout(TURN_SECONDS):
                prediction = await self._parse(text)
            decision = decide(prediction, Conversation(), self._content)
            return bool(self._renderer.render(decision, self._now()))
        except Exception as error:  # health is a yes or no
            logger.error("not ready: error=%s", type(error).__name__)
            return False

    def show_off(self, text: str) -> Reply:
        """Return what everybody gets while the bot is switched off with this text."""
        return self._renderer.render_off(text, self._now())

    async def _run(self, message: UserMessage) -> Turn:
        off = self._off_switch.answer(message, self._now())
        if off is not None:
            return off
        state = await self._load(message.conversation)
        if message.payload is not None:
            decision = decide_payload(message.payload, state, self._content, self._today())
            prediction, guarded = None, None
        else:
            guarded = self._guardrails.check(message)
            decision, prediction = await self._decide_text(message, guarded, state)
        following = self._remember(decision, state)
        if decision.move and decision.move.flow == FEEDBACK and decision.move.result:
            fields = {"event": "feedback", "value": decision.move.result}
            logger.info("feedback: value=%s", decision.move.result, extra=fields)
            if self._counters:
                self._counters.count_feedback(self._now(), state.last_topic, decision.move.result)
        is_short_answer = guarded is not None and guarded.decision is None and prediction is None
        replies = self._render(decision, guarded, following)
        # neither help numbers nor the farewell wait for a banner
        if decision.status != "guardrail_crisis" and decision.text_key != FORGET:
            texts, noticed = self._board.announce(message, following.noticed)
            replies = (*map(Reply, texts), *replies)
            following = following.changed(noticed=noticed)
        if guarded is not None and guarded.possible_crisis and not is_short_answer:
            replies = (self._renderer.render_crisis_note(guarded.possible_crisis), *replies)
        if guarded is not None:
            self._note(message, guarded, decision, state)
        if decision.text_key == FORGET:
            await self._delete(message.conversation)
        else:
            await self._save(message.conversation, following)
        return Turn(replies, decision, prediction)

    async def _decide_text(
        self, message: UserMessage, guarded: Guarded, state: Conversation
    ) -> tuple[Decision, Prediction | None]:
        typed = self._decide_short(message, guarded, state)
        if typed is not None:
            return typed, None
        if guarded.decision is not None:
            again = ask_again(state, self._content) if guarded.decision.text_key == NO_LETTERS else None
            return again or avoid_repeating(guarded.decision, state), None
        # who types a tax number with the amount answers the open question; it must not cost the inputs
        again = ask_again(state, self._content) if guarded.has_personal_data and not is_question(guarded.text) else None
        if again is not None:
            return msgspec.structs.replace(again, status="guardrail_personal_data"), None
        prediction = await self._parse(guarded.text)
        payload = self._find_title(guarded.text, state)
        if payload is None:
            decision = await self._decide_questions(guarded.text, prediction, state)
        else:
            decision = decide_payload(payload, state, self._content, self._today())
        if decision.status in {"clarification", "fallback"}:
            decision = ask_again(state, self._content) or decision
        if guarded.has_personal_data:
            decision = msgspec.structs.replace(decision, status="guardrail_personal_data")
        return decision, prediction

    def _decide_short(self, message: UserMessage, guarded: Guarded, state: Conversation) -> Decision | None:
        """Return what a short message answers; "2" or "03.11." is an answer, though no text to classify."""
        unreadable = guarded.decision is not None and guarded.decision.text_key != NO_LETTERS
        text = normalise(message.text)
        if unreadable or len(text) > SHORT:
            return None
        return decide_typed(text, state, self._content, self._typed, self._today())

    async def _decide_questions(self, text: str, prediction: Prediction, state: Conversation) -> Decision:
        case = self._typed.find_own_case(text)
        if case is not None and prediction.intent_ranking:
            return decide_own_case(prediction.intent_ranking, self._content, case)
        parts = [part for part in split_questions(text) if is_question(part)]
        if len(parts) < 2:
            return decide(prediction, state, self._content)
        return decide_many(prediction, [await self._predict_part(part) for part in parts], state, self._content)

    async def _predict_part(self, part: str) -> Prediction:
        payload = self._titles.get(fold_title(part), "")
        if payload.startswith("t:"):
            return Prediction((IntentScore(payload.removeprefix("t:"), 1.0),))
        return await self._parse(part)

    def _find_title(self, text: str, state: Conversation) -> str | None:
        """Return the payload of the button whose words were typed; two buttons mean the reply before."""
        folded = fold_title(text)
        last = self._content.answers.get(state.last_topic or "")
        if last and last.applies_if and folded == fold_title(self._renderer.text("otherwise_button")):
            return "s:otherwise"
        if state.last_flow and folded == fold_title(self._renderer.text("flow_again")):
            return "s:again"
        return self._titles.get(folded)

    def _remember(self, decision: Decision, state: Conversation) -> Conversation:
        """Return the state after a decision; small talk in between does not change what it was about."""
        following = remember(decision, state)
        topic = self._content.topics.get(following.last_topic or "")
        if topic is None or topic.group != CONVERSATION_GROUP or state.last_topic is None or decision.case:
            return following
        return following.changed(last_topic=state.last_topic, also=state.also, case=state.case)

    def _render(self, decision: Decision, guarded: Guarded | None, following: Conversation) -> tuple[Reply, ...]:
        wording = following.wording
        if decision.move is not None:
            replies: tuple[Reply, ...] = (self._flow_renderer.render(decision.move, self._today(), wording),)
            if decision.text_key:
                replies = (self._renderer.note(decision.text_key, wording), *replies)
        else:
            replies = self._renderer.render(decision, self._now(), wording)
            if following.flow:
                resume = self._flow_renderer.resume_button(following.flow)
                replies = (*replies[:-1], msgspec.structs.replace(replies[-1], buttons=(*replies[-1].buttons, resume)))
        if guarded is not None and guarded.has_personal_data:
            note = self._renderer.note("personal_data_answered" if decision.topic else "personal_data", wording)
            replies = (note, *replies)
        return replies

    def _note(self, message: UserMessage, guarded: Guarded, decision: Decision, state: Conversation) -> None:
        """Keep what was not understood for the editors, when the operator wants that."""
        try:
            if self._review and self._review.is_on and is_reviewable(message, guarded, decision, state, self._content):
                self._review.note(message.conversation, guarded.text)
        except Exception as error:  # see _load
            logger.error("question not noted: error=%s", type(error).__name__)

    def _today(self) -> date:
        return self._now().date()

    async def _load(self, conversation: str) -> Conversation:
        try:
            return await self._store.load(conversation)
        except Exception as error:  # a dead store costs the context, not the answer
            logger.error("conversation not loaded: error=%s", type(error).__name__)
            return Conversation()

    async def _delete(self, conversation: str) -> None:
        for forget in (self._store.delete, *((self._review.forget,) if self._review else ())):
            try:
                await forget(conversation)
            except Exception as error:  # see _load
                logger.error("conversation not deleted: error=%s", type(error).__name__)

    async def _save(self, conversation: str, state: Conversation) -> None:
        try:
            await self._store.save(conversation, state)
        except Exception as error:  # see _load
            logger.error("conversation not saved: error=%s", type(error).__name__)
