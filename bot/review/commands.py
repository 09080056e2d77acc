"""The command `review`: shows what was not understood, and lets two people teach the bot one sentence."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from bot.content import Content, load_content
from bot.models import Prediction
from bot.preparation import ensure_model, find_usable_model, open_state, require_secret_key
from bot.review.rules import ReviewError, check_name, check_topic, clean_sentence, is_learnt, is_same_person
from bot.review.sentence_file import SentenceError, add_sentence
from bot.settings import ROOT, Settings

if TYPE_CHECKING:
    from bot.store.review_desk import Entry, ReviewDesk

DIALOGUES = ROOT / "tests" / "dialogues"
NEAREST = 3
CONFIRM = "Jetzt bitte eine zweite Person: ./run review confirm NUMMER --name …"
CHECK = (
    "Bitte als Nächstes: ./run check, dann die Änderung in nlu_data/ in Git aufnehmen. Der Bot lernt daraus, wenn er "
    "neu gestartet oder neu geladen wird; das Training dauert einige Minuten."
)
REWORD = 'Eine neue Fassung vorschlagen: ./run review assign {number} THEMA --name … --text "…"'


class Work(Struct, frozen=True):
    """What one call of the command works with."""

    desk: "ReviewDesk"
    content: Content
    settings: Settings

    def title(self, topic: str) -> str:
        """Return a topic as editors know it."""
        known = self.content.topics.get(topic)
        return f"„{known.title}“ ({topic})" if known else topic

    async def find(self, number: int) -> "Entry":
        """Return the question with this number."""
        entry = await self.desk.find(number)
        if entry is None:
            raise ReviewError("Diese Nummer gibt es nicht (mehr). Alle zeigt: ./run review")
        return entry

    def is_learnt(self, sentence: str, topic: str) -> bool:
        """Tell whether the topic has the sentence already; raises ReviewError when it must not be learnt."""
        return is_learnt(sentence, topic, self.content, self.settings.nlu_data_dir, DIALOGUES)


def run_review(settings: Settings) -> int:
    """List what was not understood."""
    return _run(settings, _list)


def run_assign(settings: Settings, numbers: Sequence[int], topic: str, name: str, text: str | None) -> int:
    """Propose a topic for questions."""

    async def assign(work: Work) -> None:
        check_name(name)
        check_topic(topic, work.content)
        if text is not None and len(numbers) > 1:
            raise ReviewError("Eine neue Fassung (--text) gilt für eine einzelne Nummer.")
        await _for_each(numbers, lambda number: _assign(work, number, topic, name, text))
        print(CONFIRM)

    return _run(settings, assign)


def run_confirm(settings: Settings, numbers: Sequence[int], name: str) -> int:
    """Let a second person put proposed sentences into the training data."""

    async def confirm(work: Work) -> None:
        check_name(name)
        await _for_each(numbers, lambda number: _confirm(work, number, name))
        print(CHECK)

    return _run(settings, confirm)


def run_discard(settings: Settings, numbers: Sequence[int]) -> int:
    """Delete questions."""

    async def discard(work: Work) -> None:
        await _for_each(numbers, lambda number: _discard(work, number))

    return _run(settings, discard)


def _run(settings: Settings, act: Callable[[Work], Coroutine[Any, Any, None]]) -> int:
    from bot.store.database import DatabaseUnavailable  # SQLAlchemy takes 0.3 s, and few commands need it
    from bot.store.review_desk import ReviewDesk
    from bot.store.sealing import Sealer

    content = load_content(settings.responses_dir)
    state = open_state(settings)
    if state is None:
        print("Aufgehoben wird nur in einer Datenbank; dafür bitte JOBCENTER_BOT_SECRET_KEY setzen.", file=sys.stderr)
        return 1
    desk = ReviewDesk(state.database, Sealer(require_secret_key(settings, shared=True)), state.review)
    try:
        asyncio.run(act(Work(desk, content, settings)))
    except ReviewError as error:
        print(error, file=sys.stderr)
        return 1
    except DatabaseUnavailable:
        print("Die Datenbank ist nicht erreichbar. Bitte später noch einmal.", file=sys.stderr)
        return 1
    finally:
        state.database.close()
    return 0


async def _for_each(numbers: Sequence[int], act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Do the same for every number; the first that does not work ends it and is named."""
    for number in numbers:
        try:
            await act(number)
        except (ReviewError, SentenceError) as error:
            raise ReviewError(f"{number}: {error}") from None


async def _list(work: Work) -> None:
    from bot.review.groups import group_texts  # scikit-learn takes a second

    entries, unreadable = await work.desk.list_entries()
    if not work.settings.review:
        print("Zurzeit wird nichts Neues aufgehoben: JOBCENTER_BOT_REVIEW ist nicht true.")
    if unreadable:
        print(f"Mit einem anderen SECRET_KEY verschlüsselt und deshalb nicht lesbar: {unreadable}")
    if not entries:
        print("Es liegt nichts vor.")
        return
    groups = [[entries[index] for index in group] for group in group_texts([entry.text for entry in entries])]
    groups.sort(key=_count, reverse=True)
    print(f"Nicht verstanden: {len(entries)} verschiedene Fragen, ähnliche beieinander, häufige zuerst.")
    predictions = _predict(work.settings, [group[0].text for group in groups])
    for group, prediction in zip(groups, predictions, strict=True):
        print("\n" + "\n".join(_describe(work, group, prediction)))
    print("\nThema vorschlagen:  ./run review assign NUMMER THEMA --name …")
    print("Löschen:            ./run review discard NUMMER")


def _count(group: list["Entry"]) -> int:
    return sum(entry.count for entry in group)


def _describe(work: Work, group: list["Entry"], prediction: Prediction) -> list[str]:
    """Return the lines of a group: its questions with their proposals, and the nearest topics."""
    lines = [f"{_count(group)}-mal gefragt"]
    for entry in group:
        lines.append(f"  {entry.id}  {entry.count:3}×  {entry.text}")
        proposal = entry.proposal
        if proposal is not None:
            lines.append(f"                Vorschlag von {proposal.name}: {work.title(proposal.topic)}")
            if proposal.text != entry.text:
                lines.append(f"                in dieser Fassung: {proposal.text}")
    scores = prediction.intent_ranking[:NEAREST]
    nearest = (f"{score.confidence:.0%}".replace("%", " %") + f" {work.title(score.name)}" for score in scores)
    return [*lines, f"  Am nächsten: {', '.join(nearest)}"]


def _predict(settings: Settings, texts: list[str]) -> list[Prediction]:
    """Return the nearest topics; as a hint the last model will do, for training takes minutes."""
    from bot.model_archive import load_interpreter  # a second, and only the list needs it

    interpreter = load_interpreter(find_usable_model(settings) or ensure_model(settings))
    try:
        return interpreter.parse_batch(texts)
    finally:
        interpreter.close()


async def _assign(work: Work, number: int, topic: str, name: str, text: str | None) -> None:
    from bot.store.review_desk import Proposal

    entry = await work.find(number)
    try:
        sentence = clean_sentence(entry.text if text is None else text, work.content)
    except ReviewError as error:
        raise ReviewError(f"{error} {REWORD.format(number=number)}") from None
    if work.is_learnt(sentence, topic):
        raise ReviewError(
            f"Der Satz steht schon beim Thema {work.title(topic)}. Löschen: ./run review discard {number}"
        )
    await work.desk.propose(entry, Proposal(topic, name.strip(), sentence))
    print(f"{number}: Vorgeschlagen ist {work.title(topic)} für den Satz: {sentence}")
    if entry.proposal is not None:
        print(f"        Das ersetzt den Vorschlag von {entry.proposal.name}: {work.title(entry.proposal.topic)}")


async def _confirm(work: Work, number: int, name: str) -> None:
    entry = await work.find(number)
    proposal = entry.proposal
    if proposal is None:
        raise ReviewError(f"Dafür gibt es noch keinen Vorschlag: ./run review assign {number} THEMA --name …")
    if is_same_person(name, proposal.name):
        raise ReviewError(
            f"Der Vorschlag ist von {proposal.name}. Bestätigen muss ihn jemand anderes (Vier-Augen-Prinzip)."
        )
    check_topic(proposal.topic, work.content)
    try:
        sentence = clean_sentence(proposal.text, work.content)
    except ReviewError as error:  # the rules may have become stricter since it was proposed
        raise ReviewError(f"{error} {REWORD.format(number=number)}") from None
    if work.is_learnt(sentence, proposal.topic):
        print(f"{number}: Der Satz steht inzwischen schon beim Thema {work.title(proposal.topic)}.")
    else:
        path = work.settings.nlu_data_dir / f"{work.content.topics[proposal.topic].group}.yml"
        line = add_sentence(path, proposal.topic, sentence)
        print(f"{number}: Eingetragen bei {work.title(proposal.topic)} in {path.name}, Zeile {line}: {sentence}")
    await work.desk.remove(entry)


async def _discard(work: Work, number: int) -> None:
    entry = await work.find(number)
    await work.desk.remove(entry)
    print(f"{number}: Gelöscht.")
    if entry.proposal is not None:
        print(f"        Damit ist auch der Vorschlag von {entry.proposal.name} weg.")
