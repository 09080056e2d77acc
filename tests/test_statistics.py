"""The statistics add up, never show a small number, not even by a difference, and open only with the token."""

import base64
import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import httpx
import msgspec
import pytest
from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from statistics_data import make_counts, write_counts
from store_tools import KEY, TakeAway

from bot.__main__ import main
from bot.channels.statistics import WRONG_ATTEMPTS, read_password, statistics_routes
from bot.channels.web import build_web_app
from bot.content import Content
from bot.counters import Counts
from bot.models import Status, Turn, UserMessage
from bot.plots import draw_columns
from bot.rendering import FEEDBACK
from bot.settings import Secret, Settings
from bot.statistics import command as statistics_command
from bot.statistics.summary import HELPFUL, Period, PeriodError, Tally, join_weeks, last_days, read_period, summarise
from bot.statistics.suppression import LEAST, release
from bot.statistics.tables import (
    list_hints,
    list_rare_topics,
    list_tables,
    name_reasons,
    show_cell,
    tabulate_days,
    tabulate_statuses,
    write_csv,
    write_text,
)
from bot.statistics.words import ADVICE, AWAY, HIDDEN, NO_DATABASE, NOTHING, STATUSES, UNCLEAR
from bot.store.state import SharedState

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
MONDAY = date(2026, 10, 5)
TOKEN = "statistik-0123456789"
EMPTY = Tally({}, {}, {}, {}, {})

# ---- nothing small leaves -------------------------------------------------------------------------------------------

Weeks = list[dict[str, int]]
WEEKS = st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)), max_size=8)


@given(WEEKS)
def test_every_number_shown_is_large_and_was_counted(weeks: Weeks) -> None:
    shown = release(weeks)
    assert all(count >= LEAST for week in shown for count in week.values())
    for end in range(len(weeks) + 1):
        counted = sum((Counter(week) for week in weeks[:end]), Counter())
        assert sum(shown[:end], Counter()) <= counted


@given(WEEKS)
def test_totals_do_not_reveal_what_waits(weeks: Weeks) -> None:
    shown = release(weeks)
    for end in range(1, len(weeks) + 1):
        waiting = sum((Counter(week) for week in weeks[:end]), Counter()) - sum(shown[:end], Counter())
        assert not waiting or not shown[end - 1] or (waiting.total() >= LEAST and len(waiting) >= 2)


@given(WEEKS, st.integers(0, 8))
def test_a_later_week_changes_nothing_that_was_shown(weeks: Weeks, end: int) -> None:
    assert release(weeks)[:end] == release(weeks[:end])


def test_a_small_number_takes_a_larger_one_with_it() -> None:
    assert release([{"antwort": 50, "kontakt": 6, "notlage": 2}]) == [Counter(antwort=50)]
    assert release([{"antwort": 50, "notlage": 1}]) == [Counter()]
    assert release([{"antwort": 50, "notlage": 1}, {"notlage": 4}]) == [Counter(), Counter(antwort=50, notlage=5)]


DAYS = st.integers(0, 27).map(lambda number: MONDAY + timedelta(days=number))
COUNTED = st.dictionaries(st.tuples(DAYS, st.sampled_from(["", "a", "b"])), st.integers(1, 9), max_size=20)
VIEWS = [
    (Period(MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)), MONDAY + timedelta(days=today))
    for first, last in combinations((0, 3, 7, 13, 20, 27), 2)
    for today in (14, 15, 28)
]
NESTED = [
    (view, other)
    for view, other in combinations(range(len(VIEWS)), 2)
    if VIEWS[view][0].first == VIEWS[other][0].first or VIEWS[view][0].last == VIEWS[other][0].last
]
"""Places of two views in which one begins or ends with the other, so that their difference is about the rest."""


@settings(max_examples=40)
@given(COUNTED)
def test_no_two_views_differ_by_a_small_number(counts: dict[tuple[date, str], int]) -> None:
    tally = Tally({}, {}, counts, counts, {(day, topic, "ja"): count for (day, topic), count in counts.items()})
    summaries = [summarise(tally, *view) for view in VIEWS]
    for summary in summaries:
        assert summary.topics == summary.statuses
        assert {topic: sum(values.values()) for topic, values in summary.feedback.items()} == summary.topics
    for view, other in NESTED:
        (one, then), (two, now) = VIEWS[view], VIEWS[other]
        if then != now and one != two:
            continue
        for topic in ("", "a", "b"):
            difference = summaries[view].topics.get(topic, 0) - summaries[other].topics.get(topic, 0)
            assert difference == 0 or abs(difference) >= LEAST


def test_a_week_that_is_not_over_is_not_shown() -> None:
    counts = {(MONDAY, "kaution"): 20, (MONDAY, "umzug"): 30}
    tally = Tally({}, {}, {}, counts, {})
    period = Period(MONDAY, MONDAY + timedelta(days=6))
    sunday = MONDAY + timedelta(days=6)
    assert summarise(tally, period, sunday).topics == {}
    assert summarise(tally, period, sunday).weeks is None
    assert summarise(tally, period, sunday + timedelta(days=1)).topics == {"umzug": 30, "kaution": 20}


def test_collecting_begins_anew_with_the_year_whatever_the_period() -> None:
    december, january = date(2025, 12, 22), date(2025, 12, 29)  # the second is the first Monday of 2026
    counts = {(december, "kaution"): 4, (january, "kaution"): 4, (january + timedelta(days=7), "kaution"): 4}
    long = summarise(Tally({}, {}, {}, counts, {}), Period(december, date(2026, 1, 31)), TODAY)
    short = summarise(Tally({}, {}, {}, counts, {}), Period(date(2026, 1, 5), date(2026, 1, 31)), TODAY)
    assert long.topics == short.topics == {"kaution": 8}


def test_feedback_shows_reasons_once_there_are_enough_opinions() -> None:
    feedback = {(MONDAY, "kaution", "ja"): 2, (MONDAY, "umzug", "ja"): 9, (MONDAY, "antrag", "falsch"): 9}
    period = Period(MONDAY, MONDAY + timedelta(days=20))
    few = summarise(Tally({}, {}, {}, {}, feedback), period, TODAY).feedback
    assert few == {"umzug": {"ja": 9}} or few == {"antrag": {"falsch": 9}}, "one waits with the small one"
    feedback[MONDAY + timedelta(days=8), "kaution", "falsch"] = 3
    enough = summarise(Tally({}, {}, {}, {}, feedback), period, TODAY).feedback
    assert enough == {"umzug": {"ja": 9}, "antrag": {"falsch": 9}, "kaution": {"ja": 2, "falsch": 3}}


# ---- it adds up -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 100), st.integers(20, 60))
def test_sums_agree_with_what_was_counted(seed: int, days: int) -> None:
    counts = make_counts(["kaution", "umzug", "antrag"], YESTERDAY, days, 20, seed)
    period = last_days(30, TODAY)
    summary = summarise(tally_of(counts), period, TODAY)
    in_period = sum(n for (day, *_), n in counts.turns.items() if period.first.isoformat() <= day)
    assert summary.total == in_period
    assert sum(sum(hours) for hours in summary.hours) == in_period
    assert tabulate_days(summary.days, summary.channels).rows[-1][-1] == in_period
    weeks = join_weeks(summary.days)
    assert tabulate_days(weeks, summary.channels).rows[-1] == tabulate_days(summary.days, summary.channels).rows[-1]
    assert sum(summary.topics.values()) <= sum(counts.turns.values())


def test_numbers_that_are_large_are_shown_as_they_are() -> None:
    counts = {(MONDAY + timedelta(days=number), name): 10 for number in range(28) for name in ("kaution", "umzug")}
    summary = summarise(Tally({}, {}, {}, counts, {}), Period(MONDAY, MONDAY + timedelta(days=27)), TODAY)
    assert summary.topics == {"kaution": 280, "umzug": 280}


def tally_of(counts: Counts) -> Tally:
    """Return what the reader makes of the same numbers."""
    sums: tuple[Counter[tuple[date, str]], ...] = (Counter(), Counter(), Counter())
    for (day, *keys), count in counts.turns.items():
        for some, key in zip(sums, keys, strict=True):
            some[date.fromisoformat(day), key] += count
    hours: Counter[tuple[date, int]] = Counter()
    for (day, hour, _), count in counts.hours.items():
        hours[date.fromisoformat(day), hour] += count
    feedback = {(date.fromisoformat(day), topic, value): n for (day, topic, value), n in counts.feedback.items()}
    return Tally(dict(sums[0]), dict(hours), dict(sums[1]), dict(sums[2]), feedback)


async def test_database_gives_back_what_was_counted(worker: SharedState, content: Content) -> None:
    counts = make_counts(content.answers, YESTERDAY, 40, 30)
    for (day, channel, status, topic), count in counts.turns.items():
        worker.counters._counts.turns[day, channel, status, topic] = count
    worker.counters._counts.hours.update(counts.hours)
    worker.counters._counts.feedback.update(counts.feedback)
    await worker.keep()
    expected = tally_of(counts)
    period = last_days(30, TODAY)
    tally = await worker.statistics.read(period)
    assert tally is not None
    assert tally.topics == expected.topics and tally.statuses == expected.statuses
    assert tally.feedback == expected.feedback
    assert tally.channels == {key: n for key, n in expected.channels.items() if key[0] >= period.first}
    assert tally.hours == {key: n for key, n in expected.hours.items() if key[0] >= period.first}
    assert summarise(tally, period, TODAY) == summarise(expected, period, TODAY)


# ---- periods --------------------------------------------------------------------------------------------------------


def test_periods_end_yesterday_unless_somebody_asks_for_today() -> None:
    assert read_period({}, TODAY) == Period(date(2026, 10, 23), YESTERDAY)
    assert read_period({"tage": "7"}, TODAY) == Period(date(2026, 11, 15), YESTERDAY)
    assert read_period({"von": "2026-11-01", "bis": "2026-11-22"}, TODAY) == Period(date(2026, 11, 1), TODAY)


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"tage": "viele"}, "ganze Zahl"),
        ({"tage": "²"}, "ganze Zahl"),
        ({"tage": "0"}, "zwischen 1 und"),
        ({"tage": "9999"}, "zwischen 1 und"),
        ({"von": "2026-11-01"}, "beide Tage"),
        ({"von": "gestern", "bis": "heute"}, "beide Tage"),
        ({"von": "2026-11-02", "bis": "2026-11-01"}, "tauschen"),
        ({"von": "2026-11-02", "bis": "2026-11-23"}, "Zukunft"),
        ({"von": "2020-01-01", "bis": "2026-11-01"}, "zu lang"),
        ({"von": "0001-01-01", "bis": "0001-01-02"}, "ab dem Jahr 2000"),
    ],
)
def test_wrong_period_is_a_clear_sentence(fields: dict[str, str], part: str) -> None:
    with pytest.raises(PeriodError, match=part):
        read_period(fields, TODAY)


@given(st.dictionaries(st.sampled_from(["tage", "von", "bis"]), st.text(max_size=12)))
def test_any_period_is_read_or_refused(fields: dict[str, str]) -> None:
    try:
        period = read_period(fields, TODAY)
    except PeriodError as error:
        assert str(error).endswith((".", "sein."))
    else:
        assert period.first <= period.last <= TODAY


# ---- words and tables -----------------------------------------------------------------------------------------------


def test_every_status_and_every_reason_has_words(content: Content) -> None:
    assert set(STATUSES) == set(get_args(Status))
    reasons = name_reasons(content)
    assert HELPFUL in reasons
    assert set(reasons) == set(content.flows[FEEDBACK].results)
    assert set(ADVICE) == set(reasons) - {HELPFUL}


def test_a_day_without_numbers_is_not_zero(content: Content) -> None:
    tally = msgspec.structs.replace(EMPTY, channels={(YESTERDAY, "web"): 3, (MONDAY, "telegram"): 2})
    rows = tabulate_days(summarise(tally, Period(YESTERDAY - timedelta(days=1), YESTERDAY), TODAY).days, ["web"]).rows
    assert rows == (("Fr 20.11.2026", "", NOTHING), ("Sa 21.11.2026", 3, 3), ("zusammen", 3, 3))
    drawing = draw_columns("", [("Freitag", None), ("Samstag", [("series-1", 3)])], {})
    classes = [node.get("class") for node in drawing.iter("rect")]
    assert classes == ["missing", "series-1"]


def test_rare_statuses_and_topics_are_not_told_from_none(content: Content) -> None:
    counts = {(MONDAY, "answered"): 30, (MONDAY, "guardrail_crisis"): 2, (MONDAY, "fallback"): 7}
    topics = {(MONDAY, "kaution"): 30, (MONDAY, "pfaendung"): 2, (MONDAY, ""): 7}
    period = Period(MONDAY, MONDAY + timedelta(days=6))
    summary = summarise(Tally({}, {}, counts, topics, {}), period, TODAY)
    rows = {row[0]: row[1:] for row in tabulate_statuses(summary).rows}
    assert rows["beantwortet"] == (30, "100\u00a0%")
    assert rows["Notlage"] == rows["Fehler im Bot"] == rows["nicht verstanden"] == (HIDDEN, "")
    rare = list_rare_topics(summary, content)
    assert content.topics["pfaendung"].title in rare and content.topics["umzug"].title in rare
    assert content.topics["kaution"].title not in rare


def test_hints_name_answers_that_did_not_help_with_what_to_do(content: Content) -> None:
    votes = {("kaution", "ja"): 2, ("kaution", "falsch"): 4, ("umzug", "ja"): 5, ("umzug", "schwer"): 5}
    votes |= {("antrag_stellen", "frage"): 3, ("antrag_stellen", "anders"): 3, ("weg", "falsch"): 9}
    votes |= {("", "falsch"): 9}
    feedback = {(MONDAY, topic, value): count for (topic, value), count in votes.items()}
    summary = summarise(Tally({}, {}, {}, {}, feedback), Period(MONDAY, MONDAY + timedelta(days=6)), TODAY)
    hints = {hint.title: hint for hint in list_hints(summary, content)}
    assert set(hints) == {content.topics[name].title for name in ("kaution", "antrag_stellen")}
    hint = hints[content.topics["kaution"].title]
    assert hint.finding == "4 von 6 fanden die Antwort nicht hilfreich: „Das stimmt nicht“ 4‑mal."
    assert hint.advice == ADVICE["falsch"]
    assert hints[content.topics["antrag_stellen"].title].advice == UNCLEAR
    assert re.fullmatch(r"responses/wohnen\.yml:\d+", hint.place)


def test_csv_opens_in_excel_and_calculates_nothing(content: Content) -> None:
    counts = make_counts(["=HYPERLINK(1)", "kaution"], YESTERDAY, 60, 60)
    summary = summarise(tally_of(counts), last_days(30, TODAY), TODAY)
    text = write_csv(summary, content)
    assert text.startswith("\ufeffBereich;Zeile;Spalte;Wert\r\n")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert {len(row) for row in rows} == {4}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK(1)" in {row[1] for row in rows}
    assert ["Nachrichten je Tag", "zusammen", "zusammen", str(summary.total)] in rows


# ---- the page -------------------------------------------------------------------------------------------------------

Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
def connect(content: Content) -> Connect:
    """Return a client of a website with the statistics."""

    def start(state: SharedState | None, token: str = TOKEN, now: datetime = NOW) -> httpx.AsyncClient:
        async def handle(message: UserMessage) -> Turn:
            raise AssertionError

        async def is_healthy() -> bool:
            return True

        chosen = Settings(statistics_token=Secret(token))
        routes = statistics_routes(chosen, content, state.statistics.read if state else None, lambda: now)
        app = build_web_app(handle, is_healthy, {}, (), routes)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")

    return start


@pytest.fixture
def counted(on_sqlite: SharedState, database_file: Path, content: Content) -> SharedState:
    """A worker whose database has the numbers of 90 days."""
    write_counts(f"sqlite:///{database_file}", make_counts(content.answers, YESTERDAY, 90, 60))
    return on_sqlite


def basic(password: str, name: str = "redaktion") -> dict[str, str]:
    """Return the header of HTTP Basic."""
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


ADDRESSES = ["/statistik", "/statistik.csv"]


@pytest.mark.parametrize("path", [*ADDRESSES, "/statistik.css"])
async def test_without_a_token_there_is_no_such_address(connect: Connect, counted: SharedState, path: str) -> None:
    async with connect(counted, "") as client:
        answer = await client.get(path, headers=basic(""))
        unknown = await client.get("/gibt-es-nicht")
    assert (answer.status_code, answer.content) == (unknown.status_code, unknown.content)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("header", [basic(TOKEN), basic(TOKEN, ""), {"authorization": f"Bearer {TOKEN}"}])
async def test_the_token_opens(connect: Connect, counted: SharedState, path: str, header: dict[str, str]) -> None:
    async with connect(counted) as client:
        answer = await client.get(path, headers=header)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers
    assert TOKEN not in answer.text


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("header", [{}, basic("falsch"), basic(TOKEN + "x"), {"authorization": "Bearer ä".encode()}])
async def test_nothing_else_opens(connect: Connect, counted: SharedState, path: str, header: dict[str, str]) -> None:
    async with connect(counted) as client:
        answer = await client.get(f"{path}?token={TOKEN}&passwort={TOKEN}", headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "JOBCENTER_BOT_STATISTICS_TOKEN" in answer.text
    assert "Nachrichten" not in answer.text and TOKEN not in answer.text


@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_any_header_is_read(header: str) -> None:
    for text in (header, f"Basic {header}", f"Bearer {header}"):
        assert isinstance(read_password(text), bytes | None)


async def test_guessing_is_slowed_down_for_everybody(connect: Connect, counted: SharedState) -> None:
    async with connect(counted) as client:
        for _ in range(3 * WRONG_ATTEMPTS.amount):  # neither a browser that asks first nor the right word counts
            assert (await client.get("/statistik")).status_code == 401
            assert (await client.get("/statistik.csv", headers=basic(TOKEN))).status_code == 200
        wrong = [await client.get("/statistik", headers=basic(f"falsch{n}")) for n in range(WRONG_ATTEMPTS.amount + 1)]
        assert [answer.status_code for answer in wrong] == [401] * WRONG_ATTEMPTS.amount + [429]
        assert 1 <= int(wrong[-1].headers["retry-after"]) <= 62
        for path in ADDRESSES:
            answer = await client.get(path, headers=basic(TOKEN))
            assert answer.status_code == 429, "else guessing could go on"
            assert "in einer Minute" in answer.text


async def test_without_a_database_a_sentence_says_what_to_do(connect: Connect) -> None:
    async with connect(None) as client:
        for path in ADDRESSES:
            answer = await client.get(path, headers=basic(TOKEN))
            assert answer.status_code == 503
            assert NO_DATABASE in answer.text


async def test_with_the_database_away_a_sentence_says_so(
    connect: Connect, counted: SharedState, take_away: TakeAway
) -> None:
    take_away(True)
    async with connect(counted) as client:
        for path in ADDRESSES:
            answer = await client.get(path, headers=basic(TOKEN))
            assert answer.status_code == 503
            assert AWAY in answer.text


async def test_wrong_period_keeps_the_form(connect: Connect, counted: SharedState) -> None:
    async with connect(counted) as client:
        answer = await client.get("/statistik?von=2026-11-02&bis=2026-11-01", headers=basic(TOKEN))
        assert answer.status_code == 400
        assert "tauschen" in answer.text and "<form" in answer.text
        assert (await client.get("/statistik.csv?tage=-1", headers=basic(TOKEN))).status_code == 400


@pytest.mark.parametrize("query", ["tage=7", "tage=30", "tage=90", "tage=365", "von=2026-11-22&bis=2026-11-22"])
async def test_every_plot_has_words_and_a_table(connect: Connect, counted: SharedState, query: str) -> None:
    async with connect(counted) as client:
        page = (await client.get(f"/statistik?{query}", headers=basic(TOKEN))).text
    assert "<script" not in page and " style=" not in page
    root = ElementTree.fromstring(re.sub(r"<(meta|link|input)([^>]*)>", r"<\1\2/>", page.partition("\n")[2]))
    parents = {child: parent for parent in root.iter() for child in parent}
    plots = list(root.iter("svg"))
    assert all(plot.get("role") == "img" and plot.get("aria-label") for plot in plots)
    for plot in plots:
        following = list(parents[plot])[list(parents[plot]).index(plot) :]
        assert any(node.tag == "details" and node.find(".//table") is not None for node in following)
    if query != "von=2026-11-22&bis=2026-11-22":
        assert len(plots) >= 3


async def test_page_and_download_show_the_same_numbers(connect: Connect, counted: SharedState) -> None:
    async with connect(counted) as client:
        page = (await client.get("/statistik?tage=90", headers=basic(TOKEN))).text
        download = await client.get("/statistik.csv?tage=90", headers=basic(TOKEN))
    disposition = download.headers["content-disposition"]
    assert disposition == 'attachment; filename="statistik-2026-08-24-bis-2026-11-21.csv"'
    assert download.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(download.text.removeprefix("\ufeff")), delimiter=";"))
    topics = [(row[1], row[3]) for row in rows if row[0] == "Themen"]
    assert len(topics) > 20
    for title, count in topics:
        assert f'<th scope="row">{title}</th><td class="number">{show_cell(int(count))}</td>' in page
        assert int(count) >= LEAST


# ---- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_file: Path, content: Content) -> str:
    """Point the command at a database with numbers; return its address."""
    url = f"sqlite:///{database_file}"
    database_file.parent.mkdir(parents=True)
    write_counts(url, make_counts(content.answers, YESTERDAY, 60, 60))
    monkeypatch.setenv("JOBCENTER_BOT_DATABASE_URL", url)
    monkeypatch.setenv("JOBCENTER_BOT_SECRET_KEY", KEY.decode())
    monkeypatch.setattr(statistics_command, "local_now", lambda: NOW)
    return url


def test_command_prints_the_tables(environment: str, content: Content, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statistics", "--days", "30"]) == 0
    text = capsys.readouterr().out
    summary = summarise(tally_of(make_counts(content.answers, YESTERDAY, 60, 60)), last_days(30, TODAY), TODAY)
    assert text.startswith(write_text(summary, content))
    for table in list_tables(summary, content):
        assert table.title in text
    assert "nicht, dass sie richtig war" in text


def test_command_writes_csv(environment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statistics", "--csv", str(tmp_path / "zahlen.csv")]) == 0
    assert "Geschrieben" in capsys.readouterr().err
    assert main(["statistics", "--csv", "-"]) == 0
    assert capsys.readouterr().out.encode() == (tmp_path / "zahlen.csv").read_bytes()
    assert main(["statistics", "--csv", str(tmp_path / "gibt" / "es" / "nicht.csv")]) == 1
    assert "lässt sich nicht schreiben" in capsys.readouterr().err


def test_command_says_what_is_missing(
    environment: str, monkeypatch: pytest.MonkeyPatch, take_away: TakeAway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["statistics", "--days", "0"]) == 1
    assert "zwischen 1 und" in capsys.readouterr().err
    monkeypatch.setenv("JOBCENTER_BOT_DATABASE_URL", "memory:")
    assert main(["statistics"]) == 1
    assert "braucht der Bot eine Datenbank" in capsys.readouterr().err
    monkeypatch.setenv("JOBCENTER_BOT_DATABASE_URL", environment)
    take_away(True)
    assert main(["statistics"]) == 1
    assert "nicht erreichbar" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["statistics", "--days", "viele"])
    assert stop.value.code == 2
    assert "keine ganze Zahl" in capsys.readouterr().err
