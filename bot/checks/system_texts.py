"""Checks of what the bot says for itself."""

import string
from collections.abc import Iterator

from bot.checks.project import Project
from bot.hours import SENTENCES
from bot.models import Problem

# fmt: off
REQUIRED_TEXTS = frozenset({
    "greeting", "telegram_privacy", "private_chats_only", "topics_overview", "more_topics", "human_button",
    "fallback_1", "fallback_2", "fallback_3", "clarification_1", "clarification_2", "clarification_3",
    "something_else", "something_else_reply", "applies_label", "otherwise_button",
    "easy_button", "easy_note", "easy_on", "plain_on", "plain_off", "plain_button", "plain_request", "normal_button",
    "empty_input", "emoji_only", "no_letters", "too_long", "not_text", "unknown_payload",
    "personal_data", "personal_data_answered", "review_note", "texts_not_kept", "texts_reviewed",
    "error", "expired_answer", "no_answer_yet", "value_unknown", "source_label", "as_of_label",
    "contact_title", "contact_phone", "contact_email", "contact_address", "contact_url", "contact_hours",
    "telegram_website", "telegram_description", "telegram_unknown_command", "telegram_caption_note",
    "too_many_messages",
    "command_start", "command_hilfe", "command_themen", "command_kontakt", "command_einfach", "command_datenschutz",
    "command_loeschen",
    "follow_up_card", "follow_up_sources", "own_case_message", "stop_button", "flow_again", "flow_stopped",
    "conversation_deleted", "choose_option", "resume_button",
    *SENTENCES,
})
"""The keys of `_system.yml` the code uses, beside one `group_<name>` per group of the catalogue."""
# fmt: on
TOPIC_NAMES = {
    "review_note": {"days"},
    "texts_reviewed": {"days"},
    "no_answer_yet": {"title"},
    "resume_button": {"title"},
    "follow_up_card": {"title"},
    "follow_up_sources": {"title", "sources"},
}
"""Placeholders that take something of the topic or the settings, by text."""


def check_system_texts(project: Project) -> Iterator[Problem]:
    """Every text the code uses is there, filled, and has only placeholders the code fills."""
    system = project.content.system
    required = REQUIRED_TEXTS | {f"group_{group}" for group in project.content.groups()}
    missing = sorted(required - system.keys())
    if missing:
        yield project.problem_in("_system", f"Das Programm braucht noch diese Texte: {', '.join(missing)}.")
    for key, entry in system.items():
        for field, text in (("text", entry.text), ("plain", entry.plain)):
            if not text.strip():
                yield project.problem(f"system:{key}", f"{key}: {field} ist leer.")
            for name in sorted(find_placeholders(text) - _allowed_placeholders(key)):
                message = f'{key}: Den Platzhalter "{{{name}}}" füllt das Programm hier nicht.'
                yield project.problem(f"system:{key}", message)


def check_unused_texts(project: Project) -> Iterator[Problem]:
    """Point out texts no code uses; often a key was misspelt."""
    used = REQUIRED_TEXTS | {f"group_{group}" for group in project.content.groups()}
    for key in project.content.system.keys() - used:
        message = f'Den Text "{key}" verwendet das Programm nicht. Ist der Schlüssel richtig geschrieben?'
        yield project.problem(f"system:{key}", message, "HINWEIS")


def find_placeholders(text: str) -> set[str]:
    """Return the names in braces; a brace that is not closed counts as the name "{"."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return {"{"}


def _allowed_placeholders(key: str) -> set[str]:
    if key.startswith("contact_"):
        return {"max_length", "value"}
    if key in SENTENCES:
        return SENTENCES[key]
    return {"max_length"} | TOPIC_NAMES.get(key, set())
