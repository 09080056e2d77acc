"""Looks for the texts that take longest: prints the slowest inputs of 2,000 characters for each part that reads text.

PYTHONPATH=.:tests .venv/bin/python tests/benchmarks/measure_worst_text.py [--limit 50]
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator

from bot.calculators.inputs import parse_amount, parse_count, parse_date
from bot.content import load_content
from bot.guardrails import Guardrails
from bot.hours import local_now
from bot.languages import detect_language
from bot.model_archive import load_interpreter
from bot.models import UserMessage
from bot.patterns import fold_message
from bot.preparation import ensure_crisis_model, ensure_model
from bot.privacy import mask
from bot.questions import is_question, split_questions
from bot.rendering import fold_title
from bot.settings import Settings
from bot.text import normalise
from bot.typed import TypedMatcher

LENGTH = 2000
HUGE = 64_000
"""About as much as the web channel takes in."""
# fmt: off
PIECES = (
    "a", "A", "1", "12 ", "1.", "1,", "0", " ", "  ", ".", ",", ";", "-", "–", "/", "(", ")", "@", "a@", "a.b@c.",
    "+49",
    "0049 ", "DE89", "DE ", "Str", "straße ", "Straße 1 ", "Musterstraße 12a, ", "66740 ", "66740 Saarlouis ", "Herr ",
    "Frau ", "Ich heiße ", "mein Name ist ", "Anna ", "Anna-", "Müller ", "von ", "der ", "geboren am ", "01.",
    "1.1.19",
    "BG ", "BG-Nummer ", "Kundennummer ", "00", "ue", "ä", "ß", "é", "e\u0301", "\u0301", "😀", "👩‍👩‍👧", "ش", "и ",
    "漢", "ﬁ",
    "ich ", "will ", "nicht ", "mehr ", "ich will nicht mehr ", "tot ", "sterben ", "was ", "und wo ", "und ", "das? ",
    "Wo? ", "a! ", "aa. ", "?", "und, ", "welche ", "http://", "www.", "x.y", "_", "*", "\\", "{", "'", '"', "\n", "\t",
    "\u200b", "\u00a0", "½", "²", "Ⅳ", "İ", "Uhr ", "Euro ", "1.000,00 € ", "am 3. ", "Januar ", "tausend",
)
# fmt: on


def build_parts() -> dict[str, Callable[[str], object]]:
    """Return everything that reads what people type."""
    settings = Settings()
    content = load_content(settings.responses_dir)
    guardrails = Guardrails(content, settings.max_text_length, ensure_crisis_model(settings, content))
    patterns = Guardrails(content, settings.max_text_length)
    typed = TypedMatcher(content.typed)
    interpreter = load_interpreter(ensure_model(settings))
    today = local_now().date()
    return {
        "normalise": normalise,
        "mask": lambda text: mask(normalise(text), []),
        "detect_language": detect_language,
        "guardrails with patterns": lambda text: patterns.check(UserMessage("web", "x", text)),
        "guardrails with model": lambda text: guardrails.check(UserMessage("web", "x", text)),
        "split_questions": lambda text: [is_question(part) for part in split_questions(normalise(text))],
        "typed": lambda text: (
            typed.find_follow_up(text),
            typed.find_flow(text),
            typed.find_ordinal(text),
            typed.find_own_case(text),
            typed.find_choice(text),
            typed.is_other(text),
            typed.is_stop(text),
            typed.is_delete(text),
        ),
        "fold": lambda text: (fold_message(text), fold_title(text)),
        "inputs": lambda text: (parse_amount(text), parse_count(text), parse_date(text, today)),
        "recognise": lambda text: interpreter.parse_batch([normalise(text)]),
    }


def build_texts(seed: int, mixtures: int) -> Iterator[str]:
    """Yield texts of one piece repeated, of two, and of random ones."""
    for piece in PIECES:
        yield fill(piece)
        for end in ("!", "1", "@", " x", "."):
            yield fill(piece)[:-2] + end
    chance = random.Random(seed)
    for _ in range(mixtures):
        yield fill("".join(chance.choices(PIECES, k=chance.randint(2, 6))))
    for _ in range(mixtures // 4):
        yield "".join(chance.choices(PIECES, k=LENGTH))[:LENGTH]


def fill(piece: str, length: int = LENGTH) -> str:
    """Return a piece, repeated to the full length."""
    return (piece * (length // len(piece) + 1))[:length]


def measure(part: Callable[[str], object], text: str) -> float:
    """Return milliseconds of the processor, which do not depend on what else the machine does; the better of two."""
    times = []
    for _ in range(2):
        start = time.process_time()
        part(text)
        times.append((time.process_time() - start) * 1000)
        if times[0] < 10:
            break
    return min(times)


def main() -> int:
    """Print the slowest texts of each part; 1 when one takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=50, help="milliseconds")
    parser.add_argument("--mixtures", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    texts = list(build_texts(given.seed, given.mixtures))
    worst = 0.0
    parts = build_parts()
    for name, part in parts.items():
        found = sorted(((measure(part, text), text) for text in texts), reverse=True)[:3]
        worst = max(worst, found[0][0])
        print(f"{name}: " + "; ".join(f"{duration:.1f} ms {text[:40]!r}" for duration, text in found))
    huge = max(measure(parts["guardrails with model"], fill(piece, HUGE)) for piece in PIECES)
    print(f"{HUGE} Zeichen, zu lang zum Beantworten: {huge:.1f} ms")
    worst = max(worst, huge)
    print(f"{len(texts)} Texte mit {LENGTH} Zeichen; längste Dauer {worst:.1f} ms, Grenze {given.limit:.0f} ms")
    return 1 if worst > given.limit else 0


if __name__ == "__main__":
    sys.exit(main())
