"""Recognises messages in other languages: by script, and for Latin letters with lingua."""

import re
from functools import cache

from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

LATIN = (
    Language.GERMAN,
    Language.ENGLISH,
    Language.FRENCH,
    Language.TURKISH,
    Language.ROMANIAN,
    Language.POLISH,
)
# With fewer words "ALG 1 wo beantragen?" is French; tests/test_languages.py counts mistaken German sentences.
LEAST_WORDS = 5
MOST_GERMAN = 0.005
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
_PERSIAN = re.compile(r"[پچژگی]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")
_LETTER = re.compile(r"[^\W\d_]")


@cache
def _detector() -> LanguageDetector:
    # low accuracy: 20 MB instead of 250, and good enough for whole sentences
    return LanguageDetectorBuilder.from_languages(*LATIN).with_low_accuracy_mode().build()


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of another language, or None for German and when in doubt."""
    letters = len(_LETTER.findall(text)) or 1
    if len(_CYRILLIC.findall(text)) > letters / 2:
        return "uk" if _UKRAINIAN.search(text) else "ru"
    if len(_ARABIC.findall(text)) > letters / 2:
        return "fa" if _PERSIAN.search(text) else "ar"
    if len(text.split()) < LEAST_WORDS:
        return None
    detector = _detector()
    if detector.compute_language_confidence(text, Language.GERMAN) >= MOST_GERMAN:
        return None
    language = detector.detect_language_of(text)
    return _code(language.iso_code_639_1) if language else None


def _code(code: IsoCode639_1) -> str:
    return str(code.name).lower()
