"""Turns a Decision into replies; every word comes from the content."""

import re
from collections.abc import Callable
from datetime import date, datetime

import msgspec

from bot.contacts import Contact
from bot.content import PLACEHOLDER, Answer, Content, SystemText
from bot.dialogue import CONVERSATION_GROUP, OFFERED_DIALOG_TOPICS, WORDINGS
from bot.hours import NO_SPECIAL_DAYS, SpecialDays, describe_today
from bot.models import Button, Decision, Reply, Wording
from bot.text import fold_words

CENTRAL_CONTACT = "jobcenter"
HUMAN = "mensch"
PRIVACY = "datenschutz"
OTHER_LANGUAGE = "andere_sprache"
FEEDBACK = "rueckmeldung"
"""The flow that asks whether an answer helped."""
# Whoever asks for these wants to get through to somebody; other answers would only grow longer.
WITH_HOURS = frozenset({HUMAN, "eigener_fall", "kontakt", "oeffnungszeiten"})
_CLOCK_TIME = re.compile(r"\b\d{1,2}\.\d{2}\b")


def fold_title(title: str) -> str:
    """Return a button title, or a text that may be one, without case and punctuation."""
    return " ".join(fold_words(title))


class Renderer:
    """Writes replies from curated content for one moment."""

    def __init__(
        self,
        content: Content,
        max_length: int,
        easy_language: bool = False,
        special_days: Callable[[], SpecialDays] = lambda: NO_SPECIAL_DAYS,
        review_days: int = 0,
    ) -> None:
        """`easy_language` allows Leichte Sprache, which has not been reviewed by its readers yet.

        `review_days` tells how long questions are kept that were not understood; 0: they are not.
        """
        self._special_days = special_days
        self._content = content
        self._easy_language = easy_language
        self._max_length = max_length
        self._review_days = review_days

    def render(self, decision: Decision, now: datetime, wording: Wording = "text") -> tuple[Reply, ...]:
        """Return the replies for a decision, never empty."""
        if decision.crisis_kind is not None:
            return (self._render_crisis(decision),)
        if decision.language is not None:
            return (self._render_language(decision.language),)
        if decision.text_key in WORDINGS:
            return self._render_switch(decision, now, wording)
        if decision.text_key is not None:
            return (self._render_system(decision, now, wording),)
        assert decision.topic is not None, decision
        return self._render_answers(decision, now, wording)

    def render_answer(self, topic: str, now: datetime, wording: Wording = "text") -> Reply:
        """Return the answer of a topic; one that is not valid on this day is replaced by an honest sentence."""
        answer, day = self._content.answers[topic], now.date()
        if not answer.is_valid(day):
            return self._with_human(self.text("expired_answer", wording), (), topic, now, wording)
        text = self.fill(self._word(answer, wording), day)
        if topic == PRIVACY:
            text = f"{self._tell_what_is_kept(wording)}\n\n{text}"
        if answer.applies_if:
            conditions = "\n".join(f"– {self.fill(condition, day)}" for condition in answer.applies_if)
            text = f"{text}\n\n{self.text('applies_label', wording)}\n{conditions}"
        card = self._card(self._content.topics[topic].pointer, text, now, wording, with_hours=topic in WITH_HOURS)
        return Reply(
            text=f"{text}\n\n{card}" if card else text,
            buttons=(
                *self._otherwise_button(answer),
                *self._flow_buttons(topic),
                *(self.topic_button(name) for name in self._follow_ups(answer)),
                *self._wording_buttons(answer, wording),
                *self._feedback_button(topic),
            ),
            links=tuple(answer.links),
            sources=tuple(answer.sources),
            as_of=answer.reviewed.isoformat(),
            topic=topic,
        )

    def fill(self, text: str, day: date) -> str:
        """Put the values of this day into a text; an unknown one is named as unknown, never guessed."""
        unknown = self.text("value_unknown")
        return PLACEHOLDER.sub(lambda match: self._content.value_on(match[1], day) or unknown, text)

    def titles(self) -> dict[str, str]:
        """Return payload by folded button title: typing the words on a button is as good as tapping it."""
        system = {
            "human_button": f"t:{HUMAN}",
            "more_topics": "s:topics",
            "something_else": "s:else",
            "plain_button": "s:plain",
            "plain_request": "s:plain",
            "easy_button": "s:easy",
            "normal_button": "s:normal",
        }
        titles = {self.text(key): payload for key, payload in system.items()}
        titles |= {self.text(f"group_{group}"): f"g:{group}" for group in self._content.groups()}
        titles |= {flow.title: f"f:{name}" for name, flow in self._content.flows.items()}
        titles |= {topic.title: f"t:{topic.id}" for topic in self._content.topics.values()}
        return {fold_title(title): payload for title, payload in titles.items()}

    def note(self, key: str, wording: Wording) -> Reply:
        """Return a system text without buttons."""
        return Reply(self.text(key, wording))

    def text(self, key: str, wording: Wording = "text", **names: str) -> str:
        """Return a system text; names fill {title} and the like."""
        entry: SystemText = self._content.system[key]
        text = (entry.text if wording == "text" else entry.plain).strip()
        return text.format(max_length=f"{self._max_length}", **names) if "{" in text else text

    def topic_button(self, topic: str) -> Button:
        """Return the button that leads to a topic."""
        return Button(self._content.topics[topic].title, f"t:{topic}")

    def contact_card(self, now: datetime, wording: Wording) -> str:
        """Return the confirmed lines of the central contact card with its hours."""
        return self._card(CENTRAL_CONTACT, "", now, wording, with_hours=True)

    def _follow_ups(self, answer: Answer) -> list[str]:
        return [name for name in answer.next if name in self._content.answers]

    def _render_language(self, code: str) -> Reply:
        names = self._follow_ups(self._content.answers[OTHER_LANGUAGE])
        buttons = tuple(self.topic_button(name) for name in names)
        return Reply(self._content.languages[code].strip(), buttons=buttons, topic=OTHER_LANGUAGE, language=code)

    def _otherwise_button(self, answer: Answer) -> tuple[Button, ...]:
        """Return the way on for people whom the conditions do not fit: another topic, or a human."""
        if not answer.applies_if:
            return ()
        topic = answer.otherwise if answer.otherwise in self._content.answers else HUMAN
        return (Button(self.text("otherwise_button"), f"t:{topic}"),)

    def _render_answers(self, decision: Decision, now: datetime, wording: Wording) -> tuple[Reply, ...]:
        topics = [name for name in (decision.topic, *decision.also) if name is not None]
        answers = _keep_last(tuple(self.render_answer(topic, now, wording) for topic in topics))
        if decision.case is None:
            return answers
        return (answers[0], self._render_case(decision.case, wording), *answers[1:])

    def _flow_buttons(self, topic: str) -> tuple[Button, ...]:
        """Return the menus and calculators that belong to a topic."""
        return tuple(
            Button(flow.title, f"f:{name}") for name, flow in self._content.flows.items() if topic in flow.topics
        )

    def _feedback_button(self, topic: str) -> tuple[Button, ...]:
        """Return the question whether an answer helped; small talk is not asked about."""
        if FEEDBACK not in self._content.flows or self._content.topics[topic].group == CONVERSATION_GROUP:
            return ()
        return (Button(self._content.flows[FEEDBACK].title, f"f:{FEEDBACK}"),)

    def _render_case(self, name: str, wording: Wording) -> Reply:
        """Return what helps with the own file, and a message to copy."""
        case = self._content.own_cases[name]
        help_text = (case.text if wording == "text" else case.plain).strip()
        return Reply(f"{help_text}\n\n{self.text('own_case_message', wording)}\n\n{case.message.strip()}")

    def _word(self, answer: Answer, wording: Wording) -> str:
        """Return the answer in the wording asked for; where there is no Leichte Sprache, Einfache Sprache serves."""
        if wording == "easy" and answer.easy and self._easy_language:
            return f"{self.text('easy_note')}\n\n{answer.easy}"
        return answer.text if wording == "text" else answer.plain

    def _wording_buttons(self, answer: Answer | None, wording: Wording) -> tuple[Button, ...]:
        if wording != "text":
            return (Button(self.text("normal_button"), "s:normal"),)
        plain = Button(self.text("plain_button"), "s:plain")
        if self._easy_language and answer is not None and answer.easy:
            return (plain, Button(self.text("easy_button"), "s:easy"))
        return (plain,)

    def _render_switch(self, decision: Decision, now: datetime, wording: Wording) -> tuple[Reply, ...]:
        """Confirm the change of wording, and say the last answer once more in it."""
        assert decision.text_key is not None
        text = self.text(decision.text_key, wording)
        if decision.topic in self._content.answers:
            return (Reply(text), *self._render_answers(decision, now, wording))
        return (Reply(text, buttons=(*self._start_buttons(), *self._wording_buttons(None, wording))),)

    def render_off(self, text: str, now: datetime) -> Reply:
        """Return the text of the switch that turns the bot off, with the way to a human."""
        card = self._card(CENTRAL_CONTACT, text, now, "text", with_hours=True)
        return Reply(f"{text}\n\n{card}" if card else text)

    def render_crisis_note(self, kind: str) -> Reply:
        """Return the help numbers in a line or two, for a message that may speak of an emergency."""
        return Reply(self._content.crisis[kind].note.strip())

    def _render_crisis(self, decision: Decision) -> Reply:
        assert decision.crisis_kind is not None
        kind = self._content.crisis[decision.crisis_kind]
        buttons = [self.topic_button(name) for name in (kind.topic, HUMAN) if name in self._content.answers]
        return Reply(kind.text.strip(), buttons=tuple(buttons), topic=kind.topic)

    def _render_system(self, decision: Decision, now: datetime, wording: Wording) -> Reply:
        key = decision.text_key
        assert key is not None
        if key == "greeting":
            return Reply(self._greet(wording), buttons=self._start_buttons())
        if key == "topics_overview":
            return Reply(self.text(key, wording), buttons=self._group_buttons())
        if decision.group is not None:
            return Reply(self.text(key, wording), buttons=self._topics_of(decision.group))
        if decision.options:
            buttons = tuple(self.topic_button(name) for name in decision.options)
            else_button = Button(self.text("something_else", wording), "s:else")
            human = () if HUMAN in decision.options else (Button(self.text("human_button"), f"t:{HUMAN}"),)
            text = self.text(key, wording)
            if key != "clarification_1":  # the second time in a row the number should not be one more tap away
                text = f"{text}\n\n{self._card(CENTRAL_CONTACT, text, now, wording, with_hours=True)}"
            return Reply(text, buttons=(*buttons, else_button, *human))
        names = self._names_of(decision.topic) if decision.topic else {}
        return self._with_human(self.text(key, wording, **names), (), decision.topic, now, wording)

    def _greet(self, wording: Wording) -> str:
        """Return the greeting; people learn before they write that questions may be kept."""
        if not self._review_days:
            return self.text("greeting", wording)
        note = self.text("review_note", wording, days=str(self._review_days))
        return f"{self.text('greeting', wording)}\n\n{note}"

    def _tell_what_is_kept(self, wording: Wording) -> str:
        """Return what is true of the texts people write, with and without the review of questions."""
        if not self._review_days:
            return self.text("texts_not_kept", wording)
        return self.text("texts_reviewed", wording, days=str(self._review_days))

    def _names_of(self, topic: str) -> dict[str, str]:
        sources = self._content.answers[topic].sources if topic in self._content.answers else []
        return {"title": self._content.topics[topic].title, "sources": "; ".join(sources)}

    def _with_human(
        self, text: str, before: tuple[Button, ...], topic: str | None, now: datetime, wording: Wording
    ) -> Reply:
        """Add the way to a human and the overview: there is no dead end."""
        pointer = self._content.topics[topic].pointer if topic else CENTRAL_CONTACT
        card = self._card(pointer or CENTRAL_CONTACT, text, now, wording, with_hours=True)
        human = Button(self.text("human_button"), f"t:{HUMAN}")
        more = Button(self.text("more_topics"), "s:topics")
        return Reply(f"{text}\n\n{card}" if card else text, buttons=(*before, more, human), topic=topic)

    def _start_buttons(self) -> tuple[Button, ...]:
        starts = [name for name in self._content.start_topics if name in self._content.answers]
        return (*(self.topic_button(name) for name in starts), Button(self.text("more_topics"), "s:topics"))

    def _group_buttons(self) -> tuple[Button, ...]:
        groups = [group for group in self._content.groups() if self._topics_of(group)]
        return tuple(Button(self.text(f"group_{group}"), f"g:{group}") for group in groups)

    def _topics_of(self, group: str) -> tuple[Button, ...]:
        return tuple(
            self.topic_button(topic.id)
            for topic in self._content.topics.values()
            if topic.group == group
            and topic.id in self._content.answers
            and (group != CONVERSATION_GROUP or topic.id in OFFERED_DIALOG_TOPICS)
        )

    def _card(self, pointer: str | None, text: str, now: datetime, wording: Wording, with_hours: bool = False) -> str:
        """Return the confirmed lines of a contact card, without what the text already says."""
        if pointer is None or pointer not in self._content.contacts:
            return ""
        contact = self._content.contacts[pointer]
        fields = self._shown_fields(contact, with_hours)
        lines = [self.text(f"contact_{name}", value=value) for name, value in fields.items() if not _says(text, value)]
        if with_hours:
            lines += self._describe_today(contact, now, wording)
        if contact.note and contact.note.strip() not in text:
            lines.append(contact.note.strip())
        return "\n".join([self.text("contact_title", value=contact.name), *lines]) if lines else ""

    def _shown_fields(self, contact: Contact, with_hours: bool) -> dict[str, str]:
        names = ["phone", "email", "address", "url"] + (["hours"] if with_hours else [])
        values = {name: contact.confirmed(name) for name in names}
        return {name: value for name, value in values.items() if value}

    def _describe_today(self, contact: Contact, now: datetime, wording: Wording) -> list[str]:
        """Return one line on whether somebody is still there today, if the timetable is known."""
        week = contact.confirmed_week()
        if week is None:
            return []
        is_central = contact is self._content.contacts[CENTRAL_CONTACT]
        sentences = describe_today(week, now, self._special_days() if is_central else NO_SPECIAL_DAYS)
        return [" ".join(self.text(key, wording, **names) for key, names in sentences)]


def _keep_last(replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """Leave a button that stands below several replies of one turn only below the last of them."""
    seen: set[str] = set()
    kept: list[Reply] = []
    for reply in reversed(replies):
        kept.append(msgspec.structs.replace(reply, buttons=tuple(b for b in reply.buttons if b.payload not in seen)))
        seen |= {button.payload for button in reply.buttons}
    return tuple(reversed(kept))


def _says(text: str, value: str) -> bool:
    """Tell whether a text says this already; opening hours also in other words, with the same times."""
    times = set(_CLOCK_TIME.findall(value))
    return value in text or (bool(times) and times <= set(_CLOCK_TIME.findall(text)))
