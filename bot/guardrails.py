"""Decides before the NLU sees a message: emergency, nothing to read, too long, other language, personal data."""

from msgspec import Struct

from bot.content import Content
from bot.crisis import CrisisDetector, EmergencyModel
from bot.languages import detect_language
from bot.models import Decision, UserMessage
from bot.privacy import mask
from bot.text import has_letters, has_symbols_only, normalise

LONG = 4000
"""Letters at either end of a message that is too long that are still searched for an emergency."""


class Guarded(Struct, frozen=True):
    """A message that was looked at: either a decision, or a text that is safe to classify."""

    text: str
    """Normalised and masked."""
    decision: Decision | None = None
    has_personal_data: bool = False
    possible_crisis: str | None = None
    """Kind of an emergency that is only likely: its numbers stand above the usual reply."""


class Guardrails:
    """The checks in their fixed order; emergencies come first."""

    def __init__(self, content: Content, max_length: int, crisis_model: EmergencyModel | None = None) -> None:
        self._crisis = CrisisDetector(content.crisis, crisis_model)
        self._topics = {name: kind.topic for name, kind in content.crisis.items()}
        self._languages = frozenset(content.languages)
        self._max_length = max_length
        self._public = [
            value
            for contact in content.contacts.values()
            for value in (contact.confirmed("phone"), contact.confirmed("email"), contact.confirmed("address"))
            if value
        ]

    def check(self, message: UserMessage) -> Guarded:
        """Look at one message; `decision` is set when the NLU is not needed."""
        text = normalise(self._shorten(message.text))
        emergency = self._crisis.detect(text)
        if emergency is not None and emergency.is_certain:
            topic = self._topics[emergency.kind]
            return Guarded("", Decision("guardrail_crisis", topic=topic, crisis_kind=emergency.kind))
        possible = emergency.kind if emergency else None
        problem = self._find_unreadable(message, text)
        if problem is not None:
            return Guarded("", Decision("guardrail_input", text_key=problem), possible_crisis=possible)
        language = detect_language(text)
        if language in self._languages:
            decision = Decision("guardrail_language", topic="andere_sprache", language=language)
            return Guarded("", decision, possible_crisis=possible)
        masked = mask(text, self._public)
        return Guarded(masked.text, has_personal_data=bool(masked.found), possible_crisis=possible)

    def _shorten(self, text: str) -> str:
        """Return beginning and end of a text far too long to be answered: 64,000 letters would take a second."""
        most = max(LONG, self._max_length)
        return text if len(text) <= 2 * most else f"{text[:most]} {text[-most:]}"

    def _find_unreadable(self, message: UserMessage, text: str) -> str | None:
        if message.attachment:
            return "not_text"
        if not text:
            return "empty_input"
        if len(text) > self._max_length:
            return "too_long"
        if has_symbols_only(text):
            return "emoji_only"
        if not has_letters(text):
            return "no_letters"
        return None
