"""Reads one amount from free text; none if there is any doubt."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from billing.ledger.money import Money, exponent
from messages.languages import about, languages
from messages.understanding.grammar import any_of, grammar, ordinal_ending, without_opening
from messages.understanding.numbers import in_digits
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 10_000_000
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "MXN", "CLP", "COP", "ARS", "SGD", "HKD"})
_KRONOR = frozenset({"SEK", "NOK", "DKK", "ISK"})
_SIGNS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("$", "us$"), _DOLLARS),
    **dict.fromkeys(("kr", ":-", ",-"), _KRONOR),
    "£": frozenset({"GBP"}),
    "€": frozenset({"EUR"}),
    **{code.lower(): frozenset({code}) for code in ("USD", "SEK", "EUR", "GBP", "NOK", "DKK", "CAD", "AUD")},
}
_DIGITS = r"\d{1,3}(?:[ .,]\d{3})+(?!\d)(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,3})?"
_NO_AMOUNTS = (
    re.compile(r"\b\d{4}[-./]\d{1,2}[-./]\d{1,2}\b"),
    re.compile(r"\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"),
    re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d\d)?\d\d\b"),
    re.compile(r"\b\d{1,2}:\d{2}\b"),
    re.compile(r"\b\d+(?:[.,]\d+)?\s*%"),
)
_DOTTED = re.compile(r"\b\d{1,2}\.\s?(?:0?[1-9]|1[0-2])\.(?!\d)")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "'": " "})


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    minor: int | None
    marked: bool


def amount(text: str, language: str, currency: str) -> Money | None:
    """The one amount in a text, in the account's currency; ``None`` if there is any doubt.

    Days, months and other counts are ignored. Nothing is read from a text with two different amounts, another
    currency, or an amount that is negative, zero, absurdly large or refused ("not 50").
    """
    said = without_opening(in_digits(text.translate(_SPACES), language), language)
    read = _without_days(mark_dates(said, language), language)
    found = [_candidate(one, currency) for one in _number().finditer(read)]
    if not found or _refused(read, language):
        return None
    chosen = _outranking(found, read, language)
    values = {one.minor for one in chosen}
    minor = values.pop()
    if values or minor is None:
        return None
    return Money(minor, currency)


def no_amount(text: str, language: str, currency: str) -> str:
    """Why a text has no amount to pay: ``impossible`` (negative, zero, absurdly large), or empty."""
    said = in_digits(text.translate(_SPACES), language)
    found = [_candidate(one, currency) for one in _number().finditer(_without_days(said, language))]
    return "impossible" if found and all(one.minor is None for one in found) else ""


@cache
def money_mark() -> str:
    """A pattern for what stands beside an amount of money in any language: ``$``, ``kr``, ``dollars``."""
    return any_of(_marks())


def mark_dates(read: str, language: str) -> str:
    """Mark days so that they are not read as amounts: ``viernes 4`` becomes ``viernes el 4``."""
    written = grammar(language).written
    if not written.day_after_weekday:
        return read
    the = written.words.day_before_number[0]
    return _weekday_number(language).sub(lambda found: f"{found[1]} {the} {found[2]}", read)


def _candidate(found: re.Match[str], currency: str) -> _Candidate:
    marks = [mark.strip() for mark in (found["before"], found["after"]) if mark]
    ours = all(currency in _marks()[mark] for mark in marks)
    value = _value(found["digits"], exponent(currency)) if ours and found["minus"] != "-" else None
    within = value if value is not None and 0 < value <= _LARGEST * 10 ** exponent(currency) else None
    return _Candidate(found.start(), found.end(), within, bool(marks))


def _value(digits: str, places: int) -> int | None:
    """Minor units of a written number.

    The last of two separators is decimal, and a single one before one or two digits.
    """
    plain = digits.replace(" ", "")
    last = max(plain.rfind("."), plain.rfind(","))
    whole, part = (plain[:last], plain[last + 1 :]) if last >= 0 else (plain, "")
    grouped = len(part) == 3 and places < 3 and 0 < len(whole.lstrip("0")) <= 3  # noqa: PLR2004
    if grouped or (len(part) == 3 and {".", ","} & set(whole)):  # noqa: PLR2004
        whole, part = plain, ""
    if part[places:].strip("0"):
        return None
    return int(re.sub(r"\D", "", whole) + part[:places].ljust(places, "0"))


def _outranking(found: list[_Candidate], read: str, language: str) -> list[_Candidate]:
    """Amounts with a currency outrank bare numbers, unless "or", "to" or a dash joins the two."""
    marked = [one for one in found if one.marked]
    if not marked:
        return found
    joined = re.compile(rf"\s*(?:-|{any_of(grammar(language).written.words.connectors)})\s*")
    pairs = itertools.pairwise(found)
    beside = [
        one
        for left, right in pairs
        if left.marked != right.marked and joined.fullmatch(read[left.end : right.start])
        for one in (left, right)
    ]
    return [*marked, *beside]


def _refused(read: str, language: str) -> bool:
    refusal, but_more = _refusals(language)
    return bool(refusal.search(read)) and not but_more.search(read)


def _without_days(read: str, language: str) -> str:
    for pattern in (*_NO_AMOUNTS, *_counted(language)):
        read = pattern.sub("~", read)
    return read


@cache
def _marks() -> Mapping[str, frozenset[str]]:
    """The currencies that each mark may mean."""
    found = dict(_SIGNS)
    for language in languages():
        for money in about(language).money:
            for word in map(fold, money.words):
                found[word] = found.get(word, frozenset()) | frozenset(money.currencies)
    return found


@cache
def _number() -> re.Pattern[str]:
    mark = money_mark()
    return re.compile(
        rf"(?<![\w~.,:/])(?:(?<!\w)(?P<before>{mark})\s*)?(?P<minus>[-+]?)(?P<digits>{_DIGITS})"
        rf"(?![\d/%]|:(?!-))(?:(?P<after>\s*{mark})(?![a-z]))?(?![a-z])"
    )


@cache
def _weekday_number(language: str) -> re.Pattern[str]:
    return re.compile(
        rf"\b({any_of(grammar(language).weekdays)}),?\s+(\d{{1,2}})(?![\d.,:/%-]|\s*{money_mark()}|\s*[ap]\.?m\b)"
    )


@cache
def _refusals(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = grammar(language).written.words
    refusal = rf"\b{any_of([*words.negations, *words.minus])}\b[^.!?\n]{{0,30}}\d"
    return re.compile(refusal), re.compile(rf"\b{any_of(words.more_than)}\b")


@cache
def _counted(language: str) -> tuple[re.Pattern[str], ...]:
    spoken = grammar(language)
    months, units = any_of(spoken.months), any_of(spoken.written.units.every())
    the, of = any_of(spoken.written.words.the), rf"(?:{any_of(spoken.written.words.of)}\s+)?"
    return (
        re.compile(rf"\b\d{{1,2}}{ordinal_ending(language)}\b"),
        re.compile(rf"\b\d{{1,2}}\.?\s+{of}{months}\b(?:\s+{of}\d{{4}}\b)?"),
        re.compile(rf"\b{months}\.?\s+\d{{1,2}}\b(?:,?\s+{of}\d{{4}}\b)?"),
        re.compile(rf"\b\d+\s*{units}\b"),
        re.compile(rf"\b{the}\s+\d{{1,2}}\b(?!\s*{money_mark()})"),
        *([_DOTTED] if spoken.written.dotted_days else []),
    )
