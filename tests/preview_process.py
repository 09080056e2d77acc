"""The preview in a process of its own, on a copy of the project that a test may edit."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from small_project import SmallProject

from bot.settings import ROOT

PARTS = ("bot", "responses", "nlu_data", "tests/dialogues")
OPEN = "    text: |"
"""How the text of an answer begins; without the colon the file is no YAML."""


class PreviewProcess:
    """The process, its address, and the files it follows."""

    def __init__(self, root: Path, process: "subprocess.Popen[str]", url: str) -> None:
        self.root = root
        self.process = process
        self.url = url

    def replace(self, name: str, old: str, new: str) -> None:
        """Save a file with one place changed."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def make_small_project(target: Path) -> Path:
    """Put the program beside a small project, which is checked in no time."""
    SmallProject(target)
    return _copy(target, ("bot",))


def copy_project(target: Path) -> Path:
    """Copy what the preview needs."""
    return _copy(target, PARTS)


def _copy(target: Path, parts: tuple[str, ...]) -> Path:
    for part in parts:
        shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config.yml", target)
    return target


@contextmanager
def run_preview(root: Path, log: Path) -> Iterator[PreviewProcess]:
    """Run the preview on a copied project until the end of the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBCENTER_BOT_")}
    environment["JOBCENTER_BOT_MODELS_DIR"] = str(ROOT / "models")
    command = [sys.executable, "-m", "bot", "preview", "--port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stderr=output, text=True)
    try:
        yield PreviewProcess(root, process, _wait_for_url(process, log))
    finally:
        process.terminate()
        process.wait(60)


def _wait_for_url(process: "subprocess.Popen[str]", log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        url = next((word.rstrip("/") for word in log.read_text().split() if word.startswith("http://")), None)
        if url:
            return url
        time.sleep(0.05)
    raise RuntimeError(f"preview did not start: {log.read_text()}")
