"""Every kind of thing people and Telegram send to a bot gets a kind answer, or none where nobody waits for one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from conftest import NOW, FakeInterpreter
from telegram_emulator import make_message
from telegram_fakes import (
    SETTINGS,
    TEXTS,
    FakeApi,
    FakeAssistant,
    FrozenLedger,
    Params,
    enqueue,
    feed,
    make_edit,
    make_membership,
    make_tap,
    make_text,
    make_update,
    patch_api,
    running,
    settle,
)

from bot.assistant import Assistant
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_text import COMMANDS
from bot.content import Content
from bot.conversations import MemoryStore
from bot.models import Button, Reply, UserMessage

FILE = {"file_id": "f", "file_unique_id": "u"}
SIZE = FILE | {"width": 9, "height": 9}
STICKER = SIZE | {"type": "regular", "is_animated": False, "is_video": False}
POLL = {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False, "is_anonymous": True} | {
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
PERSON = {"id": 8, "is_bot": False, "first_name": "Test"}
MOST = SETTINGS.telegram_messages_per_minute


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    return patch_api(monkeypatch)


@pytest_asyncio.fixture
async def channel(assistant: FakeAssistant, api: FakeApi) -> AsyncIterator[TelegramChannel]:
    async with running(assistant) as channel:
        yield channel


@pytest.fixture
def frozen_ledger() -> FrozenLedger:
    return FrozenLedger()


def received(assistant: FakeAssistant) -> list[tuple[str, str | None, bool]]:
    return [(message.text, message.payload, message.attachment) for message in assistant.messages]


# Commands


async def test_start_sends_the_privacy_notice_and_the_safer_way_first(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    await feed(channel, make_text("/start"))
    notice = f"{TEXTS['telegram_privacy']}\n\n{TEXTS['telegram_website']}: https://bot.example/"
    assert api.sent() == [notice, "Antwort"]
    assert assistant.messages[0].payload == "s:start"


@pytest.mark.parametrize(("name", "payload"), COMMANDS.items())
async def test_command_reaches_the_assistant_as_a_tap(
    channel: TelegramChannel, assistant: FakeAssistant, name: str, payload: str
) -> None:
    await feed(channel, make_text(f"/{name}"))
    assert received(assistant) == [("", payload, False)]


@pytest.mark.parametrize("text", ["/foo", "/Foo@jobcenter_test_bot", "/s_delete"])
async def test_unknown_command_is_explained(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, text: str
) -> None:
    assistant.statuses[text[1:]] = "fallback"
    await feed(channel, make_text(text))
    assert api.sent() == [TEXTS["telegram_unknown_command"], "Antwort"]
    assert received(assistant) == [(text[1:], None, False)]


async def test_word_behind_a_slash_is_answered_like_any_word(channel: TelegramChannel, api: FakeApi) -> None:
    await feed(channel, make_text("/miete"))
    assert api.sent() == ["Antwort"]


def test_every_command_is_named_where_an_unknown_one_is_explained(content: Content) -> None:
    entry = content.system["telegram_unknown_command"]
    for text in (entry.text, entry.plain):
        assert [name for name in COMMANDS if f"/{name}" not in text] == []


def test_texts_fit_into_telegram(content: Content) -> None:
    assert len(content.system["telegram_description"].text) <= 512
    for name in COMMANDS:
        assert 1 <= len(content.system[f"command_{name}"].text) <= 256


@pytest.mark.parametrize("name", COMMANDS)
async def test_real_assistant_knows_what_each_command_means(content: Content, name: str) -> None:
    assistant = Assistant(content, FakeInterpreter().parse, MemoryStore(30, 100), 2000, lambda: NOW)
    turn = await assistant.handle(UserMessage("telegram", "tg:1", payload=COMMANDS[name]))
    assert turn.decision.status == "answered"
    assert turn.decision.text_key != "unknown_payload"


# Texts


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Miete?", "reply_to_message": make_message(1, 7, "private") | {"text": "/loeschen"}},
        {"text": "Miete?", "quote": {"text": "/loeschen", "position": 0}},
        {"text": "Miete?", "via_bot": PERSON | {"is_bot": True}},
        {"text": "Miete?", "forward_origin": {"type": "user", "date": 0, "sender_user": PERSON}},
        {"text": "Miete?", "forward_origin": {"type": "hidden_user", "date": 0, "sender_user_name": "Jemand"}},
        {"text": "Miete?", "link_preview_options": {"is_disabled": True}, "message_thread_id": 3},
    ],
)
async def test_text_is_a_text_wherever_it_comes_from(
    channel: TelegramChannel, assistant: FakeAssistant, content: Params
) -> None:
    await feed(channel, make_update(content))
    assert received(assistant) == [("Miete?", None, False)]


async def test_forwarded_command_is_no_command(channel: TelegramChannel, assistant: FakeAssistant) -> None:
    origin = {"forward_origin": {"type": "user", "date": 0, "sender_user": PERSON}}
    await feed(channel, make_update(make_text("/loeschen")["message"] | origin))
    assert received(assistant) == [("/loeschen", None, False)]


@pytest.mark.parametrize("text", ["ä" * 4096, "😀" * 2048, "\u200b", " ", "\u202egnuginhoW", "a\x00b"])
async def test_any_text_reaches_the_assistant_unchanged(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, text: str
) -> None:
    await feed(channel, make_update({"text": text}))
    assert received(assistant) == [(text, None, False)]
    assert api.sent() == ["Antwort"]


# Everything that is not text


@pytest.mark.parametrize(
    "content",
    [
        {"photo": [SIZE]},
        {"photo": [SIZE], "caption": ""},
        {"photo": [SIZE], "caption": " \n "},
        {"photo": [SIZE], "forward_origin": {"type": "user", "date": 0, "sender_user": PERSON}},
        {"voice": FILE | {"duration": 3}},
        {"audio": FILE | {"duration": 3}},
        {"video": SIZE | {"duration": 3}},
        {"video_note": FILE | {"duration": 3, "length": 9}},
        {"animation": SIZE | {"duration": 3}, "document": FILE},
        {"document": FILE},
        {"sticker": STICKER},
        {"location": {"longitude": 6.7, "latitude": 49.3}},
        {"location": {"longitude": 6.7, "latitude": 49.3, "live_period": 60}},
        {"venue": {"location": {"longitude": 6.7, "latitude": 49.3}, "title": "Amt", "address": "Weg 1"}},
        {"contact": {"phone_number": "1", "first_name": "Test"}},
        {"poll": POLL},
        {"story": {"chat": {"id": 8, "type": "private"}, "id": 1}},
        {"content_of_the_year_2030": {}},
    ],
)
async def test_other_content_is_passed_on_as_attachment(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, content: Params
) -> None:
    await feed(channel, make_update(content))
    assert received(assistant) == [("", None, True)]
    assert api.sent() == ["Antwort"]


@pytest.mark.parametrize(
    ("content", "emoji"),
    [({"sticker": STICKER | {"emoji": "👍"}}, "👍"), ({"dice": {"emoji": "🎲", "value": 3}}, "🎲")],
)
async def test_sticker_is_taken_for_its_emoji(
    channel: TelegramChannel, assistant: FakeAssistant, content: Params, emoji: str
) -> None:
    await feed(channel, make_update(content))
    assert received(assistant) == [(emoji, None, False)]


async def test_question_under_a_photo_is_answered_before_the_note_about_the_photo(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    await feed(channel, make_update({"photo": [SIZE], "caption": " /loeschen "}))
    assert received(assistant) == [("/loeschen", None, False)]
    assert api.sent() == ["Antwort", TEXTS["telegram_caption_note"]]


async def test_album_is_answered_once(channel: TelegramChannel, assistant: FakeAssistant) -> None:
    for number in range(3):
        await feed(channel, make_update({"photo": [SIZE], "media_group_id": "9"}, number=number))
    await feed(channel, make_update({"photo": [SIZE], "media_group_id": "10"}, number=4))
    assert received(assistant) == [("", None, True)] * 2


async def test_question_in_an_album_is_answered_on_whatever_picture_it_stands(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    for number, caption in enumerate((None, "Miete?", None)):
        await feed(channel, make_update({"photo": [SIZE], "media_group_id": "9", "caption": caption}, number=number))
    assert received(assistant) == [("", None, True), ("Miete?", None, False)]
    assert api.sent() == ["Antwort", "Antwort"]


# Edited messages


async def test_newest_question_is_answered_once_more_when_it_is_edited(
    channel: TelegramChannel, assistant: FakeAssistant
) -> None:
    await feed(channel, make_text("Mite?"))
    await feed(channel, make_edit("Miete?"))
    await feed(channel, make_edit("Miete?"))  # only the preview of a link has changed
    await feed(channel, make_edit("/loeschen"))
    assert received(assistant) == [("Mite?", None, False), ("Miete?", None, False), ("", "s:delete", False)]


async def test_edit_of_an_older_message_is_ignored(channel: TelegramChannel, assistant: FakeAssistant) -> None:
    await feed(channel, make_text("eins"))
    await feed(channel, make_update({"photo": [SIZE]}, number=2))
    await feed(channel, make_edit("eins!", message_id=1))
    await feed(channel, make_edit("woanders", message_id=1, chat_id=8))  # nothing newer is known of this chat
    assert [message.text for message in assistant.messages] == ["eins", "", "woanders"]


@pytest.mark.parametrize(
    "update",
    [
        make_edit("lange her", seconds=3600),
        {"update_id": 1, "edited_message": make_edit("x")["edited_message"] | {"text": None, "caption": "neu"}},
        {"update_id": 1, "edited_message": make_message(1, -5, "group") | {"text": "/start", "edit_date": 1}},
        {"update_id": 1, "edited_channel_post": make_message(1, -5, "channel") | {"text": "/start"}},
    ],
)
async def test_other_edits_are_ignored(channel: TelegramChannel, api: FakeApi, update: Params) -> None:
    await feed(channel, update)
    assert api.sent() == []


# Groups, channels, membership


@pytest.mark.parametrize(
    "update",
    [
        make_update({"pinned_message": make_message(1, 7, "private")}),
        make_update({"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}}),
        make_update({"write_access_allowed": {}}),
        make_text("Hallo", chat_type="group"),
        make_text("/unbekannt", chat_type="supergroup"),
        make_text("/start@another_bot", chat_type="group"),
        make_update({"new_chat_members": [PERSON]}, chat_type="group"),
        make_update({"migrate_to_chat_id": -100}, chat_type="group"),
        make_update({"migrate_from_chat_id": -5}, chat_type="supergroup"),
        make_text("Hallo", chat_type="channel"),
        {"update_id": 1, "channel_post": make_text("/start", chat_type="channel")["message"]},
        {
            "update_id": 1,
            "poll_answer": {"poll_id": "1", "user": PERSON, "option_ids": [0], "option_persistent_ids": []},
        },
        {"update_id": 1, "something_new": {}},
        *(make_membership(status, chat_id=-5, chat_type="group") for status in ("left", "kicked")),
        *(make_membership(status, chat_id=-5, chat_type="channel") for status in ("left", "kicked")),
        make_membership("member"),
    ],
)
async def test_update_nobody_expects_a_reply_to_is_ignored(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, update: Params
) -> None:
    calls = len(api.calls)
    await feed(channel, update)
    assert assistant.messages == []
    assert api.calls[calls:] == []


@pytest.mark.parametrize("chat_type", ["group", "supergroup"])
@pytest.mark.parametrize("text", ["/start", "/hilfe@jobcenter_test_bot"])
async def test_group_is_told_once_and_left(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, chat_type: str, text: str
) -> None:
    for _ in range(2):
        await feed(channel, make_text(text, chat_id=-5, chat_type=chat_type))
    assert api.sent() == [TEXTS["private_chats_only"]]
    assert [name for name, _ in api.calls].count("leaveChat") == 2
    assert assistant.messages == []


@pytest.mark.parametrize(
    ("chat_type", "status", "sent"),
    [
        ("group", "member", 1),
        ("supergroup", "administrator", 1),
        ("supergroup", "restricted", 1),
        ("channel", "administrator", 0),
    ],
)
async def test_bot_leaves_where_it_was_added(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, chat_type: str, status: str, sent: int
) -> None:
    await feed(channel, make_membership(status, chat_id=-5, chat_type=chat_type))
    assert len(api.sent()) == sent
    assert api.calls[-1] == ("leaveChat", {"chat_id": -5})
    assert assistant.messages == []


@pytest.mark.parametrize(
    "failure",
    [
        (403, {"description": "Forbidden: bot was kicked from the supergroup chat"}),
        (400, {"description": "Bad Request: not enough rights to send text messages to the chat"}),
        (400, {"description": "Bad Request: group chat was upgraded", "parameters": {"migrate_to_chat_id": -100}}),
    ],
)
async def test_group_that_refuses_messages_is_left_all_the_same(
    channel: TelegramChannel, api: FakeApi, caplog: pytest.LogCaptureFixture, failure: Any
) -> None:
    api.failures["sendMessage"] = [failure]
    await feed(channel, make_membership("member", chat_id=-987654, chat_type="group"))
    assert api.calls[-1][0] == "leaveChat"
    assert "987654" not in caplog.text


async def test_who_blocks_the_bot_is_forgotten_without_a_word(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi
) -> None:
    await feed(channel, make_text("Miete?"))
    await feed(channel, make_membership("kicked"))
    assert received(assistant)[1:] == [("", "s:delete", False)]
    assert assistant.messages[0].conversation == assistant.messages[1].conversation
    assert api.sent() == ["Antwort"]


# Buttons


@pytest.mark.parametrize(
    "message",
    [make_message(3, 7, "private"), {"message_id": 3, "date": 0, "chat": {"id": 7, "type": "private"}}],
)
async def test_tap_is_confirmed_and_reaches_the_assistant(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, message: Params
) -> None:
    await feed(channel, make_tap("t:kaution", message))
    assert received(assistant) == [("", "t:kaution", False)]
    assert sorted(name for name, _ in api.calls[-2:]) == ["answerCallbackQuery", "sendMessage"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("t:kaution", None),
        (None, make_message(3, 7, "private")),
        ("t:kaution", make_message(3, -5, "group")),
    ],
)
async def test_tap_without_data_or_private_chat_is_only_confirmed(
    channel: TelegramChannel, assistant: FakeAssistant, api: FakeApi, data: str | None, message: Params | None
) -> None:
    await feed(channel, make_tap(data, message))
    assert assistant.messages == []
    assert api.calls[-1][0] == "answerCallbackQuery"


async def test_tap_that_is_too_old_is_answered_all_the_same(channel: TelegramChannel, api: FakeApi) -> None:
    api.failures["answerCallbackQuery"] = [(400, {"description": "Bad Request: query is too old"})]
    await feed(channel, make_tap("t:kaution", make_message(3, 7, "private")))
    assert api.sent() == ["Antwort"]


# Too many messages


async def write_many(channel: TelegramChannel, texts: list[str], first: int = 1, chat_id: int = 7) -> None:
    for number, text in enumerate(texts, start=first):
        await enqueue(channel, make_text(text, chat_id=chat_id, number=number))
    await channel.application.update_queue.join()


async def test_beyond_the_limit_comes_one_sentence_and_then_silence(
    api: FakeApi, assistant: FakeAssistant, frozen_ledger: FrozenLedger
) -> None:
    async with running(assistant, ledger=frozen_ledger.ledger) as channel:
        await write_many(channel, ["Hallo"] * (MOST + 5))
        assert api.sent() == ["Antwort"] * MOST + [TEXTS["too_many_messages"]]
        await write_many(channel, ["Hallo"], first=500, chat_id=8)
        assert api.sent()[-1] == "Antwort"
        frozen_ledger.now += 60
        await write_many(channel, ["Hallo"], first=600)
        assert api.sent() == ["Antwort"] * MOST + [TEXTS["too_many_messages"], "Antwort", "Antwort"]


async def test_emergency_is_answered_beyond_the_limit_too(
    api: FakeApi, assistant: FakeAssistant, frozen_ledger: FrozenLedger
) -> None:
    assistant.statuses["Ich will sterben"] = "guardrail_crisis"
    async with running(assistant, ledger=frozen_ledger.ledger) as channel:
        await write_many(channel, ["Hallo"] * (MOST + 5) + ["Ich will sterben", "Hallo"])
    assert api.sent() == ["Antwort"] * MOST + [TEXTS["too_many_messages"], "Antwort"]


async def test_endless_flood_is_not_even_read(
    api: FakeApi, assistant: FakeAssistant, frozen_ledger: FrozenLedger
) -> None:
    async with running(assistant, ledger=frozen_ledger.ledger) as channel:
        await write_many(channel, ["Hallo"] * (5 * MOST))
    assert len(assistant.messages) == 3 * MOST


async def test_flood_in_one_chat_leaves_taps_confirmed(
    api: FakeApi, assistant: FakeAssistant, frozen_ledger: FrozenLedger
) -> None:
    assistant.replies = (Reply("Antwort", buttons=(Button("Umzug", "t:umzug"),)),)
    async with running(assistant, ledger=frozen_ledger.ledger) as channel:
        await write_many(channel, ["Hallo"] * (MOST + 1))
        await enqueue(channel, make_tap("t:umzug", make_message(3, 7, "private")) | {"update_id": 700})
        await settle()
        await channel.application.update_queue.join()
    assert api.calls[-1][0] == "answerCallbackQuery"
    assert len(api.sent()) == MOST + 1
