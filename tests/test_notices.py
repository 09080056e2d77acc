"""The notice file: periods, channels, closing days, what the checker says, and how it is read again while running."""

import logging
import os
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from notice_tools import BANNER, OFF, Board, at
from small_project import SmallProject

from bot.content import Content
from bot.hours import Week, describe_today, is_open, next_opening
from bot.models import UserMessage
from bot.notice_board import NO_NOTICES
from bot.notices import FILE, Notices, read_notices
from bot.rendering import Renderer
from bot.versions import describe_versions

ROOT = Path(__file__).resolve().parent.parent
ENTRY = "notices:\n  - text: Hallo\n    from: {}\n    until: {}\n"
DAY = ENTRY.format("2026-12-24", "2026-12-24")
MORNING = Week(mo=["8:30-12:00"], di=["8:30-12:00"], mi=["8:30-12:00"], do=["8:30-12:00"], fr=["8:30-12:00"])


@pytest.fixture
def file(tmp_path: Path) -> Board:
    return Board(tmp_path)


# ---- Periods and channels ----


@pytest.mark.parametrize(
    ("first", "last", "moment", "shown"),
    [
        ("2026-12-24", "2026-12-24", "2026-12-23 23:59", False),
        ("2026-12-24", "2026-12-24", "2026-12-24 00:00", True),
        ("2026-12-24", "2026-12-24", "2026-12-24 23:59:59", True),
        ("2026-12-24", "2026-12-24", "2026-12-25 00:00", False),
        ('"2026-12-24 08:00"', '"2026-12-24 16:30"', "2026-12-24 07:59:59", False),
        ('"2026-12-24 08:00"', '"2026-12-24 16:30"', "2026-12-24 08:00", True),
        ('"2026-12-24 8:00"', '"2026-12-24 16:30"', "2026-12-24 16:30:59", True),
        ('"2026-12-24 08:00"', '"2026-12-24 16:30"', "2026-12-24 16:31", False),
        ("2026-12-24", '"2026-12-26 12:00"', "2026-12-26 12:00", True),
    ],
)
def test_banner_is_shown_from_its_first_to_its_last_minute(
    file: Board, first: str, last: str, moment: str, shown: bool
) -> None:
    file.write(ENTRY.format(first, last))
    file.now = at(moment)
    assert file.board.texts("web") == (("Hallo",) if shown else ())


def test_the_clock_of_the_offices_counts_in_summer_and_winter(file: Board) -> None:
    file.write(ENTRY.format('"2026-07-01 08:00"', '"2026-12-24 08:00"'))
    for moment, shown in [
        (datetime(2026, 7, 1, 5, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 24, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 24, 7, 1, tzinfo=UTC), False),
    ]:
        file.now = moment
        assert bool(file.board.texts("web")) is shown, moment


@pytest.mark.parametrize(
    ("channels", "shown"),
    [
        ("", {"web", "page", "rest", "telegram", "terminal"}),
        ("    channels: [website]\n", {"web", "page", "rest"}),
        ("    channels: [telegram]\n", {"telegram"}),
        ("    channels: [telegram, website]\n", {"web", "page", "rest", "telegram"}),
    ],
)
def test_channels_are_named_as_editors_see_them(file: Board, channels: str, shown: set[str]) -> None:
    """Tools for editors, "ask" and the evaluation, are none of them."""
    names = ("web", "page", "rest", "telegram", "terminal", "ask", "evaluation")
    file.put_up(more=channels)
    assert {name for name in names if file.board.texts(name)} == shown
    file.switch_off(channels.removeprefix("  "))
    assert {name for name in names if file.board.off_text(name)} == shown


def test_switch_has_a_period_and_may_have_none(file: Board) -> None:
    file.switch_off('  since: "2026-12-10 18:00"\n  until: 2026-12-11\n  channels: [telegram]\n')
    for moment, off in [
        ("2026-12-10 17:59", ()),
        ("2026-12-10 18:00", ("telegram",)),
        ("2026-12-11 23:59", ("telegram",)),
        ("2026-12-12 00:00", ()),
    ]:
        file.now = at(moment)
        assert file.board.off_channels() == off, moment
    file.switch_off()
    assert file.board.off_channels() == ("website", "telegram")


# ---- Closing days ----


def test_closing_day_is_said_and_skipped_when_the_next_opening_is_named(file: Board, content: Content) -> None:
    file.write("closed_days:\n  - {date: 2026-12-03, reason: Personalversammlung}\n")
    now, days = at("2026-12-03 09:00"), file.board.special_days()
    assert describe_today(MORNING, now, days) == [
        ("hours_special", {"reason": "Personalversammlung"}),
        ("hours_next", {"day": "Freitag, 4. Dezember", "start": "8.30"}),
    ]
    assert next_opening(MORNING, at("2026-12-02 13:00"), days) == at("2026-12-04 08:30")
    assert is_open(MORNING, now)  # without the file it would look open
    card = Renderer(content, 2000, special_days=file.board.special_days).contact_card(now, "text")
    assert "Heute ist geschlossen (Personalversammlung)." in card
    assert "geschlossen" not in Renderer(content, 2000).contact_card(now, "text")


def test_other_hours_replace_the_usual_ones_and_end_the_doubt(file: Board) -> None:
    day = '  - {date: 2026-12-24, reason: Heiligabend, hours: ["8:30-10:00"]}\n'
    assert describe_today(MORNING, at("2026-12-24 09:00"))[0][0] == "hours_uncertain_today"
    file.write(f"closed_days:\n{day}")
    days = file.board.special_days()
    assert describe_today(MORNING, at("2026-12-24 09:00"), days) == [
        ("hours_open", {"weekday": "Donnerstag", "end": "10"})
    ]
    assert describe_today(MORNING, at("2026-12-24 10:00"), days)[0] == ("hours_over", {"weekday": "Donnerstag"})


# ---- Read again while running ----


def test_change_takes_effect_within_a_second_without_a_restart(file: Board) -> None:
    assert file.board.texts("web") == ()
    file.put_up()
    assert file.board.texts("web") == (BANNER,)
    file.path.write_text("", encoding="utf-8")
    file.seconds += 0.9
    assert file.board.texts("web") == (BANNER,)
    file.seconds += 0.1
    assert file.board.texts("web") == ()


def test_file_put_in_place_by_renaming_is_noticed_though_size_and_time_are_the_same(file: Board) -> None:
    file.put_up("Alt")
    assert file.board.texts("web") == ("Alt",)
    stat = file.path.stat()
    other = file.path.with_suffix(".neu")
    other.write_text(file.path.read_text(encoding="utf-8").replace("Alt", "Neu"), encoding="utf-8")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file.path)
    file.wait()
    assert file.board.texts("web") == ("Neu",)


def test_file_is_read_only_when_it_changed(file: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    file.put_up()
    reads = []

    def read(path: Path, name: str) -> object:
        reads.append(path)
        return read_notices(path, name)

    monkeypatch.setattr("bot.notice_board.read_notices", read)
    for _ in range(5):
        file.board.texts("web")
        file.wait()
    assert len(reads) == 1


@pytest.mark.parametrize(
    "text",
    [
        "off:\n  text: [\n",
        "off:\n  text: Pause\n  since: 24.12.2026\n",
        "off:\n  text: Pause\n  channels: []\n",
        "notices:\n  - {text: Hallo, from: 2026-12-24, until: 2026-12-20}\noff: {text: Pause}\n",
        "\tfoo",
        "nur ein Satz",
    ],
)
def test_broken_file_leaves_everything_as_it_was_and_is_told_once(
    file: Board, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    file.put_up()
    assert file.board.texts("web") == (BANNER,)
    assert not file.board.is_broken
    with caplog.at_level(logging.ERROR):
        file.write(text)
        for _ in range(3):
            assert file.board.texts("web") == (BANNER,)
            assert file.board.off_text("web") is None
            file.wait()
    assert file.board.is_broken
    (record,) = caplog.records
    assert re.match(r"responses/_notices\.yml:\d+: .*\. Was vorher galt, gilt weiter\.", record.getMessage())
    file.put_up("Wieder heil.")
    assert file.board.texts("web") == ("Wieder heil.",)
    assert not file.board.is_broken


def test_broken_file_does_not_switch_the_bot_on_again(file: Board) -> None:
    file.switch_off()
    assert file.board.off_text("web") == OFF
    file.switch_off("  until: morgen\n")
    assert file.board.off_text("web") == OFF
    assert file.board.is_broken


def test_another_error_is_told_as_well(file: Board, caplog: pytest.LogCaptureFixture) -> None:
    for text in ("foo: 1\n", "foo: 1\n\n", "bar: 1\n"):
        file.write(text)
        assert file.board.is_broken
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_broken_from_the_start_means_no_notices(file: Board) -> None:
    file.write("off: {txt: Pause}\n")
    assert file.board.off_channels() == ()
    assert file.board.is_broken


def test_missing_file_means_no_notices(file: Board) -> None:
    assert file.board.texts("web") == ()
    file.put_up()
    assert file.board.texts("web") == (BANNER,)
    file.path.unlink()
    file.wait()
    assert file.board.texts("web") == ()
    assert not file.board.is_broken
    file.put_up()
    assert file.board.texts("web") == (BANNER,)


def test_unreadable_file_leaves_everything_as_it_was(file: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, who may read everything; so the refusal is played."""
    file.put_up()
    assert file.board.texts("web") == (BANNER,)

    def refuse(*args: object, **kwargs: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refuse)
        file.put_up("Neu")
        assert file.board.texts("web") == (BANNER,)
        assert file.board.is_broken
    file.wait()  # readable again, though nobody has written to it
    assert file.board.texts("web") == ("Neu",)
    assert not file.board.is_broken


def test_folder_in_the_place_of_the_file_leaves_everything_as_it_was(file: Board) -> None:
    file.switch_off()
    assert file.board.off_text("telegram") == OFF
    file.path.unlink()
    file.path.mkdir()
    file.wait()
    assert file.board.off_text("telegram") == OFF
    assert file.board.is_broken


def test_without_a_file_there_is_never_anything_to_say() -> None:
    assert NO_NOTICES.texts("web") == ()
    assert NO_NOTICES.off_channels() == ()
    assert not NO_NOTICES.is_broken


def test_banner_is_a_message_only_where_there_is_no_place_for_it(file: Board) -> None:
    file.put_up()
    for channel in ("web", "page", "rest", "ask"):
        assert file.board.announce(UserMessage(channel, "c", "Hallo"), ()) == ((), ())
    texts, noticed = file.board.announce(UserMessage("telegram", "c", "Hallo"), ())
    assert texts == (BANNER,)
    assert BANNER not in noticed
    assert file.board.announce(UserMessage("telegram", "c", "Hallo"), noticed) == ((), noticed)
    assert file.board.announce(UserMessage("telegram", "c", payload="s:start"), noticed) == ((BANNER,), noticed)


# ---- The checker ----


def check(folder: Path, text: str) -> list[str]:
    project = SmallProject(folder)
    project.write(f"responses/{FILE}", text)
    return [str(problem) for problem in project.problems()]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("notices:\n  - {txt: Hallo}\n", '[FEHLER] responses/_notices.yml:2: notices: unbekanntes Feld "txt"'),
        ("foo: 1\n", '[FEHLER] responses/_notices.yml:1: unbekannter Schlüssel "foo"'),
        ("notices: Hallo\n", "erwartet eine Liste"),
        ("- Hallo\n", "Hier gehören Einträge hin"),
        (ENTRY.format("2026-12-24", "2026-12-20"), "until (2026-12-20) liegt vor from (2026-12-24)."),
        (ENTRY.format('"2026-12-24 09:00"', '"2026-12-24 08:00"'), "liegt vor from"),
        (ENTRY.format("2026-02-30", "2026-12-20"), '"2026-02-30" ist kein Tag wie 2026-12-24'),
        (ENTRY.format("2026-12-24", '"2026-12-24 25:00"'), "ist kein Tag"),
        (ENTRY.format("2026-12-24", ""), 'Feld "until": hier fehlt ein Inhalt'),
        ("notices:\n  - {text: Hallo, from: 2026-12-24}\n", 'das Feld "until" fehlt'),
        (
            DAY.replace("Hallo", "a" * 301),
            "text hat 301 Zeichen; erlaubt sind 300.",
        ),
        (DAY.replace("Hallo", '" "'), "text ist leer."),
        (DAY + "    channels: [whatsapp]\n", 'Den Kanal "whatsapp" gibt es nicht'),
        (DAY + "    channels: []\n", "channels ist leer."),
        (DAY.replace("Hallo", "Am **24.12.** zu"), "enthält Markdown"),
        (DAY.replace("Hallo", "<b>Hallo</b>"), "enthält HTML"),
        (DAY.replace("Hallo", "Tel. 0681 1234567"), "enthält persönliche Daten"),
        (ENTRY.format("2026-11-01", "2026-11-21"), "[HINWEIS] responses/_notices.yml:2: notices: Der Zeitraum (bis"),
        ("closed_days:\n  - {date: 2026-12-24}\n", 'das Feld "reason" fehlt'),
        ("closed_days:\n  - {date: 24.12., reason: Test}\n", "kein Datum in der Form"),
        (
            'closed_days:\n  - {date: 2026-12-24, reason: Test, hours: ["10:00-8:00"]}\n',
            "Jede Zeit muss nach der vorigen",
        ),
        (
            "closed_days:\n  - {date: 2026-11-21, reason: Test}\n",
            "[HINWEIS] responses/_notices.yml:2: closed_days: Der 21",
        ),
        (
            "closed_days:\n  - {date: 2026-12-24, reason: A}\n  - {date: 2026-12-24, reason: B}\n",
            "[FEHLER] responses/_notices.yml:3: closed_days: Der 24.12.2026 steht zweimal da.",
        ),
        ("off: {since: 2026-12-24}\n", 'das Feld "text" fehlt'),
        ("off: ja\n", "off: erwartet Unterpunkte"),
        ("off: {text: Pause, since: 2026-12-24, until: 2026-12-20}\n", "liegt vor since"),
        ("off: {text: Pause, until: 2026-11-21}\n", "[HINWEIS] responses/_notices.yml:1: off: Der Zeitraum (bis"),
        (
            "off: {text: Pause, channels: [telegram]}\n",
            "[HINWEIS] responses/_notices.yml:1: off: Der Bot ist abgeschaltet (telegram): ab sofort, bis Sie",
        ),
    ],
)
def test_checker_finds_faults(tmp_path: Path, text: str, line: str) -> None:
    found = check(tmp_path, text)
    assert any(line in entry for entry in found), found


def test_checker_accepts_what_is_right(tmp_path: Path) -> None:
    text = ENTRY.format("2026-11-20", "2026-11-22").replace("Hallo", "Rufen Sie 06831 444 8000 an.")
    assert check(tmp_path, f"{text}closed_days:\n  - {{date: 2026-12-24, reason: Heiligabend}}\noff:\n") == []


def test_shipped_file_has_no_active_entry_and_its_examples_are_right(tmp_path: Path) -> None:
    text = (ROOT / "responses" / FILE).read_text(encoding="utf-8")
    read, problems, _ = read_notices(ROOT / "responses" / FILE, FILE)
    assert (read, problems) == (Notices(), [])
    example = r"^# (?=(notices|closed_days|off):$|  +(- )?(text|from|until|since|channels|date|reason|hours): )"
    path = tmp_path / FILE
    path.write_text(re.sub(example, "", text, flags=re.MULTILINE), encoding="utf-8")
    read, problems, _ = read_notices(path, FILE)
    assert problems == []
    assert (len(read.notices), len(read.closed_days)) == (2, 2)
    assert read.off is not None and read.off.channels == ["telegram"]


# ---- Versions ----


def test_version_of_the_content_changes_with_every_file_but_the_notices(tmp_path: Path, content: Content) -> None:
    folder = shutil.copytree(ROOT / "responses", tmp_path / "responses")
    before = describe_versions(folder)
    assert re.fullmatch(rf"{content.version()} [0-9a-f]{{7}}", before.content)
    assert date.fromisoformat(before.content.split()[0])
    assert re.fullmatch(r"\d+\.\d+\.\d+", before.program)
    (folder / FILE).write_text("off: {text: Pause}\n", encoding="utf-8")
    assert describe_versions(folder) == before
    (folder / "_pages.yml").write_text("texts: {}\n", encoding="utf-8")
    assert describe_versions(folder) != before
