"""Measures the chat window in Chromium: its size, how soon it can be used, how soon an answer is seen.

    PYTHONPATH=tests/browser .venv/bin/python tests/benchmarks/measure_widget.py [--runs 20] [--slow 4]

`--slow 4` lets Chromium work with a quarter of the speed, about that of a cheap phone.
"""

import argparse
import gzip
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chromium import launch_chromium
from playwright.sync_api import Browser, Page
from processes import build_environment, serve

QUESTION = "Was ist eine Optionskommune?"
# A click there would open the chat: it is painted, and nothing lies above it.
WATCH_LAUNCHER = """
window.interactive = new Promise((resolve) => {
  const look = () => {
    const launcher = document.querySelector("jobcenter-chat")?.shadowRoot?.querySelector(".launcher");
    const box = launcher?.getBoundingClientRect();
    const top = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (top?.tagName === "JOBCENTER-CHAT") resolve(performance.now());
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
# The second frame begins when the first one, with the answer in it, has been handed over for display.
WATCH_ANSWER = """() => {
  const items = document.querySelector("jobcenter-chat").shadowRoot.querySelector(".log > ol");
  const count = items.querySelectorAll(":scope > li.card").length;
  const key = new Promise((resolve) =>
    addEventListener("keydown", () => resolve(performance.now()), { capture: true, once: true }));
  const reply = new Promise((resolve) =>
    new PerformanceObserver((list) => {
      const entry = list.getEntries().find(({ name }) => name.endsWith("/api/messages"));
      if (entry) resolve(entry.responseEnd);
    }).observe({ type: "resource" }));
  const paint = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (items.querySelectorAll(":scope > li.card").length <= count) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
    });
    observer.observe(items, { childList: true });
  });
  window.answer = Promise.all([key, reply, paint]);
}"""

READ_SCRIPT = "performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/widget.js')).responseEnd"


class Visit(NamedTuple):
    """What one person with an empty cache sees, in milliseconds."""

    interactive: float
    """From the start of the navigation until a click on the button opens the chat."""
    prepared: float
    """From the last byte of the script until then."""
    painted: float
    """From the last byte of the server's reply until the answer is on the screen."""
    asked: float
    """From pressing Enter until the answer is on the screen."""


def measure_visit(browser: Browser, url: str, slow: float) -> Visit:
    """Open the page, open the chat, ask one question."""
    context = browser.new_context()
    page = context.new_page()
    if slow > 1:
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.add_init_script(WATCH_LAUNCHER)
    page.goto(url)
    interactive: float = page.evaluate("window.interactive")
    loaded: float = page.evaluate(READ_SCRIPT)
    page.locator("jobcenter-chat .launcher").click()
    page.locator("jobcenter-chat .card").wait_for()
    page.get_by_label("Ihre Frage").fill(QUESTION)
    painted, asked = measure_answer(page)
    context.close()
    return Visit(interactive, interactive - loaded, painted, asked)


def measure_answer(page: Page) -> tuple[float, float]:
    """Send what stands in the field; returns milliseconds from the reply and from the key to the painted answer."""
    page.evaluate(WATCH_ANSWER)
    page.keyboard.press("Enter")
    key, reply, paint = page.evaluate("window.answer")
    return paint - reply, paint - key


def describe_times(label: str, values: Sequence[float]) -> str:
    """Return a line with median and 95th percentile."""
    slow = statistics.quantiles(values, n=20)[18]
    return f"| {label.ljust(58)} | {statistics.median(values):3.0f} ms | {slow:10.0f} ms |"


def print_table(script: bytes, visits: Sequence[Visit]) -> None:
    """Print sizes and times as Markdown."""
    packed = len(gzip.compress(script, 9))
    sizes = f"{len(script) / 1000:.1f} kB, mit gzip {packed / 1000:.1f} kB".replace(".", ",")
    print(f"/widget.js: {sizes}")
    print(f"\n| {f'{len(visits)} Besuche mit leerem Cache'.ljust(58)} | Median | 95. Perzentil |")
    print(f"|:{'-' * 59}|{'-' * 7}:|{'-' * 14}:|")
    print(describe_times("Aufruf der Seite bis zum bedienbaren Knopf", [visit.interactive for visit in visits]))
    print(describe_times("davon ab dem geladenen Skript", [visit.prepared for visit in visits]))
    print(describe_times("Antwort des Servers bis zur sichtbaren Antwort", [visit.painted for visit in visits]))
    print(describe_times("Eingabetaste bis zur sichtbaren Antwort", [visit.asked for visit in visits]))


def main() -> None:
    """Start our bot and Chromium, measure, print."""
    parser = argparse.ArgumentParser(description="Misst das Chat-Fenster in Chromium.")
    parser.add_argument("--runs", type=int, default=20, help="so viele Besuche")
    parser.add_argument("--slow", type=float, default=1, help="so viel langsamer rechnet Chromium")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        log = Path(work) / "server.log"
        with serve(Path(sys.executable), log, build_environment()) as (server, _), launch_chromium() as browser:
            server.ask(QUESTION)
            with urllib.request.urlopen(f"{server.url}/widget.js") as response:
                script = response.read()
            measure_visit(browser, server.url, args.slow)  # the first one starts the processes of Chromium
            visits = [measure_visit(browser, server.url, args.slow) for _ in range(args.runs)]
    print_table(script, visits)


if __name__ == "__main__":
    main()
