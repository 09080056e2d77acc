"""Keeps `_notices.yml` up to date while the bot runs: looks at the file when it is asked, at most once a second."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

from bot.hours import SpecialDay, local_now
from bot.models import Problem, UserMessage
from bot.notices import CHANNELS, Notices, read_notices

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SAID_IN_THE_CONVERSATION = frozenset({"telegram", "terminal"})
"""Channels without a place for a banner: there it is a message of its own, once in a conversation."""
_PLACE = {"website": "web", "telegram": "telegram"}


class NoticeBoard:
    """What holds at this moment; while the file cannot be used, what was read before stays in force."""

    def __init__(
        self,
        path: Path | None,
        now: Callable[[], datetime] = local_now,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without a path there is never anything to say."""
        self._path = path
        self._now = now
        self._timer = timer
        self._looked_at: float | None = None
        self._seen: tuple[int, int, int] | None = None
        self._notices = Notices()
        self._special_days: Mapping[date, SpecialDay] = {}
        self._problem: Problem | None = None

    @property
    def is_broken(self) -> bool:
        """Tell whether the file cannot be used at the moment."""
        self._read()
        return self._problem is not None

    def texts(self, channel: str) -> tuple[str, ...]:
        """Return the banners of a message channel."""
        now = self._now()
        return tuple(notice.text.strip() for notice in self._read().notices if notice.is_shown(channel, now))

    def off_text(self, channel: str) -> str | None:
        """Return what to say instead of an answer, or None when the message channel is on."""
        off = self._read().off
        return off.text.strip() if off is not None and off.holds(channel, self._now()) else None

    def off_channels(self) -> tuple[str, ...]:
        """Return the channels that are off, as editors name them."""
        return tuple(name for name in CHANNELS if self.off_text(_PLACE[name]) is not None)

    def special_days(self) -> Mapping[date, SpecialDay]:
        """Return the days on which the Jobcenter is closed or open at other hours."""
        self._read()
        return self._special_days

    def announce(self, message: UserMessage, noticed: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the banners to say before the reply, and the marks of all that were said in this conversation."""
        if message.channel not in SAID_IN_THE_CONVERSATION:
            return (), noticed
        marks = {_mark(text): text for text in self.texts(message.channel)}
        is_start = message.payload == "s:start"
        return tuple(text for mark, text in marks.items() if is_start or mark not in noticed), tuple(marks)

    def _read(self) -> Notices:
        moment = self._timer()
        if self._path is not None and (self._looked_at is None or moment - self._looked_at >= LOOK_SECONDS):
            self._looked_at = moment
            self._look(self._path)
        return self._notices

    def _look(self, path: Path) -> None:
        name = f"{path.parent.name}/{path.name}"
        try:
            stat = os.stat(path)
        except FileNotFoundError:
            if self._seen or self._problem:
                self._put_up(Notices(), name)
            self._seen = None
            return
        except OSError as error:
            self._keep(Problem(name, 1, f"Die Datei ist nicht lesbar ({error.strerror})."))
            return
        seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        # what could not be read may be readable now, though nobody has written to it
        if seen == self._seen and self._problem is None:
            return
        notices, problems, _ = read_notices(path, name)
        self._seen = seen
        if problems:
            self._keep(problems[0])
        else:
            self._put_up(notices, name)

    def _put_up(self, notices: Notices, name: str) -> None:
        self._notices, self._special_days, self._problem = notices, notices.special_days(), None
        logger.info("%s ist neu gelesen.", name)

    def _keep(self, problem: Problem) -> None:
        """Leave what holds as it is, and say so once for each problem."""
        if problem != self._problem:
            logger.error(
                "%s:%d: %s. Was vorher galt, gilt weiter. Alle Fehler der Datei nennt ./run check.",
                problem.file,
                problem.line,
                problem.message.rstrip("."),
            )
        self._problem = problem


NO_NOTICES = NoticeBoard(None)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
