"""Takes the pictures of the chat window that the README shows.

PYTHONPATH=tests/browser:tests/benchmarks .venv/bin/python tests/browser/take_screenshots.py
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from chromium import launch_chromium
from playwright.sync_api import ViewportSize
from processes import build_environment, serve

FOLDER = Path(__file__).resolve().parent / "screenshots"
PHONE: ViewportSize = {"width": 400, "height": 760}
NARROW: ViewportSize = {"width": 320, "height": 760}
PICTURES: tuple[tuple[str, Literal["light", "dark"], ViewportSize], ...] = (
    ("antwort", "light", PHONE),
    ("auswahl", "light", PHONE),
    ("notlage", "light", PHONE),
    ("rechner-ergebnis", "light", PHONE),
    ("menue", "light", PHONE),
    ("fehler", "light", PHONE),
    ("antwort", "dark", PHONE),
    ("arabisch", "light", NARROW),
)


def main() -> None:
    """Start our bot with the gallery and photograph the states."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        environment = build_environment(JOBCENTER_BOT_GALLERY="true")
        with (
            serve(Path(sys.executable), Path(work) / "server.log", environment) as (server, _),
            launch_chromium() as browser,
        ):
            for name, scheme, size in PICTURES:
                context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
                page = context.new_page()
                page.goto(f"{server.url}/galerie/{name}")
                page.locator("jobcenter-chat dialog[open]").wait_for()
                page.wait_for_load_state("networkidle")
                suffix = "" if scheme == "light" else f"-{scheme}"
                page.screenshot(path=FOLDER / f"{name}{suffix}.png")
                context.close()
    print(f"{len(PICTURES)} Bilder in {FOLDER}")


if __name__ == "__main__":
    main()
