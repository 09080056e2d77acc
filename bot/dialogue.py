"""Decides what one turn does: a pure function of prediction, state and content."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from bot.content import Content
from bot.conversations import Conversation
from bot.flow_content import FollowUp
from bot.flows import choose, enter, find_open_step, pick, start_flow
from bot.models import Decision, FlowMove, IntentScore, Prediction, Status, Wording
from bot.typed import TypedMatcher

MAX_OPTIONS = 3
MAX_ANSWERS = 3
SHORT_ANSWER = 4
"""Most words of an answer to the question for an amount, a date or a number."""
OWN_CASE = "eigener_fall"
ANY_CASE = "sonst"
CONVERSATION_GROUP = "dialog"
# Of the dialog topics only these make sense on a button.
OFFERED_DIALOG_TOPICS = frozenset({"mensch", "eigener_fall", "bedienung", "verbindlichkeit", "andere_behoerde"})
ENDINGS = frozenset({"flow_stopped", "conversation_deleted"})
"""What ends a flow before its result; everything else only interrupts it."""
SWITCHES = {"s:plain": "plain_on", "s:easy": "easy_on", "s:normal": "plain_off"}
WORDINGS: dict[str | None, Wording] = {"plain_on": "plain", "easy_on": "easy", "plain_off": "text"}
_STATUS_BY_TOPIC: dict[str, Status] = {
    "mensch": "handoff",
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
            if best.name == OWN_CASE:
                return decide_own_case(ranking, content)
            return decide_topic(best.name, state, content)
    return _offer(ranking, state, content)


def _offer(ranking: Sequence[IntentScore], state: Conversation, content: Content) -> Decision:
    """Offer the best topics, or say that nothing was found."""
    zones = content.thresholds
    least = max(zones.suggest, zones.share * ranking[0].confidence) if ranking else 0.0
    options = tuple(
        score.name
        for place, score in enumerate(ranking)
        if score.confidence >= least and _is_offered(score, place, content)
    )[:MAX_OPTIONS]
    if options and ranking[0].name != "unbekannt":
        return Decision("clarification", options=options, text_key=_choose_question(state))
    return decide_fallback(state)


def _choose_question(state: Conversation) -> str:
    """Ask in other words each time; from the second failure on the phone number stands below."""
    if not state.failures:
        return "clarification_1"
    return "clarification_3" if state.last_text_key == "clarification_2" else "clarification_2"


def decide_many(whole: Prediction, parts: Sequence[Prediction], state: Conversation, content: Content) -> Decision:
    """Answer several questions of one message in order; of a long story offer the topics found in it."""
    first = decide(whole, state, content)
    decisions = [decide(part, state, content) for part in parts]
    topics = [decision.topic for decision in decisions if decision.status == "answered" and decision.topic]
    distinct = tuple(topic for topic in dict.fromkeys(topics) if content.topics[topic].group != CONVERSATION_GROUP)
    if len(distinct) > 1:
        return Decision("answered", topic=distinct[0], also=distinct[1:MAX_ANSWERS])
    if first.status != "clarification":
        return first
    # a part alone is too little to answer by: what stands around it often turns its meaning
    return _offer(_merge([whole, *parts]), state, content)


def _merge(predictions: Iterable[Prediction]) -> list[IntentScore]:
    """Return each topic with the best confidence it had anywhere."""
    best: dict[str, float] = {}
    for score in (score for prediction in predictions for score in prediction.intent_ranking):
        best[score.name] = max(score.confidence, best.get(score.name, 0.0))
    ranking = sorted(best.items(), key=lambda entry: -entry[1])
    return [IntentScore(name, confidence) for name, confidence in ranking]


def decide_own_case(ranking: Sequence[IntentScore], content: Content, case: str = ANY_CASE) -> Decision:
    """Help with the own file: the general rule of its subject, the way to the office, a message to copy."""
    likely = [score.name for score in ranking if score.confidence >= content.thresholds.subject]
    return _help_with_case(likely if case == ANY_CASE else content.own_cases[case].topics, content)


def _help_with_case(subjects: Iterable[str | None], content: Content) -> Decision:
    subject = next((name for name in subjects if _is_content_topic(name, content)), None)
    cases = {topic: name for name, case in content.own_cases.items() for topic in case.topics}
    also = (subject,) if subject else ()
    return Decision("own_case", topic=OWN_CASE, also=also, case=cases.get(subject or "", ANY_CASE))


def _is_content_topic(name: str | None, content: Content) -> bool:
    return name in content.answers and content.topics[name].group != CONVERSATION_GROUP


def decide_typed(text: str, state: Conversation, content: Content, words: TypedMatcher, day: date) -> Decision | None:
    """Return what a short message means in this conversation, or None when it is a question of its own."""
    if words.is_delete(text):
        return Decision("answered", text_key="conversation_deleted")
    if state.offered:
        index = words.find_ordinal(text)
        if index is not None and index < len(state.offered):
            return decide_topic(state.offered[index], state, content)
        if words.is_other(text):
            return decide_something_else(state)
    if state.flow in content.flows:
        decision = _decide_in_flow(text, state, content, words, day)
        if decision is not None:
            return decision
    kind = words.find_follow_up(text)
    decision = None if kind is None else _decide_in_context(content.typed.follow_ups[kind], state, content)
    flow = words.find_flow(text)
    if decision is None and flow is not None:
        return decide_move(start_flow(flow, content.flows[flow]), state, content)
    return decision


def _decide_in_context(entry: FollowUp, state: Conversation, content: Content) -> Decision | None:
    """Relate a follow-up to the likeliest of the topics just offered, to the subject of the own case, or to the last
    answer.
    """
    if entry.lead != "plain" and state.offered:
        state = state.changed(last_topic=state.offered[0])
    elif state.last_topic == OWN_CASE and state.also and entry.lead not in {"plain", "again"}:
        state = state.changed(last_topic=state.also[0])
    return decide_follow_up(entry, state, content) if _is_content_topic(state.last_topic, content) else None


def _decide_in_flow(
    text: str, state: Conversation, content: Content, words: TypedMatcher, day: date
) -> Decision | None:
    """Take the text as the answer to the open question, in whatever words."""
    assert state.flow is not None
    if words.is_stop(text):
        return Decision("answered", text_key="flow_stopped")
    flow, values = content.flows[state.flow], content.values_on(day)
    move = enter(state.flow, flow, text, state.answers, values, day)
    value = None if move else pick(flow, state.answers, words.find_ordinal(text), words.find_choice(text))
    step = find_open_step(flow, state.answers)
    if value is not None and step is not None:
        move = choose(state.flow, flow, step, value, state.answers, values, day)
    if move is not None:
        return decide_move(move, state, content)
    # a few words with a number are meant as an answer, not as a new question
    is_answer = len(text.split()) <= SHORT_ANSWER and any(char.isdigit() for char in text)
    return ask_again(state, content) if is_answer else None


def decide_follow_up(entry: FollowUp, state: Conversation, content: Content) -> Decision | None:
    """Answer a follow-up from the last topic and its contact card; None where it leads nowhere from there."""
    last = state.last_topic
    assert last is not None
    if entry.lead == "plain":
        return decide_topic("nicht_verstanden", state, content)
    if entry.lead == "topic" or (entry.lead == "hours" and not _has_hours(last, content)):
        topic = entry.by_topic.get(last, entry.topic)
        return None if topic is None else decide_topic(topic, state, content)
    if entry.lead == "flow":
        flow = next((name for name, flow in content.flows.items() if last in flow.topics), None)
        return decide_move(start_flow(flow, content.flows[flow]), state, content) if flow else None
    if entry.lead == "again":
        return decide_topic(last, state, content)
    return Decision(
        "answered", topic=last, text_key="follow_up_sources" if entry.lead == "sources" else "follow_up_card"
    )


def _has_hours(topic: str, content: Content) -> bool:
    contact = content.contacts.get(content.topics[topic].pointer or "")
    return contact is not None and contact.confirmed("hours") is not None


def decide_move(move: FlowMove, state: Conversation, content: Content) -> Decision:
    """Go one step further in a flow."""
    if move.topic is not None:
        return decide_topic(move.topic, state, content)
    following = content.flows[move.flow].results[move.result].next if move.result else []
    topic = next((name for name in following if _is_content_topic(name, content)), None)
    return Decision("clarification" if move.again else "answered", topic=topic, move=move)


def ask_again(state: Conversation, content: Content) -> Decision | None:
    """Put the open question of a flow once more; the second time a human helps. None when no flow is open."""
    if state.flow not in content.flows or state.paused:
        return None
    if state.failures:
        return decide_fallback(state)
    step = find_open_step(content.flows[state.flow], state.answers)
    move = FlowMove(state.flow, step=step, again=True, answers=state.answers)
    return Decision("clarification", move=move) if step else None


def decide_topic(topic: str, state: Conversation, content: Content) -> Decision:
    """Answer a recognised topic; a few dialog topics depend on what was said before."""
    if topic == "ja" and len(state.offered) == 1:
        return decide_topic(state.offered[0], state, content)
    if topic == "ja" and state.last_topic in {kind.topic for kind in content.crisis.values()}:
        return decide_topic("mensch", state, content)
    if topic == "nein" and state.offered:
        return decide_something_else(state)
    if topic == "unbekannt" and state.failures:
        return decide_fallback(state)
    if topic == "nicht_verstanden" and state.last_topic in content.answers and state.wording == "text":
        return Decision("answered", topic=state.last_topic, text_key="plain_on")
    if topic not in content.topics:  # a model that was trained with another catalogue
        return decide_fallback(state)
    if topic not in content.answers:
        return Decision("fallback", topic=topic, text_key="no_answer_yet")
    if topic == OWN_CASE:
        return _help_with_case((*state.offered, state.last_topic), content)
    return Decision(_STATUS_BY_TOPIC.get(topic, "answered"), topic=topic)


def decide_fallback(state: Conversation) -> Decision:
    """Say that there is no checked answer, each time in other words and nearer to a human."""
    following = {"fallback_1": "fallback_2", "fallback_2": "fallback_3", "fallback_3": "fallback_2"}
    first = "fallback_2" if state.failures else "fallback_1"
    return Decision("fallback", text_key=following.get(state.last_text_key or "", first))


def avoid_repeating(decision: Decision, state: Conversation) -> Decision:
    """Replace a remark on unreadable input that was just made by the way to a human."""
    if decision.status == "guardrail_input" and decision.text_key == state.last_text_key:
        return msgspec.structs.replace(decide_fallback(state), status="guardrail_input")
    return decision


def decide_something_else(state: Conversation) -> Decision:
    """None of the offered options fits; said twice, a human is the better way."""
    if state.last_text_key == "something_else_reply":
        return decide_fallback(state)
    return Decision("fallback", text_key="something_else_reply")


def decide_payload(payload: str, state: Conversation, content: Content, day: date) -> Decision:
    """Follow a tapped button; anything that is not one of our payloads is refused kindly."""
    prefix, _, name = payload.partition(":")
    if prefix == "f":
        return _decide_flow(name, state, content, day)
    if prefix == "t" and name in content.topics:
        return decide_topic(name, state, content)
    if prefix == "g" and name in content.groups():
        return Decision("answered", group=name, text_key=f"group_{name}")
    if payload == "s:start":
        return Decision("answered", text_key="greeting")
    if payload == "s:topics":
        return Decision("answered", text_key="topics_overview")
    if payload == "s:else":
        return decide_something_else(state)
    if payload == "s:stop":
        return Decision("answered", text_key="flow_stopped")
    if payload == "s:delete":
        return Decision("answered", text_key="conversation_deleted")
    if payload in SWITCHES:
        move = _resume(state, content)
        again = Decision("answered", topic=state.last_topic, also=state.also, case=state.case)
        return msgspec.structs.replace(again, text_key=SWITCHES[payload], move=move)
    if payload == "s:resume":
        move = _resume(state, content)
        return Decision("answered", move=move) if move else Decision("guardrail_input", text_key="unknown_payload")
    if payload == "s:again" and state.last_flow in content.flows:
        return Decision("answered", move=start_flow(state.last_flow, content.flows[state.last_flow]))
    if payload == "s:otherwise" and state.last_topic in content.answers:
        return decide_topic(content.answers[state.last_topic].otherwise or "mensch", state, content)
    return Decision("guardrail_input", text_key="unknown_payload")


def _decide_flow(name: str, state: Conversation, content: Content, day: date) -> Decision:
    """Start a flow (`f:name`) or take an option (`f:name:step:value`); where the thread is lost it starts anew."""
    flow_name, _, rest = name.partition(":")
    step, _, value = rest.partition(":")
    if flow_name not in content.flows:
        return Decision("guardrail_input", text_key="unknown_payload")
    flow = content.flows[flow_name]
    given = state.answers if state.flow == flow_name else ()
    move = choose(flow_name, flow, step, value, given, content.values_on(day), day) if rest else None
    return decide_move(move or start_flow(flow_name, flow), state, content)


def _resume(state: Conversation, content: Content) -> FlowMove | None:
    """Return the open question of the flow, or None when none is open."""
    if state.flow not in content.flows:
        return None
    step = find_open_step(content.flows[state.flow], state.answers)
    return FlowMove(state.flow, step=step, answers=state.answers) if step else None


def remember(decision: Decision, state: Conversation) -> Conversation:
    """Return the state after a decision."""
    unanswered = decision.status == "guardrail_personal_data" and decision.topic is None
    failed = unanswered or decision.status in {"fallback", "clarification", "guardrail_input", "error"}
    move = decision.move
    flow, answers, paused = (move.flow, move.answers, False) if move and move.step else (None, (), False)
    goes_on = not state.paused and decision.text_key not in ENDINGS and decision.status != "guardrail_crisis"
    if move is None and goes_on:
        flow, answers, paused = state.flow, state.answers, True
    return Conversation(
        last_topic=decision.topic or state.last_topic,
        also=decision.also if decision.topic else state.also,
        case=decision.case if decision.topic else state.case,
        offered=decision.options,
        failures=state.failures + 1 if failed else 0,
        last_text_key=decision.text_key,
        flow=flow,
        answers=answers,
        paused=paused and flow is not None,
        last_flow=move.flow if move else state.last_flow,
        wording=WORDINGS.get(decision.text_key, state.wording),
        noticed=state.noticed,
    )


def _is_offered(score: IntentScore, place: int, content: Content) -> bool:
    known = content.topics.get(score.name)
    if known is None or (known.group == CONVERSATION_GROUP and score.name not in OFFERED_DIALOG_TOPICS):
        return False
    # "Ich kann nicht mehr" as a second or vague thought frightens who asked for something else
    is_emergency = any(kind.topic == score.name for kind in content.crisis.values())
    return not is_emergency or (place == 0 and score.confidence >= content.thresholds.emergency)
