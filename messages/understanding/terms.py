"""Reads how many months a customer wants to pay over; none if there is any doubt."""

from __future__ import annotations

import re
from functools import cache

from messages.understanding.grammar import any_of, grammar, without_opening
from messages.understanding.numbers import in_digits
from messages.understanding.spelling import fold

_YEAR = 12
_LONGEST = 999
_LONGEST_TEXT = 400


def months(text: str, language: str) -> int | None:
    """The term of a plan in a text, in months: ``over 6 months``, ``in three parts``, ``half a year``.

    "A month" beside an amount is not a term, nor is a bare number.
    """
    half_years, halves, counted, lone, refused = _patterns(language)
    read = without_opening(fold(text[:_LONGEST_TEXT]), language)
    if refused.search(read):
        return None
    found = [18] * len(half_years.findall(read))
    read = in_digits(half_years.sub(" ~ ", read), language)
    found += [6] * len(halves.findall(read))
    read = halves.sub("~", read)
    found += [_in_months(one, language) for one in counted.finditer(read)]
    if not found and (bare := lone.fullmatch(read)):
        found = [int(bare["count"])]
    return found[0] if len(set(found)) == 1 and 1 <= found[0] <= _LONGEST else None


def _in_months(one: re.Match[str], language: str) -> int:
    if one["range"]:
        return 0
    count = int(one["count"] or 1)
    years = {None, *grammar(language).written.units.year}
    return count * _YEAR if (one["unit"] or one["single"]) in years else count


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    words, units = grammar(language).written.words, grammar(language).written.units
    year, part = any_of(units.year), any_of([*units.month, *units.part])
    one, over, equal = any_of(words.articles), any_of(words.over), any_of(words.equal)
    between = rf"(?:\d+\s*(?:-|{any_of(words.connectors)})\s*)"
    return (
        re.compile(
            rf"\b(?:{one}|1)\s+{year}\s+{any_of(words.and_a_half)}|\b{one}\s+{any_of(words.and_a_half)}\s+{year}\b"
        ),
        re.compile(rf"\b{any_of(words.half)}\s*-?{year}\b"),
        re.compile(
            rf"(?P<range>{between})?(?<![\d.,])(?P<count>\d{{1,3}})\s*-?\s*(?:{equal}\s+)*(?P<unit>{part}|{year})\b"
            rf"|\b(?:{over}|1)\s+{one}\s+(?P<single>{any_of(units.month)}|{year})\b"
            rf"|^\W*{one}\s+(?:{year})\W*$"
        ),
        re.compile(rf"\W*{over}\s+(?P<count>\d{{1,2}})\W*"),
        re.compile(rf"\b{any_of(words.negations)}\b"),
    )
