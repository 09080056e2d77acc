"""The bot in a terminal: one line is one message, a number taps a button."""

import asyncio
import secrets
import sys
from collections.abc import Callable

from bot.models import Button, Handle, Reply, Turn, UserMessage

QUIT_WORDS = frozenset({"ende", "exit", "quit"})


def format_reply(reply: Reply, first_number: int = 1) -> str:
    """Return a reply as plain lines, buttons numbered from `first_number`."""
    lines = [reply.text]
    lines += [f"  {link.title}: {link.url}" for link in reply.links]
    origin = [", ".join(reply.sources)] if reply.sources else []
    if reply.as_of:
        origin.append(f"Stand {reply.as_of}")
    if origin:
        lines.append(f"  ({' · '.join(origin)})")
    lines += [f"  [{number}] {button.title}" for number, button in enumerate(reply.buttons, first_number)]
    return "\n".join(lines)


async def chat(handle: Handle, write: Callable[[str], None] = print) -> None:
    """Talk until the input ends or the person types "ende"."""
    conversation = f"terminal:{secrets.token_urlsafe(8)}"
    buttons = _show(await handle(UserMessage("terminal", conversation, payload="s:start")), write)
    write("\n(Beenden mit „ende“, einen Vorschlag wählen mit seiner Nummer.)")
    while True:
        line = (await asyncio.to_thread(_read_line)).strip()
        if line.casefold() in QUIT_WORDS or line == "\x04":
            return
        chosen = _choose(line, buttons)
        if chosen is not None:
            message = UserMessage("terminal", conversation, payload=chosen.payload)
        else:
            message = UserMessage("terminal", conversation, text=line)
        buttons = _show(await handle(message), write)


def _read_line() -> str:
    sys.stdout.write("\nSie: ")
    sys.stdout.flush()
    return sys.stdin.readline() or "\x04"


def _choose(line: str, buttons: tuple[Button, ...]) -> Button | None:
    if line.isdecimal() and 1 <= int(line) <= len(buttons):
        return buttons[int(line) - 1]
    return None


def _show(turn: Turn, write: Callable[[str], None]) -> tuple[Button, ...]:
    buttons: tuple[Button, ...] = ()
    for reply in turn.replies:
        write("\n" + format_reply(reply, len(buttons) + 1))
        buttons += reply.buttons
    return buttons
