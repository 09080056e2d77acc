"""Workers on a shared database, and what their tests look at."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from bot.assistant import Assistant
from bot.conversations import Conversation
from bot.store.state import SharedState

KEY = b"0123456789abcdef0123456789abcdef"
MINUTES = 30
STATE = Conversation(last_topic="schulden", flow="lohn", answers=(("lohn", "1234.56"),), failures=1)
CHAT = "tg:" + "a" * 64
Worker = Callable[..., SharedState]
"""Starts a worker on a database."""
TakeAway = Callable[[bool], None]
"""Lets every use of the database fail, or stops that."""
BuildAssistant = Callable[[SharedState], Assistant]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time like time.time()."""
        return self.now


async def read(worker: SharedState, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    return await worker.database.run(lambda c: [tuple(row) for row in c.execute(text(sql))])


async def answer_once(worker: SharedState, update: int) -> int:
    """Take and finish an update; return its number."""
    async with worker.ledger.turn(CHAT, update) as number:
        return number
