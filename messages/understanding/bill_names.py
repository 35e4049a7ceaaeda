"""Finds out which of several bills a text names: by number, by whose it is, by what it was for, by month."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from messages.understanding.grammar import any_of, grammar
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD: Final = re.compile(r"[^\W_]+")
_LONGEST_TEXT: Final = 500
_DIGITS: Final = 3
"""A number of at least so many digits is known again without the letters before it."""
_LETTERS: Final = 4
"""So many letters of a word of a service are enough; a shorter one counts whole, and as a name: MRI."""
_NUMBER: Final = re.compile(r"\b(?:[A-Za-z]{1,4}[-/]?|[A-Z]{1,4} )\d{3,}(?:[-/]\d+)*\b")


def named(text: str, names: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The places of the bills that are named in a text by one of their names: a number, a first name."""
    said = _words(text)
    return tuple(place for place, own in enumerate(names) if any(_has_name(said, name) for name in own))


def meant(text: str, services: Sequence[str]) -> tuple[int, ...]:
    """The places of the bills for a service that a text speaks of; what fits all of them tells nothing."""
    said = _words(text)
    found = [place for place, service in enumerate(services) if _speaks_of(said, service)]
    return tuple(found) if len(found) < len(services) else ()


def month(text: str, language: str) -> int | None:
    """The one month that a text names, 1 to 12."""
    found = {grammar(language).months[one] for one in _months(language).findall(fold(text[:_LONGEST_TEXT]))}
    return found.pop() if len(found) == 1 else None


def number_of_a_bill(text: str) -> str:
    """What looks like the number of a bill in a text: letters, then digits; empty where nothing does."""
    found = _NUMBER.search(text[:_LONGEST_TEXT])
    return found[0] if found else ""


@cache
def _months(language: str) -> re.Pattern[str]:
    return re.compile(rf"\b{any_of(grammar(language).months)}\b")


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text[:_LONGEST_TEXT]))


def _has_name(said: Sequence[str], name: str) -> bool:
    own = _words(name)
    if not own:
        return False
    whole = any(list(said[at : at + len(own)]) == own for at in range(len(said)))
    whole = whole or (len(own) == 1 and own[0].isalpha() and f"{own[0]}s" in said)  # "Tims", "Tim's"
    return (
        whole or "".join(own) in said or (len(own[-1]) >= _DIGITS and own[-1].isdigit() and own[-1] in said)
    )


def _speaks_of(said: Sequence[str], service: str) -> bool:
    for word in _WORD.findall(service):
        own = fold(word)
        if any(own == one and (len(own) >= _LETTERS or not word.islower()) for one in said if len(own) > 1):
            return True
        if any(_alike(own, one) for one in said):
            return True
    return False


def _alike(own: str, said: str) -> bool:
    """Whether one begins as the other: "physio" and "physiotherapy"."""
    least = min(len(own), len(said))
    return least >= _LETTERS and (own.startswith(said) or said.startswith(own))
