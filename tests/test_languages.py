"""Messages in other languages get a card in that language; German is hardly ever mistaken for one."""

from pathlib import Path

import pytest
from conftest import FakeInterpreter

from bot.assistant import Assistant
from bot.content import Content
from bot.languages import detect_language
from bot.models import UserMessage
from bot.training_data import read_training_data

ROOT = Path(__file__).resolve().parent.parent
OTHERS = {
    "Can you help me with my application please?": "en",
    "I need money for food and rent": "en",
    "Як мені отримати допомогу на житло?": "uk",
    "Как мне подать заявление на пособие?": "ru",
    "كيف يمكنني تقديم طلب للحصول على المساعدة؟": "ar",
    "چگونه می‌توانم برای کمک هزینه درخواست بدهم؟": "fa",
    "Kira yardımı için nasıl başvurabilirim acaba": "tr",
    "Comment puis-je faire une demande pour le loyer ?": "fr",
    "Cum pot să depun o cerere pentru ajutor?": "ro",
    "Jak mogę złożyć wniosek o zasiłek dla dzieci?": "pl",
}


@pytest.mark.parametrize(("text", "code"), OTHERS.items())
async def test_other_language_is_answered_in_that_language(
    assistant: Assistant, interpreter: FakeInterpreter, content: Content, text: str, code: str
) -> None:
    assert detect_language(text) == code
    turn = await assistant.handle(UserMessage("test", "c", text))
    assert turn.decision.status == "guardrail_language"
    assert turn.replies[0].text == content.languages[code].strip()
    assert turn.replies[0].buttons
    assert interpreter.seen == []


@pytest.mark.parametrize(
    "text", ["Hello", "ok thanks", "ich nix deutsch bitte hilfe", "ALG 1 wo beantragen?", "wo isch muss hin fir geld"]
)
def test_doubt_is_german(text: str) -> None:
    assert detect_language(text) is None


def test_german_is_hardly_ever_taken_for_another_language() -> None:
    examples, _ = read_training_data(ROOT / "nlu_data")
    german = [example.text for example in examples if example.topic != "andere_sprache"]
    mistaken = [text for text in german if detect_language(text)]
    assert len(mistaken) / len(german) <= 0.001, mistaken


def test_every_card_names_the_migra_team_and_the_number(content: Content) -> None:
    assert set(content.languages) == {*OTHERS.values()}
    for card in content.languages.values():
        assert "Migra-Team" in card
        assert "06831 444 8000" in card
