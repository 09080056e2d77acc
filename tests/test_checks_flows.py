"""The checker for menus, calculators, own cases and short messages: each check finds its own fault with its place."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from small_project import SmallProject

from bot.calculators import CALCULATORS, Inputs, Result, Values
from bot.calculators.result import get_input
from bot.checks.flow_walks import trace_paths
from bot.checks.flows import BUTTON_TEXTS
from bot.checks.system_texts import REQUIRED_TEXTS
from bot.flow_content import Flow, Option, Step

FLOWS, CALCULATIONS = "responses/_flows.yml", "responses/_calculators.yml"
OWN_CASE, TYPED, VALUES = "responses/_own_case.yml", "responses/_typed.yml", "responses/_values.yml"

FILES = {
    FLOWS: """\
flows:
  brief:
    title: "Ich habe einen Brief"
    topics: [kaution]
    steps:
      art:
        kind: choice
        text: Um was geht es?
        plain: Um was geht es?
        options:
          - {title: "Geld", value: geld, result: zahlen}
          - {title: "Wohnen", value: wohnen}
      wer:
        kind: choice
        only_if: {art: [wohnen]}
        text: Wer schreibt?
        plain: Wer schreibt?
        options:
          - {title: "Das Jobcenter", value: amt, topic: umzug}
          - {title: "Jemand anders", value: fremd, result: zahlen}
    results:
      zahlen:
        text: Das sind {bedarf} Euro.
        plain: Das sind {bedarf} Euro.
        sources: ["§ 22 SGB II"]
        next: [umzug]
    reviewed: 2026-11-01
""",
    CALCULATIONS: """\
flows:
  rechner:
    title: "Die Hälfte berechnen"
    topics: [umzug]
    calculator: halve
    steps:
      zahl:
        kind: amount
        text: Wie viel ist es?
        plain: Wie viel?
        again: {text: "Zum Beispiel 450", plain: "Zum Beispiel 450"}
    results:
      done:
        text: Die Hälfte ist {half} von {bedarf} Euro.
        plain: Die Hälfte ist {half} von {bedarf} Euro.
        sources: ["§ 20 SGB II"]
        next: [kaution]
      much:
        text: Das ist viel.
        plain: Das ist viel.
        sources: ["§ 20 SGB II"]
        next: [kaution]
    reviewed: 2026-11-01
""",
    OWN_CASE: """\
cases:
  geld:
    topics: [kaution]
    text: Rufen Sie an.
    plain: Rufen Sie an.
    message: Bitte prüfen Sie meinen Antrag. Aktenzeichen (bitte eintragen)
  sonst:
    topics: []
    text: Rufen Sie an.
    plain: Rufen Sie an.
    message: Bitte rufen Sie mich an.
""",
    TYPED: """\
follow_ups:
  wo: {lead: card, patterns: ["(wo|wohin)"]}
  umziehen: {lead: topic, topic: umzug, by_topic: {kaution: mensch}, patterns: ["und beim umzug"]}
ordinals:
  - ["(das |)erste"]
other: ["etwas anderes"]
own_case: {sonst: ["wo bleibt mein geld"]}
openers: ["und"]
flows: {}
"yes": ["jo"]
"no": ["nee"]
stop: ["abbrechen"]
delete: ["alles löschen"]
""",
}

LONG_NAME = "wohnen_" + "x" * 50
LONG_TEXT = "Das ist ein Satz. " * 40
ELEVEN = "\n".join(f'          - {{title: "Antwort {n}", value: a{n}, result: zahlen}}' for n in range(9))
DEEP = "\n".join(
    f'      wer{n}: {{kind: choice, text: Was?, plain: Was?, options: [{{title: "Weiter {n}", value: w}}]}}'
    for n in range(2)
)
TYPED_STEP = 'kind: count\n        again: {text: "Bitte 2", plain: "Bitte 2"}\n        text: Um was'

# What stands in the file, what is put in its place, and the problem as an editor reads it.
FAULTS = [
    # questions and answers of menus
    (FLOWS, FILES[FLOWS][FILES[FLOWS].index("    steps:") : FILES[FLOWS].index("    results:")], "    steps: {}\n",
     "_flows.yml:2: brief: Unter steps fehlen die Fragen."),
    (FLOWS, "topics: [kaution]", "topics: [koution]",
     'brief: topics nennt Themen, die es nicht gibt: "koution".'),
    (FLOWS, "  brief:\n", "  Brief:\n", 'nicht so: "Brief".'),
    (FLOWS, "value: geld,", "value: gäld,", 'nicht so: "gäld".'),
    (FLOWS, "      zahlen:", "      zahlen-: {text: a, plain: a}\n      zahlen:", 'nicht so: "zahlen-".'),
    (FLOWS, '        options:\n          - {title: "Das Jobcenter", value: amt, topic: umzug}\n'
     '          - {title: "Jemand anders", value: fremd, result: zahlen}\n', "",
     'brief: Frage "wer": Unter options fehlen die Antworten.'),
    (FLOWS, '          - {title: "Geld"', ELEVEN + '\n          - {title: "Geld"',
     'brief: Frage "art": Sie hat 11 Antworten; höchstens 10.'),
    (FLOWS, '"Jemand anders"', '"das jobcenter!"', 'Frage "wer": Zwei Antworten haben denselben Titel.'),
    (FLOWS, "value: fremd", "value: amt", 'Frage "wer": Zwei Antworten haben denselben Wert (value).'),
    (FLOWS, '"Jemand anders"', f'"{"J" * 46}"', "Der Titel hat 46 Zeichen; der Knopf fasst 45."),
    (FLOWS, '"Jemand anders"', '"?"', 'Frage "wer", Antwort "?": Der Titel fehlt.'),
    (FLOWS, '"Jemand anders"', '"Mehr als {bedarf}"', "Auf Knöpfen wird kein Wert eingesetzt"),
    (FLOWS, '"Jemand anders"', '"Jemand **anders**"', "brief, Antworten zu wer.text: Der Text enthält Markdown."),
    (FLOWS, "value: amt, topic: umzug", "value: amt, topic: umziehen",
     'Frage "wer", Antwort "Das Jobcenter": Das Thema "umziehen" steht nicht im Katalog.'),
    (FLOWS, "value: fremd, result: zahlen", "value: fremd, result: zahlung",
     'Frage "wer", Antwort "Jemand anders": Das Ergebnis "zahlung" steht nicht unter results.'),
    (FLOWS, "topic: umzug}", "topic: umzug, result: zahlen}", "Hier stehen result und topic."),
    (FLOWS, "value: fremd", f"value: {LONG_NAME}", "zu lang für einen Knopf (69 von 64 Byte)."),
    # typed answers
    (CALCULATIONS, '        again: {text: "Zum Beispiel 450", plain: "Zum Beispiel 450"}\n', "",
     '_calculators.yml:2: rechner: Frage "zahl": Es fehlt again'),
    (CALCULATIONS, "kind: amount\n", "kind: amount\n        options: [{title: Keine, value: keine}]\n",
     'Mit der Antwort "Keine" kann niemand rechnen'),
    (CALCULATIONS, "kind: amount\n", "kind: date\n        options: [{title: Heute, value: '0'}]\n",
     'Mit der Antwort "Heute" kann niemand rechnen'),
    # conditions
    (FLOWS, "only_if: {art: [wohnen]}", "only_if: {arten: [wohnen]}",
     'brief: Frage "wer": only_if nennt "arten"; diese Frage gibt es nicht.'),
    (FLOWS, "      art:\n        kind: choice", "      art:\n        kind: choice\n        only_if: {wer: [amt]}",
     'Frage "art": only_if nennt "wer"; diese Frage kommt nicht davor.'),
    (FLOWS, "only_if: {art: [wohnen]}", "only_if: {wer: [amt]}", 'only_if nennt "wer"; diese Frage kommt nicht davor.'),
    (FLOWS, "only_if: {art: [wohnen]}", "only_if: {art: [wonen]}",
     'only_if nennt "art" mit "wonen"; dort gibt es "geld", "wohnen".'),
    (FLOWS, "only_if: {art: [wohnen]}", "only_if: {art: []}", 'only_if nennt "art" mit keinem Wert'),
    (FLOWS, "kind: choice\n        text: Um was", TYPED_STEP,
     'Frage "wer": only_if nennt "art"; dort wird getippt.'),
    # paths
    (FLOWS, "value: fremd, result: zahlen", "value: fremd",
     'brief: Nach der Antwort "Jemand anders" auf die Frage "wer" kommt nichts mehr.'),
    (FLOWS, "only_if: {art: [wohnen]}", "only_if: {art: [geld]}", 'Die Frage "wer" kommt auf keinem Weg vor.'),
    (FLOWS, "only_if: {art: [wohnen]}", "only_if: {art: [geld]}",
     'Nach der Antwort "Wohnen" auf die Frage "art" kommt nichts mehr.'),
    (FLOWS, "    results:\n", "    results:\n      nie: {text: a, plain: a, sources: [a]}\n",
     'brief: Keine Antwort führt zu "nie" unter results.'),
    (FLOWS, "      wer:\n", f"{DEEP}\n      wer:\n", "Der längste Weg hat 4 Fragen; höchstens 3."),
    (CALCULATIONS, "    calculator: halve\n", "", 'rechner: Nach der Frage "zahl" kommt nichts mehr.'),
    # calculators
    (CALCULATIONS, "calculator: halve", "calculator: half", 'rechner: Den Rechner "half" gibt es nicht; es gibt "'),
    (CALCULATIONS, "      zahl:", "      betrag:", "rechner: Der Rechner bricht ab (KeyError: 'zahl')."),
    (CALCULATIONS, "      much:", "      viel:",
     'rechner: Der Rechner kommt zum Ergebnis "much"; das fehlt unter results.'),
    (CALCULATIONS, "{half} von", "{haelfte} von",
     'rechner/done: "haelfte" liefert hier weder der Rechner noch _values.yml.'),
    (CALCULATIONS, "      much:\n        text: Das ist", "      much:\n        text: Mit {half} ist das",
     'rechner/much: "half" liefert hier weder der Rechner noch _values.yml.'),
    (CALCULATIONS, "  rechner:\n", "  brief:\n", "brief: Diesen Namen gibt es auch in _flows.yml."),
    # words on the button to a flow
    (FLOWS, '"Ich habe einen Brief"', f'"{"B" * 46}"', "_flows.yml:2: brief: Der Titel hat 46 Zeichen"),
    (FLOWS, '"Ich habe einen Brief"', '""', "brief: Der Titel fehlt."),
    (FLOWS, '"Ich habe einen Brief"', '"kaution?"', 'brief: Denselben Titel hat schon das Thema "kaution".'),
    (FLOWS, '"Ich habe einen Brief"', '"Die Hälfte berechnen!"',
     'rechner: Denselben Titel hat schon die Auswahl "brief".'),
    (FLOWS, '"Ich habe einen Brief"', '"Guten Tag"', "brief: Denselben Titel hat schon der Knopf "),
    # what they say
    (FLOWS, "text: Um was geht es?", f'text: "{LONG_TEXT}"',
     "_flows.yml:2: brief, Frage art: text hat 719 Zeichen; höchstens 700."),
    (FLOWS, "text: Das sind {bedarf} Euro.", f'text: "{LONG_TEXT} {{bedarf}} Euro"',
     "brief, Ergebnis zahlen: text hat"),
    (FLOWS, "plain: Wer schreibt?", 'plain: " "', "brief, Frage wer: plain ist leer."),
    (FLOWS, "text: Wer schreibt?", "text: Wer schreibt Ihnen *heute*?",
     "brief, Frage wer.text: Der Text enthält Markdown."),
    (FLOWS, "text: Wer schreibt?", "text: Wer schreibt wegen {bedarff}?",
     'brief, Frage wer: text nennt "bedarff"; das steht nicht in _values.yml.'),
    (FLOWS, "plain: Das sind {bedarf} Euro.", "plain: Das sind {half} Euro.",
     'brief, Ergebnis zahlen: plain nennt "half"; das steht nicht in _values.yml.'),
    (VALUES, "from: 2026-01-01", "from: 2027-01-01",
     '_flows.yml:2: brief, Ergebnis zahlen: Für "bedarf" gilt heute kein'),
    (FLOWS, "plain: Das sind {bedarf} Euro.", "plain: Das sind 500 Euro.",
     "brief, Ergebnis zahlen: text und plain nennen verschiedene Beträge"),
    (FLOWS, "text: Wer schreibt?", "text: Wer schreibt am 3. Mai?",
     "brief, Frage wer: text und plain nennen verschiedene"),
    (CALCULATIONS, 'plain: "Zum Beispiel 450"', 'plain: "Zum Beispiel 450 Euro"',
     "_calculators.yml:2: rechner, Frage zahl, again: text und plain nennen verschiedene Beträge"),
    (CALCULATIONS, "plain: Die Hälfte ist {half}", "plain: Die Hälfte ist viel",
     "rechner, Ergebnis done: text und plain nennen verschiedene Beträge"),
    (FLOWS, "plain: Wer schreibt?", "plain: Geht es um Bürgergeld?", 'brief, Frage wer: "Bürgergeld" heißt jetzt'),
    (FLOWS, 'sources: ["§ 22 SGB II"]', "sources: []", "brief, Ergebnis zahlen: Es fehlt eine Quelle."),
    (FLOWS, "next: [umzug]", "next: [umzugg]",
     'brief, Ergebnis zahlen: next nennt Themen, die es nicht gibt: "umzugg".'),
    (FLOWS, "next: [umzug]", "next: [umzug, kaution, mensch, umzug]",
     "Ergebnis zahlen: next hat 4 Themen; höchstens 3."),
    (FLOWS, "reviewed: 2026-11-01", "reviewed: 2026-11-23", "_flows.yml:2: brief: reviewed liegt in der Zukunft."),
    # own cases
    (OWN_CASE, "topics: [kaution]", "topics: [koution]",
     '_own_case.yml:2: Fall geld: topics nennt Themen, die es nicht gibt: "koution".'),
    (OWN_CASE, "topics: []", "topics: [kaution]",
     '_own_case.yml:7: Fall sonst: Das Thema "kaution" steht schon beim Fall "geld".'),
    (OWN_CASE, "topics: [kaution]", "topics: [kaution, kaution]", "Fall geld: topics nennt ein Thema zweimal."),
    (OWN_CASE, "topics: [kaution]", "topics: []", "Fall geld: topics ist leer; so kommt dieser Fall nie vor."),
    (OWN_CASE, "  sonst:", "  rest:", '_own_case.yml:1: Es fehlt der Fall "sonst"'),
    (OWN_CASE, "(bitte eintragen)", "an max.muster@example.org",
     "_own_case.yml:2: Fall geld: In message stehen wohl persönliche Daten (E-Mail-Adresse)."),
    (OWN_CASE, "(bitte eintragen)", "siehe http://example.org", "Fall geld: In message steht eine Internetadresse."),
    (OWN_CASE, "(bitte eintragen)", "siehe www.example.org", "Fall geld: In message steht eine Internetadresse."),
    (OWN_CASE, "text: Rufen Sie an.", "text: Es geht um {bedarf} Euro.", "Fall geld: Hier wird kein Wert eingesetzt"),
    (OWN_CASE, "text: Rufen Sie an.", f'text: "{LONG_TEXT}"', "_own_case.yml:2: Fall geld: text hat 719 Zeichen"),
    (OWN_CASE, "plain: Rufen Sie an.", "plain: Rufen Sie 115 an.",
     "Fall geld: text und plain nennen verschiedene Telefon"),
    (OWN_CASE, "meinen Antrag", "mein Bürgergeld", 'Fall geld, message: "Bürgergeld" heißt jetzt'),
    (OWN_CASE, "message: Bitte prüfen Sie meinen Antrag. Aktenzeichen (bitte eintragen)", 'message: ""',
     "Fall geld, message: text ist leer."),
    # short messages
    (TYPED, "{sonst:", "{sonstwas:", "_typed.yml:1: own_case: Diese Fälle gibt es in _own_case.yml nicht"),
    (TYPED, '"(wo|wohin)"', '"(wo|wohin"',
     '_typed.yml:1: wo: Das Muster "(wo|wohin" ist leer oder hat eine Klammer ohne Gegenstück.'),
    (TYPED, '"abbrechen"', '"..."', 'stop: Das Muster "..." ist leer'),
    (TYPED, '"(das |)erste"', '"(das |)"', 'ordinals, 1.: Das Muster "(das |)" ist leer'),
    (TYPED, 'other: ["etwas anderes"]', "other: []", "_typed.yml:1: other: Es fehlen Muster."),
    (
        TYPED,
        "lead: topic, topic: umzug, by_topic: {kaution: mensch}",
        "lead: topic",
        "umziehen: Zu lead: topic fehlt das Thema (topic oder by_topic).",
    ),
    (TYPED, "lead: topic", "lead: plain", "umziehen: topic und by_topic gelten nur mit lead: topic oder hours."),
    (TYPED, "topic: umzug,", "topic: umziehen,", 'umziehen: Diese Themen gibt es nicht: "umziehen".'),
    (TYPED, "{kaution: mensch}", "{koution: menschen}", 'Diese Themen gibt es nicht: "koution", "menschen".'),
]  # fmt: skip

HINTS = [
    (FLOWS, "topics: [kaution]", "topics: []", "_flows.yml:2: brief: topics ist leer"),
    (FLOWS, "reviewed: 2026-11-01", "reviewed: 2025-11-01", "_flows.yml:2: brief: Zuletzt geprüft am 01.11.2025."),
    (FLOWS, "plain: Wer schreibt?", f"plain: Wer schreibt {'bitte ' * 14}?",
     "brief, Frage wer: plain hat schwere Sätze (über 15 Wörter: 1)."),
    (CALCULATIONS, "    results:\n", "    results:\n      nie: {text: a, plain: a, sources: [a]}\n",
     'rechner: In 800 Probeläufen kam nie "nie" heraus.'),
]  # fmt: skip


def halve(inputs: Inputs, values: Values, today: date) -> Result:
    """Stand in for a real calculator."""
    amount = get_input(inputs, "zahl", Decimal)
    return Result("much") if amount > 1000 else Result("done", {"half": f"{amount / 2} Euro"})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A small project with a menu, a calculator, two own cases and a few short messages, without any problem."""
    monkeypatch.setitem(CALCULATORS, "halve", halve)
    small = SmallProject(tmp_path)
    for name, text in FILES.items():
        small.write(name, text)
    return small


def lines(project: SmallProject, severity: str) -> list[str]:
    """Return the problems of one severity as an editor reads them."""
    return [str(problem) for problem in project.problems() if problem.severity == severity]


def test_valid_flows_have_no_problem(project: SmallProject) -> None:
    assert project.problems() == []


@pytest.mark.parametrize(("file", "old", "new", "expected"), FAULTS)
def test_fault_is_found_with_its_place(project: SmallProject, file: str, old: str, new: str, expected: str) -> None:
    project.replace(file, old, new)
    found = lines(project, "FEHLER")
    assert any(expected in line for line in found), "\n".join(found)


@pytest.mark.parametrize(("file", "old", "new", "expected"), HINTS)
def test_hint_is_given_with_its_place_and_is_no_error(
    project: SmallProject, file: str, old: str, new: str, expected: str
) -> None:
    project.replace(file, old, new)
    assert lines(project, "FEHLER") == []
    found = lines(project, "HINWEIS")
    assert any(expected in line for line in found), "\n".join(found)


def test_wrong_name_in_a_calculated_text_is_one_problem(project: SmallProject) -> None:
    project.replace(CALCULATIONS, "text: Die Hälfte ist {half}", "text: Die {halb} ist {half}")
    message = 'rechner/done: "halb" liefert hier weder der Rechner noch _values.yml.'
    assert lines(project, "FEHLER") == [f"[FEHLER] {CALCULATIONS}:2: {message}"]


def test_text_is_measured_with_the_words_of_the_calculator(project: SmallProject) -> None:
    project.replace(
        CALCULATIONS, "Die Hälfte ist {half} von", f"{'Satz. ' * 110}{{half}} {{half}} {{half}} {{half}} von"
    )
    assert "rechner, Ergebnis done: text hat 7" in "\n".join(lines(project, "FEHLER"))


def test_result_of_an_option_gets_no_names(project: SmallProject) -> None:
    option = "        options: [{title: Keine Ahnung, value: keine, result: done}]\n"
    project.replace(CALCULATIONS, "kind: amount\n", f"kind: amount\n{option}")
    assert lines(project, "FEHLER") == [
        f'[FEHLER] {CALCULATIONS}:2: rechner/done: "half" liefert hier weder der Rechner noch _values.yml.'
    ]


def test_own_contact_details_are_no_personal_data(project: SmallProject) -> None:
    project.replace(OWN_CASE, "(bitte eintragen)", "unter 06831 444 8000")
    assert project.problems() == []


def test_faulty_calculator_flow_is_not_tried_out(project: SmallProject) -> None:
    project.replace(CALCULATIONS, "topics: [umzug]", "topics: [umziehen]")
    project.replace(CALCULATIONS, "      zahl:", "      betrag:")
    message = 'rechner: topics nennt Themen, die es nicht gibt: "umziehen".'
    assert lines(project, "FEHLER") == [f"[FEHLER] {CALCULATIONS}:2: {message}"]


def make_step(*options: tuple[str, str | None], **only_if: list[str]) -> Step:
    """Return a choice; an option with a second word ends the flow."""
    return Step("choice", "?", "?", [Option(value, value, result=result) for value, result in options], only_if)


def make_flow(**steps: Step) -> Flow:
    """Return a menu."""
    return Flow("Titel", steps, {}, date(2026, 11, 1))


def test_paths_follow_conditions_on_several_answers() -> None:
    flow = make_flow(
        a=make_step(("ja", None), ("nein", None)),
        b=make_step(("ja", None), ("nein", "eins"), a=["ja"]),
        c=make_step(("ja", "zwei"), ("nein", None), a=["ja"], b=["ja"]),
        d=make_step(("ja", "drei"), a=["nein"]),
        e=make_step(("ja", "vier"), a=["nein"], b=["ja"]),
    )
    paths = trace_paths(flow)
    assert paths.steps == {"a", "b", "c", "d"}
    assert paths.results == {"eins", "zwei", "drei"}
    assert paths.open_ends == {("c", "nein")}
    assert paths.taps == 3


def test_paths_of_a_wide_flow_are_followed_quickly() -> None:
    flow = make_flow(**{f"s{number}": make_step(*((str(value), None) for value in range(10))) for number in range(40)})
    assert trace_paths(flow).taps == 40


def test_names_of_buttons_are_keys_of_system_texts() -> None:
    assert set(BUTTON_TEXTS) <= REQUIRED_TEXTS
