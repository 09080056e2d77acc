"""The small version of tests/benchmarks/run_privacy_scan.py, and proof that the search finds what it looks for."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from privacy_scan import (
    ADDRESS,
    MARKERS,
    PIECE,
    SHORTEST,
    Scan,
    find_forms,
    judge,
    make_messages,
    read_files,
    search,
)
from telegram_emulator import TelegramEmulator

MESSAGES = 600
WORD = MARKERS[0]


@pytest.mark.parametrize(
    "content",
    [
        WORD.encode(),
        f"grußlos{WORD.upper()}!".encode(),
        WORD.lower().encode(),
        b"\0" + WORD.encode("utf-16-le"),
        WORD.encode("utf-16-be"),
        WORD.encode("latin-1"),
        quote(WORD).encode(),
        quote(f"?frage={WORD}&x=1").lower().encode(),
        json.dumps({"text": f"ein {WORD} fliegt"}).encode(),
        *(base64.b64encode(f"{'x' * shift} {WORD} fliegt".encode()) for shift in range(3)),
        base64.urlsafe_b64encode(f"??>>{WORD}??>>".encode()),
    ],
)
def test_planted_marker_is_found_in_every_spelling(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db-wal").write_bytes(b"\xff" * 5000 + content + b"\xff" * 5000)
    assert {found.text for found in search(read_files(tmp_path), MARKERS, ())} == {WORD}


def test_planted_secret_and_file_name_are_found(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"\0DE89370400440532013000\0")
    (tmp_path / f"{MARKERS[1]}.txt").write_bytes(b"")
    found = search(read_files(tmp_path), MARKERS, ["DE89370400440532013000", "06831 1234567"])
    assert {one.text for one in found} == {"DE89370400440532013000", MARKERS[1]}


@pytest.mark.parametrize("offset", [0, PIECE - SHORTEST, PIECE - 1, PIECE, 2 * PIECE + 1])
def test_text_is_found_wherever_it_stands(offset: int) -> None:
    content = b"\xff" * offset + WORD.encode()
    assert find_forms(content, [WORD.encode(), b"Zwirbelkraut", WORD.encode() + b"n"]) == [WORD.encode()]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"Quarz und Falke, Zwirbel und Kraut, 203.0.113")
    assert search(read_files(tmp_path), (*MARKERS, ADDRESS), ["DE89370400440532013000"]) == []


def test_messages_differ_and_all_carry_the_marker() -> None:
    messages = make_messages(3000)
    assert len({case.text for case in messages}) > 2900
    assert all(WORD in case.text for case in messages)
    assert len({secret for case in messages for secret in case.secrets}) > 1500


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("model_archive")
@pytest.mark.parametrize("review", [False, True])
def test_nothing_personal_is_left_behind_even_by_a_crash(tmp_path: Path, review: bool) -> None:
    with TelegramEmulator() as telegram:
        scan = Scan(tmp_path, telegram, review)
        try:
            scan.send(make_messages(MESSAGES))
            assert judge(scan, review) == []
            scan.crash()
        finally:
            scan.server.process.kill()
            scan.server.process.wait(20)
    assert scan.list_cores() == []
    assert judge(scan, review) == []
    log = scan.server.log.read_text()
    assert log.count("status=") >= MESSAGES * 0.9, "the right files are looked at"
    assert (tmp_path / "data" / "state.db").stat().st_size > 4096
