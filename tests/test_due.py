"""What editors have to look at: found, in order, with places, and as a calendar file."""

from datetime import date, datetime
from pathlib import Path

import pytest
from small_project import TODAY, SmallProject

from bot.__main__ import main
from bot.checks.answers import REVIEW_INTERVAL
from bot.content import load_content
from bot.editing.calendar_file import MAX_BYTES, build_calendar, escape, fold_line
from bot.editing.due import Due, DueList, format_due, list_due
from bot.hours import BERLIN

WOHNEN, VALUES, STATEMENT = "responses/wohnen.yml", "responses/_values.yml", "responses/_statement.yml"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=BERLIN)


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A project in which nothing is due within 60 days."""
    return SmallProject(tmp_path)


def find_due(project: SmallProject, days: int = 60, easy_language: bool = False) -> DueList:
    return list_due(load_content(project.responses), project.responses, TODAY, days, easy_language)


def describe(items: list[Due]) -> list[tuple[str, int, date | None]]:
    return [(item.title, item.line, item.day) for item in items]


def test_nothing_is_due_in_a_fresh_project(project: SmallProject) -> None:
    due = find_due(project)
    assert due == DueList([], [], [])
    assert format_due(due, TODAY, 60) == "Überfällig: nichts\n\nFällig bis 21.01.2027: nichts"


def test_most_urgent_comes_first_with_place_and_title(project: SmallProject) -> None:
    project.replace(WOHNEN, "reviewed: 2026-11-01", "reviewed: 2025-11-21")
    project.replace(WOHNEN, "valid_until: null", "valid_until: 2026-12-24")
    project.replace(VALUES, 'from: 2026-01-01, value: "563"', 'from: 2026-01-01, until: 2026-12-15, value: "563"')
    due = find_due(project)
    assert describe(due.overdue) == [("Kaution", 18, date(2026, 11, 21))]
    assert describe(due.soon) == [("{bedarf}", 2, date(2026, 12, 15)), ("Kaution", 20, date(2026, 12, 24))]
    assert "Steht in: „Kaution“." in due.soon[0].message
    text = format_due(due, TODAY, 60)
    assert text.startswith(
        "Überfällig (1)\n  21.11.2026  responses/wohnen.yml:18: Kaution: Zuletzt geprüft am 21.11.2025."
    )


def test_review_is_overdue_on_the_same_day_as_for_the_checker(project: SmallProject) -> None:
    for days, is_overdue in ((0, False), (1, True)):
        reviewed = TODAY - REVIEW_INTERVAL.__class__(REVIEW_INTERVAL.days + days)
        other = SmallProject(project.root / str(days))
        other.replace(WOHNEN, "reviewed: 2026-11-01", f"reviewed: {reviewed}")
        hints = [problem for problem in other.problems() if "Bitte jedes Jahr prüfen" in problem.message]
        assert bool(hints) == is_overdue
        assert bool(find_due(other).overdue) == is_overdue


def test_value_with_a_successor_is_not_due(project: SmallProject) -> None:
    """The value of 2025 ended long ago, and that of 2026 follows it."""
    assert "until: 2025-12-31" in (project.root / VALUES).read_text(encoding="utf-8")
    assert find_due(project, 3650).overdue == []


def test_period_decides_what_is_soon(project: SmallProject) -> None:
    project.replace(WOHNEN, "valid_until: null", "valid_until: 2026-12-24")
    assert find_due(project, 31).soon == []
    assert len(find_due(project, 32).soon) == 1
    assert find_due(project, -5).soon == []
    assert find_due(project, 10**9).soon


def test_what_has_no_date_is_listed_by_kind(project: SmallProject) -> None:
    project.replace("responses/_contacts.yml", "confirmed: true", "confirmed: false")
    project.replace(STATEMENT, "plain: Rufen Sie an.", "plain: Rufen Sie an., gap: Name der Stelle.")
    project.replace(WOHNEN, "easy: null", "easy: Kaution ist Geld.")
    project.replace(WOHNEN, "Fragen Sie vor dem Umzug.", "Fragen Sie vor dem Umzug (Stand 2019).")
    found = {group.title: group.items for group in find_due(project).others}
    assert [(title, len(items), items[0].title, items[0].line) for title, items in found.items()] == [
        ("Kontaktangaben, nicht bestätigt und deshalb nicht angezeigt", 1, "Jobcenter", 2),
        ("Lücken in der Erklärung zur Barrierefreiheit", 1, "Kontakt", 2),
        ("Texte mit altem Stand", 1, "Umzug", 22),
        ("Leichte Sprache, von der Zielgruppe noch nicht freigegeben", 1, "Kaution", 11),
    ]
    assert "Leichte Sprache" not in format_due(find_due(project, easy_language=True), TODAY, 60)


def test_recent_as_of_is_not_old(project: SmallProject) -> None:
    project.replace(WOHNEN, "Fragen Sie vor dem Umzug.", "Fragen Sie vor dem Umzug (Stand 2024).")
    assert find_due(project).others == []


def test_menu_is_reviewed_every_year_too() -> None:
    folder = Path(__file__).resolve().parent.parent / "responses"
    content = load_content(folder)
    titles = {item.title for item in list_due(content, folder, date(2030, 1, 1), 0, False).overdue}
    assert {flow.title for flow in content.flows.values()} <= titles


def test_command_ends_with_1_only_when_something_is_overdue(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOBCENTER_BOT_RESPONSES_DIR", str(project.responses))
    monkeypatch.setattr("bot.editing.commands.local_now", lambda: NOW)
    assert main(["due"]) == 0
    project.replace(WOHNEN, "reviewed: 2026-11-01", "reviewed: 2024-11-01")
    assert main(["due", "--ics", str(project.root / "termine.ics")]) == 1
    assert "Überfällig (1)" in capsys.readouterr().out
    assert b"BEGIN:VEVENT" in (project.root / "termine.ics").read_bytes()
    assert main(["due", "--ics", str(project.root / "fehlt" / "termine.ics")]) == 1
    assert "lässt sich nicht schreiben" in capsys.readouterr().err


def read_calendar(data: bytes) -> list[tuple[str, str]]:
    """Return name and value of every line, unfolded as RFC 5545 says."""
    lines = data.decode().replace("\r\n ", "").split("\r\n")
    assert lines.pop() == ""
    return [(name, value) for name, _, value in (line.partition(":") for line in lines)]


def make_due() -> DueList:
    def item(title: str, day: date) -> Due:
        return Due(title, "Danach fehlt ein Wert; bitte prüfen, ob\nalles stimmt \\ gilt.", "responses/x.yml", 3, day)

    soon = [item("Ä" * 90, date(2026, 12, 31)), item("Miete, warm", date(2026, 12, 31)), item("U", date(2027, 1, 2))]
    return DueList([item("alt", date(2025, 1, 1))], soon, [])


def test_calendar_has_one_all_day_entry_per_date_and_keeps_its_uids() -> None:
    data = build_calendar(make_due(), NOW)
    lines = read_calendar(data)
    assert [value for name, value in lines if name == "DTSTART;VALUE=DATE"] == ["20261122", "20261231", "20270102"]
    assert [value for name, value in lines if name == "DTEND;VALUE=DATE"] == ["20261123", "20270101", "20270103"]
    uids = [value for name, value in lines if name == "UID"]
    assert uids == ["overdue@jobcenter-bot", "due-20261231@jobcenter-bot", "due-20270102@jobcenter-bot"]
    later = read_calendar(build_calendar(make_due(), NOW.replace(day=23)))
    assert [value for name, value in later if name == "UID"] == uids
    sequences = [[int(value) for name, value in some if name == "SEQUENCE"] for some in (lines, later)]
    assert all(new > old for old, new in zip(*sequences, strict=True))
    assert lines[0] == ("BEGIN", "VCALENDAR")
    assert lines[-1] == ("END", "VCALENDAR")
    assert ("DTSTAMP", "20261122T090000Z") in lines
    assert ("SUMMARY", "Jobcenter-Bot\\, fällig: 2 Texte und Werte") in lines


def test_calendar_lines_are_folded_and_end_with_crlf() -> None:
    data = build_calendar(make_due(), NOW)
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert all(len(line) <= MAX_BYTES for line in data.split(b"\r\n"))
    description = next(value for name, value in read_calendar(data) if name == "DESCRIPTION")
    assert "prüfen\\, ob\\nalles stimmt \\\\ gilt." in description
    assert "Wert\\; bitte" in description


@pytest.mark.parametrize("text", ["", "x", "x" * 75, "x" * 76, "ä" * 200, "€" * 100, "😀" * 60, "x" * 500])
def test_folding_loses_nothing_and_cuts_no_character(text: str) -> None:
    parts = list(fold_line(text))
    assert all(len(part) <= MAX_BYTES + 2 for part in parts)
    assert b"".join(parts).decode().replace("\r\n ", "") == text + "\r\n"
    for part in parts:
        part.decode()


def test_escape_follows_the_standard() -> None:
    assert escape("a\\b;c,d\r\ne:f") == "a\\\\b\\;c\\,d\\ne:f"
