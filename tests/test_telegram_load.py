"""The small version of tests/benchmarks/run_telegram_load.py: real processes, failures, a restart in the middle."""

from pathlib import Path

import pytest
from telegram_load import Load, run_load

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]  # five starts of the server, and a busy machine


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("model_archive")
def test_every_update_is_answered_once_and_in_order_across_a_restart(tmp_path: Path, workers: int) -> None:
    rates = {"429": 0.04, "502": 0.04, "reset": 0.04, "lost": 0.04, "repeat": 0.1, "late": 0.1}
    load = Load(chats=60, messages=5, workers=workers, sends_per_second=100, rates=rates)
    outcome = run_load(load, tmp_path)
    assert outcome.is_good, outcome._replace(logs="")
    assert outcome.answered == 300
    assert {"429", "502", "reset", "lost", "repeat", "late"} <= outcome.injected.keys()
    assert outcome.unconfirmed == outcome.injected["lost"]
    assert not any(word in outcome.logs for word in ("Traceback", "ERROR", "123456:TEST-token"))
