"""The numbers for Prometheus: right over several processes, and never a label that a person could choose."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.metrics import SHARED, Metrics

ROOT = Path(__file__).resolve().parent.parent
WORKER = """
import sys
from bot.metrics import Metrics
metrics = Metrics()
metrics.describe(version="1")
metrics.watch("database_available", lambda: float(sys.argv[1]))
for line in sys.stdin:
    if line.startswith("turn"):
        metrics.observe_turn("web", "answered", 0.003)
        print("counted", flush=True)
    else:
        metrics.refresh()
        print(metrics.write().decode().replace(chr(10), "|"), flush=True)
"""


def lines(text: str) -> dict[str, float]:
    """Return name with labels → value."""
    found = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


class Worker:
    """A process of its own that counts into the shared folder."""

    def __init__(self, folder: Path, database: int = 1) -> None:
        environment = {**os.environ, SHARED: str(folder)}
        command = [sys.executable, "-c", WORKER, str(database)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)

    def count(self, turns: int) -> None:
        for _ in range(turns):
            assert self._ask("turn") == "counted"

    def show(self) -> dict[str, float]:
        return lines(self._ask("show").replace("|", "\n"))

    def _ask(self, word: str) -> str:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


TURNS = 'jobcenter_bot_turns_total{channel="web",status="answered"}'


def test_one_process_counts_by_itself() -> None:
    metrics = Metrics()
    metrics.describe(version="0.1.0", model="nlu-1")
    metrics.observe_turn("web", "answered", 0.003)
    found = lines(metrics.write().decode())
    assert found[TURNS] == 1
    assert found['jobcenter_bot_turn_seconds_bucket{channel="web",le="0.0025"}'] == 0
    assert found['jobcenter_bot_turn_seconds_bucket{channel="web",le="0.005"}'] == 1
    assert found['jobcenter_bot_info{model="nlu-1",version="0.1.0"}'] == 1
    assert found["jobcenter_bot_workers"] == 1
    assert found["jobcenter_bot_memory_bytes"] > 1_000_000


def test_odd_channel_status_and_code_make_no_new_label() -> None:
    metrics = Metrics()
    for odd in ("Max Mustermann", "", "web\n"):
        metrics.observe_turn(odd, odd, 1.0)
    metrics.observe_request(None, 404)
    metrics.observe_request("/themen/{topic}", 999)
    text = metrics.write().decode()
    assert "Mustermann" not in text
    found = lines(text)
    assert found['jobcenter_bot_turns_total{channel="other",status="other"}'] == 3
    assert found['jobcenter_bot_http_requests_total{route="other",status_class="4xx"}'] == 1
    assert found['jobcenter_bot_http_requests_total{route="/themen/{topic}",status_class="other"}'] == 1


def test_refused_requests_are_there_from_the_start_and_counted_by_reason() -> None:
    metrics = Metrics()
    before = lines(metrics.write().decode())
    for status in (429, 429, 413, 200):
        metrics.observe_request("/api/messages", status)
    for question in ("/readyz", "/healthz"):
        metrics.observe_request(question, 503)
    after = lines(metrics.write().decode())
    name = 'jobcenter_bot_http_refused_total{reason="%s"}'
    assert [before[name % reason] for reason in ("too_many", "too_large", "slow", "busy")] == [0, 0, 0, 0]
    assert [after[name % reason] for reason in ("too_many", "too_large", "slow", "busy")] == [2, 1, 0, 0]


def test_what_is_watched_is_read_anew_and_what_is_not_does_not_appear() -> None:
    metrics = Metrics()
    available = True
    metrics.watch("database_available", lambda: available)
    assert lines(metrics.write().decode())["jobcenter_bot_database_available"] == 1
    available = False
    found = lines(metrics.write().decode())
    assert found["jobcenter_bot_database_available"] == 0
    assert "jobcenter_bot_telegram_waiting" not in found
    assert not [name for name in found if "_created" in name], "when the first of a kind came is nobody's business"
    with pytest.raises(KeyError):
        metrics.watch("Max Mustermann", lambda: 1)


def test_several_processes_add_up_and_any_of_them_tells_all(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path, database=0)
    first.count(2)
    second.count(3)
    second.show()
    found = first.show()
    assert found[TURNS] == 5
    assert found['jobcenter_bot_turn_seconds_count{channel="web"}'] == 5
    assert found["jobcenter_bot_workers"] == 2
    assert found["jobcenter_bot_database_available"] == 0, "one of them cannot reach it"
    assert found['jobcenter_bot_info{version="1"}'] == 1
    assert len([name for name in found if name.startswith("jobcenter_bot_memory_bytes")]) == 2
    first.kill()
    second.kill()


def test_killed_worker_leaves_its_counts_and_its_place_but_no_gauges(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path, database=0)
    first.count(1)
    second.count(1)
    second.show()
    second.kill()
    found = first.show()
    assert found[TURNS] == 2, "what it counted was counted"
    assert found["jobcenter_bot_workers"] == 1
    assert found["jobcenter_bot_database_available"] == 1
    files = sorted(path.name for path in tmp_path.iterdir())
    for _ in range(3):
        third = Worker(tmp_path)
        third.count(1)
        third.kill()
    assert first.show()[TURNS] == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == files, "years of restarts leave no more files"
    first.kill()


def test_shared_folder_lives_as_long_as_the_parent() -> None:
    script = (
        "from bot.metrics import prepare_shared_metrics; import os; "
        "folder = prepare_shared_metrics(); print(folder, oct(folder.stat().st_mode)[-3:], "
        f"os.environ['{SHARED}'] == str(folder))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    folder, mode, told = done.stdout.split()
    assert (mode, told) == ("700", "True")
    assert not Path(folder).exists()


def test_labels_are_only_the_ones_the_readme_explains() -> None:
    metrics = Metrics()
    metrics.describe(version="1", content="2", model="3")
    metrics.observe_turn("web", "answered", 0.1)
    metrics.observe_request("/", 200)
    names = set(re.findall(r'[{,]([a-z_]+)="', metrics.write().decode()))
    assert names == {"channel", "status", "le", "route", "status_class", "reason", "version", "content", "model"}
