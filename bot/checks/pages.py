"""Checks of the pages without JavaScript: their words, and what the accessibility statement still lacks."""

from collections.abc import Iterator

from bot.checks.project import Project
from bot.checks.system_texts import find_placeholders
from bot.models import Problem
from bot.page_content import CONTACT_SECTION

# fmt: off
PAGE_WORDS = frozenset({
    "site_name", "notice", "skip", "nav", "nav_topics", "nav_search", "nav_chat", "footer", "privacy",
    "accessibility", "report", "fetched", "overview_title", "overview_intro", "overview_description", "groups",
    "small_talk", "flows_title", "flows_intro", "crumbs", "links_title", "next_title", "flow_note", "chat_link",
    "search_title", "search_again", "search_label", "search_hint", "search_button", "result_title", "result_urgent",
    "result_options", "statement_title", "statement_description", "gap", "missing_title", "missing_text",
    "notices", "off_title",
})
"""The keys of `_pages.yml` the code uses."""
# fmt: on
PLACEHOLDERS = {"fetched": {"day"}, "flow_note": {"title"}}


def check_page_words(project: Project) -> Iterator[Problem]:
    """Every word the pages use is there, filled, and has only placeholders the code fills."""
    words = project.content.pages
    missing = sorted(PAGE_WORDS - words.keys())
    if missing:
        yield project.problem_in("_pages", f"Das Programm braucht noch diese Texte: {', '.join(missing)}.")
    for key, text in words.items():
        place = f"pages:{key}"
        if key not in PAGE_WORDS:
            message = f'Den Text "{key}" verwendet das Programm nicht. Ist der Schlüssel richtig geschrieben?'
            yield project.problem(place, message, "HINWEIS")
        if not text.strip():
            yield project.problem(place, f"{key}: Der Text ist leer.")
        for name in sorted(find_placeholders(text) - PLACEHOLDERS.get(key, set())):
            yield project.problem(place, f'{key}: Den Platzhalter "{{{name}}}" füllt das Programm hier nicht.')


def check_statement(project: Project) -> Iterator[Problem]:
    """The accessibility statement says whom to tell, and lists what the operator must still add."""
    sections = project.content.statement
    if CONTACT_SECTION not in sections:
        message = f'Der Abschnitt "{CONTACT_SECTION}" fehlt; darunter steht, wie man eine Barriere meldet.'
        yield project.problem_in("_statement", message)
    for key, section in sections.items():
        place = f"statement:{key}"
        if not (section.title.strip() and section.text.strip() and section.plain.strip()):
            yield project.problem(place, f"{key}: title, text und plain müssen ausgefüllt sein.")
        if section.gap:
            yield project.problem(place, f"{key}: Vom Betreiber zu ergänzen: {section.gap}", "HINWEIS")
