"""Rasa graph component around the intent model."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.intent_model import IntentModel

RANKING_LENGTH = 10


class IntentClassifierComponent(IntentClassifier, GraphComponent):
    """Trains, stores and runs the intent model inside Rasa's graph."""

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, model: IntentModel | None
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifierComponent:
        """Create an untrained component (see parent class)."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifierComponent:
        """Load a trained component: arrays and word lists only, no pickle (see parent class)."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentModel.load(folder))

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Return the default settings of the model (see parent class)."""
        return {}

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all sentences that carry an intent, with lookup tables as concepts, and store the model."""
        examples = [
            (message.get(TEXT), message.get(INTENT))
            for message in training_data.intent_examples
            if message.get(TEXT) and message.get(INTENT)
        ]
        texts = [text for text, _ in examples]
        intents = [intent for _, intent in examples]
        tables = {table["name"]: table["elements"] for table in training_data.lookup_tables}
        self._model = IntentModel.fit(texts, intents, tables)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent and intent ranking on the messages, all in one batch."""
        if self._model is None:
            raise RuntimeError("the intent model is not trained")
        rankings = self._model.rank([message.get(TEXT) or "" for message in messages], RANKING_LENGTH)
        for message, ranking in zip(messages, rankings):  # noqa: B905 - stock Rasa runs on Python 3.8 to 3.10
            scores = [{"name": name, "confidence": confidence} for name, confidence in ranking]
            message.set(INTENT, scores[0], add_to_output=True)
            message.set("intent_ranking", scores, add_to_output=True)
        return messages
