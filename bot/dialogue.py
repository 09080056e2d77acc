"""Decides what one turn does: a pure function of prediction, state and content."""

from bot.content import Content
from bot.conversations import Conversation
from bot.models import Decision, Prediction, Status, Wording

MAX_OPTIONS = 3
CONVERSATION_GROUP = "dialog"
# Of the dialog topics only these make sense on a button.
OFFERED_DIALOG_TOPICS = frozenset({"mensch", "eigener_fall", "bedienung", "verbindlichkeit", "andere_behoerde"})
SWITCHES = {"s:plain": "plain_on", "s:easy": "easy_on", "s:normal": "plain_off"}
WORDINGS: dict[str | None, Wording] = {"plain_on": "plain", "easy_on": "easy", "plain_off": "text"}
_STATUS_BY_TOPIC: dict[str, Status] = {
    "mensch": "handoff",
    "eigener_fall": "own_case",
    "andere_sprache": "guardrail_language",
    "unbekannt": "fallback",
}


def decide(prediction: Prediction, state: Conversation, content: Content) -> Decision:
    """Choose between answer, up to three options and fallback by the confidence of the best topics."""
    ranking = prediction.intent_ranking
    zones = content.thresholds
    if ranking:
        best = ranking[0]
        lead = best.confidence - (ranking[1].confidence if len(ranking) > 1 else 0.0)
        if best.confidence >= zones.answer and lead >= zones.lead:
            return decide_topic(best.name, state, content)
    options = tuple(
        score.name for score in ranking if score.confidence >= zones.suggest and _is_offered(score.name, content)
    )[:MAX_OPTIONS]
    if options and ranking[0].name != "unbekannt":
        key = "clarification_2" if state.last_text_key == "clarification_1" else "clarification_1"
        return Decision("clarification", options=options, text_key=key)
    return decide_fallback(state)


def decide_topic(topic: str, state: Conversation, content: Content) -> Decision:
    """Answer a recognised topic; a few dialog topics depend on what was said before."""
    if topic == "ja" and len(state.offered) == 1:
        return decide_topic(state.offered[0], state, content)
    if topic == "nein" and state.offered:
        return decide_something_else()
    if topic == "unbekannt" and state.failures:
        return decide_fallback(state)
    if topic == "nicht_verstanden" and state.last_topic in content.answers and state.wording == "text":
        return Decision("answered", topic=state.last_topic, text_key="plain_on")
    if topic not in content.answers:
        return Decision("fallback", topic=topic, text_key="no_answer_yet")
    return Decision(_STATUS_BY_TOPIC.get(topic, "answered"), topic=topic)


def decide_fallback(state: Conversation) -> Decision:
    """Say that there is no checked answer, each time in other words and nearer to a human."""
    following = {"fallback_1": "fallback_2", "fallback_2": "fallback_3", "fallback_3": "fallback_2"}
    first = "fallback_2" if state.failures else "fallback_1"
    return Decision("fallback", text_key=following.get(state.last_text_key or "", first))


def decide_something_else() -> Decision:
    """None of the offered options fits."""
    return Decision("fallback", text_key="something_else_reply")


def decide_payload(payload: str, state: Conversation, content: Content) -> Decision:
    """Follow a tapped button; anything that is not one of our payloads is refused kindly."""
    prefix, _, name = payload.partition(":")
    if prefix == "t" and name in content.topics:
        return decide_topic(name, state, content)
    if prefix == "g" and name in content.groups():
        return Decision("answered", group=name, text_key=f"group_{name}")
    if payload == "s:start":
        return Decision("answered", text_key="greeting")
    if payload == "s:topics":
        return Decision("answered", text_key="topics_overview")
    if payload == "s:else":
        return decide_something_else()
    if payload in SWITCHES:
        return Decision("answered", topic=state.last_topic, text_key=SWITCHES[payload])
    return Decision("guardrail_input", text_key="unknown_payload")


def remember(decision: Decision, state: Conversation) -> Conversation:
    """Return the state after a decision."""
    failed = decision.status in {"fallback", "clarification", "guardrail_input", "error"}
    return Conversation(
        last_topic=decision.topic or state.last_topic,
        offered=decision.options,
        failures=state.failures + 1 if failed else 0,
        last_text_key=decision.text_key,
        wording=WORDINGS.get(decision.text_key, state.wording),
    )


def _is_offered(topic: str, content: Content) -> bool:
    known = content.topics.get(topic)
    return known is not None and (known.group != CONVERSATION_GROUP or topic in OFFERED_DIALOG_TOPICS)
