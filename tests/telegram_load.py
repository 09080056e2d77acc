"""Many Telegram chats at once against the real server: is every update answered once, in order, across a restart?"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
from conftest import ROOT, RunningServer, wait_for_url
from telegram_emulator import Sent, TelegramEmulator, open_socket

from bot.content import load_content

SECRET = "geheimwort-fuer-tests"
TOPICS = 40
FIRST_CHAT = 700_123_400_000
"""Chat ids long enough to be found in a file if they were in it."""
OPENING = 60
"""Letters of a reply that tell which answer it is."""


class Load(NamedTuple):
    """What one run does."""

    chats: int = 1000
    messages: int = 5
    workers: int = 1
    database: str = ""
    """Address of the shared store; "" for the default file in the folder of the run."""
    sends_per_second: int = 30
    rates: Mapping[str, float] = {
        "429": 0.02,
        "502": 0.02,
        "reset": 0.02,
        "hang": 0.001,
        "lost": 0.005,
        "repeat": 0.05,
        "late": 0.05,
    }
    seed: int = 1


class Outcome(NamedTuple):
    """What came of it."""

    updates: int
    answered: int
    missing: int
    doubled: int
    swapped: int
    """Chats whose answers came in another order than the questions."""
    unconfirmed: int
    """Answers that arrived and came once more, because the bot could not know."""
    refused: int
    """Deliveries answered with something else than 200, or not at all; Telegram repeated them."""
    injected: dict[str, int]
    exit_codes: list[int]
    seconds: float
    most_per_second: int
    webhook_p95: float
    """Seconds until Telegram was told that an update was taken."""
    leaks: int
    """Chat ids found in the logs or in the folder's files."""
    logs: str

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled, out of order or told, and a clean restart."""
        return self.missing == self.doubled == self.swapped == self.leaks == 0 and set(self.exit_codes) == {0}


class Workers:
    """Server processes at fixed ports; each can be restarted."""

    def __init__(self, telegram: TelegramEmulator, folder: Path, load: Load) -> None:
        self._folder = folder
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith("JOBCENTER_BOT_")}
        settings = {
            "telegram_token": telegram.token,
            "telegram_api_url": telegram.api_url,
            "telegram_webhook_secret": SECRET,
            "telegram_sends_per_second": str(max(load.sends_per_second // load.workers, 1)),
            "secret_key": "nur-fuer-diesen-lauf-" * 2,
            "database_url": load.database or f"sqlite:///{folder / 'state.db'}",
        }
        self._environment |= {f"JOBCENTER_BOT_{name.upper()}": value for name, value in settings.items()}
        self._ports = [find_free_port() for _ in range(load.workers)]
        self._servers = [self._start(port) for port in self._ports]

    @property
    def urls(self) -> list[str]:
        """Address of each worker."""
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    def restart(self, number: int) -> int:
        """Stop a worker as an operator does, start it again at the same port; returns the exit code."""
        code = self._stop(self._servers[number])
        self._servers[number] = self._start(self._ports[number])
        return code

    def stop(self) -> list[int]:
        """Stop all and return their exit codes."""
        return [self._stop(server) for server in self._servers]

    def read_logs(self) -> str:
        """Everything the workers wrote."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("worker-*.log")))

    def _start(self, port: int) -> RunningServer:
        address = f"http://127.0.0.1:{port}"
        environment = self._environment | {
            "JOBCENTER_BOT_PORT": str(port),
            "JOBCENTER_BOT_TELEGRAM_WEBHOOK_URL": address,
        }
        log = self._folder / f"worker-{port}-{time.monotonic_ns()}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, stderr=output, text=True
            )
        return RunningServer(process, wait_for_url(process, log), log)

    @staticmethod
    def _stop(server: RunningServer) -> int:
        server.process.terminate()
        return server.process.wait(120)


@contextmanager
def running_workers(telegram: TelegramEmulator, folder: Path, load: Load) -> Iterator[Workers]:
    """Workers that are gone at the end, whatever happens."""
    workers = Workers(telegram, folder, load)
    try:
        yield workers
    finally:
        workers.stop()


def run_load(load: Load, folder: Path) -> Outcome:
    """Let everybody write at once, restart a worker in the middle, wait for all answers and compare."""
    with TelegramEmulator() as telegram, running_workers(telegram, folder, load) as workers:
        telegram.targets = [f"{url}/telegram" for url in workers.urls]
        openings = read_openings(workers.urls[0], load.seed)
        plan = plan_chats(load, sorted(openings))
        telegram.inject(load.rates, load.seed)
        started = time.monotonic()
        write_all(telegram, plan, load.seed)
        total = load.chats * load.messages
        wait_until(lambda: len(telegram.accepted) >= total // 2, telegram)
        codes = [workers.restart(0)]
        wait_until(lambda: len(confirmed(telegram)) >= total and not telegram.count_pending(), telegram)
        codes += workers.stop()  # whatever is still on its way arrives before they end
        seconds = telegram.accepted[-1].at - started
        files = b"".join(path.read_bytes() for path in folder.iterdir())
        leaks = sum(str(chat).encode() in files or chat.to_bytes(6) in files for chat in plan)
        return judge(telegram, plan, openings, codes, seconds, leaks, workers.read_logs())


def read_openings(url: str, seed: int) -> dict[str, str]:
    """Topic titles, and how the answer to each begins; only answers that tell themselves apart."""
    content = load_content(ROOT / "responses")
    titles = [content.topics[name].title for name in content.answers if content.topics[name].group != "dialog"]
    random.Random(seed).shuffle(titles)
    openings: dict[str, str] = {}
    for title in titles:
        answer = httpx.post(f"{url}/api/messages", json={"conversation": None, "text": title}).json()
        opening = answer["replies"][0]["text"][:OPENING]
        if answer["status"] == "answered" and len(answer["replies"]) == 1 and opening not in openings.values():
            openings[title] = opening
        if len(openings) == TOPICS:
            return openings
    raise AssertionError(f"only {len(openings)} answers to tell apart")


def plan_chats(load: Load, titles: list[str]) -> dict[int, list[str]]:
    """What each chat asks, in order; no chat asks the same thing twice."""
    dice = random.Random(load.seed)
    return {FIRST_CHAT + number: dice.sample(titles, load.messages) for number in range(load.chats)}


def write_all(telegram: TelegramEmulator, plan: Mapping[int, list[str]], seed: int) -> None:
    """Everybody writes, mixed at random; each chat in its own order."""
    turns = [chat for chat, titles in plan.items() for _ in titles]
    random.Random(seed).shuffle(turns)
    following = {chat: iter(titles) for chat, titles in plan.items()}
    for chat in turns:
        telegram.send_text(next(following[chat]), chat_id=chat)


def confirmed(telegram: TelegramEmulator) -> list[Sent]:
    """Messages the bot knows to have arrived."""
    return [sent for sent in telegram.accepted if sent.is_confirmed]


def wait_until(condition: Callable[[], bool], telegram: TelegramEmulator, patience: float = 90) -> None:
    """Wait as long as something still arrives now and then."""
    arrived, since = len(telegram.accepted), time.monotonic()
    while not condition() and time.monotonic() - since < patience:
        time.sleep(0.1)
        if len(telegram.accepted) != arrived:
            arrived, since = len(telegram.accepted), time.monotonic()


def judge(
    telegram: TelegramEmulator,
    plan: Mapping[int, list[str]],
    openings: Mapping[str, str],
    codes: list[int],
    seconds: float,
    leaks: int,
    logs: str,
) -> Outcome:
    """Compare what arrived with what was asked."""
    expected = {chat: [openings[title] for title in titles] for chat, titles in plan.items()}
    got: dict[int, list[str]] = {chat: [] for chat in plan}
    for sent in confirmed(telegram):
        got[sent.chat_id].append(sent.text[:OPENING])
    missing = sum((Counter(expected[chat]) - Counter(got[chat])).total() for chat in plan)
    doubled = sum((Counter(got[chat]) - Counter(expected[chat])).total() for chat in plan)
    return Outcome(
        updates=sum(map(len, plan.values())),
        answered=sum(map(len, expected.values())) - missing,
        missing=missing,
        doubled=doubled,
        swapped=sum(
            set(got[chat]) == set(expected[chat]) and list(dict.fromkeys(got[chat])) != expected[chat] for chat in plan
        ),
        unconfirmed=len(telegram.accepted) - len(confirmed(telegram)),
        refused=sum(code != 200 for code in telegram.webhook_answers),
        injected=dict(telegram.injected),
        exit_codes=codes,
        seconds=seconds,
        most_per_second=count_most_per_second([sent.at for sent in telegram.accepted]),
        webhook_p95=sorted(telegram.webhook_seconds)[int(0.95 * len(telegram.webhook_seconds))],
        leaks=leaks,
        logs=logs,
    )


def count_most_per_second(moments: list[float]) -> int:
    """Most messages that arrived within any one second."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def find_free_port() -> int:
    """A port nobody listens at."""
    with open_socket() as probe:
        return int(probe.getsockname()[1])
