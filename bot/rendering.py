"""Turns a Decision into replies; every word comes from the content."""

from datetime import date

from bot.content import PLACEHOLDER, Answer, Contact, Content, SystemText
from bot.dialogue import CONVERSATION_GROUP, OFFERED_DIALOG_TOPICS, PLAIN_OFF, PLAIN_ON
from bot.models import Button, Decision, Reply
from bot.text import fold_words

CENTRAL_CONTACT = "jobcenter"
HUMAN = "mensch"
OTHER_LANGUAGE = "andere_sprache"


def fold_title(title: str) -> str:
    """Return a button title, or a text that may be one, without case and punctuation."""
    return " ".join(fold_words(title))


class Renderer:
    """Writes replies from curated content for one day."""

    def __init__(self, content: Content, max_length: int) -> None:
        self._content = content
        self._max_length = max_length

    def render(self, decision: Decision, day: date, plain: bool = False) -> tuple[Reply, ...]:
        """Return the replies for a decision, never empty."""
        if decision.crisis_kind is not None:
            return (self._render_crisis(decision),)
        if decision.language is not None:
            return (self._render_language(decision.language),)
        if decision.text_key in (PLAIN_ON, PLAIN_OFF):
            return self._render_switch(decision, day, plain)
        if decision.text_key is not None:
            return (self._render_system(decision, plain),)
        assert decision.topic is not None, decision
        return (self.render_answer(decision.topic, day, plain),)

    def render_answer(self, topic: str, day: date, plain: bool = False) -> Reply:
        """Return the answer of a topic; one that is not valid on this day is replaced by an honest sentence."""
        answer = self._content.answers[topic]
        if not answer.is_valid(day):
            return self._with_human(self.text("expired_answer", plain), (), topic)
        text = self.fill(answer.plain if plain else answer.text, day)
        if answer.applies_if:
            conditions = "\n".join(f"– {self.fill(condition, day)}" for condition in answer.applies_if)
            text = f"{text}\n\n{self.text('applies_label', plain)}\n{conditions}"
        card = self._card(self._content.topics[topic].pointer, text)
        return Reply(
            text=f"{text}\n\n{card}" if card else text,
            buttons=(
                *self._otherwise_button(answer),
                *(self.topic_button(name) for name in self._follow_ups(answer)),
                self._language_button(plain),
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
            "normal_button": "s:normal",
        }
        titles = {self.text(key): payload for key, payload in system.items()}
        titles |= {self.text(f"group_{group}"): f"g:{group}" for group in self._content.groups()}
        titles |= {topic.title: f"t:{topic.id}" for topic in self._content.topics.values()}
        return {fold_title(title): payload for title, payload in titles.items()}

    def note(self, key: str, plain: bool) -> Reply:
        """Return a system text without buttons."""
        return Reply(self.text(key, plain))

    def text(self, key: str, plain: bool = False, **names: str) -> str:
        """Return a system text; names fill {title} and the like."""
        entry: SystemText = self._content.system[key]
        text = (entry.plain if plain else entry.text).strip()
        return text.format(max_length=f"{self._max_length}", **names) if "{" in text else text

    def topic_button(self, topic: str) -> Button:
        """Return the button that leads to a topic."""
        return Button(self._content.topics[topic].title, f"t:{topic}")

    def _follow_ups(self, answer: Answer) -> list[str]:
        return [name for name in answer.next if name in self._content.answers]

    def _render_language(self, code: str) -> Reply:
        names = self._follow_ups(self._content.answers[OTHER_LANGUAGE])
        buttons = tuple(self.topic_button(name) for name in names)
        return Reply(self._content.languages[code].strip(), buttons=buttons, topic=OTHER_LANGUAGE)

    def _otherwise_button(self, answer: Answer) -> tuple[Button, ...]:
        """Return the way on for people whom the conditions do not fit: another topic, or a human."""
        if not answer.applies_if:
            return ()
        topic = answer.otherwise if answer.otherwise in self._content.answers else HUMAN
        return (Button(self.text("otherwise_button"), f"t:{topic}"),)

    def _language_button(self, plain: bool) -> Button:
        if plain:
            return Button(self.text("normal_button"), "s:normal")
        return Button(self.text("plain_button"), "s:plain")

    def _render_switch(self, decision: Decision, day: date, plain: bool) -> tuple[Reply, ...]:
        """Confirm the change of language, and say the last answer once more in it."""
        assert decision.text_key is not None
        text = self.text(decision.text_key, plain)
        if decision.topic in self._content.answers:
            return (Reply(text), self.render_answer(decision.topic, day, plain))
        return (Reply(text, buttons=(*self._start_buttons(), self._language_button(plain))),)

    def _render_crisis(self, decision: Decision) -> Reply:
        assert decision.crisis_kind is not None
        kind = self._content.crisis[decision.crisis_kind]
        buttons = [self.topic_button(name) for name in (kind.topic, HUMAN) if name in self._content.answers]
        return Reply(kind.text.strip(), buttons=tuple(buttons), topic=kind.topic)

    def _render_system(self, decision: Decision, plain: bool) -> Reply:
        key = decision.text_key
        assert key is not None
        if key == "greeting":
            return Reply(self.text(key, plain), buttons=self._start_buttons())
        if key == "topics_overview":
            return Reply(self.text(key, plain), buttons=self._group_buttons())
        if decision.group is not None:
            return Reply(self.text(key, plain), buttons=self._topics_of(decision.group))
        if decision.options:
            buttons = tuple(self.topic_button(name) for name in decision.options)
            else_button = Button(self.text("something_else", plain), "s:else")
            return Reply(self.text(key, plain), buttons=(*buttons, else_button))
        names = {"title": self._content.topics[decision.topic].title} if decision.topic else {}
        return self._with_human(self.text(key, plain, **names), (), decision.topic)

    def _with_human(self, text: str, before: tuple[Button, ...], topic: str | None) -> Reply:
        """Add the way to a human and the overview: there is no dead end."""
        pointer = self._content.topics[topic].pointer if topic else CENTRAL_CONTACT
        card = self._card(pointer or CENTRAL_CONTACT, text, with_hours=True)
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

    def _card(self, pointer: str | None, text: str, with_hours: bool = False) -> str:
        """Return the confirmed lines of a contact card, without what the text already says."""
        if pointer is None or pointer not in self._content.contacts:
            return ""
        contact = self._content.contacts[pointer]
        shown = self._shown_fields(contact, with_hours)
        if any(value in text for value in shown.values()):
            return ""
        lines = [self.text(f"contact_{name}", value=value) for name, value in shown.items()]
        note = [contact.note.strip()] if contact.note else []
        return "\n".join([self.text("contact_title", value=contact.name), *lines, *note])

    def _shown_fields(self, contact: Contact, with_hours: bool) -> dict[str, str]:
        names = ["phone", "email", "address", "url"] + (["hours"] if with_hours else [])
        values = {name: contact.confirmed(name) for name in names}
        return {name: value for name, value in values.items() if value}
