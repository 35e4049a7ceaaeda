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
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-"})
_SWISS = re.compile(r"(?<=\d)['\u2019](?=\d{3})")


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    minor: int | None
    marked: bool
    foreign: bool = False
    """Whether its mark is that of another currency."""


def amount(text: str, language: str, currency: str) -> Money | None:
    """The one amount in a text, in the account's currency; ``None`` if there is any doubt.

    Days, months and other counts are ignored. Nothing is read from a text with two different amounts, another
    currency, or an amount that is negative, zero, absurdly large or refused ("not 50"). Of "40, not 60" and
    "40 instead of 60" only the 40 is said.
    """
    read, found = _read(text, language, currency)
    read, found = _without_refused(read, found, language, currency)
    if not found or _refused(read, language):
        return None
    chosen = _outranking(found, read, language)
    values = {one.minor for one in chosen}
    minor = values.pop()
    if values or minor is None:
        return None
    return Money(minor, currency)


def either_amount(text: str, language: str, currency: str) -> tuple[Money, Money] | None:
    """The two amounts that a text leaves open, in its order: "40 or 50", "between 40 and 50"."""
    read, found = _read(text, language, currency)
    read, found = _without_refused(read, found, language, currency)
    values = list(dict.fromkeys(one.minor for one in _outranking(found, read, language)))
    if len(values) != 2 or values[0] is None or values[1] is None or _refused(read, language):  # noqa: PLR2004
        return None
    return Money(values[0], currency), Money(values[1], currency)


def no_amount(text: str, language: str, currency: str) -> str:
    """Why a text has no amount to pay.

    It is ``impossible`` (negative, zero, absurdly large), in another ``currency``, or empty.
    """
    _, found = _read(text, language, currency)
    if any(one.foreign for one in found):
        return "currency"
    return "impossible" if found and all(one.minor is None for one in found) else ""


def _read(text: str, language: str, currency: str) -> tuple[str, list[_Candidate]]:
    """The text in digits without its days, and what may be an amount in it."""
    plain = _SWISS.sub(" ", text.translate(_SPACES))
    said = without_opening(in_digits(plain, language), language)
    read = _without_days(mark_dates(said, language), language)
    return read, [_candidate(one, currency) for one in _number().finditer(read)]


def _without_refused(
    read: str, found: list[_Candidate], language: str, currency: str
) -> tuple[str, list[_Candidate]]:
    """The text without the amount that another is set against: "40, not 60", "I can't do 60, but 40".

    An amount that is refused before the other was named is set against a smaller one only: in "I can't pay 50
    of the 600" nothing is offered.
    """
    refused, against, but_more = _against(language)
    if len(found) != 2 or but_more.search(read):  # noqa: PLR2004
        return read, found
    first, second = found
    one = against.search(read, first.end)
    if one and one.end() >= second.end:
        left = read[: one.start()] + " ~ " + read[one.end() :]
        return left, [_candidate(each, currency) for each in _number().finditer(left)]
    one = refused.search(read)
    smaller = first.minor and second.minor and second.minor < first.minor
    if one and smaller and first.end <= one.end() <= second.start:
        left = read[: one.start()] + " ~ " + read[one.end() :]
        return left, [_candidate(each, currency) for each in _number().finditer(left)]
    return read, found


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
    return _Candidate(found.start(), found.end(), within, bool(marks), not ours)


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
    read = without_each(read, language)
    for pattern in (*_NO_AMOUNTS, *_counted(language)):
        read = pattern.sub("~", read)
    return read


def without_each(read: str, language: str) -> str:
    """A folded text without the number of "every second Friday" or "every 2 weeks": no amount, and no day."""
    return _each(language).sub(r"\1", read)


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
    but = rf"(?!\b{any_of(words.but)}\b)" if words.but else ""
    refusal = rf"\b{any_of([*words.negations, *words.minus])}\b(?:{but}[^.!?\n]){{0,30}}\d"
    return re.compile(refusal), re.compile(rf"\b{any_of(words.more_than)}\b")


@cache
def _against(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """An amount that is refused, one that another is set against, and "more than", which is no refusal."""
    words, mark = grammar(language).written.words, money_mark()
    number = rf"(?:{mark}\s*)?(?:{_DIGITS})(?:\s*{mark}(?![a-z]))?"
    negations = any_of(words.negations)
    return (
        re.compile(rf"\b{negations}\s+(?:[a-z]+\s+){{0,3}}{number}"),
        re.compile(rf"[\s,]*\b{any_of([*words.negations, *words.instead])}\s+{number}"),
        re.compile(rf"\b{any_of([*words.more_than, *words.until])}\b"),
    )


@cache
def _each(language: str) -> re.Pattern[str]:
    spoken = grammar(language)
    units = spoken.written.units
    often = [*units.month, *units.week, *units.day, *spoken.written.often.fortnight, *spoken.weekdays]
    ending = rf"(?:{ordinal_ending(language)})?"
    each = any_of(spoken.written.often.each or ["~"])
    return re.compile(rf"\b({each})\s+\d{{1,3}}{ending}(?=\s+{any_of(often)}\b)")


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
