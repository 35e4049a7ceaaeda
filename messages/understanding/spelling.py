"""Normalises spelling: one case, no accents, no apostrophes; finds words despite typing errors."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Iterable

SLIP_FROM = 5
_TWO_SLIPS_FROM = 9

_SINGLE = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ð": "d", "ł": "l", "\u0131": "i"})
APOSTROPHES = str.maketrans(dict.fromkeys("'\u2019\u2018`\u00b4\u02bc", ""))
_COLON_ENDING = re.compile(r"(?<=[a-z]):(?=[a-z])")
_WORD = re.compile(r"[a-z]+|\d+(?:[a-z]+)?")


def fold(text: str) -> str:
    """Normalise spelling: lower case without accents and apostrophes: ``Håll, I'm`` becomes ``hall, im``."""
    lowered = text.translate(APOSTROPHES).casefold()
    if lowered.isascii():
        return lowered
    parts = unicodedata.normalize("NFKD", lowered)
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).translate(_SINGLE)


def words(folded: str) -> list[str]:
    """The words and numbers of a text of folded spelling, without punctuation and emoji; ``sms:a`` is one."""
    return _WORD.findall(_COLON_ENDING.sub("", folded))


class Slips:
    """Finds the words a misspelling may mean: one letter more, less, different or swapped."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(word for word in known if len(word) >= SLIP_FROM)
        self._long = sorted(word for word in self._known if len(word) >= _TWO_SLIPS_FROM)
        self._shorter: dict[str, set[str]] = {}
        for word in self._known:
            for shorter in (word, *_one_less(word)):
                self._shorter.setdefault(shorter, set()).add(word)

    def meant(self, word: str) -> frozenset[str]:
        """The known words one error away, for a long word two; none for words of fewer than five letters."""
        if len(word) < SLIP_FROM:
            return frozenset()
        near: set[str] = set()
        for shorter in (word, *_one_less(word)):
            near |= self._shorter.get(shorter, set())
        close = frozenset(other for other in near if OSA.distance(word, other, score_cutoff=1) <= 1)
        return close or self._two_away(word)

    def _two_away(self, word: str) -> frozenset[str]:
        if len(word) < _TWO_SLIPS_FROM:
            return frozenset()
        long = [other for other in self._long if other[0] == word[0] and abs(len(other) - len(word)) <= 1]
        return frozenset(other for other in long if OSA.distance(word, other, score_cutoff=2) <= 2)  # noqa: PLR2004


def _one_less(word: str) -> set[str]:
    return {word[:place] + word[place + 1 :] for place in range(len(word))}
