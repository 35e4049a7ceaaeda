"""Reads a text with the learned weights of a language: how likely each intent is, and which words told."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from messages.understanding.learned.features import features, place, words
from messages.understanding.learned.model import model
from messages.understanding.said import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from messages.understanding.learned.model import Model, Numbers

_HALF: Final = 0.5
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


def telling(text: str, language: str, intent: str) -> list[tuple[str, float]]:
    """The words of a text that spoke for an intent, the most telling first, each with its share.

    A pair of words counts half for each, a group of letters for the word it is part of.

    Raises:
        BadWordList: the language's model is damaged.
    """
    trained = model(language)
    if trained is None or intent not in trained.intents:
        return []
    column = trained.intents.index(intent)
    added, whole = dict[str, float](), features(text, trained.words)
    for word in dict.fromkeys(words(text)):
        own = features(word, trained.words) | {
            one for one in whole if one.startswith("p:") and word in one[2:].split(" ")
        }
        added[word] = sum(
            float(trained.weights[place(one), column] * trained.scales[column] * trained.rarities[place(one)])
            * (_HALF if one.startswith("p:") else 1)
            for one in own
            if not one.startswith("p:") or one in whole
        )
    whole_worth = sum(worth for worth in added.values() if worth > 0)
    shares = ((word, worth / whole_worth) for word, worth in added.items() if worth > 0)
    return sorted(shares, key=lambda one: -one[1])


def nearest(text: str, language: str, intent: str) -> str:
    """The line of `said/` of an intent that is most like a text; empty where there is none."""
    trained = model(language)
    seen = features(text, trained.words) if trained else frozenset[str]()
    lines = [line.text for line in said(language) if line.intent == intent and not line.put_aside]
    if trained is None or not seen or not lines:
        return ""

    def alike(line: str) -> float:
        other = features(line, trained.words)
        both = math.fsum(float(trained.rarities[place(one)]) ** 2 for one in sorted(seen & other))
        return both / math.sqrt(len(other) or 1)

    return max(lines, key=alike)
