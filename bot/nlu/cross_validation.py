"""Ranks every training sentence with a model that has not seen it."""

from __future__ import annotations

from typing import List, Optional, Sequence

import numpy as np

from bot.nlu.intent_model import FOLDS, SEED, IntentModel, Ranking, Tables, assign_folds


def cross_validate(
    texts: Sequence[str], intents: Sequence[str], length: int, tables: Optional[Tables] = None
) -> List[Ranking]:
    """Return one ranking per sentence; it is empty for the only sentence of an intent."""
    names, labels = np.unique(intents, return_inverse=True)
    fold = assign_folds(labels, np.random.default_rng(SEED))
    rankings: List[Ranking] = [[] for _ in texts]
    for index in range(FOLDS):
        kept, held = np.flatnonzero(fold != index), np.flatnonzero(fold == index)
        model = IntentModel.fit([texts[i] for i in kept], [str(names[labels[i]]) for i in kept], tables)
        for i, ranking in zip(held, model.rank([texts[i] for i in held], length)):  # noqa: B905 - Python 3.8 to 3.10
            rankings[i] = ranking
    return rankings
