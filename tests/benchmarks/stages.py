"""What both parts of the benchmark share: where things lie, a failing step that stops nothing else, saved results."""

import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from measurements import Plan

Figures = dict[str, Any]
WATCHED_SECONDS = 2


class Setup(NamedTuple):
    """What the command line said."""

    work: Path
    results: Path
    stock: Path
    plan: Plan
    sentences: int
    epochs: int
    limit: int | None
    machine: Figures


def tell(sentence: str) -> None:
    """Say on the standard error what is going on."""
    print(f"{time.strftime('%H:%M:%S')}  {sentence}", file=sys.stderr, flush=True)


def attempt(name: str, step: Callable[[], Figures], work: Path) -> Figures:
    """Run one step; when it fails, say why, and return the reason so that the rest goes on."""
    try:
        return step()
    except Exception as error:
        log = work / f"failed_{name}.log"
        log.write_text(traceback.format_exc(), encoding="utf-8")
        reason = str(error).strip() or type(error).__name__
        tell(f"GESCHEITERT ({name}): {reason} – Einzelheiten in {log}")
        return {"error": reason.splitlines()[0]}


def describe_machine() -> Figures:
    """Return day, cores, processor, memory, and how busy others keep it; to be called before anything is started."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(": ", 1)[1] for line in info if "model name" in line), platform.machine())
    before = _read_ticks()
    time.sleep(WATCHED_SECONDS)
    idle, total = (after - earlier for after, earlier in zip(_read_ticks(), before, strict=True))
    return {
        "date": time.strftime("%d.%m.%Y"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "busy_before": 1 - idle / total,
    }


def _read_ticks() -> tuple[int, int]:
    """Return what all cores have spent idle, and in all."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return ticks[3] + ticks[4], sum(ticks[:8])


def save(result: Figures, path: Path) -> None:
    """Write what is known by now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> Figures | None:
    """Return saved results, or None when there are none."""
    if not path.exists():
        return None
    result: Figures = json.loads(path.read_text(encoding="utf-8"))
    return result
