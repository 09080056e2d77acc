"""Loads a trained model and asks Rasa's engine what a text is about."""

import asyncio
import logging
import os
import tarfile
import tempfile
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"  # before Rasa is imported

from rasa.engine.graph import ExecutionContext
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.exceptions import RasaException

from bot.models import IntentScore, Prediction
from bot.nlu.errors import ModelError

PLACEHOLDER_MESSAGE = "__message__"  # as in rasa.engine.constants, which would import Sanic

logging.getLogger("rasa").setLevel(logging.WARNING)  # at DEBUG the runner would print every message


class Incoming:
    """What the graph takes in: Rasa's user message reduced to its text, with a repr that hides it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Interpreter:
    """A loaded model; parsing runs in one worker thread, so the event loop stays free."""

    def __init__(self, archive: Path) -> None:
        """Load a model archive written by `train_model`; raises ModelError."""
        try:
            with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                storage, metadata = LocalModelStorage.from_model_archive(Path(folder), archive)
                self._runner = DaskGraphRunner.create(
                    metadata.predict_schema, storage, ExecutionContext(metadata.predict_schema)
                )
                self._target = metadata.nlu_target
        except (OSError, EOFError, KeyError, ValueError, tarfile.TarError, RasaException) as error:
            raise ModelError(
                f"Das Modell {archive} lässt sich nicht laden ({type(error).__name__}). Neu trainieren: ./run train"
            ) from error
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nlu")

    def parse_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """Recognise several texts in one run of the graph."""
        incoming = [Incoming(text) for text in texts]
        messages = self._runner.run(inputs={PLACEHOLDER_MESSAGE: incoming}, targets=[self._target])[self._target]
        return [
            Prediction(tuple(IntentScore(**score) for score in message.get("intent_ranking"))) for message in messages
        ]

    async def parse(self, text: str) -> Prediction:
        """Recognise one text."""
        loop = asyncio.get_running_loop()
        predictions = await loop.run_in_executor(self._worker, self.parse_batch, [text])
        return predictions[0]

    def close(self) -> None:
        """Stop the worker thread."""
        self._worker.shutdown(wait=True)
