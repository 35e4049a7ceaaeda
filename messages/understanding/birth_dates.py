"""Reads one birth date from free text; none if there is any doubt."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from messages.understanding.grammar import any_of, grammar, ordinal_ending
from messages.understanding.numbers import in_digits
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 120
_DECEMBER = 12
_OLDEST = 1880
_PIVOT = date(
    2025, 12, 31
)  # two-digit years up to here are in this century, where the day of today is not given
_SEPARATOR = r"\s?[-./ ]\s?"
_YEAR_FIRST = re.compile(
    rf"(?<!\d)(?P<year>(?:18|19|20)\d\d){_SEPARATOR}(?P<month>\d{{1,2}}){_SEPARATOR}(?P<day>\d{{1,2}})"
    r"(?:[-+]\d{4})?(?![\d])"
)
_COMPACT = re.compile(
    r"(?<!\d)(?P<year>(?:18|19|20)?\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)"
    r"(?:\s?(?P<sign>[-+ ]?)\s?\d{4})?(?!\d)"
)
_DASHED = re.compile(r"(?<![\d-])(?P<year>\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])")
_NUMERIC = re.compile(
    rf"(?<!\d)(?P<first>\d{{1,2}})(?P<mark>{_SEPARATOR})(?P<second>\d{{1,2}}){_SEPARATOR}(?P<year>\d{{4}}|\d\d)(?!\d)"
)


def birth_date(text: str, language: str, today: date | None = None) -> date | None:
    """The birth date in a text; of a personal number its date.

    A year of two digits is in the past, seen from ``today`` if it is given. The day is before the month,
    except in a language that writes months first; with dots between it is always first.
    """
    read = fold(text[:_LONGEST])
    latest = today or _PIVOT
    for reader in (_named, _year_first, _compact, _dashed, _numeric, _in_words):
        found = set(reader(read, language, latest))
        if found:
            when = found.pop()
            past = today is None or (when is not None and when <= today)
            return when if not found and past and when is not None and when.year >= _OLDEST else None
    return None


def _named(read: str, language: str, latest: date) -> Iterator[date | None]:
    for pattern in _month_names(language):
        for one in pattern.finditer(read):
            month = grammar(language).months[one["month"]]
            yield _day(one["year"], month, int(one["day"]), latest)


def _year_first(read: str, _: str, latest: date) -> Iterator[date | None]:
    for one in _YEAR_FIRST.finditer(read):
        yield _day(one["year"], int(one["month"]), int(one["day"]), latest)


def _compact(read: str, _: str, latest: date) -> Iterator[date | None]:
    """Eight or six digits, with or without a personal number's last four; ``+`` marks a person over 100."""
    for one in _COMPACT.finditer(read):
        aged = one["sign"] == "+" and len(one["year"]) == 2  # noqa: PLR2004
        yield _day(f"19{one['year']}" if aged else one["year"], int(one["month"]), int(one["day"]), latest)


def _dashed(read: str, _: str, latest: date) -> Iterator[date | None]:
    for one in _DASHED.finditer(read):
        yield _day(one["year"], int(one["month"]), int(one["day"]), latest)


def _numeric(read: str, language: str, latest: date) -> Iterator[date | None]:
    for one in _NUMERIC.finditer(read):
        first, second = int(one["first"]), int(one["second"])
        month_first = grammar(language).written.month_first and "." not in one["mark"] and first <= _DECEMBER
        month, day = (first, second) if month_first else (second, first)
        yield _day(one["year"], month, day, latest)


def _in_words(read: str, language: str, latest: date) -> Iterator[date | None]:
    """A named month with its day or year in words: ``primero de mayo de mil novecientos ochenta``."""
    return _named(in_digits(read, language), language, latest)


def _day(year: str, month: int, day: int, latest: date) -> date | None:
    """A day that exists; a two-digit year is the latest that is not after ``latest``."""
    try:
        if len(year) > 2:  # noqa: PLR2004
            return date(int(year), month, day)
        when = date(2000 + int(year), month, day)
        return when if when <= latest else date(1900 + int(year), month, day)
    except ValueError:
        return None


@cache
def _month_names(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    months = any_of(grammar(language).months)
    year, number = r"(?P<year>\d{4}|\d\d)(?!\d)", rf"(?P<day>\d{{1,2}}){ordinal_ending(language)}?"
    of = rf"(?:{any_of(grammar(language).written.words.of)}\s+)?"
    return (
        re.compile(rf"(?<!\d){number}\s*[-.]?\s*{of}(?P<month>{months})\b[-.,]?\s*{of}{year}"),
        re.compile(rf"\b(?P<month>{months})\.?\s+{number},?\s+{of}{year}"),
    )
