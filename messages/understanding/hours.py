"""Reads two hours of the day from free text: from and until."""

from __future__ import annotations

import re
from datetime import time

from messages.understanding.numbers import in_digits

_NOON = 12
_HOUR = r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|a\.m\.|pm|p\.m\.)?"
_AT = r"(?:las\s+|kl\.?\s+)?"
_TO = r"(?:-|\u2013|to|til|till|until|and|och|a|hasta|y)"
_RANGE = re.compile(rf"{_HOUR}\s*{_TO}\s*{_AT}{_HOUR}")
_ONLY = {
    "after": re.compile(rf"\b(?:after|from|efter|fran|despues de|desde)\s+{_AT}{_HOUR}"),
    "before": re.compile(rf"\b(?:before|until|fore|innan|antes de|hasta)\s+{_AT}{_HOUR}"),
}


def hours(text: str, language: str) -> tuple[time, time] | None:
    """The hours in a text: ``9 to 17``, ``9am-5pm``, ``after 6 pm``; ``None`` where they make no sense."""
    read = in_digits(text, language)
    both = _RANGE.search(read)
    if both:
        begins, ends = _time(both[1], both[2], both[3]), _time(both[4], both[5], both[6])
        if begins and ends and not both[6] and not both[3] and ends <= begins and ends.hour < _NOON:
            ends = ends.replace(hour=ends.hour + _NOON)  # "9 to 5" ends in the afternoon
        return (begins, ends) if begins and ends and begins < ends else None
    for side, pattern in _ONLY.items():
        one = pattern.search(read)
        at = _time(one[1], one[2], one[3]) if one else None
        if at:
            return (at, time(23, 59)) if side == "after" else (time(0), at)
    return None


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
