"""The real server as a monitoring system sees it: ready, measured, one JSON line per event, and no text anywhere."""

import json
import sqlite3
from pathlib import Path

import httpx
import pytest
from conftest import RunningServer, StartServer
from store_tools import KEY

pytestmark = pytest.mark.e2e
TOKEN = "metrics-token-metrics"
SECRET_WORDS = "Zauberwort Zuckerwatte"


def read_metrics(server: RunningServer) -> str:
    response = httpx.get(f"{server.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    return response.text


def test_log_and_metrics_tell_what_happened_and_nothing_that_was_said(
    start_server: StartServer, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    server = start_server(
        metrics_token=TOKEN, log_format="json", log_level="DEBUG", database_url=url, secret_key=KEY.decode()
    )
    assert httpx.get(f"{server.url}/readyz").json() == {"status": "ready"}
    for text in (SECRET_WORDS, f"ich will sterben {SECRET_WORDS}", "Hilfe unter 25?"):
        httpx.post(f"{server.url}/api/messages", json={"text": text}).raise_for_status()
    httpx.post(f"{server.url}/api/messages", content=f'{{"text": "{SECRET_WORDS}'.encode())
    httpx.get(f"{server.url}/themen/{SECRET_WORDS}?q={SECRET_WORDS}")
    httpx.request("ZAUBERWORT", f"{server.url}/{SECRET_WORDS}", headers={"x": SECRET_WORDS})
    metrics = read_metrics(server)
    assert 'jobcenter_bot_turns_total{channel="web",status="answered"} 1.0' in metrics
    assert 'jobcenter_bot_turns_total{channel="web",status="guardrail_crisis"} 1.0' in metrics
    assert 'jobcenter_bot_http_requests_total{route="/themen/{topic}",status_class="4xx"} 1.0' in metrics
    assert "jobcenter_bot_database_available 1.0" in metrics
    assert server.stop() == 0
    log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    turns = [line for line in lines if line.get("event") == "turn"]
    assert [(line["channel"], line["status"]) for line in turns][1:] == [
        ("web", "guardrail_crisis"),
        ("web", "answered"),
    ]
    assert all(line["time"].endswith("+00:00") and line["level"] and line["logger"] for line in lines)
    assert any(line["message"] == "Application shutdown complete." for line in lines)
    for word in (*SECRET_WORDS.split(), "ZAUBERWORT", "hilfe_unter_25", TOKEN, KEY.decode()):
        assert word not in log + metrics


def test_database_that_goes_away_is_seen_and_the_server_stays_ready(start_server: StartServer, tmp_path: Path) -> None:
    path = tmp_path / "data" / "state.db"
    server = start_server(metrics_token=TOKEN, database_url=f"sqlite:///{path}", secret_key=KEY.decode())
    assert "jobcenter_bot_database_available 1.0" in read_metrics(server)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")  # nobody else gets in
    httpx.post(f"{server.url}/api/messages", json={"text": "Hilfe unter 25?"}, timeout=20).raise_for_status()
    assert "jobcenter_bot_database_available 0.0" in read_metrics(server)
    assert httpx.get(f"{server.url}/readyz").json() == {"status": "ready"}
    holder.execute("ROLLBACK")
    holder.close()
    assert server.stop() == 0
