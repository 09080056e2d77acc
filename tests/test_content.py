"""Loading `responses/`: typed, strict, and every problem at once with file, line and topic."""

from datetime import date
from pathlib import Path

import msgspec
import pytest
from small_project import SmallProject

from bot.contacts import Contact, ContactField
from bot.content import Answer, Content, ContentError, explain_error, load_content, read_content
from bot.settings import ROOT

WOHNEN, TOPICS = "responses/wohnen.yml", "responses/_topics.yml"


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A small valid project."""
    return SmallProject(tmp_path)


@pytest.fixture
def small(project: SmallProject) -> Content:
    """Its content."""
    return load_content(project.responses)


def test_real_content_loads() -> None:
    content = load_content(ROOT / "responses")
    assert len(content.topics) == 133
    assert content.answers.keys() <= content.topics.keys()


def test_every_file_becomes_typed_content(small: Content) -> None:
    assert list(small.topics) == ["kaution", "umzug", "mensch"]
    assert small.topics["umzug"].group == "wohnen"
    assert small.groups() == ["wohnen", "dialog"]
    assert small.answers["kaution"].reviewed == date(2026, 11, 1)
    assert small.answers["kaution"].links[0].title == "Gesetz"
    assert small.thresholds.answer == 0.5
    assert small.start_topics == ["kaution"]
    assert small.labels == {"title": "Chat"}
    assert small.crisis["suizid"].topic == "mensch"


def test_texts_come_without_the_line_break_of_yaml(small: Content) -> None:
    answer = small.answers["kaution"]
    assert answer.text == "Die Kaution kann ein Darlehen sein.\n\nDer Bedarf beträgt {bedarf} Euro."
    assert answer.plain.endswith("Euro.")


def test_null_is_none_and_not_a_word(small: Content) -> None:
    answer = small.answers["kaution"]
    assert (answer.easy, answer.valid_from, answer.valid_until) == (None, None, None)
    assert small.answers["umzug"].otherwise is None


def test_places_lead_to_the_lines_of_the_file(small: Content) -> None:
    assert small.places["topic:umzug"] == ("responses/_topics.yml", 3)
    assert small.places["answer:kaution"] == ("responses/wohnen.yml", 3)
    assert small.places["answer:kaution.sources"] == ("responses/wohnen.yml", 16)
    assert small.places["contacts:jobcenter"] == ("responses/_contacts.yml", 2)


DAYS = [
    (None, None, True),
    ("2026-11-22", "2026-11-22", True),
    ("2026-11-23", None, False),
    (None, "2026-11-21", False),
    (None, "2026-11-22", True),
]


@pytest.mark.parametrize(("start", "end", "expected"), DAYS)
def test_answer_is_valid_from_its_first_to_its_last_day(
    small: Content, start: str | None, end: str | None, expected: bool
) -> None:
    answer = msgspec.structs.replace(
        small.answers["umzug"],
        valid_from=date.fromisoformat(start) if start else None,
        valid_until=date.fromisoformat(end) if end else None,
    )
    assert answer.is_valid(date(2026, 11, 22)) is expected


VALUES = [
    ("2024-12-31", None),
    ("2025-01-01", "500"),
    ("2025-12-31", "500"),
    ("2026-01-01", "563"),
    ("2030-01-01", "563"),
]


@pytest.mark.parametrize(("day", "expected"), VALUES)
def test_value_is_that_of_the_day(small: Content, day: str, expected: str | None) -> None:
    assert small.value_on("bedarf", date.fromisoformat(day)) == expected


def test_unknown_value_is_none(small: Content) -> None:
    assert small.value_on("gibt_es_nicht", date(2026, 1, 1)) is None


def test_version_is_the_day_of_the_newest_review(project: SmallProject) -> None:
    project.replace(WOHNEN, "reviewed: 2026-11-01", "reviewed: 2026-11-20")
    assert load_content(project.responses).version() == "2026-11-20"


def test_unconfirmed_contact_field_is_not_shown() -> None:
    phone = ContactField("06831 1", "Website", "2026", True)
    email = ContactField("a@example.org", "Website", "2026", False)
    contact = Contact("Amt", phone=phone, email=email)
    assert [contact.confirmed(name) for name in ("phone", "email", "address")] == ["06831 1", None, None]


FAULTS = [
    (WOHNEN, "links:", "lnks:", 'wohnen.yml:15: kaution: unbekanntes Feld "lnks"; gemeint ist wohl "links"'),
    (WOHNEN, "    next: [umzug]\n", "", 'wohnen.yml:3: kaution: das Feld "next" fehlt'),
    (WOHNEN, "reviewed: 2026-11-01", "reviewed: 1.11.2026", "wohnen.yml:18: kaution: Feld "),
    (WOHNEN, "next: [umzug]", "next: umzug", 'wohnen.yml:14: kaution: Feld "next": erwartet eine Liste'),
    (WOHNEN, "owner: leistung", "owner:", 'wohnen.yml:17: kaution: Feld "owner": hier fehlt ein Inhalt'),
    (WOHNEN, "group: wohnen", "group: geld", 'wohnen.yml:1: Die Gruppe muss heißen wie die Datei: "wohnen".'),
    (WOHNEN, "group: wohnen\n", "", 'wohnen.yml:1: Die Datei braucht den Schlüssel "group".'),
    (WOHNEN, "answers:", "antworten:", 'wohnen.yml:1: Die Datei braucht den Schlüssel "answers"'),
    (WOHNEN, "  umzug:", "  miete:", 'wohnen.yml:21: Das Thema "miete" gibt es in der Gruppe "wohnen" nicht.'),
    (WOHNEN, "  umzug:", "  mensch:", 'wohnen.yml:21: Das Thema "mensch" gibt es in der Gruppe "wohnen" nicht.'),
    (WOHNEN, "  umzug:", "  kaution:", 'wohnen.yml:21: Der Schlüssel "kaution" steht zweimal'),
    (TOPICS, "id: umzug", "id: kaution", '_topics.yml:3: Das Thema "kaution" steht zweimal im Katalog.'),
    (TOPICS, "title:", "titel:", '_topics.yml:2: kaution: unbekanntes Feld "titel"; gemeint ist wohl "title"'),
    ("responses/_contacts.yml", "confirmed: true", "confirmed: ja",
     '_contacts.yml:2: jobcenter: Feld "phone.confirmed": erwartet true'),
    ("responses/_contacts.yml", '["8:30-12:00"]', '["8.30-12"]',
     '_contacts.yml:2: jobcenter: Feld "hours.week": mo: "8.30-12" hat nicht die Form "8:30-12:00".'),
    ("responses/_contacts.yml", '["8:30-12:00"]', '"8:30-12:00"',
     '_contacts.yml:2: jobcenter: Feld "hours.week.mo": erwartet eine Liste'),
    ("responses/_contacts.yml", "{mo:", "{montag:", '_contacts.yml:2: jobcenter: unbekanntes Feld "montag"'),
    ("responses/_values.yml", "from: 2025-01-01", "from: Januar",
     '_values.yml:2: bedarf: Feld "[0].from": kein Datum'),
    ("responses/_dialogue.yml", "lead: 0.1", "lead: viel", "_dialogue.yml:1: Feld"),
    ("responses/_system.yml", "texts:", "text:", '_system.yml:1: Die Datei braucht den Schlüssel "texts"'),
    ("responses/_widget.yml", "labels:", "x: 1\nlabels:", '_widget.yml:1: unbekannter Schlüssel "x"'),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), FAULTS)
def test_fault_is_explained_with_its_place(project: SmallProject, file: str, old: str, new: str, expected: str) -> None:
    project.replace(file, old, new)
    with pytest.raises(ContentError) as caught:
        load_content(project.responses)
    assert any(expected in str(problem) for problem in caught.value.problems), str(caught.value)


def test_answer_in_two_files_is_found(project: SmallProject) -> None:
    project.write("responses/geld.yml", (project.responses / "wohnen.yml").read_text().replace("wohnen", "geld"))
    _, problems = read_content(project.responses)
    assert any('Zum Thema "kaution" gibt es schon eine Antwort' in problem.message for problem in problems)


def test_unknown_central_file_is_found(project: SmallProject) -> None:
    project.write("responses/_contact.yml", "contacts: {}\n")
    _, problems = read_content(project.responses)
    assert [str(problem) for problem in problems] == [
        "[FEHLER] responses/_contact.yml:1: Diese Datei kennt der Bot nicht."
    ]


def test_all_problems_are_reported_at_once_and_sorted(project: SmallProject) -> None:
    project.replace(WOHNEN, "links:", "lnks:")
    project.replace(TOPICS, "title:", "titel:")
    (project.responses / "_widget.yml").unlink()
    with pytest.raises(ContentError) as caught:
        load_content(project.responses)
    files = [problem.file for problem in caught.value.problems]
    assert files == sorted(files)
    assert {"responses/_topics.yml", "responses/_widget.yml", WOHNEN} <= set(files)


@pytest.mark.parametrize("name", ["_dialogue.yml", "_topics.yml"])
def test_without_a_central_file_there_is_no_content(project: SmallProject, name: str) -> None:
    (project.responses / name).unlink()
    content, problems = read_content(project.responses)
    assert content is None
    assert f"[FEHLER] responses/{name}:1: Diese Datei fehlt." in map(str, problems)


MESSAGES = [
    ("Object contains unknown field `lnks`", 'unbekanntes Feld "lnks"; gemeint ist wohl "links"'),
    ("Object contains unknown field `xyz`", 'unbekanntes Feld "xyz"'),
    ("Object missing required field `plain`", 'das Feld "plain" fehlt'),
    ("Expected `array`, got `str` - at `$.next`", 'Feld "next": erwartet eine Liste'),
    ("Expected `str`, got `null` - at `$.owner`", 'Feld "owner": hier fehlt ein Inhalt'),
    ("Invalid RFC3339 date - at `$.reviewed`", 'Feld "reviewed": kein Datum in der Form 2026-11-22'),
    ("Expected `bool`, got `str`", "erwartet true oder false"),
]


@pytest.mark.parametrize(("message", "expected"), MESSAGES)
def test_library_message_becomes_german(message: str, expected: str) -> None:
    assert explain_error(message, Answer) == expected
