"""The words that people write in a language, and in which language a text is written by them."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from messages.languages import languages
from messages.understanding.learned.features import capital, written
from messages.understanding.learned.features import words as _spoken
from messages.understanding.learned.model import model
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSEEN: Final = 0.3
"""What a word counts that no two lines have."""
_HOME: Final = 2.0
"""By so much (as a logarithm) another language must be likelier than the one that is spoken with somebody."""
_FEW, _SHARE = 8, 1 / 4000
"""A word is everyday if more lines have it, and if it is more than this share of all words in lines."""


@cache
def words(language: str) -> Mapping[str, int]:
    """The everyday words of a language, and how many lines have them: two or more. No names."""
    trained = model(language)
    return trained.words if trained else {}


@cache
def of_others(language: str) -> Mapping[str, int]:
    """How many of the lines that have a word are about somebody else than whoever writes."""
    trained = model(language)
    return trained.of_others if trained else {}


def everyday(word: str, language: str, times: float = 1.0) -> bool:
    """Whether a folded word stands in so many lines, or in so many times as many, that it tells nothing."""
    return words(language).get(word, 0) > times * max(_FEW, _whole(language) * _SHARE)


def many(text: str, language: str) -> int:
    """How many of the words of a text people write in a language."""
    known = words(language)
    return sum(word in known for word in _spoken(text))


@lru_cache(maxsize=5_000)
def written_in(text: str, spoken: str) -> str:
    """The language of ours in which a text is most likely written; ``spoken`` where that is not clear."""
    said = [
        fold(one)
        for place, one in enumerate(written(text))
        if one[0].isalpha() and not (place and capital(one))
    ]
    likelihoods = {one: _likelihood(said, one) for one in languages() if words(one)}
    if spoken not in likelihoods or not said:
        return spoken
    best = max(likelihoods, key=lambda one: likelihoods[one])
    return best if likelihoods[best] > likelihoods[spoken] + _HOME else spoken


def _likelihood(said: list[str], language: str) -> float:
    """How likely words are in a language; a word that it does not have counts alike in each."""
    known, whole, largest = words(language), _whole(language), max(map(_whole, languages()))
    return sum(
        math.log((known[word] + _UNSEEN) / whole) if word in known else math.log(_UNSEEN / largest)
        for word in said
    )


@cache
def _whole(language: str) -> int:
    return sum(words(language).values())
