"""Rasa graph component: turns incoming messages into NLU messages; typed text can never set an intent here."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message


class MessageConverter(GraphComponent):
    """Does what Rasa's NLUMessageConverter does, without importing Sanic at run time."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageConverter:
        """Create the component (see parent class)."""
        return cls()

    def convert(self, messages: List[Any]) -> List[Message]:
        """Convert Rasa's user messages (anything with a `text`) into NLU messages."""
        return [Message(data={TEXT: message.text}) for message in messages]
