"""Reads a payment in several parts from free text: "400 on the 25th, rest in January", "half now"."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from billing.calendar import add_months
from billing.ledger.money import Money
from messages.languages import file, known
from messages.understanding.amounts import amount
from messages.understanding.days import day
from messages.understanding.grammar import any_of, grammar
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 300
_LAST = 31
_LEAP = date(2000, 1, 1)


class Partings(BaseModel):
    """One language's `schedules.toml`: the words around a payment in parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    half: list[str]
    third: list[str]
    rest: list[str]
    now: list[str]
    then: list[str]
    joined: list[str]
    past: list[str]


@dataclass(frozen=True, slots=True)
class SchedulePart:
    """One part: an amount, or (``None``) the rest; with its day, if one is given."""

    amount: Money | None
    on: date | None


def parts(text: str, language: str, balance: Money, today: date) -> tuple[SchedulePart, ...] | None:
    """The payment schedule that a customer offers for a balance, part by part; ``None`` if there is none.

    "Half now" is one part with a day; what is left after the last part is not guessed.
    """
    words = _partings(language)
    read = fold(text[:_LONGEST])
    named = bool(_found(words.rest, read) or _found(words.half + words.third, read))
    words_for_parts = [*words.rest, *words.half, *words.third]
    pieces = [one for one in _pieces(read, words) if re.search(r"\d", one) or _found(words_for_parts, one)]
    if not named and len(pieces) < 2:  # noqa: PLR2004
        return None
    found = [_part(piece, words, language, balance, today) for piece in pieces]
    if len(found) > 1 and found[-1] and found[-1].on is None and _found(words_for_parts, pieces[-1]):
        found.pop()  # "half now, the rest when I can": the day of the rest is asked for
    if any(part is None or part.on is None for part in found):
        return None
    kept = tuple(part for part in found if part is not None)
    return kept if len(kept) > 1 or named else None


def no_day(text: str, language: str) -> str:
    """Why a schedule's text has no future day: ``past``, ``impossible`` (31 February), or empty."""
    read = fold(text[:_LONGEST])
    if _found(_partings(language).past, read):
        return "past"
    months = grammar(language).months
    named, of = any_of(months), rf"(?:{any_of(grammar(language).written.words.of)}\s+)?"
    for number, month in re.findall(rf"\b(\d{{1,2}})(?:\w{{2}})?\s+{of}({named})\b", read) + [
        (number, month) for month, number in re.findall(rf"\b({named})\s+(\d{{1,2}})\b", read)
    ]:
        if int(number) > add_months(_LEAP, months[month] - 1, _LAST).day:
            return "impossible"
    return ""


def _part(piece: str, words: Partings, language: str, balance: Money, today: date) -> SchedulePart | None:
    on = today if _found(words.now, piece) else _day(piece, language, today)
    if _found(words.rest, piece):
        return SchedulePart(None, on)
    for share, named in ((2, words.half), (3, words.third)):
        if _found(named, piece):
            return SchedulePart(Money(-(-balance.minor // share), balance.currency), on)
    named_amount = amount(piece, language, balance.currency)
    return SchedulePart(named_amount, on) if named_amount else None


def _day(piece: str, language: str, today: date) -> date | None:
    """The day in a piece of text; a month alone means its last day, and so does next month."""
    found = day(piece, language, today)
    if found:
        return found
    if _found(grammar(language).written.days.month_after, piece):
        return add_months(today.replace(day=1), 1, _LAST)
    months = {number for name, number in grammar(language).months.items() if _found([name], piece)}
    if len(months) != 1:
        return None
    month = months.pop()
    year = today.year + (month < today.month)
    return add_months(today.replace(year=year, month=month, day=1), 0, 31)


def _pieces(read: str, words: Partings) -> Iterable[str]:
    """The text split into its parts: at commas and "then", before "the rest", at "and" between days."""
    rest = rf"\s+(?:{any_of(words.joined)}\s+)?(?=(?:\w+\s+)?{any_of(words.rest)}\b)"
    pieces = re.split(rf"[,;]\s+|\s*\b{any_of(words.then)}\b\s*|{rest}", read)
    for piece in pieces:
        twice = re.split(rf"(?<=\w)\s+(?={any_of(words.half)}\b)", piece)
        if len(twice) > 1 and _found(words.half, twice[0]):
            yield from twice
            continue
        sides = re.split(rf"\s+{any_of(words.joined)}\s+", piece)
        whole = len(sides) == 1 or not all(re.search(r"\d", side) for side in sides)
        yield from [piece] if whole else sides


def _found(wordings: Iterable[str], text: str) -> bool:
    return bool(re.search(rf"\b{any_of(list(wordings))}\b", text))


@cache
def _partings(language: str) -> Partings:
    listed = tomllib.loads(file(known(language), "schedules.toml").read_text(encoding="utf-8"))
    return Partings.model_validate({name: [fold(one) for one in said] for name, said in listed.items()})
