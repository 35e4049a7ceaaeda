"""Words and numbers as they are searched for: one case, no accents, and phones from their last digit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LEAST: Final = 2
"""Letters that are searched for at least."""
DIGITS: Final = 4
"""Digits of a phone number that are searched for at least: its last ones."""
BEGINNING: Final = 4
"""Letters of a word of a message by whose beginning it is found; a longer beginning is looked for in the
texts that have one of so many letters."""
MOST_WORDS: Final = 5
_LONGEST: Final = 40
_SINGLE: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "ł": "l", "þ": "th", "\u0131": "i"}
)
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_MASKED: Final = re.compile(r"\S*\*{2,}\S*")
_PHONE: Final = re.compile(r"[\d\s()+./-]+")
_LEADING: Final = re.compile(r"^(?:\+|00|0)(?=(?:\D*\d){7})")
"""What a number as it is dialled begins with and a stored one has not; fewer digits are its last ones."""


def fold(text: str) -> str:
    """A text in one case without accents: ``Ström`` and ``STROM`` become ``strom``."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    parts = unicodedata.normalize("NFKD", lowered)
    return "".join(sign for sign in parts if not unicodedata.combining(sign)).translate(_SINGLE)


def words(text: str) -> list[str]:
    """The words and numbers of a name or a question, folded, each once and in their order."""
    return list(dict.fromkeys(one[:_LONGEST] for one in _WORD.findall(fold(text))))


def key(name: str) -> str:
    """The letters and digits of an id or a reference, folded, however it is spelled."""
    return "".join(words_with_repeats(name))


def words_with_repeats(text: str) -> list[str]:
    """Like :func:`words`, with a word as often as it is there."""
    return _WORD.findall(fold(text))


def of_message(text: str) -> frozenset[str]:
    """What a customer's text is found by: its words, and their beginnings with a ``*``.

    Numbers are not among them, and nothing that was masked.
    """
    found = {one for one in _LETTERS.findall(fold(_MASKED.sub(" ", text))) if LEAST <= len(one) <= _LONGEST}
    return frozenset(found | {beginning(one) for one in found if len(one) >= BEGINNING})


def beginning(word: str) -> str:
    """The beginning by which a word is found, marked so that it is no word."""
    return f"{word[:BEGINNING]}*"


def phone(number: str) -> str:
    """The digits of a phone number from the last to the first; empty where they are too few."""
    digits = "".join(sign for sign in number if sign in "0123456789")
    return digits[::-1] if len(digits) >= DIGITS else ""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is searched for, taken apart."""

    words: tuple[str, ...]
    """Beginnings of words of a name, all of which must be there; or an id."""
    phone: str
    """The last digits of a phone, the last first; empty where it is no number."""
    name: str
    """The beginning of an id, a bill number or a reference, by its letters and digits."""
    said: tuple[str, ...]
    """Words of a message, or beginnings of them, all of which must be there."""

    @classmethod
    def of(cls, text: str) -> Sought:
        """Take a text apart; what is too short to be searched for is left out."""
        found = words(text)[:MOST_WORDS]
        number = text.strip()
        digits = phone(_LEADING.sub("", number)) if _PHONE.fullmatch(number) else ""
        spelled = key(text)[:_LONGEST]
        letters = [one for one in dict.fromkeys(_LETTERS.findall(fold(text))) if len(one) >= LEAST]
        return cls(
            tuple(found) if any(len(one) >= LEAST for one in found) else (),
            digits,
            spelled if len(spelled) > LEAST else "",
            tuple(letters[:MOST_WORDS]) if all(map(str.isalpha, found)) else (),
        )
