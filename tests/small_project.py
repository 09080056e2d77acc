"""A small valid project on disk, and ways to break it in one place."""

from datetime import date
from pathlib import Path

from bot.checks import CheckResult, check_project
from bot.checks.pages import PAGE_WORDS
from bot.checks.system_texts import REQUIRED_TEXTS
from bot.models import Problem

TODAY = date(2026, 11, 22)
TOPICS = {"kaution": "wohnen", "umzug": "wohnen", "mensch": "dialog"}
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]

CATALOGUE = """\
wohnen:
  - {id: kaution, title: "Kaution", scope: "Darlehen für die Kaution", pointer: jobcenter}
  - {id: umzug, title: "Umzug", scope: "Umziehen, Zusicherung", pointer: jobcenter}
dialog:
  - {id: mensch, title: "Mit Menschen sprechen", scope: "Wunsch nach einem Menschen", pointer: jobcenter}
"""
CONTACTS = """\
contacts:
  jobcenter:
    name: Jobcenter
    note: Bitte halten Sie Zeit frei.
    phone: {value: "06831 444 8000", source: Website, as_of: "2026-11", confirmed: true}
    address: {value: "Musterweg 1", source: Website, as_of: "2026-11", confirmed: true}
    hours: {value: "Mo 8.30–12 Uhr", week: {mo: ["8:30-12:00"]}, source: Website, as_of: "2026-11", confirmed: true}
"""
VALUES = """\
values:
  bedarf:
    - {from: 2025-01-01, until: 2025-12-31, value: "500", source: "Gesetz 2025"}
    - {from: 2026-01-01, value: "563", source: "Gesetz 2026"}
"""
CRISIS = """\
kinds:
  suizid:
    topic: mensch
    text: Rufen Sie bitte 0800 111 0 111 an.
    note: In Not hilft 0800 111 0 111.
    patterns: ["nicht mehr leben", "(sterben|tot sein) ... will*"]
    exceptions: ["zum sterben langweilig"]
"""
DIALOGUE = """\
thresholds: {answer: 0.5, lead: 0.1, suggest: 0.1}
start_topics: [kaution]
"""
OWN_CASE = """\
cases:
  sonst: {topics: [], text: Rufen Sie an., plain: Rufen Sie an., message: Bitte rufen Sie mich an.}
"""
STATEMENT = """\
sections:
  kontakt: {title: Kontakt, text: Rufen Sie an., plain: Rufen Sie an.}
"""
TYPED = """\
follow_ups: {}
ordinals: [["erste"]]
other: ["anderes"]
own_case: {sonst: ["wo bleibt mein geld"]}
openers: ["und"]
flows: {}
"yes": ["jo"]
"no": ["nee"]
stop: ["abbrechen"]
delete: ["alles löschen"]
"""
WOHNEN = """\
group: wohnen
answers:
  kaution:
    text: |
      Die Kaution kann ein Darlehen sein.

      Der Bedarf beträgt {bedarf} Euro.
    plain: |
      Das Jobcenter kann die Kaution leihen.
      Der Bedarf beträgt {bedarf} Euro.
    easy: null
    applies_if: ["Sie ziehen um."]
    otherwise: umzug
    next: [umzug]
    links: [{title: Gesetz, url: "https://www.gesetze-im-internet.de/sgb_2/__22.html"}]
    sources: ["§ 22 SGB II"]
    owner: leistung
    reviewed: 2026-11-01
    valid_from: null
    valid_until: null
  umzug:
    text: Fragen Sie vor dem Umzug.
    plain: Fragen Sie zuerst.
    next: [kaution]
    sources: ["§ 22 SGB II"]
    owner: leistung
    reviewed: 2026-11-01
"""
DIALOG = """\
group: dialog
answers:
  mensch:
    text: Rufen Sie an.
    plain: Rufen Sie an.
    next: [kaution]
    sources: [Website]
    owner: oeffentlichkeit
    reviewed: 2026-11-01
"""
TESTS_WOHNEN = """\
group: wohnen
topics:
  kaution:
    answers: ["Wer zahlt die Kaution?"]
    suggestions: ["Die Vermieterin will Geld"]
    not_answers: ["Wer hilft beim Umzug?"]
  umzug:
    answers: ["Wer hilft beim Umzug?"]
"""
TESTS_DIALOG = """\
group: dialog
topics:
  mensch:
    answers: ["Ich will mit jemandem reden"]
"""
TESTS_CRISIS = """\
hits:
  - {text: "ich will nicht mehr leben", kind: suizid}
misses:
  - "die Frist bringt mich um"
"""


def make_words(number: int) -> str:
    """Return two words nobody else has."""
    high, low = divmod(number, len(SYLLABLES))
    return f"{SYLLABLES[high]}{SYLLABLES[low]}x {SYLLABLES[high]}{SYLLABLES[low]}z"


def make_training_data(topics: list[str], sentences: int = 30) -> str:
    """Return Rasa YAML with sentences that share only one word per topic."""
    lines = ['version: "3.1"', "nlu:"]
    for index, topic in enumerate(topics):
        lines += [f"  - intent: {topic}", "    examples: |"]
        lines += [f"      - {topic} {make_words(index * sentences + number)}" for number in range(sentences)]
    return "\n".join(lines) + "\n"


def make_system_texts() -> str:
    """Return a file with every text the code needs."""
    lines = ["texts:"]
    for key in sorted(REQUIRED_TEXTS | {"group_wohnen", "group_dialog"}):
        text = "Kontakt {value}" if key.startswith("contact_") else "Guten Tag."
        lines.append(f'  {key}: {{text: "{text}", plain: "{text}"}}')
    return "\n".join(lines) + "\n"


class SmallProject:
    """The files in a folder of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        files = {
            "responses/_topics.yml": CATALOGUE,
            "responses/_contacts.yml": CONTACTS,
            "responses/_values.yml": VALUES,
            "responses/_system.yml": make_system_texts(),
            "responses/_crisis.yml": CRISIS,
            "responses/_crisis_sentences.yml": make_training_data(["suizid", "kein_notfall"], 100),
            "responses/_widget.yml": "labels:\n  title: Chat\n",
            "responses/_pages.yml": "texts:\n" + "".join(f"  {key}: Wort\n" for key in sorted(PAGE_WORDS)),
            "responses/_statement.yml": STATEMENT,
            "responses/_languages.yml": "languages:\n  en: Answers are in German.\n",
            "responses/_dialogue.yml": DIALOGUE,
            "responses/_flows.yml": "flows: {}\n",
            "responses/_calculators.yml": "flows: {}\n",
            "responses/_own_case.yml": OWN_CASE,
            "responses/_typed.yml": TYPED,
            "responses/wohnen.yml": WOHNEN,
            "responses/dialog.yml": DIALOG,
            "nlu_data/wohnen.yml": make_training_data(["kaution", "umzug"]),
            "nlu_data/dialog.yml": make_training_data(["mensch"]),
            "tests/dialogues/wohnen.yml": TESTS_WOHNEN,
            "tests/dialogues/dialog.yml": TESTS_DIALOG,
            "tests/dialogues/_crisis.yml": TESTS_CRISIS,
            "tests/dialogues/_out_of_scope.yml": 'sentences:\n  - "Wann kommt der Sperrmüll?"\n',
        }
        for name, text in files.items():
            self.write(name, text)

    @property
    def responses(self) -> Path:
        """The content folder."""
        return self.root / "responses"

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace the first occurrence of a text in a file."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def check(self) -> CheckResult:
        """Check the project on a fixed day."""
        return check_project(self.responses, self.root / "nlu_data", self.root / "tests" / "dialogues", TODAY)

    def problems(self) -> list[Problem]:
        """Check the project and return what was found."""
        return self.check().problems
