"""Opening hours on the days that matter: holidays of the Saarland, pauses, weekends, uncertain days."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest
from conftest import FakeInterpreter
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.contacts import Contact
from bot.content import Content
from bot.conversations import MemoryStore
from bot.hours import (
    BERLIN,
    SENTENCES,
    Week,
    describe_today,
    find_holiday,
    format_time,
    is_open,
    is_uncertain,
    local_now,
    next_opening,
)
from bot.models import Turn, UserMessage

MORNING = ["8:30-12:00"]
WEEK = Week(mo=MORNING, di=MORNING, mi=["7:30-12:00", "13:30-16:30"], do=MORNING, fr=MORNING)


def at(moment: str) -> datetime:
    """Return a moment in the time zone of the offices."""
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


def describe(moment: str, week: Week = WEEK) -> str:
    """Return the keys and names of a description in one line."""
    sentences = describe_today(week, at(moment))
    return " | ".join(" ".join([key.removeprefix("hours_"), *names.values()]) for key, names in sentences)


MOMENTS = [
    # a Wednesday with its pause
    ("2026-10-21 00:00", "later Mittwoch 7.30 12 | then 13.30 16.30"),
    ("2026-10-21 07:29", "later Mittwoch 7.30 12 | then 13.30 16.30"),
    ("2026-10-21 07:30", "open Mittwoch 12 | then 13.30 16.30"),
    ("2026-10-21 11:59", "open Mittwoch 12 | then 13.30 16.30"),
    ("2026-10-21 12:00", "again Mittwoch 13.30 16.30"),
    ("2026-10-21 13:30", "open Mittwoch 16.30"),
    ("2026-10-21 16:30", "over Mittwoch | next Donnerstag, 22. Oktober 8.30"),
    ("2026-10-21 23:59", "over Mittwoch | next Donnerstag, 22. Oktober 8.30"),
    # before and after a weekend, in summer and in winter time
    ("2026-10-23 08:00", "later Freitag 8.30 12"),
    ("2026-10-23 11:00", "open Freitag 12"),
    ("2026-10-23 14:00", "over Freitag | next Montag, 26. Oktober 8.30"),
    ("2026-10-24 10:00", "closed Samstag | next Montag, 26. Oktober 8.30"),
    ("2026-10-25 10:00", "closed Sonntag | next Montag, 26. Oktober 8.30"),
    ("2026-03-29 02:30", "closed Sonntag | next Montag, 30. März 8.30"),
    ("2026-11-24 18:00", "over Dienstag | next Mittwoch, 25. November 7.30"),
    # Fronleichnam, a Thursday
    ("2026-06-03 17:00", "over Mittwoch | next Freitag, 5. Juni 8.30"),
    ("2026-06-04 10:00", "holiday Fronleichnam | next Freitag, 5. Juni 8.30"),
    # Mariä Himmelfahrt, within Germany a holiday only here and in parts of Bavaria: a Friday, a Saturday
    ("2025-08-14 13:00", "over Donnerstag | next Montag, 18. August 8.30"),
    ("2025-08-15 09:00", "holiday Mariä Himmelfahrt | next Montag, 18. August 8.30"),
    ("2026-08-15 09:00", "holiday Mariä Himmelfahrt | next Montag, 17. August 8.30"),
    # Allerheiligen, a Sunday and a Monday
    ("2026-11-01 09:00", "holiday Allerheiligen | next Montag, 2. November 8.30"),
    ("2027-11-01 09:00", "holiday Allerheiligen | next Dienstag, 2. November 8.30"),
    # Reformationstag is no holiday here
    ("2025-10-31 09:00", "open Freitag 12"),
    ("2026-04-02 15:00", "over Donnerstag | next Dienstag, 7. April 8.30"),
    ("2026-04-03 10:00", "holiday Karfreitag | next Dienstag, 7. April 8.30"),
    ("2026-05-14 10:00", "holiday Christi Himmelfahrt | next Freitag, 15. Mai 8.30"),
    ("2026-10-03 10:00", "holiday Tag der Deutschen Einheit | next Montag, 5. Oktober 8.30"),
    # Christmas and New Year
    ("2026-12-23 10:00", "open Mittwoch 12 | then 13.30 16.30"),
    (
        "2026-12-23 17:00",
        "over Mittwoch | uncertain Donnerstag, 24. Dezember | next Montag, 28. Dezember 8.30",
    ),
    ("2026-12-24 07:00", "uncertain_today Donnerstag, 24. Dezember | next Montag, 28. Dezember 8.30"),
    ("2026-12-24 09:00", "uncertain_today Donnerstag, 24. Dezember | next Montag, 28. Dezember 8.30"),
    ("2026-12-24 12:00", "over Donnerstag | next Montag, 28. Dezember 8.30"),
    ("2026-12-25 09:00", "holiday Erster Weihnachtstag | next Montag, 28. Dezember 8.30"),
    ("2026-12-31 11:00", "uncertain_today Donnerstag, 31. Dezember | next Montag, 4. Januar 8.30"),
    ("2027-01-01 09:00", "holiday Neujahr | next Montag, 4. Januar 8.30"),
    ("2027-12-24 09:00", "uncertain_today Freitag, 24. Dezember | next Montag, 27. Dezember 8.30"),
    ("2028-12-24 09:00", "closed Sonntag | next Mittwoch, 27. Dezember 7.30"),
    # Rosenmontag: the district closed everything in 2022
    ("2022-02-28 09:00", "uncertain_today Montag, 28. Februar | next Dienstag, 1. März 8.30"),
    ("2027-02-07 09:00", "closed Sonntag | uncertain Montag, 8. Februar | next Dienstag, 9. Februar 8.30"),
]


@pytest.mark.parametrize(("moment", "expected"), MOMENTS)
def test_today_is_described(moment: str, expected: str) -> None:
    assert describe(moment) == expected


@pytest.mark.parametrize(("moment", "expected"), MOMENTS)
def test_open_is_what_the_description_says(moment: str, expected: str) -> None:
    assert is_open(WEEK, at(moment)) is expected.startswith("open")


@pytest.mark.parametrize(("moment", "expected"), MOMENTS)
def test_every_description_is_a_sentence_without_gaps(content: Content, moment: str, expected: str) -> None:
    for key, names in describe_today(WEEK, at(moment)):
        for text in (content.system[key].text, content.system[key].plain):
            sentence = text.format(**names)
            assert sentence.endswith(".")
            assert not set("{}") & set(sentence)


OPENINGS = [
    ("2026-10-21 07:29", "2026-10-21 07:30"),
    ("2026-10-21 07:30", "2026-10-21 13:30"),
    ("2026-10-21 13:30", "2026-10-22 08:30"),
    ("2026-10-24 08:30", "2026-10-26 08:30"),
    ("2026-12-23 16:30", "2026-12-28 08:30"),
    ("2026-12-30 16:30", "2027-01-04 08:30"),
]


@pytest.mark.parametrize(("moment", "expected"), OPENINGS)
def test_next_opening_is_a_certain_one(moment: str, expected: str) -> None:
    assert next_opening(WEEK, at(moment)) == at(expected)


def test_moments_of_other_time_zones_are_understood() -> None:
    assert is_open(WEEK, datetime(2026, 7, 1, 6, 0, tzinfo=UTC))  # 8.00 in summer
    assert not is_open(WEEK, datetime(2026, 12, 2, 6, 0, tzinfo=UTC))  # 7.00 in winter
    assert describe_today(WEEK, datetime(2026, 10, 22, 22, 30, tzinfo=UTC))[0][1]["weekday"] == "Freitag"


def test_clock_is_that_of_the_offices() -> None:
    now = local_now()
    assert now.tzinfo is BERLIN
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_rare_hours_are_found_behind_holidays() -> None:
    assert describe("2025-12-24 09:00", Week(do=MORNING)) == "closed Mittwoch | next Donnerstag, 8. Januar 8.30"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 24), True),
        (date(2026, 12, 31), True),
        (date(2026, 2, 16), True),
        (date(2026, 2, 17), False),
        (date(2026, 12, 30), False),
    ],
)
def test_uncertain_days_are_no_holidays(day: date, expected: bool) -> None:
    assert is_uncertain(day) is expected
    assert find_holiday(day) is None


def test_times_are_written_as_people_write_them() -> None:
    assert [format_time(time(*parts)) for parts in ((8, 30), (12, 0), (9, 5), (0, 0))] == ["8.30", "12", "9.05", "0"]


periods = st.sampled_from([[], MORNING, ["7:30-12:00", "13:30-16:30"], ["0:00-23:59"]])
weeks = st.fixed_dictionaries({name: periods for name in ("mo", "di", "mi", "do", "fr", "sa", "so")}).filter(
    lambda days: any(days.values())
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(BERLIN))


@given(weeks, moments)
def test_description_never_fails_and_agrees_with_itself(days: dict[str, list[str]], now: datetime) -> None:
    week = Week(**days)
    sentences = describe_today(week, now)
    assert [set(names) for _, names in sentences] == [SENTENCES[key] for key, _ in sentences]
    assert (sentences[0][0] == "hours_open") is is_open(week, now)
    opening = next_opening(week, now)
    if opening is not None:
        assert opening > now
        assert is_open(week, opening)


FAULTS = [
    ({"mo": ["8.30–12"]}, 'mo: "8.30–12" hat nicht die Form "8:30-12:00".'),
    ({"mo": ["8:30 - 12:00"]}, "hat nicht die Form"),
    ({"mo": ["8:30-24:00"]}, "hat nicht die Form"),
    ({"mo": ["8:60-12:00"]}, "hat nicht die Form"),
    ({"mo": ["٨:30-12:00"]}, "hat nicht die Form"),
    ({"di": ["12:00-8:30"]}, "di: Jede Zeit muss nach der vorigen liegen"),
    ({"di": ["8:30-8:30"]}, "di: Jede Zeit muss nach der vorigen liegen"),
    ({"mi": ["13:30-16:30", "7:30-12:00"]}, "mi: Jede Zeit muss nach der vorigen liegen"),
    ({"mi": ["7:30-12:00", "11:00-16:30"]}, "mi: Jede Zeit muss nach der vorigen liegen"),
    ({"mi": ["7:30-12:00", "12:00-16:30"]}, "mi: Jede Zeit muss nach der vorigen liegen"),
    ({"mo": []}, "Hier steht keine einzige Zeit."),
    ({}, "Hier steht keine einzige Zeit."),
]


@pytest.mark.parametrize(("days", "expected"), FAULTS)
def test_what_is_no_timetable_is_refused(days: dict[str, list[str]], expected: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(days, Week)
    assert expected in str(caught.value)


async def ask(content: Content, payload: str, moment: str) -> Turn:
    """Tap a button at some moment."""
    assistant = Assistant(content, FakeInterpreter().parse, MemoryStore(30, 10), 2000, lambda: at(moment))
    return await assistant.handle(UserMessage("test", "c", payload=payload))


async def test_way_to_a_human_names_the_hours_and_today(content: Content) -> None:
    text = (await ask(content, "t:mensch", "2026-10-21 14:00")).replies[0].text
    assert "Öffnungszeiten: Mo, Di, Do, Fr 8.30–12 Uhr; Mi 7.30–12 Uhr und 13.30–16.30 Uhr\nHeute (Mittwoch) " in text
    assert "bis 16.30 Uhr erreichbar." in text


async def test_every_fallback_names_the_hours_and_today(content: Content) -> None:
    text = (await ask(content, "s:else", "2027-11-01 09:00")).replies[0].text
    assert "Öffnungszeiten: Mo, Di" in text
    assert "Feiertag: Allerheiligen" in text
    assert "Dienstag, 2. November, 8.30 Uhr." in text


async def test_hours_the_answer_has_named_are_not_repeated(content: Content) -> None:
    text = (await ask(content, "t:oeffnungszeiten", "2026-12-24 09:00")).replies[0].text
    assert "Öffnungszeiten: " not in text
    assert "Heute (Donnerstag, 24. Dezember) ist vielleicht geschlossen. Bitte rufen Sie vorher an." in text


async def test_error_names_the_hours_once_and_today(content: Content) -> None:
    async def fail(text: str) -> None:
        raise RuntimeError

    assistant = Assistant(content, fail, MemoryStore(30, 10), 2000, lambda: at("2026-10-23 14:00"))  # type: ignore[arg-type]
    text = (await assistant.handle(UserMessage("test", "c", "Hallo Welt"))).replies[0].text
    assert text.count("13.30") == 1
    assert "Montag, 26. Oktober, 8.30 Uhr" in text


async def test_hours_nobody_has_confirmed_are_not_computed_with(content: Content) -> None:
    contact = content.contacts["jobcenter"]
    assert contact.hours
    doubtful = msgspec.structs.replace(contact, hours=msgspec.structs.replace(contact.hours, confirmed=False))
    changed = msgspec.structs.replace(content, contacts={**content.contacts, "jobcenter": doubtful})
    text = (await ask(changed, "t:mensch", "2026-10-21 14:00")).replies[0].text
    assert "Heute" not in text
    assert "16.30" not in text


def test_contact_without_a_timetable_says_nothing_about_today() -> None:
    assert Contact("Amt").confirmed_week() is None
