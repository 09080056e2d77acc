"""What can go wrong with a model, for the operator; imports nothing, so that everybody can catch it."""


class ModelError(Exception):
    """The model cannot be loaded; the message says what to do in German."""


class TrainingError(Exception):
    """The model cannot be trained; the message says why in German."""
