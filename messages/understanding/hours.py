"""Reads two hours of the day from free text: from and until."""

from __future__ import annotations

import re
from datetime import time
from functools import cache

from messages.languages import about, languages
from messages.understanding.grammar import any_of
from messages.understanding.numbers import in_digits
from messages.understanding.spelling import fold

_NOON = 12
_HOUR = r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|a\.m\.|pm|p\.m\.)?"


def hours(text: str, language: str) -> tuple[time, time] | None:
    """The hours in a text: ``9 to 17``, ``9am-5pm``, ``after 6 pm``; ``None`` where they make no sense."""
    read = in_digits(text, language)
    both = _range().search(read)
    if both:
        begins, ends = _time(both[1], both[2], both[3]), _time(both[4], both[5], both[6])
        if begins and ends and not both[6] and not both[3] and ends <= begins and ends.hour < _NOON:
            ends = ends.replace(hour=ends.hour + _NOON)  # "9 to 5" ends in the afternoon
        return (begins, ends) if begins and ends and begins < ends else None
    for side, pattern in _only().items():
        one = pattern.search(read)
        at = _time(one[1], one[2], one[3]) if one else None
        if at:
            return (at, time(23, 59)) if side == "after" else (time(0), at)
    return None


@cache
def _range() -> re.Pattern[str]:
    """Two hours; in any language, since people mix them."""
    return re.compile(rf"{_HOUR}\s*(?:-|\u2013|{any_of(_words('to'))})\s*{_at()}{_HOUR}")


@cache
def _only() -> dict[str, re.Pattern[str]]:
    return {side: re.compile(rf"\b{any_of(_words(side))}\s+{_at()}{_HOUR}") for side in ("after", "before")}


def _at() -> str:
    return rf"(?:{any_of(_words('at'))}\.?\s+)?"


def _words(name: str) -> set[str]:
    return {fold(word) for one in languages() for word in getattr(about(one).hours, name)}


def _time(hour: str, minute: str | None, half: str | None) -> time | None:
    number = int(hour)
    if half and half[0] == "p" and number < _NOON:
        number += _NOON
    if half and half[0] == "a" and number == _NOON:
        number = 0
    try:
        return time(number, int(minute or 0))
    except ValueError:
        return None
