"""Tries a question on the real assistant; the model is loaded when the first one comes."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from bot.assistant import Assistant
from bot.content import Content
from bot.conversations import MemoryStore
from bot.crisis import EmergencyModel
from bot.model_archive import load_interpreter
from bot.models import Turn, UserMessage
from bot.nlu.errors import ModelError
from bot.nlu.interpreter import Interpreter
from bot.preparation import ensure_crisis_model, find_newest, find_usable_model, model_path
from bot.settings import Settings

NO_MODEL = "Es gibt noch kein Modell. Bitte einmal ausführen: ./run train"
LOADING = "Das Modell lädt … Die Antwort erscheint von selbst."


class Tried(Struct, frozen=True):
    """What came of a question: a turn, or a sentence that says why there is none."""

    turn: Turn | None = None
    sentence: str | None = None
    is_waiting: bool = False
    """Whether asking again soon will help."""
    is_stale: bool = False
    """Whether the training sentences have changed since the model was trained."""


class Trial:
    """The assistant behind the field "Frage ausprobieren"."""

    def __init__(self, settings: Settings, show_change: Callable[[], None]) -> None:
        """`show_change` is called when the model is ready, or cannot be loaded."""
        self._settings = settings
        self._show_change = show_change
        self._interpreter: Interpreter | None = None
        self._crisis_model: EmergencyModel | None = None
        self._loading: asyncio.Task[None] | None = None
        self._is_loading = False
        self._error: str | None = None

    async def ask(self, text: str, content: Content, now: datetime) -> Tried:
        """Answer a question as a conversation of its own."""
        if self._loading is None:
            self._loading = asyncio.create_task(self._load(content))
            self._is_loading = True
        if self._is_loading:
            return Tried(sentence=LOADING, is_waiting=True)
        if self._interpreter is None:
            self._loading = None  # the next question tries again
            return Tried(sentence=self._error)
        settings, parse = self._settings, self._interpreter.parse
        is_stale = not await asyncio.to_thread(lambda: model_path(settings).exists())
        assistant = await asyncio.to_thread(
            Assistant,
            content,
            parse,
            MemoryStore(settings.conversation_minutes, 1),
            settings.max_text_length,
            lambda: now,
            settings.easy_language,
            self._crisis_model,
        )
        return Tried(await assistant.handle(UserMessage("preview", "preview", text)), is_stale=is_stale)

    def close(self) -> None:
        """Stop the worker thread of the NLU."""
        if self._interpreter is not None:
            self._interpreter.close()

    async def _load(self, content: Content) -> None:
        try:
            self._interpreter, self._crisis_model = await asyncio.to_thread(self._load_models, content)
        except ModelError as error:
            self._error = str(error)
        except Exception as error:  # said on the page; the preview of the answers goes on
            self._error = f"Das Modell lässt sich nicht laden ({type(error).__name__}). Neu trainieren: ./run train"
        self._is_loading = False
        self._show_change()

    def _load_models(self, content: Content) -> tuple[Interpreter, EmergencyModel | None]:
        """Load the models for the present sentences, or the last ones: a preview does not train."""
        from bot.crisis_model import CrisisModel  # scikit-learn takes a second, and the other commands need none

        usable = find_usable_model(self._settings)
        if usable is None:
            raise ModelError(NO_MODEL)
        crisis = find_newest(self._settings.models_dir, "crisis-*.npz")
        emergencies = CrisisModel.load(crisis) if crisis else ensure_crisis_model(self._settings, content)
        return load_interpreter(usable), emergencies
