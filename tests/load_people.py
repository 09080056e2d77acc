"""People for the load run: each follows a conversation that was played alone before, so every reply is known."""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import aiohttp

ANSWER_SECONDS = 30
"""A reply that takes longer is lost: nobody waits for it."""
IDLE_SECONDS = 4
"""The server closes after five; a browser that writes in that very moment would try again by itself."""
REOPENED = 0.05
"""Share of messages before which the connection is closed, as by a phone that changes its network."""
FOLLOW_UPS = ("und wo ist das?", "welche nummer", "kannst du das ausrechnen", "einfacher bitte", "das erste", "warum")
Body = dict[str, str | None]


class Step(NamedTuple):
    """One message, and what must come back."""

    body: Body
    reply: str
    """Digest of the expected replies."""


class Failure(NamedTuple):
    """A reply that did not come or is not the right one."""

    kind: str
    """error: no 200; lost: no answer at all; wrong: not the reply this conversation gets when it is alone."""
    conversation: int
    step: int
    reply: str = ""


class Result(NamedTuple):
    """What one run measured."""

    seconds: float
    latencies: list[float]
    failures: list[Failure]


class Client:
    """One person's device: its own connection, kept alive and now and then opened anew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: Mapping[str, object]) -> dict[str, Any]:
        """Send one message; raises aiohttp.ClientError, TimeoutError or ValueError for anything but a proper reply."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=1, keepalive_timeout=IDLE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
                raise_for_status=True,
            )
        async with self._session.post(f"{self._url}/api/messages", json=body) as response:
            answer: dict[str, Any] = json.loads(await response.read())
        return answer

    async def close(self) -> None:
        """Close the connection; the next message opens another."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def digest(answer: Mapping[str, Any]) -> str:
    """Return what stands for the replies, whatever the conversation's id."""
    shown = json.dumps([answer["status"], answer["replies"]], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


async def plan(url: str, openings: Sequence[str], count: int, seed: int = 1) -> list[list[Step]]:
    """Play conversations one after the other and note what is answered; follow-ups and taps build on what was said."""
    dice = random.Random(seed)
    client = Client(url)
    conversations = []
    try:
        for number in range(count):
            body: Body = {"text": openings[number % len(openings)]}
            conversation, steps = None, []
            for _ in range(dice.randint(3, 6)):
                answer = await client.post({"conversation": conversation, **body})
                conversation = answer["conversation"]
                steps.append(Step(body, digest(answer)))
                body = _go_on(dice, answer)
            conversations.append(steps)
    finally:
        await client.close()
    return conversations


def _go_on(dice: random.Random, answer: Mapping[str, Any]) -> Body:
    buttons = [button["payload"] for reply in answer["replies"] for button in reply["buttons"]]
    if buttons and dice.random() < 0.5:
        return {"payload": dice.choice(buttons)}
    return {"text": dice.choice(FOLLOW_UPS)}


async def run(
    url: str, plans: Sequence[Sequence[Step]], people: int, seconds: float, think: float, seed: int = 1
) -> Result:
    """Let `people` talk at the same time; `think` is the mean pause before each message in seconds, 0 for none."""
    latencies: list[float] = []
    failures: list[Failure] = []
    started = time.monotonic()
    deadline = started + seconds

    async def live(number: int) -> None:
        dice = random.Random(f"{seed}/{number}")
        client = Client(url)
        try:
            while time.monotonic() < deadline:
                chosen = dice.randrange(len(plans))
                failures.extend(await _talk(client, dice, (chosen, plans[chosen]), think, latencies, deadline))
        finally:
            await client.close()

    await asyncio.gather(*(live(number) for number in range(people)))
    return Result(time.monotonic() - started, latencies, failures)


async def _talk(
    client: Client,
    dice: random.Random,
    plan: tuple[int, Sequence[Step]],
    think: float,
    latencies: list[float],
    deadline: float,
) -> list[Failure]:
    """Have one conversation; after a failure the rest of it would prove nothing."""
    number, steps = plan
    conversation: str | None = None
    for index, step in enumerate(steps):
        if think:
            await asyncio.sleep(min(dice.expovariate(1 / think), max(deadline - time.monotonic(), 0)))
        if time.monotonic() >= deadline:
            break
        if dice.random() < REOPENED:
            await client.close()
        begun = time.monotonic()
        try:
            answer = await client.post({"conversation": conversation, **step.body})
        except TimeoutError:
            return [Failure("lost", number, index)]
        except aiohttp.ClientResponseError:
            return [Failure("error", number, index)]
        except (aiohttp.ClientError, OSError):
            await client.close()
            return [Failure("lost", number, index)]
        latencies.append(time.monotonic() - begun)
        if conversation is not None and answer["conversation"] != conversation:
            return [Failure("wrong", number, index, "another conversation")]
        conversation = answer["conversation"]
        if digest(answer) != step.reply:
            return [Failure("wrong", number, index, digest(answer))]
    return []


async def excuse(url: str, plans: Sequence[Sequence[Step]], failures: Sequence[Failure]) -> list[Failure]:
    """Return the failures that remain: a reply is right as well when it has become so, for example at noon."""
    client = Client(url)
    remaining = []
    try:
        for failure in failures:
            if failure.kind == "wrong":
                conversation, reply = None, ""
                for step in plans[failure.conversation][: failure.step + 1]:
                    answer = await client.post({"conversation": conversation, **step.body})
                    conversation, reply = answer["conversation"], digest(answer)
                if reply == failure.reply:
                    continue
            remaining.append(failure)
    finally:
        await client.close()
    return remaining


def count_telling(plans: Sequence[Sequence[Step]]) -> tuple[int, int]:
    """Return how many follow-ups have a reply that depends on what was said before, and how many there are.

    Only these would show that two conversations were swapped: the same words got different replies elsewhere.
    """
    replies: dict[str, set[str]] = {}
    follow_ups = [step for steps in plans for step in steps[1:]]
    for step in follow_ups:
        replies.setdefault(json.dumps(step.body), set()).add(step.reply)
    return sum(len(replies[json.dumps(step.body)]) > 1 for step in follow_ups), len(follow_ups)
