"""What must hold before a citizen's question becomes a training sentence."""

from difflib import get_close_matches
from pathlib import Path

from bot.checks.dialogues import read_dialogues
from bot.checks.project import fold
from bot.content import Content
from bot.privacy import MASK, mask
from bot.review.sentence_file import SentenceError, check_form
from bot.text import fold_words, normalise
from bot.training_data import read_training_data

MOST_HINTS = 3


class ReviewError(Exception):
    """Something cannot be done; the message is for the editor."""


def check_topic(topic: str, content: Content) -> None:
    """Raise ReviewError unless the catalogue has the topic."""
    if topic not in content.topics:
        near = get_close_matches(topic, content.topics, MOST_HINTS)
        hint = f"Meinten Sie: {', '.join(near)}?" if near else "Alle stehen in responses/_topics.yml."
        raise ReviewError(f'Das Thema "{topic}" gibt es nicht. {hint}')


def check_name(name: str) -> None:
    """Raise ReviewError for a name without letters."""
    if not fold_words(name):
        raise ReviewError('Bitte mit --name sagen, wer Sie sind, zum Beispiel --name "A. Beispiel".')


def is_same_person(name: str, other: str) -> bool:
    """Tell whether two names are one, however they are written."""
    return fold_words(name) == fold_words(other)


def clean_sentence(sentence: str, content: Content) -> str:
    """Return a sentence as it would be learnt; raises ReviewError when it must not be."""
    text = normalise(sentence)
    cards = content.contacts.values()
    public = [field.value for card in cards for field in (card.phone, card.email, card.address) if field]
    found = mask(text, public).found
    if found:
        raise ReviewError(f"Der Satz enthält wohl persönliche Angaben ({', '.join(found)}).")
    if MASK in text:
        raise ReviewError(f"In dem Satz sind Angaben unkenntlich gemacht ({MASK}).")
    try:
        check_form(text)
    except SentenceError as error:
        raise ReviewError(str(error)) from None
    return text


def is_learnt(sentence: str, topic: str, content: Content, nlu_data: Path, dialogues: Path) -> bool:
    """Tell whether the topic has the sentence already; raises ReviewError when it stands where it would do harm."""
    words = fold(sentence)
    places = [e for e in read_training_data(nlu_data)[0] if fold(e.text) == words]
    for example in places:
        if example.topic != topic:
            raise ReviewError(
                f'Der Satz steht schon bei einem anderen Thema: "{example.topic}" ({example.file}:{example.line}).'
            )
    # as in the checker: sentences of emergencies never reach the model and may be learnt
    tests = (test for test in read_dialogues(dialogues, content)[0] if test.kind != "crisis")
    for test in tests:
        if fold(test.text) == words:
            raise ReviewError(f"Der Satz ist ein Testsatz ({test.file}:{test.line}); er darf nicht gelernt werden.")
    return bool(places)
