"""Reads how often somebody wants to pay from free text: "25 a week", "every second Friday", "monthly"."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from billing.plans.frequency import Frequency
from messages.understanding.grammar import any_of, grammar, ordinal_ending, without_opening
from messages.understanding.numbers import in_digits

OTHER: Final = "other"
"""So often as no plan can be paid: every three weeks, twice a month, or two frequencies in one text."""
_TWO = 2
_BY_WEEKS: Final = {1: Frequency.WEEKLY.value, _TWO: Frequency.EVERY_TWO_WEEKS.value}
_BY_DAYS: Final = {
    7: Frequency.WEEKLY.value,
    14: Frequency.EVERY_TWO_WEEKS.value,
    15: Frequency.EVERY_TWO_WEEKS.value,
}


def frequency(text: str, language: str) -> str:
    """How often a text says that money is paid: a :class:`Frequency`, ``other``, or empty if it does not."""
    read = without_opening(in_digits(text, language), language)
    several, single, each, adverbs = _patterns(language)
    if several.search(read):
        return OTHER
    read = single.sub(" ~ ", read)
    found = {_meant(one, language) for one in each.finditer(read)}
    found |= {often for often, pattern in adverbs if pattern.search(read)}
    return found.pop() if len(found) == 1 else OTHER * bool(found)


def _meant(one: re.Match[str], language: str) -> str:
    units, unit = grammar(language).written.units, one["unit"]
    count = _TWO if one["second"] else int(one["count"] or 1)
    if unit in units.month:
        return Frequency.MONTHLY.value if count == 1 else OTHER
    if unit in units.day:
        return _BY_DAYS.get(count, OTHER)
    if unit in grammar(language).written.often.fortnight:
        count *= _TWO
    return _BY_WEEKS.get(count, OTHER)


@cache
def _patterns(
    language: str,
) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], list[tuple[str, re.Pattern[str]]]]:
    spoken = grammar(language)
    often, units, words = spoken.written.often, spoken.written.units, spoken.written.words
    month_or_week = any_of([*units.month, *units.week, *often.fortnight])
    any_unit = any_of([*units.month, *units.week, *units.day, *often.fortnight, *spoken.weekdays])
    one, per = any_of(words.articles), any_of([*often.per, *often.each])
    days_by_ending = [day + ending for day in spoken.weekdays for ending in often.weekday_endings]
    count = rf"(?:(?P<count>\d{{1,3}})(?:{ordinal_ending(language)})?\s+)?"
    adverbs = (
        (Frequency.WEEKLY.value, [*often.weekly, *days_by_ending]),
        (Frequency.EVERY_TWO_WEEKS.value, often.two_weeks),
        (Frequency.MONTHLY.value, often.monthly),
    )
    return (
        re.compile(
            rf"\b(?:{any_of(often.twice or ['~'])}|(?:[2-9]|\d\d+)\s+{any_of(units.part)})"
            rf"\s+{per}\s+{month_or_week}\b"
        ),
        re.compile(
            rf"\b{any_of([*words.ahead, *words.over])}\s+{one}\s+{any_unit}\b"
            rf"|\b{one}\s+{any_unit}\s+{any_of(words.after)}\b"
        ),
        re.compile(
            rf"\b(?:(?P<second>{any_of(often.second or ['~'])})\s+|"
            rf"{any_of(often.each or ['~'])}\s+{count}|{any_of(often.per or ['~'])}\s+(?={month_or_week}\b))"
            rf"(?P<unit>{any_unit})\b"
        ),
        [(name, re.compile(rf"\b{any_of(wordings)}\b")) for name, wordings in adverbs if wordings],
    )
