"""What of a text may name a bill: its id or invoice number in any spelling, or its payment reference.

People write ``b-1001``, ``#B-1001``, ``Invoice B 1001`` or ``B1001`` for the same bill, and banks pad a
payment reference with zeros or take them away. What may be meant is compared by its letters and digits alone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stdnum import iso11649

from billing.bills.reference_numbers import bill_number_behind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORTEST: Final = 5
"""Shorter parts of a text are not looked up: a short number is mostly a date, a floor, an age."""
_LONGEST: Final = 40
_MOST_PARTS: Final = 6
_MOST_GROUPS: Final = 12
_SURE_DIGITS: Final = 8
_MOST_DIGITS: Final = 35
_PART: Final = re.compile(r"[^\W_]+")
_GAP: Final = re.compile(r"[^\w\n]{1,3}|_", re.ASCII)
_LOOSE: Final = re.compile(r"[^\S\n]|[,;]")
_GROUP: Final = re.compile(r"\d+", re.ASCII)
_DAY: Final = re.compile(
    r"(?:19|20)\d\d[^\w]?(?:0[1-9]|1[0-2])[^\w]?(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[^\w](?:0?[1-9]|[12]\d|3[01])[^\w](?:19|20)?\d\d",
    re.ASCII,
)
_DIGITS_ONLY: Final = re.compile(r"\W*\d(?:[\d\s\-./]*\d)?\W*", re.ASCII)
_RUN: Final = re.compile(r"(?<!\d)\d(?:[ \-]?\d)*(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mention:
    """A part of a text that may name a bill, from ``start`` to ``end`` in it."""

    start: int
    end: int
    key: str = ""
    """The letters and digits of an id or an invoice number; empty for a payment reference."""
    number: int | None = None
    """The running number of the bill that a payment reference is of."""
    loose: bool = False
    """Whether spaces are in it, so that it may be several things."""
    sure: bool = True
    """Whether it says enough by itself; else the amount must be that of the bill."""


def key_of(name: str) -> str:
    """A name by which spellings of it are the same: its letters and digits, in lower case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())


def mentions(text: str) -> list[Mention]:
    """Everything in a text that may name a bill.

    A text that is nothing but one name or one number may be short; inside other words it may not.
    """
    text = unicodedata.normalize("NFKC", text)
    found = [*_whole(text), *_names(text), *_numbers(text)]
    return list(dict.fromkeys(found))


def _whole(text: str) -> Iterator[Mention]:
    key = key_of(text)
    if 0 < len(key) <= _LONGEST and (text.strip().isdigit() or not _DAY.fullmatch(text.strip())):
        yield Mention(0, len(text), key=key)
    number = bill_number_behind(_digits(text)) if _DIGITS_ONLY.fullmatch(text) else None
    if number is not None:
        yield Mention(0, len(text), number=number)


def _names(text: str) -> Iterator[Mention]:
    """Neighbouring words with a digit among them, as one name."""
    parts = list(_PART.finditer(text))
    for first, part in enumerate(parts):
        for last in range(first, min(first + _MOST_PARTS, len(parts))):
            if last > first and not _GAP.fullmatch(text[parts[last - 1].end() : parts[last].start()]):
                break
            written = text[part.start() : parts[last].end()]
            if len(written) > _LONGEST:
                break
            if _may_be_name(written, several=last > first):
                yield Mention(
                    part.start(), parts[last].end(), key=key_of(written), loose=bool(_LOOSE.search(written))
                )


def _may_be_name(written: str, *, several: bool) -> bool:
    if len(written) < SHORTEST or not any(sign.isdigit() for sign in written):
        return False
    if any(sign.isalpha() for sign in written):
        return True
    # Numbers side by side are mostly several things, or a day.
    return not several or (len(key_of(written)) >= _SURE_DIGITS and not _DAY.fullmatch(written))


def _numbers(text: str) -> Iterator[Mention]:
    """Payment references, with single spaces or dashes between their digits, or as a creditor reference."""
    for run in _RUN.finditer(text):
        if text[max(0, run.start() - 2) : run.start()].upper() == "RF":
            creditor = f"RF{_digits(run[0])}"
            number = bill_number_behind(creditor[4:]) if iso11649.is_valid(creditor) else None
            if number is not None:
                yield Mention(run.start() - 2, run.end(), number=number)
                continue
        groups = [(run.start() + one.start(), run.start() + one.end()) for one in _GROUP.finditer(run[0])]
        for first, last in _windows(groups):
            start, end = groups[first][0], groups[last][1]
            digits = _digits(text[start:end])
            number = bill_number_behind(digits) if len(digits) <= _MOST_DIGITS else None
            if number is not None:
                yield Mention(start, end, number=number, loose=last > first, sure=len(digits) >= _SURE_DIGITS)


def _digits(text: str) -> str:
    return "".join(_GROUP.findall(text))


def _windows(groups: Sequence[object]) -> Iterator[tuple[int, int]]:
    if len(groups) > _MOST_GROUPS:
        yield 0, len(groups) - 1
        return
    for first in range(len(groups)):
        for last in range(first, len(groups)):
            yield first, last
