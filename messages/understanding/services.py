"""Finds which service a text means, by the names on a price list, allowing typing errors."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import log
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from rapidfuzz import fuzz

from messages.languages import FALLBACK, file, known
from messages.understanding import vocabulary
from messages.understanding.grammar import grammar
from messages.understanding.spelling import fold, words

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

MOST: Final = 4
"""No more services than this are asked about."""
_ALIKE: Final = 86
_SAME_ROOT: Final = 5
_ENDING: Final = 2
"""How many letters may follow a short word: ``knees``, ``knät``."""
_NEAR_BEST: Final = 0.75
_SHORTEST: Final = 2
_IN_A_NAME: Final = 10.0
"""So many times as common as an everyday word must be a word of a service's name that says nothing."""


Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Search(Generic[Key]):
    """The services that a text may mean, most likely first, and whether it named any at all."""

    found: tuple[Key, ...]
    named: bool

    @property
    def unknown(self) -> bool:
        """Whether a service was named that is on no list."""
        return self.named and not self.found


def search(text: str, language: str, names: Mapping[Key, Sequence[str]]) -> Search[Key]:
    """Find services by name; ``names`` has the names of each.

    A word weighs more the fewer services it occurs in. One name is compared with a text at a time, so a text
    with all words of one name scores more than one with some words of several.
    """
    spelled = {key: [set(words(fold(name))) for name in called] for key, called in names.items()}
    spread = Counter(word for called in spelled.values() for word in set().union(*called))
    asked = [word for word in dict.fromkeys(words(fold(text))) if not _says_nothing(word, language, spread)]
    weights = {word: log(1 + len(names) / count) for word, count in spread.items()}
    scores = {
        key: max((_score(asked, name, weights) for name in called), default=0.0)
        for key, called in spelled.items()
    }
    best = max(scores.values(), default=0.0)
    if not best:
        return Search((), bool(asked))
    near = [key for key, score in scores.items() if score >= best * _NEAR_BEST]
    return Search(tuple(sorted(near, key=lambda key: -scores[key])[:MOST]), named=True)


def _score(asked: Sequence[str], name: set[str], weights: Mapping[str, float]) -> float:
    """The weight of the words that are asked and in the name, a little more for a name asked in full."""
    met = {word for word in name if any(_same(word, one) for one in asked)}
    heard = sum(1 for one in asked if any(_same(word, one) for word in name))
    if not met:
        return 0.0
    return sum(weights[word] for word in met) * (1 + 0.2 * len(met) / len(name)) + 0.1 * heard


def _same(word: str, asked: str) -> bool:
    if word == asked:
        return True
    shorter, longer = sorted((word, asked), key=len)
    if len(shorter) < _SAME_ROOT:
        ending = len(longer) - len(shorter) <= _ENDING < len(shorter)
        return ending and longer.startswith(shorter)
    return longer.startswith(shorter) or fuzz.ratio(word, asked) >= _ALIKE


def _says_nothing(word: str, language: str, named: Container[str]) -> bool:
    """Whether a word of a question names no service: in the language or, as people mix them, in English.

    A word of a service's name says something although many others have it too: "visit"; not "of".
    """
    most = _IN_A_NAME if word in named else 1.0
    return len(word) < _SHORTEST or any(
        word.startswith(_left_out(one)) or word in grammar(one).months or vocabulary.everyday(word, one, most)
        for one in (known(language), FALLBACK)
    )


@cache
def _left_out(language: str) -> tuple[str, ...]:
    """How words begin that ask about a cost or an approval."""
    data = tomllib.loads(file(language, "services.toml").read_text(encoding="utf-8"))
    return tuple(fold(beginning) for beginning in data["leave_out"])
