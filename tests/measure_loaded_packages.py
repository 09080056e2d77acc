"""Starts the bot in this process, answers a question over HTTP, and prints which of the locked packages were loaded.

PYTHONPATH=. .venv/bin/python tests/measure_loaded_packages.py
"""

import asyncio
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent


async def answer_a_question() -> None:
    """Serve one question through the whole app with the real model, Telegram and a database included."""
    import tempfile

    from bot.app import Bot, build_app
    from bot.preparation import open_state
    from bot.settings import Secret, Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            secret_key=Secret("k" * 32),
            database_url=Secret(f"sqlite:///{folder}/state.db"),
            telegram_token=Secret("1:x"),
        )
        bot = Bot(settings, open_state(settings))
        app = build_app(bot)
        sent = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b'{"text": "Wer zahlt die Kaution?"}', "more_body": False}

        async def send(message: object) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/api/messages", "headers": [], "query_string": b""}
        await app(scope | {"client": ("127.0.0.1", 1)}, receive, send)
        assert b'"answered"' in sent[1]["body"], sent  # type: ignore[index]
        bot.close()
        assert bot.state is not None
        bot.state.database.close()


def read_locked() -> dict[str, str]:
    """Return the locked packages and their versions."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-zA-Z0-9._-]+)==([^ \\;]+)", lock, re.M))


def fold(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def find_loaded() -> set[str]:
    """Return the distributions whose modules are imported; a namespace shared by several counts by its files."""
    origins = packages_distributions()
    files = {
        str(Path(file).resolve())
        for module in list(sys.modules.values())
        if (file := getattr(module, "__file__", None))
    }
    loaded = set()
    for root in {name.partition(".")[0] for name in sys.modules}:
        for name in origins.get(root, ()):
            if len(origins[root]) == 1 or any(
                str(Path(entry.locate()).resolve()) in files for entry in distribution(name).files or ()
            ):
                loaded.add(fold(name))
    return loaded


def compare_pins(locked: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return what Rasa asks for and does not get: name, its pins (by Python version), the version installed."""
    rows: dict[str, set[str]] = {}
    for line in requires("rasa") or ():
        pin = Requirement(line)
        version = locked.get(fold(pin.name))
        is_wanted = pin.marker is None or "extra" not in str(pin.marker)
        if version and is_wanted and not pin.specifier.contains(version, prereleases=True):
            rows.setdefault(fold(pin.name), set()).add(str(pin.specifier))
    return [(name, " oder ".join(sorted(pins)), locked[name]) for name, pins in sorted(rows.items())]


def main() -> None:
    """Print three lists as Markdown."""
    asyncio.run(answer_a_question())
    locked = {fold(name): version for name, version in read_locked().items()}
    loaded = find_loaded()
    asked = {fold(Requirement(line).name): str(Requirement(line).specifier) for line in requires("rasa") or ()}
    installed = {name for name in locked if is_installed(name)}
    print(
        f"{len(locked)} Pakete in requirements.lock, {len(installed)} installiert, {len(loaded & installed)} geladen.\n"
    )
    print("| Über Rasas Grenze gehoben | Rasa verlangt | installiert | geladen |\n|---|---|---|---|")
    for name, pin, version in compare_pins(locked):
        print(f"| {name} | {pin} | {version} | {'ja' if name in loaded else 'nein'} |")
    print("\n| Bleibt, wie Rasa es verlangt | Rasa verlangt | installiert | geladen |\n|---|---|---|---|")
    raised = {name for name, _, _ in compare_pins(locked)}
    for name in sorted((asked.keys() & installed) - raised):
        print(f"| {name} | {asked[name]} | {locked[name]} | {'ja' if name in loaded else 'nein'} |")
    print("\nGeladen:", ", ".join(f"{name} {locked[name]}" for name in sorted(loaded & installed)))
    print("\nNie geladen:", ", ".join(f"{name} {locked[name]}" for name in sorted(installed - loaded)))


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
