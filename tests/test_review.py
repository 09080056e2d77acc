"""What the bot did not understand is kept only if the operator wants it, and two people decide what it learns."""

import asyncio
import os
import re
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from conftest import NOW, FakeInterpreter, predict
from personal_data import generate_personal
from small_project import SmallProject
from starlette.applications import Starlette
from store_tools import KEY, MINUTES, Clock, TakeAway, Worker

from bot.__main__ import main
from bot.assistant import Assistant
from bot.channels.pages import PageChannel
from bot.content import Content
from bot.conversations import MemoryStore
from bot.crisis import CERTAIN, HARMLESS, POSSIBLE
from bot.models import Turn, UserMessage
from bot.preparation import find_usable_model, model_path
from bot.review import commands as review_commands
from bot.review.groups import group_texts
from bot.review.notes import LONGEST, ReviewNotes
from bot.review.rules import is_same_person
from bot.settings import Settings
from bot.store.review_desk import Entry, ReviewDesk
from bot.store.sealing import Sealer
from bot.store.state import SharedState

QUESTION = "Wann kommt der Sperrmüll?"


class Notes:
    """Keeps what it is given, in memory."""

    def __init__(self, is_on: bool = True) -> None:
        self.is_on = is_on
        self.texts: list[tuple[str, str]] = []

    def note(self, conversation: str, text: str) -> None:
        """Keep a text."""
        self.texts.append((conversation, text))

    async def forget(self, conversation: str) -> None:
        """Remove the texts of a conversation."""
        self.texts = [entry for entry in self.texts if entry[0] != conversation]


class MovableModel:
    """Says of every message what a test wants to hear; at first it leaves the decision to the wordings."""

    score = HARMLESS

    def judge(self, text: str) -> tuple[str, float]:
        """Return the prepared verdict."""
        return "stromsperre", self.score


class Bench:
    """An assistant with everything a test can move; building one takes a second, so all share it."""

    def __init__(self, content: Content) -> None:
        self.interpreter, self.notes, self.model = FakeInterpreter(), Notes(), MovableModel()
        self.assistant = build(content, self.interpreter, self.notes, self.model)
        self.conversations = 0

    def begin(self) -> None:
        """Forget what the last test did."""
        self.conversations += 1
        self.interpreter.prediction = predict(("unbekannt", 0.9))
        self.notes.is_on, self.notes.texts, self.model.score = True, [], HARMLESS

    @property
    def conversation(self) -> str:
        """Return the conversation of this test."""
        return f"web:{self.conversations}"

    async def say(self, text: str, channel: str = "web") -> Turn:
        """Write something."""
        return await self.assistant.handle(UserMessage(channel, self.conversation, text))

    async def tap(self, payload: str) -> Turn:
        """Tap a button."""
        return await self.assistant.handle(UserMessage("web", self.conversation, payload=payload))


def build(
    content: Content, interpreter: FakeInterpreter, notes: ReviewNotes, model: MovableModel | None = None
) -> Assistant:
    return Assistant(
        content,
        interpreter.parse,
        MemoryStore(30, 2000),
        2000,
        lambda: NOW,
        crisis_model=model,
        review=notes,
        review_days=14,
    )


@pytest.fixture
def notes() -> Notes:
    """What an assistant of its own has kept."""
    return Notes()


@pytest.fixture(scope="module")
def shared_bench(content: Content) -> Bench:
    """The one assistant of this module."""
    return Bench(content)


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    """The assistant as if it were new."""
    shared_bench.begin()
    return shared_bench


# ---- what is kept --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["unbekannt", "kaution"])
async def test_question_that_was_not_understood_is_kept(bench: Bench, topic: str) -> None:
    bench.interpreter.prediction = predict((topic, 0.9 if topic == "unbekannt" else 0.001))
    turn = await bench.say(f"  {QUESTION} ")
    assert turn.decision.status == "fallback"
    assert bench.notes.texts == [(bench.conversation, QUESTION)]


@pytest.mark.parametrize(
    ("text", "prediction", "status"),
    [
        (QUESTION, ("kaution", 0.99), "answered"),
        (QUESTION, ("mensch", 0.99), "handoff"),
        (QUESTION, ("kaution", 0.3), "clarification"),
        (QUESTION, ("andere_sprache", 0.99), "guardrail_language"),
        ("Sperrmüll, meine IBAN DE89 3704 0044 0532 0130 00", ("unbekannt", 0.9), "guardrail_personal_data"),
        ("Mein Name ist Erika Beispiel, wann kommt der Sperrmüll?", ("unbekannt", 0.9), "guardrail_personal_data"),
        ("Ich will nicht mehr leben", ("unbekannt", 0.9), "guardrail_crisis"),
        ("When will the bulky waste be collected in my street?", ("unbekannt", 0.9), "guardrail_language"),
        ("Когда вывезут мусор", ("unbekannt", 0.9), "guardrail_language"),
        ("s" * (LONGEST + 1), ("unbekannt", 0.9), "fallback"),
        ("Sperrmüll Vorgang 12 345-67", ("unbekannt", 0.9), "fallback"),
        ("Sperrmüll siehe www.example.org/erika", ("unbekannt", 0.9), "fallback"),
        ("Etwas anderes", ("unbekannt", 0.9), "fallback"),
        ("?!", ("unbekannt", 0.9), "guardrail_input"),
    ],
)
async def test_nothing_else_is_kept(bench: Bench, text: str, prediction: tuple[str, float], status: str) -> None:
    bench.interpreter.prediction = predict(prediction)
    assert (await bench.say(text)).decision.status == status
    assert bench.notes.texts == []


@pytest.mark.parametrize("score", [CERTAIN, POSSIBLE])
async def test_possible_emergency_is_never_kept(bench: Bench, score: float) -> None:
    bench.model.score = score
    assert (await bench.say(QUESTION)).decision.status == ("guardrail_crisis" if score == CERTAIN else "fallback")
    assert bench.notes.texts == []


async def test_nothing_is_kept_right_after_an_emergency(bench: Bench) -> None:
    await bench.say("Ich will nicht mehr leben")
    assert (await bench.say("und was bringt das jetzt noch")).decision.status == "fallback"
    assert bench.notes.texts == []


async def test_language_without_a_card_is_not_kept(content: Content, notes: Notes) -> None:
    cards = {code: text for code, text in content.languages.items() if code != "en"}
    assistant = build(msgspec.structs.replace(content, languages=cards), FakeInterpreter(), notes)
    text = "When will the bulky waste be collected in my street?"
    assert (await assistant.handle(UserMessage("web", "web:a", text))).decision.status == "fallback"
    assert notes.texts == []


async def test_nothing_is_kept_while_a_calculator_asks(bench: Bench) -> None:
    await bench.tap("f:freibetrag")
    statuses = [(await bench.say("ungefähr tausend vielleicht mehr")).decision.status for _ in range(3)]
    assert "fallback" in statuses
    assert bench.notes.texts == []


@pytest.mark.parametrize("channel", ["page", "rest", "terminal", "ask"])
async def test_only_where_people_are_told_and_can_delete(bench: Bench, channel: str) -> None:
    assert (await bench.say(QUESTION, channel)).decision.status == "fallback"
    assert bench.notes.texts == []


async def test_off_is_off(bench: Bench) -> None:
    bench.notes.is_on = False
    assert (await bench.say(QUESTION)).decision.status == "fallback"
    assert bench.notes.texts == []


@pytest.mark.parametrize("way", ["s:delete", "alles löschen"])
async def test_deleting_the_conversation_deletes_its_questions(bench: Bench, way: str) -> None:
    await bench.say(QUESTION)
    assert bench.notes.texts
    await (bench.tap(way) if way == "s:delete" else bench.say(way))
    assert bench.notes.texts == []


async def test_keeping_never_breaks_a_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: Notes, *words: str) -> None:
        raise RuntimeError(*words)

    monkeypatch.setattr(Notes, "note", fail)
    monkeypatch.setattr(Notes, "forget", fail)
    assert (await bench.say(QUESTION)).decision.status == "fallback"
    assert (await bench.tap("s:delete")).decision.text_key == "conversation_deleted"
    assert caplog.text.count("RuntimeError") == 2
    assert "Sperrm" not in caplog.text


async def test_generated_personal_data_is_never_kept(
    content: Content,
    interpreter: FakeInterpreter,
    make_worker: Worker,
    database_file: Path,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    worker = make_worker(f"sqlite:///{database_file}", review=True)
    assistant = build(content, interpreter, worker.review)
    cases = [*generate_personal()][::2]
    for number, case in enumerate(cases):
        await assistant.handle(UserMessage("web", f"web:{number}", case.text))
        if number % 100 == 0:
            await assistant.handle(UserMessage("web", f"web:{number}x", f"{QUESTION} {number}"))
            await worker.keep()
    await worker.keep()
    clock.now += MINUTES * 60 + 61
    await worker.keep()
    entries, _ = await ReviewDesk(worker.database, Sealer(KEY), worker.review).list_entries()
    assert len([entry for entry in entries if entry.text.startswith(QUESTION)]) > 3, "the right texts are looked at"
    texts = "\n".join(entry.text for entry in entries)
    stored = b"".join(path.read_bytes() for path in database_file.parent.iterdir())
    secrets = {secret for case in cases for secret in case.secrets if len(secret) > 6}
    assert len(secrets) > 200
    for secret in secrets:
        assert secret not in texts, "not even when it is unsealed"
        assert secret.encode() not in stored
        assert secret not in caplog.text
    assert b"Sperrm" not in stored


# ---- what people are told ------------------------------------------------------------------------------------------


async def read_what_is_told(assistant: Assistant, conversation: str, wording: str) -> tuple[str, str]:
    """Return greeting and answer on data protection."""
    payloads = ["s:plain" if wording == "plain" else "s:normal", "s:start", "t:datenschutz"]
    turns = [await assistant.handle(UserMessage("web", conversation, payload=payload)) for payload in payloads]
    return turns[1].replies[-1].text, turns[2].replies[-1].text


@pytest.mark.parametrize("wording", ["text", "plain"])
async def test_people_are_told_the_truth_in_both_modes(bench: Bench, assistant: Assistant, wording: str) -> None:
    greeting, privacy = await read_what_is_told(bench.assistant, bench.conversation, wording)
    assert "14 Tage" in greeting and "14 Tage" in privacy
    assert "Gespräch löschen" in privacy
    for text in (greeting, privacy):
        assert "speichert Ihre Texte nicht" not in text and "liest niemand mit" not in text
    greeting, privacy = await read_what_is_told(assistant, "c", wording)
    assert "Tage" not in greeting + privacy
    assert "speichert Ihre Texte nicht" in privacy


async def test_page_on_data_protection_tells_it_as_well(content: Content, assistant: Assistant) -> None:
    for is_on in (True, False):
        channel = PageChannel(Settings(review=is_on, retention_days=9), content, assistant.handle, lambda: NOW)
        transport = httpx.ASGITransport(Starlette(routes=channel.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            page = (await client.get("/themen/datenschutz")).text
            assert ("bis zu 9 Tage" in page) is is_on
            assert ("speichert Ihre Texte nicht" in page) is not is_on
            # the form promises that the text is not kept, and test_only_where_people_are_told holds it
            assert "Ihr Text wird nicht gespeichert" in (await client.get("/themen")).text


# ---- similar questions ---------------------------------------------------------------------------------------------


def test_similar_questions_stand_together() -> None:
    texts = [
        "wann kommt der sperrmüll",
        "wo kann ich mein auto anmelden",
        "sperrmuell wann kommt der",
        "Auto anmelden wo?",
        "bekomme ich hier ein angelschein",
        "der Sperrmüll kommt wann",
        "?",
    ]
    assert group_texts(texts) == [[0, 2, 5], [1, 3], [4], [6]]


@pytest.mark.parametrize("texts", [[], ["a"], ["?", "!"], ["a", "?"], ["gleich", "gleich"]])
def test_few_questions_are_grouped_as_well(texts: list[str]) -> None:
    assert sorted(index for group in group_texts(texts) for index in group) == [*range(len(texts))]


# ---- the command ---------------------------------------------------------------------------------------------------


class Editor:
    """Somebody at the command line."""

    def __init__(self, worker: SharedState, nlu_data: Path, capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
        self._desk = ReviewDesk(worker.database, Sealer(KEY), worker.review)
        self._worker = worker
        self._capsys = capsys
        self._clock = clock
        self.nlu_data = nlu_data

    def fill(self, *texts: str) -> list[int]:
        """Let the bot not understand some questions; return their numbers."""

        async def ask() -> list[Entry]:
            self._clock.now = time.time() - MINUTES * 60 - 120
            for number, text in enumerate(texts):
                self._worker.review.note(f"web:{number}", text)
            await self._worker.keep()
            self._clock.now = time.time()
            await self._worker.keep()
            return (await self._desk.list_entries())[0]

        numbers = {entry.text: entry.id for entry in asyncio.run(ask())}
        return [numbers[text] for text in texts]

    def find(self, number: int) -> Entry | None:
        """Return what the database holds."""
        return asyncio.run(self._desk.find(number))

    def run(self, *arguments: str | int) -> tuple[int, str]:
        """Call the command; return its exit code and everything it said."""
        code = main(["review", *map(str, arguments)])
        output = self._capsys.readouterr()
        return code, output.out + output.err

    def read(self) -> dict[str, bytes]:
        """Return the training files."""
        return {path.name: path.read_bytes() for path in self.nlu_data.iterdir()}


@pytest.fixture
def editor(
    make_worker: Worker,
    database_file: Path,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Editor:
    """An editor with a database, a small project and no model."""
    project = SmallProject(tmp_path / "project")
    nlu_data = project.root / "nlu_data"
    monkeypatch.setattr(review_commands, "DIALOGUES", project.root / "tests" / "dialogues")
    monkeypatch.setenv("JOBCENTER_BOT_RESPONSES_DIR", str(project.responses))
    monkeypatch.setenv("JOBCENTER_BOT_DATABASE_URL", f"sqlite:///{database_file}")
    monkeypatch.setenv("JOBCENTER_BOT_SECRET_KEY", KEY.decode())
    monkeypatch.setenv("JOBCENTER_BOT_REVIEW", "true")
    monkeypatch.setenv("JOBCENTER_BOT_NLU_DATA_DIR", str(nlu_data))
    ranking = predict(("kaution", 0.31), ("umzug", 0.2), ("unbekannt", 0.04), ("mensch", 0.01))
    monkeypatch.setattr(review_commands, "_predict", lambda settings, texts: [ranking for _ in texts])
    return Editor(make_worker(f"sqlite:///{database_file}", review=True), nlu_data, capsys, clock)


def test_list_shows_groups_with_the_nearest_topics(editor: Editor) -> None:
    first, second, third = editor.fill("wer leiht die kaution", "die kaution leiht wer", "wann ist weihnachten")
    code, said = editor.run()
    assert code == 0
    assert said.index("2-mal gefragt") < said.index("1-mal gefragt")
    for number, text in ((first, "wer leiht die kaution"), (second, "die kaution leiht wer"), (third, "wann ist")):
        assert re.search(rf"{number} +1× +{text}", said)
    assert "Am nächsten: 31 % „Kaution“ (kaution), 20 % „Umzug“ (umzug), 4 % unbekannt\n" in said
    assert "mensch" not in said, "three topics are enough"
    assert editor.run() == (code, said), "numbers stay"


def test_empty_list_says_so(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert editor.run() == (0, "Es liegt nichts vor.\n")
    monkeypatch.setenv("JOBCENTER_BOT_REVIEW", "false")
    assert "JOBCENTER_BOT_REVIEW" in editor.run()[1]


def test_two_people_teach_a_sentence(editor: Editor) -> None:
    (number,) = editor.fill("wer leiht mir die kaution")
    before = editor.read()
    code, said = editor.run("assign", number, "kaution", "--name", "A. Beispiel")
    assert code == 0 and "zweite Person" in said
    assert editor.read() == before, "a proposal changes nothing"
    assert "Vorschlag von A. Beispiel" in editor.run()[1]
    code, said = editor.run("confirm", number, "--name", "B. Beispiel")
    assert code == 0 and "./run check" in said and "Training" in said
    new = b"      - wer leiht mir die kaution\n  - intent: umzug\n"
    assert editor.read() == before | {"wohnen.yml": before["wohnen.yml"].replace(b"  - intent: umzug\n", new)}
    assert editor.find(number) is None
    assert editor.run("confirm", number, "--name", "B. Beispiel")[0] == 1


@pytest.mark.parametrize("name", ["A. Beispiel", "a. beispiel", "  A.   BEISPIEL ", "A Beispiel"])
def test_one_person_is_not_two(editor: Editor, name: str) -> None:
    (number,) = editor.fill("wer leiht mir die kaution")
    before = editor.read()
    editor.run("assign", number, "kaution", "--name", "A. Beispiel")
    code, said = editor.run("confirm", number, "--name", name)
    assert code == 1 and "jemand anderes" in said
    assert editor.read() == before
    assert editor.find(number) is not None


@pytest.mark.parametrize(("name", "is_same"), [("Jörg Müller", True), ("joerg mueller", True), ("Jörn Müller", False)])
def test_names_are_compared_as_people_write_them(name: str, is_same: bool) -> None:
    assert is_same_person("Jörg  müller", name) is is_same


def test_several_numbers_at_once(editor: Editor) -> None:
    numbers = editor.fill("wer leiht mir die kaution", "kaution leihen bei wem")
    assert editor.run("assign", *numbers, "kaution", "--name", "A")[0] == 0
    assert editor.run("confirm", *numbers, "--name", "B")[0] == 0
    text = editor.read()["wohnen.yml"].decode()
    assert "- wer leiht mir die kaution\n" in text and "- kaution leihen bei wem\n" in text


def test_new_proposal_replaces_the_old_one(editor: Editor) -> None:
    (number,) = editor.fill("wer leiht mir die kaution")
    editor.run("assign", number, "umzug", "--name", "A")
    code, said = editor.run("assign", number, "kaution", "--name", "B", "--text", "Wer leiht die Kaution?")
    assert code == 0 and "Vorschlag von A" in said
    assert "Wer leiht die Kaution?" in editor.run()[1]
    assert editor.run("confirm", number, "--name", "B")[0] == 1
    assert editor.run("confirm", number, "--name", "A")[0] == 0
    assert b"- Wer leiht die Kaution?\n" in editor.read()["wohnen.yml"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("ich bin ••• und brauche die kaution", "unkenntlich"),
        ("meine iban ist DE89370400440532013000", "persönliche Angaben (IBAN)"),
        ("was ist [kaution](x)", "Rasa"),
    ],
)
def test_text_that_must_not_be_learnt_needs_a_new_wording(editor: Editor, text: str, part: str) -> None:
    (number,) = editor.fill(text)
    code, said = editor.run("assign", number, "kaution", "--name", "A")
    assert code == 1 and part in said and f'assign {number} THEMA --name … --text "…"' in said
    entry = editor.find(number)
    assert entry is not None and entry.proposal is None
    assert editor.run("assign", number, "kaution", "--name", "A", "--text", text)[0] == 1
    assert editor.run("assign", number, "kaution", "--name", "A", "--text", "wer leiht die kaution")[0] == 0


def test_sentence_of_another_topic_is_refused(editor: Editor) -> None:
    sentence = re.search(rb"- (umzug .+)\n", editor.read()["wohnen.yml"])
    assert sentence is not None
    (number,) = editor.fill(sentence[1].decode().upper() + "!")
    code, said = editor.run("assign", number, "kaution", "--name", "A")
    assert code == 1 and 'bei einem anderen Thema: "umzug" (nlu_data/wohnen.yml:' in said
    code, said = editor.run("assign", number, "umzug", "--name", "A")
    assert code == 1 and "steht schon beim Thema" in said and f"discard {number}" in said


def test_test_sentence_is_refused(editor: Editor) -> None:
    (number,) = editor.fill("wer zahlt die kaution")
    code, said = editor.run("assign", number, "kaution", "--name", "A")
    assert code == 1 and "Testsatz (tests/dialogues/wohnen.yml:4)" in said


def test_what_changed_since_the_proposal_is_seen(editor: Editor) -> None:
    first, second = editor.fill("wer leiht mir die kaution", "kaution leihen bei wem")
    editor.run("assign", first, second, "kaution", "--name", "A")
    path = editor.nlu_data / "wohnen.yml"
    text = path.read_text(encoding="utf-8")
    by_hand = text.replace("  - intent: umzug", "      - wer leiht mir die kaution\n  - intent: umzug")
    path.write_text(by_hand + "      - kaution leihen bei wem\n", encoding="utf-8")
    before = editor.read()
    code, said = editor.run("confirm", first, "--name", "B")
    assert code == 0 and "inzwischen schon" in said
    code, said = editor.run("confirm", second, "--name", "B")
    assert code == 1 and 'anderen Thema: "umzug"' in said
    assert editor.read() == before
    assert (editor.find(first), editor.find(second) is None) == (None, False)


def test_file_that_cannot_be_written_keeps_the_question(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, content: bytes) -> int:
        raise OSError(30, "Read-only file system")

    (number,) = editor.fill("wer leiht mir die kaution")
    editor.run("assign", number, "kaution", "--name", "A")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        code, said = editor.run("confirm", number, "--name", "B")
    assert code == 1 and "lässt sich nicht schreiben" in said
    assert editor.run("confirm", number, "--name", "B")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["assign", "123456", "kaution", "--name", "A"], "123456: Diese Nummer gibt es nicht"),
        (["assign", "123456", "kauton", "--name", "A"], "Meinten Sie: kaution"),
        (["assign", "123456", "xyzxyz", "--name", "A"], "_topics.yml"),
        (["assign", "123456", "kaution", "--name", " . "], "wer Sie sind"),
        (["assign", "1", "2", "kaution", "--name", "A", "--text", "x"], "einzelne Nummer"),
        (["confirm", "123456", "--name", ""], "wer Sie sind"),
        (["confirm", "123456", "--name", "B"], "gibt es nicht"),
        (["discard", "123456"], "gibt es nicht"),
    ],
)
def test_wrong_call_gets_a_clear_sentence(editor: Editor, arguments: list[str], part: str) -> None:
    code, said = editor.run(*arguments)
    assert code == 1 and part in said


def test_confirming_needs_a_proposal(editor: Editor) -> None:
    (number,) = editor.fill("wer leiht mir die kaution")
    code, said = editor.run("confirm", number, "--name", "B")
    assert code == 1 and f"assign {number}" in said


def test_discarding_deletes_question_and_proposal(editor: Editor) -> None:
    (number,) = editor.fill("wer leiht mir die kaution")
    editor.run("assign", number, "kaution", "--name", "A. Beispiel")
    code, said = editor.run("discard", number, "--name", "B")
    assert code == 0 and "Vorschlag von A. Beispiel" in said
    assert editor.find(number) is None


def test_another_key_is_named(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    editor.fill("wer leiht mir die kaution")
    monkeypatch.setenv("JOBCENTER_BOT_SECRET_KEY", "x" * 32)
    assert "anderen SECRET_KEY" in editor.run()[1]


def test_names_are_neither_logged_nor_kept(editor: Editor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (number,) = editor.fill("wer leiht mir die kaution")
    editor.run("assign", number, "kaution", "--name", "Zauberfee")
    editor.run("confirm", number, "--name", "Zauberer")
    assert "Zauber" not in caplog.text and "leiht" not in caplog.text
    assert "Zauber" not in str(editor.read())


def test_command_needs_a_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "REVIEW"):
        monkeypatch.delenv(f"JOBCENTER_BOT_{name}", raising=False)
    assert main(["review"]) == 1
    assert "JOBCENTER_BOT_SECRET_KEY" in capsys.readouterr().err


def test_database_that_is_away_is_said(editor: Editor, take_away: TakeAway) -> None:
    take_away(True)
    code, said = editor.run()
    assert code == 1 and "nicht erreichbar" in said


def test_last_model_gives_the_hints_while_a_new_one_is_not_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(models_dir=tmp_path)
    for number, name in enumerate(("nlu-new.tar.gz", "nlu-old.tar.gz")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - number, 1000 - number))
    assert find_usable_model(settings) == tmp_path / "nlu-new.tar.gz"
    trained = model_path(settings)
    trained.touch()
    assert find_usable_model(settings) == trained
