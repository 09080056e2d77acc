"""Holds the layers of `bot/`: a module imports only from layers above it; channels never import each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Lower number = higher layer; see README, section Architektur.
LAYERS = {
    "bot": 0,
    "bot.models": 0,
    "bot.settings": 0,
    "bot.text": 0,
    "bot.nlu": 0,
    "bot.nlu.errors": 0,
    "bot.nlu.fingerprint": 0,
    "bot.nlu.lexicon": 1,
    "bot.nlu.spelling": 1,
    "bot.nlu.features": 2,
    "bot.nlu.intent_model": 3,
    "bot.nlu.cross_validation": 4,
    "bot.nlu.intent_classifier": 4,
    "bot.nlu.message_converter": 4,
    "bot.nlu.training": 5,
    "bot.nlu.interpreter": 5,
    "bot.model_archive": 6,
    "bot.hours": 0,
    "bot.languages": 1,
    "bot.names": 0,
    "bot.privacy": 1,
    "bot.flow_content": 1,
    "bot.questions": 1,
    "bot.calculators.result": 1,
    "bot.calculators.quantities": 2,
    "bot.calculators.inputs": 1,
    "bot.calculators.objection_deadline": 3,
    "bot.calculators.earned_income": 3,
    "bot.calculators.household_needs": 3,
    "bot.calculators": 4,
    "bot.yaml_reader": 1,
    "bot.contacts": 1,
    "bot.content": 2,
    "bot.training_data": 2,
    "bot.patterns": 1,
    "bot.crisis_sentences": 3,
    "bot.crisis_model": 4,
    "bot.crisis": 5,
    "bot.typed": 4,
    "bot.flows": 5,
    "bot.conversations": 3,
    "bot.ledger": 3,
    "bot.notices": 3,
    "bot.notice_board": 4,
    "bot.versions": 4,
    "bot.core_dumps": 0,
    "bot.background": 0,
    "bot.counters": 0,
    "bot.statistics.suppression": 0,
    "bot.statistics.summary": 1,
    "bot.statistics.words": 1,
    "bot.statistics.tables": 8,
    "bot.logs": 0,
    "bot.metrics": 1,
    "bot.configuration": 9,
    "bot.store": 4,
    "bot.store.schema": 4,
    "bot.store.sealing": 4,
    "bot.store.database": 5,
    "bot.store.conversations": 6,
    "bot.store.counts": 6,
    "bot.store.statistics": 6,
    "bot.store.updates": 6,
    "bot.store.review": 6,
    "bot.store.review_desk": 7,
    "bot.store.backup": 6,
    "bot.store.state": 7,
    "bot.guardrails": 6,
    "bot.dialogue": 6,
    "bot.review": 0,
    "bot.statistics": 0,
    "bot.editing": 0,
    "bot.review.notes": 7,
    "bot.rendering": 7,
    "bot.flow_rendering": 8,
    "bot.off_switch": 8,
    "bot.checks": 9,
    "bot.markup": 1,
    "bot.perturbations": 1,
    "bot.plots": 2,
    "bot.evaluation": 10,
    "bot.confidence": 11,
    "bot.findings": 11,
    "bot.thresholds": 11,
    "bot.evaluation_report": 12,
    "bot.editing.due": 10,
    "bot.editing.calendar_file": 11,
    "bot.editing.schema_words": 0,
    "bot.editing.schema": 4,
    "bot.assistant": 9,
    "bot.editing.preview": 10,
    "bot.channels": 10,
    "bot.channels.telegram_text": 10,
    "bot.channels.widget_script": 10,
    "bot.page_content": 1,
    "bot.channels.page_text": 2,
    "bot.channels.page_data": 2,
    "bot.channels.page_frame": 8,
    "bot.channels.page_html": 10,
    "bot.channels.pages": 11,
    "bot.channels.gallery": 11,
    "bot.channels.statistics_html": 10,
    "bot.channels.statistics": 11,
    "bot.channels.operation": 11,
    "bot.channels.styles": 1,
    "bot.channels.limits": 10,
    "bot.channels.connection": 10,
    "bot.channels.web_messages": 10,
    "bot.channels.openapi": 11,
    "bot.channels.telegram_limits": 10,
    "bot.channels.telegram_log": 10,
    "bot.channels.telegram_order": 10,
    "bot.channels.telegram_delivery": 11,
    "bot.channels.telegram_webhook": 11,
    "bot.channels.telegram_handlers": 12,
    "bot.channels.terminal": 11,
    "bot.channels.telegram": 13,
    "bot.channels.web": 12,
    "bot.preparation": 8,
    "bot.app": 14,
    "bot.workers": 15,
    "bot.review.groups": 1,
    "bot.review.sentence_file": 3,
    "bot.review.rules": 10,
    "bot.review.commands": 15,
    "bot.commands": 16,
    "bot.editing.preview_trial": 15,
    "bot.channels.preview_html": 11,
    "bot.channels.preview_page": 16,
    "bot.editing.preview_server": 17,
    "bot.editing.commands": 18,
    "bot.statistics.command": 15,
    "bot.__main__": 19,
}
FOREIGN_ALLOWED = {
    "rasa": {
        "bot.nlu.intent_classifier",
        "bot.nlu.message_converter",
        "bot.nlu.training",
        "bot.nlu.interpreter",
        "bot.model_archive",
    },
    "sklearn": {"bot.nlu.features", "bot.nlu.intent_model", "bot.crisis_model", "bot.review.groups"},
    "yaml": {"bot.yaml_reader", "bot.training_data"},
    "telegram": {
        "bot.channels.telegram",
        "bot.channels.telegram_delivery",
        "bot.channels.telegram_handlers",
        "bot.channels.telegram_log",
        "bot.channels.telegram_order",
        "bot.channels.telegram_text",
        "bot.channels.telegram_webhook",
    },
    "pythonjsonlogger": {"bot.logs"},
    "prometheus_client": {"bot.metrics"},
    "starlette": {
        "bot.channels.connection",
        "bot.channels.gallery",
        "bot.channels.operation",
        "bot.channels.limits",
        "bot.channels.pages",
        "bot.channels.preview_page",
        "bot.editing.preview_server",
        "bot.channels.statistics",
        "bot.channels.telegram",
        "bot.channels.telegram_webhook",
        "bot.channels.web",
        "bot.app",
        "bot.workers",
    },
    "uvicorn": {"bot.app", "bot.channels.connection", "bot.workers", "bot.editing.preview_server"},
    "sqlalchemy": {f"bot.store.{path.stem}" for path in (ROOT / "bot" / "store").glob("*.py")},
    "cryptography": {"bot.store.sealing"},
}


def modules() -> dict[str, Path]:
    """All modules of the package by dotted name."""
    found = {}
    for path in sorted((ROOT / "bot").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path) -> set[str]:
    """Dotted names a module imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(name: str) -> int:
    """Layer of a module; the parts of a package share the layer of the package."""
    while name not in LAYERS:
        name = name.rpartition(".")[0]
    return LAYERS[name]


def is_same_package(name: str, target: str) -> bool:
    """Modules of a package without layers of their own may import each other, and the package its parts."""
    homes = {module if module in LAYERS else module.rpartition(".")[0] for module in (name, target)}
    return homes == {"bot.checks"}


@pytest.mark.parametrize("name", modules())
def test_module_imports_only_from_layers_above(name: str) -> None:
    if name != "bot" and name.partition(".")[0] == "bot":
        assert name in LAYERS or name.rpartition(".")[0] in LAYERS, f"{name} has no layer"
    own = [target for target in imports(modules()[name]) if target in modules() and target != name]
    for target in own:
        assert layer(target) < layer(name) or is_same_package(name, target), f"{name} → {target}"


@pytest.mark.parametrize("name", modules())
def test_foreign_libraries_stay_in_their_modules(name: str) -> None:
    roots = {target.partition(".")[0] for target in imports(modules()[name])}
    for library, allowed in FOREIGN_ALLOWED.items():
        assert library not in roots or name in allowed, f"{name} imports {library}"


@pytest.mark.parametrize("name", modules())
def test_module_is_short_enough_to_read_in_a_sitting(name: str) -> None:
    assert len(modules()[name].read_text(encoding="utf-8").splitlines()) <= 400, name
