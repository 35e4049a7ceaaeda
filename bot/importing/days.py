"""Days in files of other systems: which of them say that there is none, and how a day is written."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

_PARTS: Final = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ].*)?", re.ASCII)
_SOLID: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_YEAR: Final = 4
_ZEROS: Final = re.compile(r"0+", re.ASCII)
_FIRST: Final = frozenset(
    {(1, 1, 1), (1601, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1)}
)
"""The first days that calendars of databases and spreadsheets can write: left there where nobody set one."""
_TIME: Final = re.compile(r"[T ]\s*\d{1,2}[:.]\d\d.*", re.DOTALL)
_TOKENS: Final = (("YYYY", "%Y"), ("YY", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("DD", "%d"))
FORMS: Final = (
    "YYYY-MM-DD", "DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "YYYY/MM/DD", "DD-MM-YYYY", "MM-DD-YYYY",
    "YYYYMMDD", "DD.MM.YY", "MM/DD/YY", "DD/MM/YY", "MMM DD, YYYY", "DD MMM YYYY", "MMMM DD, YYYY",
    "DD MMMM YYYY", "DD-MMM-YYYY",
)  # fmt: skip
"""How days are written, the likest first."""


def says_none(text: str) -> bool:
    """Whether a day is one that systems write where there is none: ``0000-00-00``, ``01/01/0001``."""
    if _ZEROS.fullmatch(text):
        return True
    found = _PARTS.fullmatch(text) or _SOLID.fullmatch(text)
    if found is None:
        return False
    first, second, third = found.groups()
    year, *rest = (first, second, third) if len(first) > len(third) else (third, second, first)
    if len(year) != _YEAR:
        return False
    numbers = int(year), int(rest[0]), int(rest[1])
    turned = numbers[0], numbers[2], numbers[1]
    return 0 in numbers or numbers in _FIRST or turned in _FIRST


def read(text: str, form: str) -> date | None:
    """A day in a form like ``DD.MM.YYYY``, with or without a time behind it; None if it is not in it."""
    pattern = form
    for token, directive in _TOKENS:
        pattern = pattern.replace(token, directive)
    for one in (text, _TIME.sub("", text, count=1)):
        try:
            return datetime.strptime(one.strip(), pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None
