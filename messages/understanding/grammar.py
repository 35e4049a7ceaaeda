"""How a language writes numbers, months and days: from its `reading.toml` and Babel, as patterns."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from babel.core import Locale
from pydantic import BaseModel, ConfigDict, ValidationError

from messages import languages
from messages.languages import FALLBACK
from messages.refusals import BadWordList
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

IN_DIGITS = "th"
"""The ending that a number word gets when it is written in digits, in every language."""
_TEN = 10
_TENS = range(20, 100, 10)


class NumberWords(BaseModel):
    """A language's small words around numbers, as lists of folded wordings, longest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    articles: list[str]
    joiners: list[str]
    couple: list[str]
    the: list[str]
    day_before_number: list[str]
    number: list[str]
    negations: list[str]
    more_than: list[str]
    minus: list[str]
    connectors: list[str]
    over: list[str]
    equal: list[str]
    until: list[str]
    ahead: list[str]
    after: list[str]
    half: list[str]
    and_a_half: list[str]
    weekday_endings: list[str]
    of: list[str]
    ordinal_endings: list[str] = []
    opening: list[str] = []
    instead: list[str] = []
    asking: list[str] = []
    but: list[str] = []


class Units(BaseModel):
    """A language's units that may be counted, each with its spellings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: list[str]
    week: list[str]
    day: list[str]
    year: list[str]
    part: list[str]
    other: list[str]

    def every(self) -> list[str]:
        """The spellings of all units."""
        return [*self.month, *self.week, *self.day, *self.year, *self.part, *self.other]


class DayWords(BaseModel):
    """A language's words for days that are not dates, and weekdays and months that Babel lacks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    today: list[str]
    tomorrow: list[str]
    day_after: list[str]
    next: list[str]
    week_after: list[str]
    month_after: list[str]
    month_end: list[str]
    next_month_end: list[str]
    month_start: list[str]
    last_day: list[str]
    first_day: list[str]
    names: dict[str, int]
    months: dict[str, int]
    never: list[str] = []
    now: list[str] = []
    other_words: list[str] = []
    """What Babel has for a weekday or month and mostly is another word: German *so* is hardly ever Sunday."""


class OftenWords(BaseModel):
    """A language's words for how often something is paid; a language without them reads monthly only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    each: list[str] = []
    per: list[str] = []
    second: list[str] = []
    twice: list[str] = []
    fortnight: list[str] = []
    weekly: list[str] = []
    two_weeks: list[str] = []
    monthly: list[str] = []
    weekday_endings: list[str] = []


class InsuranceWords(BaseModel):
    """A language's words before who insures somebody (*with*), and before their member number there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: list[str] = []
    number: list[str] = []


class GrammarFile(BaseModel):
    """One language's `reading.toml`.

    ``dotted_days`` writes 15.3. for the fifteenth of March. ``units_first`` says five-and-twenty in one word.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    month_first: bool
    locale: str = ""
    day_after_weekday: bool = False
    dotted_days: bool = False
    units_first: bool = False
    numbers: dict[str, int]
    ordinals: dict[str, int]
    words: NumberWords
    units: Units
    days: DayWords
    often: OftenWords = OftenWords()
    insurance: InsuranceWords = InsuranceWords()

    @property
    def cardinals(self) -> Mapping[str, int]:
        """The words of numbers; in a language that says units first, also those of two digits."""
        return self._two_digits(self.numbers) | self.numbers

    @property
    def nth(self) -> Mapping[str, int]:
        """The words of ordinals, in the same way."""
        return self._two_digits(self.ordinals) | self.ordinals

    def _two_digits(self, tens: Mapping[str, int]) -> dict[str, int]:
        if not self.units_first:
            return {}
        return {
            f"{unit}{joiner}{ten}": small + large
            for unit, small in self.numbers.items()
            for joiner in self.words.joiners
            for ten, large in tens.items()
            if small < _TEN and large in _TENS
        }


@dataclass(frozen=True)
class Grammar:
    """A language's written forms, with Babel's names of months and weekdays (Monday is 0)."""

    written: GrammarFile
    months: Mapping[str, int]
    weekdays: Mapping[str, int]


@cache
def grammar(language: str, root: Path | None = None) -> Grammar:
    """The grammar of a language, from another root if one is given; English for a language we do not have.

    Raises:
        BadWordList: the language's file is invalid.
    """
    if root is None and language not in languages.languages():
        return grammar(FALLBACK)
    file = root / language / "reading.toml" if root else languages.file(language, "reading.toml")
    try:
        written = GrammarFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as broken:
        raise BadWordList.because(f"{language}/{file.name}", broken, GrammarFile) from broken
    place = Locale.parse(written.locale or language)
    months = {name: number for number, name in _names(place.months)} | written.days.months
    weekdays = {
        name + ending: number
        for number, name in [*_names(place.days), *((at, name) for name, at in written.days.names.items())]
        for ending in written.words.weekday_endings
    }
    for word in written.days.other_words:
        months.pop(word, None)
        weekdays.pop(word, None)
    return Grammar(written, months, weekdays)


def locale(language: str) -> Locale:
    """The Babel locale for a language's grammar in a country: ``es`` may be that of the United States."""
    return Locale.parse(grammar(language).written.locale or language)


def without_opening(text: str, language: str) -> str:
    """A folded text without the "no," that opens a correction: ``no, mejor 50`` is read as 50."""
    opening = grammar(language).written.words.opening
    return re.sub(rf"^\W*{any_of(opening)}\s*[,;:.!]+", "", text) if opening else text


def ordinal_ending(language: str) -> str:
    """A pattern in a language for what may follow the digits of a day: ``25th``, ``25:e``, ``1ero``."""
    return any_of([IN_DIGITS, *grammar(language).written.words.ordinal_endings])


def any_of(wordings: Iterable[str]) -> str:
    """A pattern for one of a language's wordings, the longest first; it fits nothing if there are none."""
    listed = sorted(wordings, key=lambda one: (-len(one), one))
    return "(?:" + "|".join(map(re.escape, listed)) + ")" if listed else "(?!)"


def _names(calendar: Mapping[str, Mapping[str, Mapping[int, str]]]) -> list[tuple[int, str]]:
    return [
        (number, fold(name).strip("."))
        for form in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in calendar[form][width].items()
    ]
