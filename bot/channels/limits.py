"""How many messages a minute are answered; beyond that one calm sentence, and still the help in emergencies."""

import hashlib
import ipaddress
import math
import secrets
import time
from collections.abc import Awaitable, Callable

from cachetools import TTLCache
from starlette.requests import Request

from bot.models import Decision, Handle, Reply, Turn, UserMessage
from bot.settings import Settings

TOO_MANY = "too_many_messages"
"""Key of the sentence in `_system.yml`, for every channel."""
READ_FACTOR = 3
"""Messages up to so many times the limit are still looked at: they may speak of an emergency."""
WINDOW_SECONDS = 60
COUNTED = 50_000
"""Addresses, and conversations, counted at once; whoever has more of them forgets only the oldest counts."""
IPV6_BITS = 64
"""What one household gets; every address in it is the same sender."""

Answer = Callable[[Request, UserMessage], Awaitable[Turn]]


def may_read(number: int, most: int) -> bool:
    """Tell whether the number-th message of a minute is looked at at all."""
    return number <= most * READ_FACTOR


def may_answer(number: int, most: int, turn: Turn) -> bool:
    """Tell whether the number-th message of a minute gets its own reply: within the limit, or in an emergency."""
    return number <= most or turn.decision.status == "guardrail_crisis"


class TooManyMessages(Exception):
    """So many messages that none is looked at any more."""

    def __init__(self, turn: Turn, retry_seconds: int) -> None:
        super().__init__("too many messages")
        self.turn = turn
        """What to say."""
        self.retry_seconds = retry_seconds

    @property
    def headers(self) -> dict[str, str]:
        """When to come back."""
        return {"retry-after": str(self.retry_seconds)}


class Counter:
    """Counts by key, for a minute from the first message on; holds a bounded number of keys."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: TTLCache[bytes, list[float]] = TTLCache(COUNTED, WINDOW_SECONDS, timer=clock)
        """Start and count. Changed in place: an assignment would begin the minute anew."""

    def count(self, key: bytes) -> tuple[int, int]:
        """Return which message of the minute this is, and how many seconds are left of it."""
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = [self._clock(), 0]
        window[1] += 1
        return int(window[1]), max(1, math.ceil(window[0] + WINDOW_SECONDS - self._clock()))


class MessageLimiter:
    """Answers what comes from the website, within the limits of a conversation and of an address.

    Counted in this process only. Neither addresses nor conversations are kept: only hashes with a key of this start.
    """

    def __init__(
        self, handle: Handle, settings: Settings, sentence: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._handle = handle
        self._most = settings.messages_per_minute
        self._most_of_address = settings.address_messages_per_minute
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in settings.trusted_proxies]
        self._turn = Turn((Reply(sentence),), Decision("guardrail_input", text_key=TOO_MANY))
        self._key = secrets.token_bytes(32)
        self._conversations = Counter(clock)
        self._addresses = Counter(clock)

    async def answer(self, request: Request, message: UserMessage) -> Turn:
        """Answer one message; raises TooManyMessages far beyond the limit."""
        counts = [(*self._conversations.count(self._hash(message.conversation)), self._most)]
        address = self._find_sender(request)
        if address is not None:
            counts.append((*self._addresses.count(self._hash(address)), self._most_of_address))
        for number, seconds, most in counts:
            if not may_read(number, most):
                raise TooManyMessages(self._turn, seconds)
        turn = await self._handle(message)
        is_answered = all(may_answer(number, most, turn) for number, _, most in counts)
        return turn if is_answered else self._turn

    def _find_sender(self, request: Request) -> str | None:
        """Return who counts as one sender, or None when only the proxy is known: it must not stand for everybody."""
        try:
            address = ipaddress.ip_address(request.client.host if request.client else "")
        except ValueError:
            return None
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in proxy for proxy in self._proxies):
            return None
        if address.version == 6:
            return str(ipaddress.ip_network((address, IPV6_BITS), strict=False))
        return str(address)

    def _hash(self, identifier: str) -> bytes:
        return hashlib.blake2b(identifier.encode(), key=self._key, digest_size=16).digest()


def answer_all(handle: Handle) -> Answer:
    """Return what answers without any limit."""

    async def answer(request: Request, message: UserMessage) -> Turn:
        return await handle(message)

    return answer
