"""Asks a server in a process of its own: so many clients, each waiting for its answer before it asks again.

Reads a Job as JSON from standard input and writes a Load as JSON to standard output.
"""

import asyncio
import itertools
import json
import secrets
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

import aiohttp
import numpy as np

MESSAGES_PER_CONVERSATION = 5
TIMEOUT_SECONDS = 120


class Way(NamedTuple):
    """One kind of request: its address and what a good answer contains."""

    path: str
    mark: bytes


WAYS = {
    "api": Way("/api/messages", b'"text":'),
    "webhook": Way("/webhooks/rest/webhook", b'"text":'),
    "parse": Way("/model/parse", b'"intent_ranking":'),
}


class Job(NamedTuple):
    """What to ask; either so many `requests` in all or for so many `seconds`."""

    port: int
    way: str
    questions: list[str]
    clients: int = 1
    requests: int = 0
    seconds: float = 0
    skipped: float = 0
    """At the beginning so many requests, or so many seconds, are not counted."""


class Answer(NamedTuple):
    """When it was asked for, when it came, and whether it was good."""

    asked_at: float
    answered_at: float
    good: bool


class Load(NamedTuple):
    """What came of it; times in milliseconds, throughput in answers per second."""

    answers: int
    errors: int
    p50: float
    p95: float
    throughput: float


def build_body(way: str, text: str, conversation: str) -> dict[str, str]:
    """Return the body of one request."""
    if way == "api":
        return {"conversation": conversation, "text": text}
    return {"text": text} if way == "parse" else {"sender": conversation, "message": text}


class Clients:
    """Many clients of one server."""

    def __init__(self, job: Job, session: aiohttp.ClientSession) -> None:
        self.job = job
        self.session = session
        self.numbers = itertools.count()
        self.answered: list[Answer] = []

    async def run(self) -> Load:
        """Ask until the number or the time is reached."""
        started = time.perf_counter()
        await asyncio.gather(*(self._ask_on(started) for _ in range(self.job.clients)))
        if self.job.requests:
            counted = sorted(self.answered)[int(self.job.skipped) :]
            return summarise(counted, counted[0].asked_at, counted[-1].answered_at)
        begin = started + self.job.skipped
        return summarise(self.answered, begin, begin + self.job.seconds)

    async def _ask_on(self, started: float) -> None:
        job = self.job
        deadline = started + job.skipped + job.seconds
        conversation = ""
        for turn in itertools.count():
            number = next(self.numbers)
            if number >= job.requests + job.skipped if job.requests else time.perf_counter() >= deadline:
                return
            if turn % MESSAGES_PER_CONVERSATION == 0:
                conversation = secrets.token_urlsafe(16)
            await self._ask(job.questions[number % len(job.questions)], conversation)

    async def _ask(self, text: str, conversation: str) -> None:
        way = WAYS[self.job.way]
        begin = time.perf_counter()
        try:
            async with self.session.post(way.path, json=build_body(self.job.way, text, conversation)) as response:
                good = way.mark in await response.read() and response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            good = False
        self.answered.append(Answer(begin, time.perf_counter(), good))


def summarise(answers: Sequence[Answer], begin: float, end: float) -> Load:
    """Return the figures of a span of time; an answer that is not good counts as an error and nowhere else.

    Times are of what was asked in the span, also when the answer came after it: slow answers must not drop out.
    """
    asked = [answer for answer in answers if begin <= answer.asked_at <= end]
    times = [1000 * (answer.answered_at - answer.asked_at) for answer in asked if answer.good]
    if not times:
        return Load(0, len(asked), 0.0, 0.0, 0.0)
    p50, p95 = np.percentile(times, [50, 95])
    finished = sum(answer.good and begin <= answer.answered_at <= end for answer in answers)
    return Load(len(times), len(asked) - len(times), float(p50), float(p95), finished / (end - begin))


async def ask(job: Job) -> Load:
    """Run all clients of a job."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{job.port}", connector=connector, timeout=timeout) as session:
        return await Clients(job, session).run()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(ask(Job(**json.load(sys.stdin))))._asdict()))
