"""Replaces number words by digits, so that other readers need to read digits only."""

from __future__ import annotations

import re
from functools import cache

from messages.understanding.grammar import IN_DIGITS, any_of, grammar
from messages.understanding.spelling import fold

_HUNDRED = 100
_THOUSAND = 1000
_LONGEST_TEXT = 500


def in_digits(text: str, language: str) -> str:
    """The folded text with number words as digits: ``two hundred`` is ``200``, ``the fifth`` is ``the 5th``.

    A lone article such as ``a`` or ``ett`` stays a word. Only the first 500 characters are read.
    """
    times, spoken, couple = _patterns(language)
    numbers, ordinals = grammar(language).written.cardinals, grammar(language).written.nth
    articles = grammar(language).written.words.articles

    def multiplied(found: re.Match[str]) -> str:
        factor = _THOUSAND if found["times"] == "k" else numbers[found["times"]]
        whole, _, part = found["digits"].replace(",", ".").partition(".")
        return str(int(whole + part) * factor // 10 ** len(part))

    def counted(found: re.Match[str]) -> str:
        words = _piece(language).findall(found["words"])
        if len(words) == 1 and words[0] in articles:
            return found[0]
        cardinals = [numbers[word] for word in words if word in numbers]
        last = words[-1]
        if last in ordinals:
            return f"{sum(cardinals) + ordinals[last]}{IN_DIGITS}"
        return " ".join(map(str, _added_up(cardinals)))

    folded = couple.sub("2 ", fold(text[:_LONGEST_TEXT]))
    return spoken.sub(counted, times.sub(multiplied, folded))


def count(text: str, language: str) -> int | None:
    """The number from 1 to 999 that is the whole text, in digits or words: ``3``, ``three``, ``number 3``."""
    found = _bare(language).fullmatch(in_digits(text, language).strip(" \t\n.!#)("))
    if not found:
        return None
    if not found["digits"]:
        return 1
    number = int(found["digits"])
    return number if 1 <= number < _THOUSAND else None


def _added_up(values: list[int]) -> list[int]:
    """Add neighbouring number words where they form one number; "fifty sixty" remains two."""
    totals, total, current = [], 0, 0
    for value in values:
        if value in {_HUNDRED, _THOUSAND}:
            current = max(current, 1) * value
            if value == _THOUSAND:
                total, current = total + current, 0
        elif current % (10 if value < 10 else _HUNDRED) == 0:  # noqa: PLR2004
            current += value
        else:
            totals.append(total + current)
            total, current = 0, value
    return [*totals, total + current]


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    written = grammar(language).written
    big = [word for word, value in written.numbers.items() if value >= _HUNDRED]
    number, ordinal = any_of(written.cardinals), any_of(written.nth)
    joined = rf"(?:[\s-]*(?:{any_of(written.words.joiners)}\s+)?{number})*"
    lead = rf"(?:\b{any_of(written.words.articles)}\s+(?={any_of(big)}))?"
    times = rf"(?<![\d.,/:-])(?P<digits>\d{{1,3}}(?:[.,]\d{{1,2}})?)\s*(?P<times>k|{any_of(big)})\b"
    spoken = rf"{lead}\b(?P<words>{number}{joined}(?:[\s-]*{ordinal})?|{ordinal})\b"
    couple = rf"\b{any_of(written.words.couple)}\s+"
    return re.compile(times), re.compile(spoken), re.compile(couple)


@cache
def _piece(language: str) -> re.Pattern[str]:
    written = grammar(language).written
    return re.compile(any_of([*written.cardinals, *written.nth]))


@cache
def _bare(language: str) -> re.Pattern[str]:
    words = grammar(language).written.words
    return re.compile(rf"(?:{any_of(words.number)}\.?\s*)?(?:(?P<digits>\d{{1,3}})|{any_of(words.articles)})")
