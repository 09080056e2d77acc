"""What must be there before the bot can start: models, the key, the database."""

import multiprocessing
import os
import secrets
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from bot.content import Content
from bot.crisis import EmergencyModel
from bot.logs import announce
from bot.nlu.fingerprint import fingerprint
from bot.settings import MEMORY, Settings

if TYPE_CHECKING:
    from bot.store.state import SharedState


class StartError(Exception):
    """The bot cannot start; the message says in German why and what to do."""


def require_secret_key(settings: Settings, shared: bool) -> bytes:
    """Return the key that makes identifiers unrecognisable; what is shared needs one that outlives the process."""
    if settings.secret_key:
        return settings.secret_key.encode()
    if shared:
        raise StartError(
            "JOBCENTER_BOT_SECRET_KEY fehlt. Ohne festen Schlüssel erkennt der Bot nach einem Neustart und in einem "
            "zweiten Prozess kein Gespräch wieder. Einen guten Schlüssel erzeugt: openssl rand -hex 32"
        )
    return secrets.token_bytes(32)


def open_state(settings: Settings) -> "SharedState | None":
    """Return the database all workers share, or None when everything stays in this process."""
    if settings.database_url == MEMORY:
        return None
    if not settings.secret_key:
        announce("JOBCENTER_BOT_SECRET_KEY fehlt: Gespräche bleiben im Arbeitsspeicher dieses Prozesses.")
        return None
    from bot.store.database import DatabaseRefused  # SQLAlchemy takes 0.3 s and 13 MB, and few commands need it
    from bot.store.state import SharedState

    try:
        state = SharedState(
            settings.database_address,
            require_secret_key(settings, shared=True),
            settings.conversation_minutes,
            review=settings.review,
            retention_days=settings.retention_days,
        )
        state.open()
    except DatabaseRefused as error:
        raise StartError(str(error)) from None
    return state


def ensure_crisis_model(settings: Settings, content: Content) -> EmergencyModel | None:
    """Return the model that recognises emergencies; it is independent of the topic model."""
    from bot.crisis_model import find_archive, fit_once, load_or_fit  # scikit-learn takes a second to import

    # people who are desperate ask for counselling as well
    emergencies = {kind.topic for kind in content.crisis.values()} | {"psychosoziale_hilfe"}
    sources = settings.models_dir, settings.responses_dir, settings.nlu_data_dir
    ordinary = content.topics.keys() - emergencies
    if not find_archive(*sources).exists():
        announce("Lerne die Notlagen …")
        run_apart(fit_once, *sources, ordinary)
    return load_or_fit(*sources, ordinary)


def model_path(settings: Settings) -> Path:
    """Return where the model for the present configuration and sentences is kept."""
    return settings.models_dir / f"nlu-{fingerprint(settings.rasa_config, settings.nlu_data_dir)}.tar.gz"


def find_usable_model(settings: Settings) -> Path | None:
    """Return the model for the present inputs, or else the last one that was trained, or None; trains nothing."""
    archive = model_path(settings)
    return archive if archive.exists() else find_newest(settings.models_dir, "nlu-*.tar.gz")


def find_newest(folder: Path, pattern: str) -> Path | None:
    """Return the file that was written last, or None."""
    return max(folder.glob(pattern), key=lambda path: path.stat().st_mtime, default=None)


def ensure_model(settings: Settings) -> Path:
    """Return the model for the present inputs; trains it when there is none yet."""
    archive = model_path(settings)
    if not archive.exists():
        announce("Trainiere das Modell, weil sich Sätze oder Konfiguration geändert haben …")
        from bot.nlu.training import train_model  # imports half of Rasa, and a ready model needs none of it

        run_apart(train_model, settings.rasa_config, settings.nlu_data_dir, archive)
        _remove_older_models(archive)
    return archive


def run_apart(work: Callable[..., None], *arguments: object) -> None:
    """Do something in a process of its own: its memory, above all that of a training, would stay with the server."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=end_with_parent) as pool:
        try:
            pool.submit(work, *arguments).result()
        except BrokenProcessPool:
            raise StartError(
                "Die Vorbereitung wurde von außen abgebrochen, vermutlich weil der Arbeitsspeicher nicht reicht. "
                "Bitte noch einmal versuchen; gebraucht werden 2 GB freier Speicher."
            ) from None


def end_with_parent() -> None:
    """Stop this process when the one that started it was killed: left alone it would hold memory or the port."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _remove_older_models(archive: Path) -> None:
    for path in archive.parent.glob("nlu-*.tar.gz"):
        if path != archive:
            path.unlink(missing_ok=True)
