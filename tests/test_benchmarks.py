"""Tables, plots, samples and synthetic topics of tests/benchmarks; nothing here measures time."""

import argparse
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.content import load_content
from bot.training_data import read_lookup_tables, read_training_data

sys.path.insert(0, str(Path(__file__).resolve().parent / "benchmarks"))

from ask_server import WAYS, Answer, Job, build_body, summarise
from benchmark_report import build_readme, format_comparison, format_scaling
from charts import BOTTOM, LABEL_HEIGHT, draw_comparison, draw_scaling, spread_labels
from comparison import judge
from dataset import Dataset, Sentences, read_sentences, take, take_share, write_dataset
from processes import find_tree, read_memory
from run_benchmark import count_failures, run_parts
from stages import attempt, load, save
from synthetic import disguise, multiply_content, multiply_sentences

ROOT = Path(__file__).resolve().parent.parent
MACHINE = {"date": "22.11.2026", "cores": 2, "processor": "Prüfstand", "memory_gb": 16, "busy_before": 0.0}
PLAN = {"requests": 1000, "seconds": 8.0, "starts": 3, "clients": [8, 64, 256]}


def make_loads(p50: float) -> dict[str, Any]:
    """Figures of 1, 8, 64 and 256 clients."""
    return {
        str(clients): {
            "answers": 9, "errors": 0, "p50": p50 * clients, "p95": 2 * p50 * clients, "throughput": 1000 / p50
        }
        for clients in (1, 8, 64, 256)
    }  # fmt: skip


def make_side(factor: float, *ways: str) -> dict[str, Any]:
    """One side that needs so many times as much of everything."""
    return {
        "training": {"seconds": 10 * factor, "peak": 300 * factor, "cached": False},
        "model": 5 * factor,
        "install": 500 * factor,
        "start": 2 * factor,
        "memory": 200 * factor,
        **{way: make_loads(2.5 * factor) for way in ways},
        "accuracy": {"top": 80 / factor, "right": 60 / factor, "wrong": 3 * factor},
    }


@pytest.fixture
def comparison() -> dict[str, Any]:
    """Results in which `rasa init` is four times as bad, and the light pipeline failed."""
    return {
        "machine": MACHINE,
        "plan": PLAN,
        "minutes": 12.4,
        "data": {
            "topics": 133, "sentences": 798, "sentences_per_topic": 6, "all_sentences": 43364, "labelled": 900,
            "epochs": 100,
        },
        "sides": {
            "bot": make_side(1, "api"), "light": {"error": "Kein Platz"}, "init": make_side(4, "parse", "webhook")
        },
        "proof": {"sentences": 50, "own_model": 50, "same_model": 49},
    }  # fmt: skip


@pytest.fixture
def scaling() -> dict[str, Any]:
    """Results that grow as their cause does; the second process failed."""
    axis = {f"×{factor}": {**make_side(factor, "api"), "topics": 34 * factor, "sentences": 680} for factor in (1, 4)}
    workers = {"SQLite, 1": make_side(1, "api"), "SQLite, 2": {"error": "Port belegt"}}
    return {
        "machine": MACHINE,
        "plan": PLAN,
        "minutes": 9.7,
        "sentences_per_topic": 20,
        "axes": {"topics": axis, "sentences": axis, "workers": workers},
    }


def read_rows(markdown: str) -> dict[str, list[str]]:
    """Cells of each line of a table by its first cell."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines() if "|" in line]
    return {first: cells for first, *cells in rows}


def test_comparison_names_the_advantage_before_the_numbers(comparison: dict[str, Any]) -> None:
    rows = read_rows(format_comparison(comparison))
    assert rows[""] == [
        "Vorteil gegen rasa init",
        "Vorteil gegen Rasa, leicht",
        "dieser Bot",
        "rasa init",
        "Rasa, leicht",
    ]
    assert rows["Start bis zur ersten Antwort"] == ["×4,0", "–", "2,0 s", "8,0 s", "–"]
    assert rows["Ganze Antworten je Sekunde, 64 Clients"] == ["×4,0", "–", "400", "100", "–"]
    assert rows["Größe der Installation"] == ["×4,0", "–", "500 MB", "2.000 MB", "–"]
    assert rows["Richtiges Thema an erster Stelle"] == ["+60,0 Punkte", "–", "80,0 %", "20,0 %", "–"]
    assert rows["Mit falschem Thema beantwortet"] == ["−9,0 Punkte", "–", "3,0 %", "12,0 %", "–"]


def test_a_disadvantage_is_shown_as_one(comparison: dict[str, Any]) -> None:
    comparison["sides"]["init"]["start"] = 1.0
    assert read_rows(format_comparison(comparison))["Start bis zur ersten Antwort"][0] == "×0,50"


def test_report_says_what_was_reduced_what_failed_and_when_the_machine_was_busy(comparison: dict[str, Any]) -> None:
    comparison["sides"]["init"]["webhook"]["256"]["errors"] = 7
    comparison["sides"]["init"]["parse"]["256"] = {"error": "Keine gute Antwort"}
    comparison["machine"] = {**MACHINE, "busy_before": 0.8}
    text = format_comparison(comparison)
    assert "798 Sätzen zu 133 Themen trainiert (6 je Thema, von 43.364 im Ganzen" in text
    assert "Nicht gemessen – Rasa, leicht: Kein Platz" in text
    assert "Nicht gemessen – rasa init: Keine gute Antwort" in text
    assert read_rows(text)["Rasa nur Erkennung, je Sekunde, 256 Clients"][3] == "–"
    assert "Fehlerhafte Antworten (nicht mitgezählt): rasa init 7." in text
    assert "taugen nur zum Ausprobieren" in text
    assert "früheren Lauf" not in text
    comparison["sides"]["bot"]["training"]["cached"] = True
    assert "Trainiert wurde in einem früheren Lauf." in format_comparison(comparison)


def test_growth_names_factors_before_the_numbers(scaling: dict[str, Any]) -> None:
    rows = read_rows(format_scaling(scaling))
    assert rows["×1"][:3] == ["34", "680", "10,0 s"]
    assert rows["×4"][:3] == ["136", "680", "×4,0 (40,0 s)"]
    assert rows["×4"][-2] == "×0,25 (100)"
    assert rows["SQLite, 1"][0] == "2,0 s"
    assert rows["SQLite, 2"] == ["–"] * 6


def test_readme_section_is_complete(comparison: dict[str, Any], scaling: dict[str, Any]) -> None:
    text = build_readme(comparison, scaling)
    assert "run_benchmark.py`, 12 Minuten;" in text
    assert "bei 50 von 50 Sätzen dasselbe erste Thema" in text
    for path in re.findall(r"\((tests/benchmarks/[\w/]+)/\w+\.svg\)", text):
        assert path == "tests/benchmarks/results"
    assert "{" not in text and "None" not in text


def test_plots_hold_every_side_and_survive_what_failed(comparison: dict[str, Any], scaling: dict[str, Any]) -> None:
    for drawn, words in (
        (draw_comparison(comparison), ["dieser Bot", "rasa init", "2.000 MB", "Training", "256"]),
        (draw_scaling(scaling), ["Themen", "Sätze", "×4", "SQLite, 1", "40,0 s"]),
    ):
        root = ElementTree.fromstring(drawn)
        texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
        assert not set(words) - set(texts)
        assert not [node for node in root.iter() for value in node.attrib.values() if "nan" in value or "inf" in value]


def test_labels_of_a_plot_never_cover_each_other_nor_leave_it() -> None:
    placed = spread_labels([(BOTTOM - 1.0, "a"), (BOTTOM, "b"), (50.0, "c"), (50.0, "c")])
    assert [label for _, label in placed] == ["c", "a", "b"]
    heights = [y for y, _ in placed]
    assert all(after - before >= LABEL_HEIGHT for before, after in itertools.pairwise(heights))
    assert heights[-1] <= BOTTOM


def test_good_answers_count_and_bad_ones_are_errors() -> None:
    answers = [
        Answer(0.0, 1.5, True),  # asked before the span, so its time does not count, but it was answered in it
        Answer(1.0, 1.01, True),
        Answer(1.5, 1.6, False),
        Answer(2.9, 3.03, True),  # answered after the span: slow answers must not drop out of the times
    ]
    load = summarise(answers, 1.0, 3.0)
    assert (load.answers, load.errors, load.throughput) == (2, 1, 1.0)
    assert load.p50 == pytest.approx(70.0)
    assert summarise(answers[2:3], 1.0, 3.0) == (0, 1, 0.0, 0.0, 0.0)


def test_every_way_of_asking_carries_the_text() -> None:
    for way in WAYS:
        assert "Frage?" in build_body(way, "Frage?", "gespraech").values()
    assert Job(1, "api", ["Frage?"])._asdict()["clients"] == 1


def test_samples_are_the_same_every_time_and_readable_by_the_bot(tmp_path: Path) -> None:
    sentences = read_sentences(ROOT / "nlu_data", limit=3)
    data = write_dataset(sentences, take(4), ROOT / "tests" / "dialogues", tmp_path / "a")
    again = write_dataset(sentences, take(4), ROOT / "tests" / "dialogues", tmp_path / "b")
    examples, problems = read_training_data(data.nlu)
    assert not problems
    assert (data.intents, data.sentences, len(examples)) == (3, 12, 12)
    assert data.digest == again.digest
    assert {example.text for example in examples} <= {line for some in sentences.topics.values() for line in some}
    assert read_lookup_tables(data.nlu) == read_lookup_tables(ROOT / "nlu_data")
    assert take_share(16)(["a", "b", "c"]) == take(2)(["a", "b", "c"])


def test_copies_of_a_topic_share_no_word_with_it_nor_with_each_other() -> None:
    line = "Wer zahlt die Kaution für meine neue Wohnung?"
    words = [set(disguise(line, number).split()) for number in range(16)]
    assert all(not words[a] & words[b] for a in range(16) for b in range(a))
    multiplied = multiply_sentences(Sentences({"kaution": [line], "unbekannt": ["Hallo"]}, {}), ["kaution"], 16)
    assert len(multiplied.topics) == 17
    assert multiplied.topics["kaution_3"] == [disguise(line, 3)]


def test_copied_content_is_loadable_and_has_an_answer_for_each_copy(tmp_path: Path) -> None:
    multiply_content(ROOT / "responses", ["kaution"], 4, tmp_path)
    content, original = load_content(tmp_path), load_content(ROOT / "responses")
    assert content.answers.keys() - original.answers.keys() == {"kaution_1", "kaution_2", "kaution_3"}
    assert content.answers["kaution_2"] == original.answers["kaution"] == content.answers["kaution"]


def test_answers_are_judged(tmp_path: Path) -> None:
    labelled = [("a", "miete"), ("b", "miete"), ("c", "umzug"), ("d", "umzug")]
    data = Dataset(tmp_path, 2, 4, "", labelled, [])
    figures = judge(data, ["miete", "miete", "umzug", "miete"], ["miete", None, "unbekannt", "miete"])
    assert figures == {"top": 75.0, "right": 25.0, "wrong": 25.0}


def test_a_failing_step_is_kept_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> dict[str, Any]:
        raise ValueError("Kein Platz")

    failed = attempt("probe", fail, tmp_path)
    assert failed == {"error": "Kein Platz"}
    assert "Kein Platz" in (tmp_path / "failed_probe.log").read_text()
    assert str(tmp_path / "failed_probe.log") in capsys.readouterr().err
    assert count_failures({"sides": {"bot": {}, "init": failed}, "proof": failed}) == 2


def test_pictures_are_redrawn_from_saved_results(
    tmp_path: Path, comparison: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    save(comparison, tmp_path / "compare.json")
    assert load(tmp_path / "compare.json") == comparison
    options = argparse.Namespace(
        work=tmp_path, results=tmp_path, stock=tmp_path, starts=1, requests=1, seconds=1.0, sentences=1, epochs=1,
        limit=None, only="compare", redraw=True,
    )  # fmt: skip
    assert run_parts(options) == 1  # the light pipeline failed
    assert (tmp_path / "compare.svg").read_text() == draw_comparison(comparison)
    assert format_comparison(comparison) in capsys.readouterr().out


def test_memory_of_a_process_counts_what_it_started() -> None:
    program = "print('ready', flush=True); input()"  # before it speaks, the process may not have loaded Python yet
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        assert child.pid in find_tree(os.getpid())
        assert os.getpid() not in find_tree(child.pid)
        assert read_memory(child.pid) > 1
        child.communicate("end\n")
