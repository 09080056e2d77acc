"""Checks of menus, calculators, help with the own file, and the meaning of short messages."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from bot.calculators import CALCULATORS
from bot.checks import answers, catalogue, language
from bot.checks.catalogue import MAX_PAYLOAD_BYTES, MAX_TITLE
from bot.checks.flow_walks import TRIALS, Trial, goes_on, trace_paths, try_out
from bot.checks.project import Project, list_names
from bot.content import PLACEHOLDER, Answer, Content
from bot.dialogue import ANY_CASE
from bot.flow_content import Flow, FlowResult, Option, OwnCase, Step, Wordings
from bot.models import Problem
from bot.patterns import is_broken
from bot.privacy import mask
from bot.rendering import FEEDBACK, fold_title

MAX_OPTIONS = 10
MAX_TAPS = 3
"""Questions of a menu until it says something; a calculator may ask more."""
BUTTON_TEXTS = (
    "human_button", "more_topics", "something_else", "otherwise_button", "plain_button", "plain_request",
    "easy_button", "normal_button", "stop_button", "flow_again",
)  # fmt: skip
# What holds for answers holds for everything flows and own cases say.
TEXT_CHECKS: tuple[Callable[[Project], Iterable[Problem]], ...] = (
    answers.check_length,
    answers.check_form,
    answers.check_placeholders,
    answers.check_facts,
    answers.check_links_and_sources,
    answers.check_dates,
    catalogue.check_references,
    language.check_retired_words,
    language.check_plain_sentences,
)
# Nobody reads these in Einfache Sprache: they go to the Jobcenter.
MESSAGE_CHECKS = (answers.check_length, answers.check_form, answers.check_placeholders, language.check_retired_words)

_NAME = re.compile(r"[a-z0-9_]+")
_WEB_ADDRESS = re.compile(r"https?:|\bwww\.", re.I)


def check_flows(project: Project) -> Iterator[Problem]:
    """Every path through a flow leads to a question, a result or a topic that exists."""
    places = project.content.places
    for name, flow in project.content.flows.items():
        if f"flows:{name}" in places and f"calculators:{name}" in places:
            message = f"{name}: Diesen Namen gibt es auch in _flows.yml. Bitte einen anderen wählen."
            yield project.problem(_find_place(project, name), message)
        for fault in find_faults(flow, name, project.content):
            yield project.problem(_find_place(project, name), f"{name}: {fault}")
        if not flow.topics and name != FEEDBACK:  # the program itself offers that one
            message = f"{name}: topics ist leer; so zeigt keine Antwort den Knopf hierher."
            yield project.problem(_find_place(project, name), message, "HINWEIS")


def _find_place(project: Project, name: str) -> str:
    return f"calculators:{name}" if f"calculators:{name}" in project.content.places else f"flows:{name}"


def find_faults(flow: Flow, name: str, content: Content) -> list[str]:
    """Return what is wrong with the questions of a flow and their order."""
    faults = [*_find_wrong_names(flow, name, content), *_find_condition_faults(flow)]
    for step_name, step in flow.steps.items():
        faults += [f'Frage "{step_name}": {fault}' for fault in _find_step_faults(step)]
        for option in step.options:
            label = f'Frage "{step_name}", Antwort "{option.title}"'
            faults += [f"{label}: {fault}" for fault in _find_option_faults(option, flow, content)]
            size = len(f"f:{name}:{step_name}:{option.value}".encode())
            if size > MAX_PAYLOAD_BYTES:
                faults.append(f"{label}: Die Namen sind zu lang für einen Knopf ({size} von {MAX_PAYLOAD_BYTES} Byte).")
    # with faulty questions the paths would only repeat what is said already
    return faults or list(_find_path_faults(flow))


def _find_wrong_names(flow: Flow, name: str, content: Content) -> Iterator[str]:
    if not flow.steps:
        yield "Unter steps fehlen die Fragen."
    if flow.calculator is not None and flow.calculator not in CALCULATORS:
        yield f'Den Rechner "{flow.calculator}" gibt es nicht; es gibt {list_names(sorted(CALCULATORS))}.'
    unknown = [topic for topic in flow.topics if topic not in content.topics]
    if unknown:
        yield f"topics nennt Themen, die es nicht gibt: {list_names(unknown)}."
    values = [option.value for step in flow.steps.values() for option in step.options]
    bad = [entry for entry in (name, *flow.steps, *values, *flow.results) if not _NAME.fullmatch(entry)]
    if bad:
        yield f"Namen bestehen aus kleinen Buchstaben ohne Umlaute, Ziffern und _; nicht so: {list_names(bad)}."


def _find_step_faults(step: Step) -> Iterator[str]:
    if step.kind == "choice" and not step.options:
        yield "Unter options fehlen die Antworten."
    if len(step.options) > MAX_OPTIONS:
        yield f"Sie hat {len(step.options)} Antworten; höchstens {MAX_OPTIONS}."
    if len({fold_title(option.title) for option in step.options}) < len(step.options):
        yield "Zwei Antworten haben denselben Titel."
    if len({option.value for option in step.options}) < len(step.options):
        yield "Zwei Antworten haben denselben Wert (value)."
    if step.kind == "choice":
        return
    if step.again is None:
        yield "Es fehlt again: Was sagt der Bot, wenn er die Eingabe nicht versteht?"
    for option in step.options:
        if goes_on(option) and (step.kind == "date" or not option.value.isdecimal()):
            yield f'Mit der Antwort "{option.title}" kann niemand rechnen; sie braucht result oder topic.'


def _find_option_faults(option: Option, flow: Flow, content: Content) -> Iterator[str]:
    yield from _find_title_faults(option.title)
    if option.result is not None and option.topic is not None:
        yield "Hier stehen result und topic. Nur eines kann gelten."
    if option.result is not None and option.result not in flow.results:
        yield f'Das Ergebnis "{option.result}" steht nicht unter results.'
    if option.topic is not None and option.topic not in content.topics:
        yield f'Das Thema "{option.topic}" steht nicht im Katalog.'


def _find_title_faults(title: str) -> Iterator[str]:
    if not fold_title(title):
        yield "Der Titel fehlt."
    if len(title) > MAX_TITLE:
        yield f"Der Titel hat {len(title)} Zeichen; der Knopf fasst {MAX_TITLE}."
    if "{" in title:
        yield "Auf Knöpfen wird kein Wert eingesetzt; bitte ohne geschweifte Klammern."


def _find_condition_faults(flow: Flow) -> Iterator[str]:
    earlier: dict[str, Step] = {}
    for name, step in flow.steps.items():
        for condition, allowed in step.only_if.items():
            label = f'Frage "{name}": only_if nennt "{condition}"'
            known = {option.value for option in earlier[condition].options} if condition in earlier else set()
            unknown = [value for value in allowed if value not in known]
            if condition not in earlier:
                yield f"{label}; diese Frage {'kommt nicht davor' if condition in flow.steps else 'gibt es nicht'}."
            elif earlier[condition].kind != "choice":
                yield f"{label}; dort wird getippt. Möglich sind nur Fragen mit Antworten zum Auswählen."
            elif unknown or not allowed:
                yield f"{label} mit {list_names(unknown) or 'keinem Wert'}; dort gibt es {list_names(sorted(known))}."
        earlier[name] = step


def _find_path_faults(flow: Flow) -> Iterator[str]:
    paths = trace_paths(flow)
    for name in flow.steps.keys() - paths.steps:
        yield f'Die Frage "{name}" kommt auf keinem Weg vor. Passt only_if?'
    if flow.calculator is not None:
        return
    for name, title in paths.open_ends:
        after = f'der Antwort "{title}" auf die Frage "{name}"' if title else f'der Frage "{name}"'
        yield f"Nach {after} kommt nichts mehr. Es fehlt result, topic oder eine weitere Frage."
    unused = sorted(flow.results.keys() - paths.results)
    if unused:
        yield f"Keine Antwort führt zu {list_names(unused)} unter results."
    if paths.taps > MAX_TAPS:
        yield f"Der längste Weg hat {paths.taps} Fragen; höchstens {MAX_TAPS}."


def check_calculators(project: Project) -> Iterator[Problem]:
    """Calculators get the answers they need, and each of their results has a text they can fill."""
    for name, flow in project.content.flows.items():
        place, trial = _find_place(project, name), _try_out_sound(project, name)
        for failure in sorted(trial.failures):
            message = f"Der Rechner bricht ab ({failure}). Heißen die Fragen und ihre Werte so, wie er sie braucht?"
            yield project.problem(place, f"{name}: {message}")
        for result, names in sorted(trial.results.items()):
            if result not in flow.results:
                message = f'{name}: Der Rechner kommt zum Ergebnis "{result}"; das fehlt unter results.'
                yield project.problem(place, message)
                continue
            unknown = _find_unknown_names(project, flow.results[result], names)
            if unknown:
                message = f"{name}/{result}: {list_names(unknown)} liefert hier weder der Rechner noch _values.yml."
                yield project.problem(place, message)
        unseen = sorted(flow.results.keys() - trial.results.keys())
        if trial.results and not trial.failures and unseen:
            message = f"{name}: In {TRIALS} Probeläufen kam nie {list_names(unseen)} heraus."
            yield project.problem(place, f"{message} Fehlt heute ein Wert, oder ist das überflüssig?", "HINWEIS")


def _try_out_sound(project: Project, name: str) -> Trial:
    """Try out a flow with a calculator, unless a fault would only be found twice."""
    flow = project.content.flows[name]
    is_sound = flow.calculator is not None and not find_faults(flow, name, project.content)
    return try_out(project, name) if is_sound else Trial()


def _find_unknown_names(project: Project, result: FlowResult, names: Mapping[str, str]) -> list[str]:
    used = {match[1] for match in PLACEHOLDER.finditer(f"{result.text} {result.plain}")}
    return sorted(used - names.keys() - project.content.values.keys())


def check_flow_titles(project: Project) -> Iterator[Problem]:
    """The words on the button to a flow fit it and lead nowhere else, also when they are typed."""
    content = project.content
    keys = [*BUTTON_TEXTS, *(f"group_{group}" for group in content.groups())]
    entries = {key: content.system[key] for key in keys if key in content.system}
    taken = {fold_title(text): f'der Knopf "{key}"' for key, it in entries.items() for text in (it.text, it.plain)}
    taken |= {fold_title(topic.title): f'das Thema "{topic.id}"' for topic in content.topics.values()}
    for name, flow in content.flows.items():
        faults = list(_find_title_faults(flow.title))
        own = f'die Auswahl "{name}"'
        other = taken.setdefault(fold_title(flow.title), own)
        if other != own:
            faults.append(f"Denselben Titel hat schon {other}.")
        for fault in faults:
            yield project.problem(_find_place(project, name), f"{name}: {fault}")


def check_flow_texts(project: Project) -> Iterator[Problem]:
    """What flows and own cases say obeys the rules for answers."""
    for name, flow in project.content.flows.items():
        found = dict(_collect_texts(project, name, flow))
        yield from _check_as_answers(project, _find_place(project, name), found, TEXT_CHECKS)
    for name, case in project.content.own_cases.items():
        place = f"own_case:{name}"
        yield from _check_as_answers(project, place, {f"Fall {name}": _as_answer(project, case)}, TEXT_CHECKS)
        message = _as_answer(project, Wordings(case.message, case.message))
        yield from _check_as_answers(project, place, {f"Fall {name}, message": message}, MESSAGE_CHECKS)


def _collect_texts(project: Project, name: str, flow: Flow) -> Iterator[tuple[str, Answer]]:
    """Yield a label for editors and an answer for everything a flow says."""
    title = Wordings(flow.title, flow.title)
    yield name, replace(_as_answer(project, title), reviewed=flow.reviewed)
    for key, step in flow.steps.items():
        yield f"{name}, Frage {key}", _as_answer(project, step)
        if step.again is not None:
            yield f"{name}, Frage {key}, again", _as_answer(project, step.again)
        if step.options:
            titles = "\n".join(option.title for option in step.options)
            yield f"{name}, Antworten zu {key}", _as_answer(project, Wordings(titles, titles))
    trial = _try_out_sound(project, name)
    for key, result in flow.results.items():
        names = trial.results.get(key, {})
        if flow.calculator is not None:  # reported by check_calculators, or not known
            names = dict.fromkeys(_find_unknown_names(project, result, names), "…") | names
        answer = _as_answer(project, result, names)
        # a thank-you states nothing that needs a source
        sources = answer.sources if name == FEEDBACK else result.sources
        yield f"{name}, Ergebnis {key}", replace(answer, sources=sources, next=result.next)


def _as_answer(
    project: Project, entry: Wordings | Step | FlowResult | OwnCase, names: Mapping[str, str] | None = None
) -> Answer:
    def fill(text: str) -> str:
        return PLACEHOLDER.sub(lambda match: (names or {}).get(match[1], match[0]), text).strip()

    return Answer(fill(entry.text), fill(entry.plain), [], ["–"], "", project.today)


def _check_as_answers(
    project: Project, place: str, found: dict[str, Answer], checks: Iterable[Callable[[Project], Iterable[Problem]]]
) -> Iterator[Problem]:
    """Run checks of answers over texts that all stand at one place."""
    places = {f"answer:{label}": project.content.places[place] for label in found}
    content = replace(project.content, answers=found, places=places, system={}, crisis={}, contacts={})
    for check in checks:
        yield from check(replace(project, content=content))


def check_own_cases(project: Project) -> Iterator[Problem]:
    """Every topic has at most one case, the rest has "sonst", and messages to copy are safe to send."""
    content = project.content
    if ANY_CASE not in content.own_cases:
        yield project.problem_in("_own_case", f'Es fehlt der Fall "{ANY_CASE}" für alles, was keinen eigenen hat.')
    cards = content.contacts.values()
    public = [part.value for card in cards for part in (card.phone, card.email, card.address) if part]
    first: dict[str, str] = {}
    for name, case in content.own_cases.items():
        for fault in _find_case_faults(name, case, content, public):
            yield project.problem(f"own_case:{name}", f"Fall {name}: {fault}")
        for topic in case.topics:
            other = first.setdefault(topic, name)
            if other != name:
                message = f'Fall {name}: Das Thema "{topic}" steht schon beim Fall "{other}".'
                yield project.problem(f"own_case:{name}", message)


def _find_case_faults(name: str, case: OwnCase, content: Content, public: list[str]) -> Iterator[str]:
    if not case.topics and name != ANY_CASE:
        yield "topics ist leer; so kommt dieser Fall nie vor."
    unknown = [topic for topic in case.topics if topic not in content.topics]
    if unknown:
        yield f"topics nennt Themen, die es nicht gibt: {list_names(unknown)}."
    if len(set(case.topics)) < len(case.topics):
        yield "topics nennt ein Thema zweimal."
    if any(brace in f"{case.text}{case.plain}{case.message}" for brace in "{}"):
        yield "Hier wird kein Wert eingesetzt; bitte ohne geschweifte Klammern."
    found = mask(case.message, public).found
    if found:
        yield f"In message stehen wohl persönliche Daten ({', '.join(found)}). Bitte eine Lücke lassen."
    if _WEB_ADDRESS.search(case.message):
        yield "In message steht eine Internetadresse. Wer das kopiert, soll nichts anklicken müssen."


def check_typed(project: Project) -> Iterator[Problem]:
    """Short messages can be recognised, and follow-ups lead somewhere."""
    typed, topics = project.content.typed, project.content.topics
    lists = {name: entry.patterns for name, entry in typed.follow_ups.items()}
    lists |= {f"ordinals, {number}.": patterns for number, patterns in enumerate(typed.ordinals, 1)}
    lists |= {f"own_case, {case}": patterns for case, patterns in typed.own_case.items()}
    lists |= {f"flows, {name}": patterns for name, patterns in typed.flows.items()}
    lists |= {"openers": typed.openers}
    lists |= {"other": typed.other, "stop": typed.stop, "delete": typed.delete}
    faults = [f"{name}: Es fehlen Muster." for name, patterns in lists.items() if not patterns]
    for name, patterns in lists.items():
        for pattern in filter(is_broken, patterns):
            faults.append(f'{name}: Das Muster "{pattern}" ist leer oder hat eine Klammer ohne Gegenstück.')
    for name, entry in typed.follow_ups.items():
        if entry.lead in {"topic", "hours"} and entry.topic is None and not entry.by_topic:
            faults.append(f"{name}: Zu lead: {entry.lead} fehlt das Thema (topic oder by_topic).")
        if entry.lead not in {"topic", "hours"} and (entry.topic or entry.by_topic):
            faults.append(f"{name}: topic und by_topic gelten nur mit lead: topic oder hours.")
        named = [*([entry.topic] if entry.topic else []), *entry.by_topic, *entry.by_topic.values()]
        unknown = [topic for topic in dict.fromkeys(named) if topic not in topics]
        if unknown:
            faults.append(f"{name}: Diese Themen gibt es nicht: {list_names(unknown)}.")
    unknown_flows = sorted(typed.flows.keys() - project.content.flows.keys())
    if unknown_flows:
        faults.append(f"flows: Diese Menüs und Rechner gibt es nicht: {list_names(unknown_flows)}.")
    unknown_cases = sorted(typed.own_case.keys() - project.content.own_cases.keys())
    if unknown_cases:
        faults.append(f"own_case: Diese Fälle gibt es in _own_case.yml nicht: {list_names(unknown_cases)}.")
    yield from (project.problem_in("_typed", fault) for fault in faults)
