"""Follows the content files for the preview: the last readable content, and what the checks say about it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from bot.checks import CheckResult, check_project
from bot.checks.pages import check_page_words
from bot.checks.project import Project
from bot.checks.system_texts import check_system_texts
from bot.content import Content, read_content
from bot.hours import local_now
from bot.models import Problem

POLL_SECONDS = 0.3
Signature = dict[Path, tuple[int, int]]


class Preview:
    """What the editor sees; every change raises `version` and wakes whoever waits for it."""

    def __init__(self, responses: Path, nlu_data: Path, dialogues: Path) -> None:
        self.responses = responses
        self.nlu_data = nlu_data
        self.dialogues = dialogues
        self.version = 1
        self.content: Content | None = None
        """The last content that could be loaded."""
        self.faults: list[Problem] = []
        """Why the files of this moment cannot be loaded."""
        self.result: CheckResult | None = None
        self.is_checking = True
        self.failure: str | None = None
        """Type of an error in the checker itself."""
        self.updated: datetime = local_now()
        self.is_closed = False
        self._woken = asyncio.Event()
        self._unchecked = asyncio.Event()

    def show_change(self) -> None:
        """Let every open page fetch what is new."""
        self.version += 1
        self.updated = local_now()
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self.is_closed = True
        self.show_change()

    async def wait(self, version: int, seconds: float) -> None:
        """Return as soon as there is something newer than this version, or after some seconds."""
        if self.version == version and not self.is_closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), seconds)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the files until the end of the block."""
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._check())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        seen: Signature | None = None
        while True:
            found = self._look()
            if found != seen:
                seen = found
                await self._load()
                self._unchecked.set()
                self.is_checking = True
                self.show_change()
            await asyncio.sleep(POLL_SECONDS)

    def _look(self) -> Signature:
        found = {}
        for folder in (self.responses, self.nlu_data, self.dialogues):
            for path in folder.glob("*.yml"):
                with contextlib.suppress(FileNotFoundError):  # an editor may replace it at this moment
                    state = path.stat()
                    found[path] = (state.st_mtime_ns, state.st_size)
        return found

    async def _load(self) -> None:
        content, problems = await asyncio.to_thread(read_content, self.responses)
        if content is not None and not problems:
            problems = self._find_missing_texts(content)
        if content is not None and not problems:
            self.content = content
        self.faults = sorted(problems)

    def _find_missing_texts(self, content: Content) -> list[Problem]:
        """Return what would stop the renderer."""
        project = Project(content, [], [], [], local_now().date(), [], self.responses.name)
        found = [*check_system_texts(project), *check_page_words(project)]
        return [problem for problem in found if problem.severity == "FEHLER"]

    async def _check(self) -> None:
        while True:
            await self._unchecked.wait()
            self._unchecked.clear()
            try:
                arguments = (self.responses, self.nlu_data, self.dialogues)
                self.result = await asyncio.to_thread(check_project, *arguments)
                self.failure = None
            except Exception as error:  # a preview that goes on and says so helps more than one that ends
                self.failure = type(error).__name__
            self.is_checking = self._unchecked.is_set()
            self.show_change()
