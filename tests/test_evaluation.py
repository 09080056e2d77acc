"""Evaluation: the numbers by hand, the worst first, a page that holds, and German words when it fails."""

from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from conftest import ROOT, predict

from bot import commands
from bot.__main__ import main
from bot.confidence import Coverage, count_confidences, measure_coverage, trace_coverage
from bot.content import Content, Thresholds, load_content
from bot.conversations import Conversation
from bot.dialogue import decide
from bot.evaluation import (
    Evaluation,
    EvaluationError,
    Question,
    Shares,
    evaluate,
    format_report,
    measure,
    read_dialogue_questions,
    read_questions,
)
from bot.evaluation_report import build_page, reserve, write_report
from bot.findings import describe_outcome, list_confusions, list_findings, list_weak_topics
from bot.markup import format_percent, format_points, write_page
from bot.models import Decision, Handle, IntentScore, Prediction, Turn, UserMessage

TODAY = date(2026, 11, 22)
RANKINGS = {
    "Kaution?": [("kaution", 0.9)],
    "Umzug <b>fett</b> & mehr": [("kaution", 0.95)],
    "Ich ziehe um": [("kaution", 0.7), ("umzug", 0.05)],
    "Geld für die Wohnung": [("kaution", 0.4), ("umzug", 0.3)],
    "Rufnummer": [("standorte", 0.4), ("einladung", 0.2)],
    "Reisepass": [("unbekannt", 0.9)],
    "asdf": [("kontakt", 0.8)],
    "hm": [("kontakt", 0.05)],
}
LABELS = {
    "Kaution?": ["kaution"],
    "Umzug <b>fett</b> & mehr": ["umzug"],
    "Ich ziehe um": ["umzug"],
    "Geld für die Wohnung": ["kaution"],
    "Rufnummer": ["kontakt"],
    "Reisepass": ["andere_behoerde", "unbekannt"],
    "asdf": ["unbekannt"],
    "hm": ["kontakt"],
}
QUESTIONS = [Question(text, text, accept[:1], accept) for text, accept in LABELS.items()]


@pytest.fixture
def zoned(content: Content) -> Content:
    """The real content with round thresholds."""
    return msgspec.structs.replace(content, thresholds=Thresholds(0.5, 0.1, 0.1))


def answer_by(rankings: dict[str, list[tuple[str, float]]], content: Content) -> Handle:
    """A bot whose NLU knows these texts and no others."""

    async def handle(message: UserMessage) -> Turn:
        prediction = predict(*rankings.get(message.text, []))
        return Turn((), decide(prediction, Conversation(), content), prediction)

    return handle


@pytest.fixture
async def evaluation(zoned: Content) -> Evaluation:
    """The eight questions, measured as they stand and in lower case."""
    ways: dict[str, Callable[[str], str]] = {"alles klein": str.lower}
    return await evaluate(answer_by(RANKINGS, zoned), QUESTIONS, zoned, "probe.jsonl", ways)


def test_shares_are_those_counted_by_hand(evaluation: Evaluation) -> None:
    shares = measure(evaluation.outcomes, evaluation.content)
    assert shares == Shares(8, right=2 / 8, offered=3 / 8, wrong=3 / 8, unknown=2 / 8, rejected=1 / 2)
    wohnen = measure(evaluation.groups()["wohnen"], evaluation.content)
    assert wohnen == Shares(4, right=1 / 4, offered=2 / 4, wrong=2 / 4, unknown=0.0, rejected=None)


def test_other_ways_of_writing_are_asked_only_where_they_differ(evaluation: Evaluation) -> None:
    (variant,) = evaluation.variants
    # "asdf" and "hm" are lower case already; the other six are unknown to this NLU and become fallbacks
    assert variant.changed == 6
    assert variant.shares == Shares(8, right=1 / 8, offered=1 / 8, wrong=1 / 8, unknown=7 / 8, rejected=1 / 2)


async def test_every_question_is_asked_in_a_conversation_of_its_own(zoned: Content) -> None:
    seen: list[str] = []

    async def handle(message: UserMessage) -> Turn:
        seen.append(message.conversation)
        return Turn((), Decision("fallback"))

    ways: dict[str, Callable[[str], str]] = {"groß": str.upper, "klein": str.lower}
    await evaluate(handle, QUESTIONS, zoned, "probe", ways)
    assert len(seen) == len(set(seen)) == 8 + 8 + 6


def test_histogram_counts_the_best_topic(evaluation: Evaluation) -> None:
    histogram = count_confidences(evaluation.outcomes)
    assert histogram.right == [1, 0, 0, 0, 1, 0, 0, 0, 0, 2]
    assert histogram.wrong == [0, 0, 0, 0, 1, 0, 0, 1, 1, 1]


def test_coverage_follows_the_threshold(evaluation: Evaluation) -> None:
    line = trace_coverage(evaluation.outcomes, evaluation.content, lead=0.1)
    assert line[50] == measure_coverage(evaluation.outcomes, 0.5) == Coverage(0.5, 4 / 8, 3 / 8)
    assert line[85] == Coverage(0.85, 2 / 8, 1 / 8)
    assert line[100] == Coverage(1.0, 0.0, 0.0)
    # "hm" is only 0.05 ahead
    assert line[0] == Coverage(0.0, 6 / 8, 4 / 8)
    # without a lead everything but "unbekannt" is answered from 0 on
    assert trace_coverage(evaluation.outcomes, evaluation.content, lead=0.0)[0] == Coverage(0.0, 7 / 8, 4 / 8)


async def test_what_guardrails_decided_follows_no_threshold(zoned: Content) -> None:
    async def handle(message: UserMessage) -> Turn:
        return Turn((), Decision("guardrail_crisis", topic="krise_suizid", crisis_kind="suizid"))

    measured = await evaluate(handle, [Question(1, "x", ["kontakt"], ["kontakt"])], zoned, "probe", {})
    assert {(point.answered, point.wrong) for point in trace_coverage(measured.outcomes, zoned, 0.0)} == {(1.0, 1.0)}
    (finding,) = list_findings(measured)
    assert "_crisis.yml" in finding.advice
    assert "Notfallhinweis" in describe_outcome(finding.outcome, measured)


def test_sentences_come_worst_first(evaluation: Evaluation) -> None:
    found = [(finding.kind, finding.outcome.question.text) for finding in list_findings(evaluation)]
    assert found == [
        ("wrong", "Umzug <b>fett</b> & mehr"),
        ("wrong", "asdf"),
        ("wrong", "Ich ziehe um"),
        ("misled", "Rufnummer"),
        ("silent", "hm"),
        ("asked", "Geld für die Wohnung"),
    ]


def test_advice_names_topic_and_file(evaluation: Evaluation) -> None:
    advice = {finding.outcome.question.text: finding.advice for finding in list_findings(evaluation)}
    assert advice["Ich ziehe um"].startswith("umzug wird mit kaution verwechselt")
    assert "nlu_data/wohnen.yml" in advice["Ich ziehe um"]
    assert "bei unbekannt in nlu_data/dialog.yml" in advice["asdf"]
    assert "kontakt fehlt unter den Vorschlägen, standorte stand vorn" in advice["Rufnummer"]
    assert "Der Bot kennt diese Art zu fragen nicht" in advice["hm"]
    assert "zu unsicher (40\u00a0%, nötig 50\u00a0%)" in advice["Geld für die Wohnung"]


@pytest.mark.parametrize(
    ("label", "ranking", "part"),
    [
        ("gibtesnicht", [("kontakt", 0.9)], "steht nicht im Katalog"),
        ("kaution", [("kaution", 0.55), ("umzug", 0.5)], "umzug liegt fast gleichauf"),
        ("umzug", [("kaution", 0.4), ("umzug", 0.3)], "umzug wird mit kaution verwechselt"),
    ],
)
async def test_advice_fits_the_case(label: str, ranking: list[tuple[str, float]], part: str, zoned: Content) -> None:
    handle = answer_by({"x": ranking}, zoned)
    measured = await evaluate(handle, [Question(1, "x", [label], [label])], zoned, "probe", {})
    (finding,) = list_findings(measured)
    assert part in finding.advice
    assert write_page(build_page(measured, TODAY))


async def test_a_question_back_is_fine_where_it_was_expected(zoned: Content) -> None:
    question = Question(1, "x", ["kaution"], ["kaution"], may_ask=True)
    handle = answer_by({"x": [("kaution", 0.4), ("umzug", 0.3)]}, zoned)
    assert list_findings(await evaluate(handle, [question], zoned, "probe", {})) == []


def test_confusions_and_weak_topics_begin_with_the_most_frequent(evaluation: Evaluation) -> None:
    pairs = [(pair.meant, pair.given, pair.answered, pair.suggested) for pair in list_confusions(evaluation)]
    assert pairs == [("umzug", "kaution", 2, 0), ("unbekannt", "kontakt", 1, 0), ("kontakt", "standorte", 0, 1)]
    weak = [(topic.topic, topic.count, len(topic.findings), topic.given) for topic in list_weak_topics(evaluation)]
    assert weak[0] == ("umzug", 2, 2, [("kaution", 2)])
    assert weak[-1] == ("kaution", 2, 1, [])


def test_text_report_has_groups_losses_and_no_sentence(evaluation: Evaluation) -> None:
    numbered = [
        msgspec.structs.replace(outcome, question=msgspec.structs.replace(outcome.question, id=number))
        for number, outcome in enumerate(evaluation.outcomes)
    ]
    report = format_report(msgspec.structs.replace(evaluation, outcomes=numbered))
    lines = [line.split() for line in report.splitlines()]
    assert ["alle", "8", "25.0%", "37.5%", "37.5%", "25.0%", "50.0%"] in lines
    assert ["wohnen", "4", "25.0%", "50.0%", "50.0%", "0.0%", "–"] in lines
    assert ["alles", "klein", "6", "-12.5", "-25.0", "-25.0"] in lines
    assert ["2", "umzug", "→", "kaution"] in lines
    assert not any(text in report for text in LABELS if text not in {"hm"})


class PageReader(HTMLParser):
    """Checks that every element is closed, and collects what the page would load."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "srcset", "action", "data"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read_page(text: str) -> PageReader:
    """Read a whole page."""
    reader = PageReader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_page_is_well_formed_escaped_and_loads_nothing(evaluation: Evaluation, tmp_path: Path) -> None:
    target = tmp_path / "neu" / "bericht.html"
    reserve(target)
    write_report(evaluation, target, TODAY)
    text = target.read_text(encoding="utf-8")
    page = read_page(text)
    assert "Umzug <b>fett</b> & mehr" in page.words
    assert not page.tags & {"b", "script", "link", "img", "iframe"}
    assert all(link.startswith("#") for link in page.targets)
    assert "url(" not in text
    assert "@import" not in text
    assert {"svg", "rect", "polyline", "circle"} <= page.tags
    order = [text.index(sentence) for sentence in ("· asdf<", "· Rufnummer<", "· hm<", "· Geld für die Wohnung<")]
    assert order == sorted(order)


@pytest.mark.parametrize("text", ["</style><script>alert(1)</script>", "\x00\x08", "a\u2028b", "\ud800", "\"'&lt;"])
async def test_page_survives_any_sentence(text: str, zoned: Content, tmp_path: Path) -> None:
    questions = [Question(text, text, ["kontakt"], ["kontakt"])]
    measured = await evaluate(answer_by({text: [("umzug", 0.9)]}, zoned), questions, zoned, text, {})
    write_report(measured, tmp_path / "bericht.html", TODAY)
    page = read_page((tmp_path / "bericht.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags


async def test_page_without_findings_says_so(zoned: Content) -> None:
    handle = answer_by({"x": [("kontakt", 0.9)]}, zoned)
    measured = await evaluate(handle, [Question(1, "x", ["kontakt"], ["kontakt"])], zoned, "probe", {})
    words = " ".join(read_page(write_page(build_page(measured, TODAY))).words)
    assert "Hier ist nichts zu tun" in words
    assert "Nicht gemessen" in words


def test_page_holds_with_no_outcome_at_all(zoned: Content) -> None:
    nothing = Evaluation("probe", [], [], zoned)
    assert read_page(write_page(build_page(nothing, TODAY)))
    assert "alle" in format_report(nothing)


def test_numbers_are_written_the_german_way() -> None:
    assert format_percent(0.853) == "85\u00a0%"
    assert format_percent(0.8534, 1) == "85,3\u00a0%"
    assert [format_points(change) for change in (-0.042, 0.013, -0.0001)] == ["−4,2", "+1,3", "0,0"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("", "enthält keine Fragen"),
        ("\n\n", "enthält keine Fragen"),
        ('{"id": 1, "text": "a", "best": ["x"], "accept": ["x"]}\nkaputt\n', ":2: Die Zeile ist kein gültiges JSON"),
        ('{"id": 1, "text": "a", "best": ["x"]}', ':1: Die Zeile passt nicht: das Feld "accept" fehlt'),
        ('{"id": 1, "text": "a", "best": "x", "accept": []}', 'Feld "best": erwartet eine Liste'),
        ('{"id": 1, "text": "a", "best": [], "accept": ["x"]}', "brauchen mindestens ein Thema"),
    ],
)
def test_unusable_file_ends_with_a_german_sentence(
    body: str, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fragen.jsonl"
    path.write_text(body, encoding="utf-8")
    assert main(["evaluate", str(path), "--html", str(tmp_path / "bericht.html")]) == 1
    assert part in capsys.readouterr().err
    assert not (tmp_path / "bericht.html").exists()


def test_file_with_other_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "fragen.jsonl"
    path.write_bytes("Öffnung".encode("latin-1"))
    with pytest.raises(EvaluationError, match="nicht in UTF-8"):
        read_questions(path)


def test_rare_line_separator_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "fragen.jsonl"
    path.write_text('\ufeff{"id": 1, "text": "a\u2028b", "best": ["x"], "accept": ["x"]}\r\n', encoding="utf-8")
    assert [question.text for question in read_questions(path)] == ["a\u2028b"]


@pytest.mark.parametrize("target", ["fragen.jsonl/bericht.html", "."])
def test_unwritable_target_is_said_before_anything_is_loaded(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fragen.jsonl"
    path.write_bytes(msgspec.json.encode(QUESTIONS[0]))
    assert main(["evaluate", str(path), "--html", str(tmp_path / target)]) == 1
    assert "Der Bericht lässt sich nicht nach" in capsys.readouterr().err


def test_target_that_disappears_is_a_german_sentence(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="Diese Datei gibt es nicht"):
        write_report(evaluation, tmp_path / "weg" / "bericht.html", TODAY)


TEST_SENTENCES = """\
group: wohnen
topics:
  kaution:
    answers: ["Kaution?"]
    suggestions: ["Geld für die Wohnung"]
    not_answers: ["Ich ziehe um"]
"""


def test_without_a_file_the_test_dialogues_are_asked(tmp_path: Path, content: Content) -> None:
    (tmp_path / "wohnen.yml").write_text(TEST_SENTENCES, encoding="utf-8")
    assert read_dialogue_questions(tmp_path, content) == [
        Question("wohnen.yml:4", "Kaution?", ["kaution"], ["kaution"]),
        Question("wohnen.yml:5", "Geld für die Wohnung", ["kaution"], ["kaution"], may_ask=True),
    ]
    with pytest.raises(EvaluationError, match="gibt es nicht"):
        read_dialogue_questions(tmp_path / "weg", content)


class FakeBot:
    """Stands in for the bot that would need a model."""

    def __init__(self, settings: object) -> None:
        self.content: Content = load_content(ROOT / "responses")
        self.assistant = self

    async def handle(self, message: UserMessage) -> Turn:
        """Answer everything with the same topic."""
        prediction = Prediction((IntentScore("kaution", 0.9),))
        return Turn((), Decision("answered", topic="kaution"), prediction)

    def close(self) -> None:
        """Nothing to stop."""


@pytest.mark.parametrize(("flags", "has_losses"), [([], True), (["--quick"], False)])
def test_command_prints_figures_and_writes_the_report(
    flags: list[str],
    has_losses: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "wohnen.yml").write_text(TEST_SENTENCES, encoding="utf-8")
    monkeypatch.setattr(commands, "Bot", FakeBot)
    monkeypatch.setattr(commands, "DIALOGUES", tmp_path)
    target = tmp_path / "bericht.html"
    assert main(["evaluate", "--html", str(target), *flags]) == 0
    out = capsys.readouterr().out
    assert "alle" in out
    assert ("zwei Tippfehler" in out) == has_losses
    assert str(target) in out
    assert "2 Fragen aus tests/dialogues" in " ".join(read_page(target.read_text(encoding="utf-8")).words)
