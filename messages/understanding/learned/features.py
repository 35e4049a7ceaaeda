"""What the learned reader sees of a text: its words, pairs of words, and groups of letters.

Letters are folded as by `messages.understanding.spelling.fold`, digits count as how many there are, a name as
any name, and of a long text the beginning and the end are seen.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zlib import crc32

from messages.understanding.spelling import APOSTROPHES, fold

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

PLACES: Final = 2**14
"""So many weights an intent has: two features may share one."""

_LONGEST: Final = 1200
_WORDS: Final = 200
_DIGITS: Final = 6
_SHORTEST_GROUP, _LONGEST_GROUP = 2, 5
_NAME: Final = "\N{BUST IN SILHOUETTE}"
"""What stands for a name: none of its letters are seen."""
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[?!]|[\U0001f300-\U0001faff\u2600-\u27bf]")


def written(text: str) -> list[str]:
    """The words, numbers, "?", "!" and emoji of a text in order, as they are written."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} {text[-_LONGEST // 2 :]}"
    return _TOKEN.findall(unicodedata.normalize("NFC", shown.translate(APOSTROPHES)))[:_WORDS]


def words(text: str) -> list[str]:
    """The words of a text in order, folded."""
    return [fold(one) for one in written(text) if one[0].isalpha()]


def features(text: str, everyday: Container[str]) -> frozenset[str]:
    """The names of all that is seen of a text: ``w:`` a word, ``p:`` a pair, ``g:`` a group of letters.

    ``everyday`` are the words of the language, folded: another with a capital letter is a name.
    """
    said = [_token(one, everyday) for one in written(text)]
    pairs = (f"p:{first} {second}" for first, second in pairwise(["^", *said, "$"]))
    return frozenset([*(f"w:{one}" for one in said), *pairs, *_groups(said)])


def place(feature: str) -> int:
    """Which of the `PLACES` a feature has, the same on every machine."""
    return crc32(feature.encode()) % PLACES


def capital(word: str) -> bool:
    """Whether a word is written as names are: with a capital letter, and small ones behind it."""
    return word[0].isupper() and len(word) > 1 and not word.isupper()


def _token(one: str, everyday: Container[str]) -> str:
    if one.isdigit():
        return "0" * min(len(one), _DIGITS)
    folded = fold(one)
    return _NAME if capital(one) and folded not in everyday else folded


def _groups(said: Sequence[str]) -> Iterator[str]:
    for word in set(said):
        bounded = f" {word} "
        for length in range(_SHORTEST_GROUP, _LONGEST_GROUP + 1):
            for start in range(len(bounded) - length + 1):
                yield f"g:{bounded[start : start + length]}"
