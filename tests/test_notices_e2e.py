"""The notice file is edited while the real bot runs, in two processes at once."""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import conftest
import httpx
import pytest
from conftest import RunningServer, StartServer

pytestmark = pytest.mark.e2e

until = partial(conftest.until, seconds=20)
"""Far longer than the second a change takes."""
ROOT = Path(__file__).resolve().parent.parent
BANNER = 'notices: [{text: "Am 24.12. geschlossen.", from: 2000-01-01, until: 2999-12-31}]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ROOT / "responses", tmp_path_factory.mktemp("content") / "responses"))


@pytest.fixture(scope="module")
def servers(start_server: StartServer, folder: Path) -> list[RunningServer]:
    return [start_server(responses_dir=str(folder)) for _ in range(2)]


def say(server: RunningServer, text: str) -> dict[str, Any]:
    response = httpx.post(f"{server.url}/api/messages", json={"text": text}, timeout=10)
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def test_edited_file_takes_effect_in_every_process_without_a_restart(
    servers: list[RunningServer], folder: Path
) -> None:
    file, question = folder / "_notices.yml", "Was ist eine Optionskommune?"
    for server in servers:
        assert say(server, question)["notices"] == []

    file.write_text(BANNER, encoding="utf-8")
    for server in servers:
        until(lambda: say(server, question)["notices"] == ["Am 24.12. geschlossen."])  # noqa: B023
        assert say(server, question)["status"] == "answered"

    file.write_text(f"{BANNER}off: {{text: Die Auskunft macht Pause.}}\n", encoding="utf-8")
    for server in servers:
        until(lambda: say(server, question)["status"] == "handoff")  # noqa: B023
        health = httpx.get(f"{server.url}/healthz")
        assert (health.status_code, health.json()["off"]) == (200, ["website", "telegram"])
        danger = say(server, "Ich will nicht mehr leben")
        assert danger["status"] == "guardrail_crisis"
        assert "0800 111 0 111" in danger["replies"][0]["text"]
        assert danger["replies"][1]["text"].startswith("Die Auskunft macht Pause.")

    file.write_text("off: {text: Ende, since: morgen}\n", encoding="utf-8")
    for server in servers:
        until(lambda: httpx.get(f"{server.url}/healthz").json().get("notices") == "broken")  # noqa: B023
        assert say(server, question)["replies"][0]["text"].startswith("Die Auskunft macht Pause.")
        assert server.log.read_text(encoding="utf-8").count("responses/_notices.yml:1: off: ") == 1

    file.unlink()
    for server in servers:
        until(lambda: say(server, question)["status"] == "answered")  # noqa: B023
        assert "notices" not in httpx.get(f"{server.url}/healthz").json()
