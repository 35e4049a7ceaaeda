"""Reads a text with the learned weights of a language: how likely each intent is, and which words told."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from messages.understanding.learned.features import features, place
from messages.understanding.learned.model import model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from messages.understanding.learned.model import Model, Numbers

_KEPT: Final = 5_000
"""Readings that are kept: a turn reads the same text, and parts of it, several times."""


@lru_cache(maxsize=_KEPT)
def likely(text: str, language: str) -> Mapping[str, float]:
    """How likely each intent is, from 0 to 1 and together 1, the likeliest first; empty without a model.

    Raises:
        BadWordList: the language's model is damaged.
    """
    trained = model(language)
    return probabilities(trained, text) if trained else {}


def probabilities(trained: Model, text: str) -> Mapping[str, float]:
    """See `likely`."""
    import numpy as np  # noqa: PLC0415 - see messages/understanding/learned/model.py

    found = scores(trained, text) * trained.sharpness
    shares = np.exp(found - found.max())
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")
    return {trained.intents[at]: float(shares[at]) for at in order}


def scores(trained: Model, text: str) -> Numbers:
    """The score of each intent, in the order of the model's: above 0 speaks for it."""
    import numpy as np  # noqa: PLC0415 - see messages/understanding/learned/model.py

    places = np.fromiter(sorted({place(one) for one in features(text, trained.words)}), dtype=np.int64)
    rarities = trained.rarities[places]
    length = np.sqrt(np.square(rarities).sum())
    if not length:
        return trained.offsets
    found: Numbers = rarities / length @ trained.weights[places].astype(np.float32) * trained.scales
    return found + trained.offsets
