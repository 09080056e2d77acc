"""Sends messages full of personal data through every channel, and searches all that is left behind for any of it."""

import asyncio
import base64
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import quote

import aiohttp
import numpy as np
from conftest import ROOT, RunningServer, wait_for_url
from personal_data import Case, generate_personal
from telegram_emulator import TelegramEmulator
from telegram_load import SECRET, find_free_port, wait_until

MARKERS = ("Quärzfalke", "Zwirbelkraut")
"""Words nobody masks: one in every message, one wherever else a person can leave something."""
ADDRESS = "203.0.113.77"
TOKEN = "nur-fuer-diese-suche-" * 2
SHORTEST = 7
"""Shorter secrets are part of ordinary words, such as "Ben"."""
ALLOW_CORE_DUMPS = ("sh", "-c", 'ulimit -c "$(ulimit -Hc)"; exec "$@"', "sh")
"""Takes away the limit of an ordinary shell, so that only the bot itself can keep a core file from being written."""
PIECE = 1_000_000
"""So many bytes are searched at once."""
AT_ONCE = 16
TELEGRAM_SHARE = 10


class Found(NamedTuple):
    """Something personal, and where it stands."""

    place: str
    text: str


def spell(text: str) -> set[bytes]:
    """Return every way the bytes of a text may look in a file."""
    spelt: set[bytes] = set()
    for form in {text, text.lower(), text.upper()}:
        raw = form.encode()
        spelt |= {raw, form.encode("latin-1", "replace"), form.encode("utf-16-le"), form.encode("utf-16-be")}
        spelt |= {quote(form).encode(), quote(form).lower().encode(), json.dumps(form)[1:-1].encode()}
        for start in range(3):  # base64 looks different at each position; its first and last letters mix with others
            coded = base64.b64encode(b"\0" * start + raw)
            spelt |= {
                coded[4 if start else 0 : -4],
                coded.translate(bytes.maketrans(b"+/", b"-_"))[4 if start else 0 : -4],
            }
    return {form for form in spelt if len(form) >= SHORTEST}


def search(places: Iterable[tuple[str, bytes]], markers: Iterable[str], secrets: Iterable[str]) -> list[Found]:
    """Return what is found: markers in every spelling, the many secrets as they were written."""
    texts = {form: marker for marker in markers for form in spell(marker)}
    texts |= {form: secret for secret in secrets for form in (secret.encode(), secret.encode("utf-16-le"))}
    return [Found(place, texts[form]) for place, content in places for form in find_forms(content, texts)]


def find_forms(content: bytes, forms: Iterable[bytes]) -> list[bytes]:
    """Return the forms that occur; of the many only those are looked for whose first bytes stand somewhere."""
    starts = {form: int.from_bytes(form[:SHORTEST], "little") for form in forms}
    wanted = np.array(sorted(set(starts.values())), np.uint64)
    letters = np.frombuffer(content, np.uint8)
    present: set[int] = set()
    for begin in range(0, len(content), PIECE):
        piece = letters[begin : begin + PIECE + SHORTEST - 1].astype(np.uint64)
        count = max(0, len(piece) - SHORTEST + 1)
        windows = np.zeros(count, np.uint64)
        for index in range(SHORTEST):
            windows |= piece[index : index + count] << np.uint64(8 * index)
        present.update(windows[np.isin(windows, wanted)].tolist())
    return [form for form, start in starts.items() if start in present and form in content]


def read_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return every file below a folder with its bytes, and its name, which may tell something too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes() + os.fsencode(path.name)


def make_messages(count: int) -> list[Case]:
    """Return different messages, each with generated personal data and the first marker."""
    cases = itertools.chain.from_iterable(generate_personal(seed) for seed in itertools.count(1))
    nonsense = Random(1)
    messages = []
    for number, case in enumerate(itertools.islice(cases, count)):
        # a third is not understood, because only that would be kept for review
        start = f"{nonsense.randbytes(6).hex()} qwertz asdfgh " if number % 3 == 0 else ""
        messages.append(case._replace(text=f"{start}{case.text} {MARKERS[0]}"))
    return messages


class Scan:
    """One server in a folder of its own: everything it writes lands there."""

    def __init__(self, folder: Path, telegram: TelegramEmulator, review: bool, database: str = "") -> None:
        self.folder = folder
        self.secrets: set[str] = set()
        self._started = time.time()
        self._telegram = telegram
        for name in ("tmp", "data"):
            (folder / name).mkdir()
        port = find_free_port()
        settings = {
            "port": str(port),
            "database_url": database or f"sqlite:///{folder}/data/state.db",
            "secret_key": TOKEN,
            "review": str(review).lower(),
            "metrics_token": TOKEN,
            "statistics_token": TOKEN,
            "log_level": "DEBUG",
            "messages_per_minute": "1000000",
            "address_messages_per_minute": "1000000",
            "telegram_token": telegram.token,
            "telegram_api_url": telegram.api_url,
            "telegram_webhook_url": f"http://127.0.0.1:{port}",
            "telegram_webhook_secret": SECRET,
            "telegram_sends_per_second": "1000000",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBCENTER_BOT_")}
        environment |= {f"JOBCENTER_BOT_{name.upper()}": value for name, value in settings.items()}
        environment |= {"TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(ROOT)}
        log = folder / "log.txt"
        with log.open("w") as output:
            process = subprocess.Popen(
                [*ALLOW_CORE_DUMPS, sys.executable, "-m", "bot", "serve"],
                cwd=folder / "tmp",  # where the kernel puts a core file unless it is told otherwise
                env=environment,
                stdout=output,
                stderr=output,
                text=True,
            )
        self.server = RunningServer(process, wait_for_url(process, log), log)

    def send(self, messages: list[Case]) -> None:
        """Send all messages, through one channel after the other, and wait for every answer."""
        self.secrets |= {secret for case in messages for secret in case.secrets if len(secret) >= SHORTEST}
        asyncio.run(self._send_web([case for number, case in enumerate(messages) if number % TELEGRAM_SHARE]))
        to_telegram = messages[::TELEGRAM_SHARE]
        already = len(self._telegram.accepted)
        for number, case in enumerate(to_telegram):
            self._telegram.send_text(case.text, chat_id=900_000 + number)
        wait_until(lambda: len(self._telegram.accepted) >= already + len(to_telegram), self._telegram, 60)
        assert len(self._telegram.accepted) >= already + len(to_telegram)

    async def _send_web(self, messages: list[Case]) -> None:
        queue = iter(enumerate(messages))
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:

            async def work() -> None:
                for number, case in queue:
                    await self._send_one(session, number, case.text)

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def _send_one(self, session: aiohttp.ClientSession, number: int, text: str) -> None:
        other = f"{MARKERS[1]}{number}"
        headers = {"User-Agent": other, "Referer": f"https://example.org/?frage={other}", "X-Forwarded-For": ADDRESS}
        conversation = f"{other}-{number % 500:016}"
        requests: tuple[tuple[str, dict[str, object]], ...] = (
            ("/api/messages", {"json": {"conversation": conversation, "text": text}}),
            ("/webhooks/rest/webhook", {"json": {"sender": f"{other} {text}", "message": text}}),
            ("/themen", {"data": {"frage": text, "text": text, "question": text}}),
            (f"/api/messages?x={other}", {"data": json.dumps({"text": text, "unbekannt": text})}),
        )
        path, content = requests[3 if number % 50 == 0 else number % 10 if number % 10 in (1, 2) else 0]
        async with session.post(f"{self.server.url}{path}", headers=headers, **content) as response:  # type: ignore[arg-type]
            assert response.status == (400 if "?x=" in path else 200), (path, response.status)
            await response.read()

    def read_numbers(self) -> Iterator[tuple[str, bytes]]:
        """Return what the server tells of itself; pages that are not there are empty."""
        for path in ("/metrics", "/statistik", "/healthz", "/readyz"):
            answer = asyncio.run(self._get(path))
            yield path, answer

    async def _get(self, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.server.url}{path}") as response,
        ):
            return await response.read()

    def crash(self) -> None:
        """End the server as a fault in a C library would; a system that writes core files has some time to."""
        self.server.process.send_signal(signal.SIGSEGV)
        assert self.server.process.wait(60) == -signal.SIGSEGV
        time.sleep(1)

    def list_cores(self) -> list[Path]:
        """Return core files in the folder and where the kernel is told to put them."""
        pattern = Path(Path("/proc/sys/kernel/core_pattern").read_text().strip())
        elsewhere = [pattern.parent] if pattern.is_absolute() else []
        return [
            path
            for folder in (self.folder, *elsewhere)
            for path in folder.rglob("*")
            if path.is_file() and path.stat().st_mtime >= self._started and is_core(path)
        ]


def is_core(path: Path) -> bool:
    """Tell an ELF file of type core."""
    with path.open("rb") as file:
        start = file.read(18)
    return start[:4] == b"\x7fELF" and start[16:18] == b"\x04\x00"


def judge(scan: Scan, review: bool, more: Iterable[tuple[str, bytes]] = ()) -> list[Found]:
    """Search everything the server has left; only the queue for review may hold a word that is nobody's."""
    places = [*read_files(scan.folder), *more]
    if scan.server.process.poll() is None:
        places += scan.read_numbers()
    kept = [(place, content) for place, content in places if review and "/data/" in place]
    others = [(place, content) for place, content in places if not (review and "/data/" in place)]
    return search(others, (*MARKERS, ADDRESS), scan.secrets) + search(kept, (MARKERS[1], ADDRESS), scan.secrets)
