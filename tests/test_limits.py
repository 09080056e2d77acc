"""Too many messages from the website: a calm sentence, help in emergencies all the same, and nobody is kept in mind."""

from collections.abc import Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.channels.limits import COUNTED, READ_FACTOR, Counter, MessageLimiter, TooManyMessages
from bot.channels.pages import PageChannel
from bot.channels.web import build_web_app
from bot.content import Content
from bot.models import Decision, Reply, Status, Turn, UserMessage
from bot.settings import Settings

MOST = 3
MOST_OF_ADDRESS = 5
SENTENCE = "Bitte warten Sie eine Minute."
EMERGENCY = "Notfall"
PROXY, STRANGER = "10.0.0.1", "203.0.113.7"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Recorder:
    """A handle that keeps what it was given and finds emergencies."""

    def __init__(self) -> None:
        self.messages: list[UserMessage] = []

    async def handle(self, message: UserMessage) -> Turn:
        self.messages.append(message)
        status: Status = "guardrail_crisis" if message.text == EMERGENCY else "answered"
        return Turn((Reply("Hilfe" if message.text == EMERGENCY else "Antwort"),), Decision(status))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(recorder: Recorder, clock: Clock) -> MessageLimiter:
    settings = Settings(
        messages_per_minute=MOST, address_messages_per_minute=MOST_OF_ADDRESS, trusted_proxies=(PROXY, "10.1.0.0/16")
    )
    return MessageLimiter(recorder.handle, settings, SENTENCE, clock)


def make_request(address: str | None) -> Request:
    return Request({"type": "http", "client": None if address is None else (address, 4000)})


async def ask(limiter: MessageLimiter, address: str | None = PROXY, conversation: str = "a", text: str = "") -> str:
    turn = await limiter.answer(make_request(address), UserMessage("web", conversation, text))
    return turn.replies[0].text


async def test_conversation_beyond_its_limit_gets_one_sentence_until_the_minute_is_over(
    limiter: MessageLimiter, clock: Clock
) -> None:
    assert [await ask(limiter) for _ in range(MOST + 2)] == ["Antwort"] * MOST + [SENTENCE] * 2
    assert await ask(limiter, conversation="b") == "Antwort"
    clock.now += 59
    assert await ask(limiter) == SENTENCE
    clock.now += 1
    assert await ask(limiter) == "Antwort"


async def test_emergency_is_answered_beyond_the_limit_too(limiter: MessageLimiter) -> None:
    for _ in range(MOST + 1):
        await ask(limiter)
    assert await ask(limiter, text=EMERGENCY) == "Hilfe"
    for number in range(MOST_OF_ADDRESS + 1):
        await ask(limiter, STRANGER, str(number))
    assert await ask(limiter, STRANGER, "new", EMERGENCY) == "Hilfe"


async def test_endless_flood_is_not_even_read(limiter: MessageLimiter, recorder: Recorder, clock: Clock) -> None:
    for _ in range(MOST * READ_FACTOR):
        await ask(limiter)
    clock.now += 20.5
    with pytest.raises(TooManyMessages) as caught:
        await ask(limiter, text=EMERGENCY)
    assert caught.value.headers == {"retry-after": "40"}
    assert len(recorder.messages) == MOST * READ_FACTOR


async def test_address_is_limited_whatever_conversations_it_begins(limiter: MessageLimiter) -> None:
    replies = [await ask(limiter, STRANGER, str(number)) for number in range(MOST_OF_ADDRESS + 1)]
    assert replies == ["Antwort"] * MOST_OF_ADDRESS + [SENTENCE]
    assert await ask(limiter, "203.0.113.8", "new") == "Antwort"


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
    ],
)
async def test_one_household_is_one_sender(limiter: MessageLimiter, first: str, second: str, is_same: bool) -> None:
    for number in range(MOST_OF_ADDRESS):
        await ask(limiter, first, str(number))
    assert (await ask(limiter, second, "new") == SENTENCE) is is_same


@pytest.mark.parametrize("address", [PROXY, "10.1.2.3", "::ffff:10.0.0.1", None, "testclient"])
async def test_proxy_that_hides_the_senders_does_not_stand_for_them(
    limiter: MessageLimiter, address: str | None
) -> None:
    replies = [await ask(limiter, address, str(number)) for number in range(MOST_OF_ADDRESS * 2)]
    assert set(replies) == {"Antwort"}


async def test_no_address_and_no_conversation_is_kept(limiter: MessageLimiter) -> None:
    await ask(limiter, STRANGER, "web:geheim")
    kept = b"".join([*limiter._addresses._windows, *limiter._conversations._windows])
    assert len(kept) == 32
    for secret in (STRANGER.encode(), b"geheim", bytes(int(part) for part in STRANGER.split("."))):
        assert secret not in kept


def test_number_of_keys_is_bounded(clock: Clock) -> None:
    counter = Counter(clock)
    for number in range(COUNTED + 10):
        counter.count(b"%d" % number)
    assert len(counter._windows) == COUNTED
    assert counter.count(b"%d" % COUNTED) == (2, 60)


# Over HTTP


@pytest.fixture
def build_client(limiter: MessageLimiter, recorder: Recorder, content: Content) -> Callable[[str], httpx.AsyncClient]:
    """Builds a client at an address, in front of the app as uvicorn wraps it."""
    pages = PageChannel(Settings(), content, recorder.handle, answer=limiter.answer)

    async def is_healthy() -> bool:
        return True

    app: Starlette = build_web_app(recorder.handle, is_healthy, {}, (), [*pages.routes()], answer=limiter.answer)
    wrapped = ProxyHeadersMiddleware(app, [PROXY])  # type: ignore[arg-type]

    def build(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=wrapped, client=(address, 4000))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url="http://test")

    return build


BuildClient = Callable[[str], httpx.AsyncClient]


async def post(client: httpx.AsyncClient, forwarded: str = "") -> httpx.Response:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return await client.post("/api/messages", json={"text": "Hallo"}, headers=headers)


async def test_widget_gets_an_ordinary_reply_and_then_429(build_client: BuildClient) -> None:
    client = build_client(STRANGER)
    for _ in range(MOST_OF_ADDRESS):
        assert (await post(client)).json()["replies"][0]["text"] == "Antwort"
    response = await post(client)
    assert (response.status_code, response.json()["status"]) == (200, "guardrail_input")
    assert response.json()["replies"][0]["text"] == SENTENCE
    for _ in range(MOST_OF_ADDRESS * (READ_FACTOR - 1)):
        response = await post(client)
    assert (response.status_code, response.json()) == (429, {"error": SENTENCE})
    assert 0 < int(response.headers["retry-after"]) <= 60


async def test_rest_channel_and_page_share_the_count_of_the_address(build_client: BuildClient) -> None:
    client = build_client(STRANGER)
    for number in range(MOST_OF_ADDRESS):
        await client.post("/webhooks/rest/webhook", json={"sender": str(number), "message": "Hallo"})
    rest = await client.post("/webhooks/rest/webhook", json={"sender": "new", "message": "Hallo"})
    assert rest.json() == [{"recipient_id": "new", "text": SENTENCE}]
    page = await client.post("/themen", data={"frage": "Hallo"})
    assert (page.status_code, SENTENCE in page.text) == (200, True)
    for _ in range(MOST_OF_ADDRESS * READ_FACTOR):
        page = await client.post("/themen", data={"frage": "Hallo"})
    assert (page.status_code, SENTENCE in page.text) == (429, True)
    assert page.headers["content-type"].startswith("text/html")
    assert int(page.headers["retry-after"]) > 0


async def test_trusted_proxy_names_the_sender(build_client: BuildClient) -> None:
    client = build_client(PROXY)
    for _ in range(MOST_OF_ADDRESS):
        await post(client, STRANGER)
    assert (await post(client, STRANGER)).json()["replies"][0]["text"] == SENTENCE
    assert (await post(client, "203.0.113.8")).json()["replies"][0]["text"] == "Antwort"


async def test_stranger_cannot_pretend_to_be_somebody_else(build_client: BuildClient) -> None:
    client = build_client(STRANGER)
    replies = [await post(client, f"198.51.100.{number}") for number in range(MOST_OF_ADDRESS + 1)]
    assert replies[-1].json()["replies"][0]["text"] == SENTENCE
    # nor put a made-up sender, or the proxy itself, in front of what the proxy adds
    behind = build_client(PROXY)
    for forged in ("198.51.100.9", PROXY):
        assert (await post(behind, f"{forged}, {STRANGER}")).json()["replies"][0]["text"] == SENTENCE
