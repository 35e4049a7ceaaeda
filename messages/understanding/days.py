"""Reads one day from free text, relative to a given today; none if there is any doubt."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from functools import cache

from messages.understanding.amounts import mark_dates, money_mark, without_each
from messages.understanding.grammar import IN_DIGITS, any_of, grammar, ordinal_ending, without_opening
from messages.understanding.numbers import in_digits

_WEEK = 7
_LAST = 31
_DECEMBER = 12
_FURTHEST = 100


@dataclass(frozen=True, slots=True)
class _Patterns:
    """One language's ways to write days, as patterns for folded text."""

    full: re.Pattern[str]
    backwards: re.Pattern[str]
    numeric: re.Pattern[str]
    day_month: re.Pattern[str]
    month_day: re.Pattern[str]
    ahead: re.Pattern[str]
    weekday: re.Pattern[str]
    ordinal: re.Pattern[str]
    bare: re.Pattern[str]
    refused: re.Pattern[str]


def day(text: str, language: str, today: date) -> date | None:
    """The one day in a text, relative to the customer's local ``today``.

    Without a year it is in the future, a weekday strictly after today; "next friday" is the friday of next
    week. Nothing is read from a text with two days, a day that does not exist, or a refusal ("not friday");
    only a full date with its year may be in the past.
    """
    read = without_opening(in_digits(text, language), language)
    patterns = _patterns(language)
    if patterns.refused.search(read):
        return None
    try:
        return _one(_found(read, language, today))
    except (ValueError, OverflowError):
        return None


def day_of_month(text: str, language: str) -> int | None:
    """A day of every month in a text, 1 to 31: ``the 5th``, ``25``, ``den 25:e``; ``last day`` is 31.

    Beside other numbers, such as an amount, it must be written as a day: ``100 on the 5th``. The second
    Friday is no 2nd, and 3 months are no 3rd.
    """
    read = without_each(without_opening(in_digits(text, language), language), language)
    read = _other_word(language).sub(" ~ ", _counts(language).sub(" ~ ", read))
    patterns, words = _patterns(language), grammar(language).written.days
    if re.search(rf"\b{any_of(grammar(language).written.words.negations)}\b", read):
        return None
    numbers = rf"(?<![\d.,:/-])(\d{{1,9}}){ordinal_ending(language)}?(?![\d%])"
    found = {int(number) for number in re.findall(numbers, read)}
    written = {int(one["day"] or one["plain"]) for one in patterns.ordinal.finditer(read)}
    if not found and re.search(rf"\b{any_of(words.first_day)}\b", read):
        return 1
    if not found or (not written and _money_or_more(found)):
        named = [*words.month_end, *words.last_day * (not found)]
        last = rf"\b{any_of(named)}\b(?!\s+{any_of(grammar(language).weekdays)})"
        return _LAST if re.search(last, read) else None
    if len(found) > 1:
        found = {number for number in written if 1 <= number <= _LAST}
    number = found.pop() if found else 0
    fitting = not found and 1 <= number <= _LAST
    sure = written or patterns.bare.fullmatch(read) or not _money().search(read)
    return number if fitting and sure and not re.search(r"\d[.,]\d|\d\s*%|-\d", read) else None


def month_to_come(text: str, language: str, today: date) -> date | None:
    """The first day of a month to come that a text names without a day: "until June", "next month"."""
    read, spoken = in_digits(text, language), grammar(language)
    words, days = spoken.written.words, spoken.written.days
    if re.search(rf"\b{any_of(days.month_after)}\b", read):
        return _month_on(today.replace(day=1), 1)
    before = any_of([*words.until, *words.over, *words.connectors])
    named = {spoken.months[one] for one in re.findall(rf"\b{before}\s+({any_of(spoken.months)})\b", read)}
    number = named.pop() if len(named) == 1 else today.month
    if number == today.month or today.year == MAXYEAR:
        return None
    return date(today.year + (number < today.month), number, 1)


def _money_or_more(found: set[int]) -> bool:
    return all(number > _LAST for number in found)


def _one(found: list[tuple[str, date]]) -> date | None:
    """The day on which all wordings agree; a weekday beside a date must be the weekday of that date."""
    dated = {when for kind, when in found if kind != "weekday"}
    weekdays = {when for kind, when in found if kind == "weekday"}
    if len(dated) > 1 or (not dated and len(weekdays) != 1):
        return None
    if not dated:
        return weekdays.pop()
    when = dated.pop()
    return when if all(other.weekday() == when.weekday() for other in weekdays) else None


def _found(read: str, language: str, today: date) -> list[tuple[str, date]]:
    """Every day in the text. What was read is blanked out, so that nothing is read twice."""
    patterns, found = _patterns(language), list[tuple[str, date]]()

    def take(pattern: re.Pattern[str], kind: str, text: str) -> str:
        for one in pattern.finditer(text):
            found.append((kind, _READ[kind](one, language, today)))
        return pattern.sub(" ~ ", text)

    read = without_each(read, language)
    for kind in ("full", "backwards", "month_day", "day_month", "numeric", "ahead"):
        read = take(getattr(patterns, kind), kind, read)
    read = mark_dates(_named(read, language, today, found), language)
    read = take(patterns.weekday, "weekday", read)
    read = take(patterns.ordinal, "ordinal", read)
    if not found and patterns.bare.fullmatch(read):
        take(patterns.bare, "ordinal", read)
    return found


def _named(read: str, language: str, today: date, found: list[tuple[str, date]]) -> str:
    """Days with names: tomorrow, the end of the month."""
    words = grammar(language).written.days
    if words.now and _patterns(language).weekday.search(read):
        read = re.sub(rf"\b{any_of(words.now)}\b", " ", read)  # "nu på fredag" is Friday
    if words.never:
        read = re.sub(rf"\b{any_of(words.never)}\b", " ", read)
    first_next = _month_on(today.replace(day=1), 1)
    for wordings, when in (
        (words.day_after, today + timedelta(days=2)),
        (words.tomorrow, today + timedelta(days=1)),
        (words.next_month_end, _month_end(first_next)),
        (words.month_start, first_next),
        (words.month_end, _month_end(today)),
        (words.today, today),
    ):
        pattern = re.compile(rf"\b{any_of(wordings)}\b")
        if pattern.search(read):
            found.append(("named", when))
            read = pattern.sub(" ~ ", read)
    return read


def _full(one: re.Match[str], _: str, __: date) -> date:
    return date(int(one[1]), int(one[2]), int(one[3]))


def _backwards(one: re.Match[str], language: str, today: date) -> date:
    year = int(one[3]) if len(one[3]) > 2 else today.year // 100 * 100 + int(one[3])  # noqa: PLR2004
    return _in_order(int(one[1]), int(one[2]), year, language, dotted=one[0].count(".") > 0)


def _numeric(one: re.Match[str], language: str, today: date) -> date:
    first, second = (int(number) for number in one.groups() if number)
    _in_order(first, second, 2000, language)
    ahead = (today.year, today.year + 1)
    days = (_in_order(first, second, year, language) for year in ahead)
    return next(when for when in days if when >= today)


def _day_month(one: re.Match[str], language: str, today: date) -> date:
    return _in_year(int(one["day"]), grammar(language).months[one["month"]], one["year"], today)


def _ahead(one: re.Match[str], language: str, today: date) -> date:
    units, count = grammar(language).written.units, int(one["count"] or one["late"] or 1)
    unit = one["unit"] or one["late_unit"]
    if unit in units.month:
        return _month_on(today, count)
    days = 1 if unit in units.day else _WEEK if unit in units.week else 365
    return today + timedelta(days=count * days)


def _weekday(one: re.Match[str], language: str, today: date) -> date:
    wanted = grammar(language).weekdays[one["weekday"]]
    if one["next"] or one["after"]:
        monday = today + timedelta(days=_WEEK - today.weekday())
        return monday + timedelta(days=wanted)
    return today + timedelta(days=(wanted - today.weekday() - 1) % _WEEK + 1)


def _ordinal(one: re.Match[str], _: str, today: date) -> date:
    """The next such day of a month strictly after today, or of next month if the text says so."""
    number = int(one["day"] or one["plain"])
    if not 1 <= number <= _LAST:
        raise ValueError(number)
    start = today.replace(day=1)
    months = [_month_on(start, 1)] if one["later"] else [_month_on(start, ahead) for ahead in range(3)]
    for month in months:
        if number <= calendar.monthrange(month.year, month.month)[1] and month.replace(day=number) > today:
            return month.replace(day=number)
    raise ValueError(number)


_READ = {
    "full": _full,
    "backwards": _backwards,
    "numeric": _numeric,
    "day_month": _day_month,
    "month_day": _day_month,
    "ahead": _ahead,
    "weekday": _weekday,
    "ordinal": _ordinal,
}


def _in_order(first: int, second: int, year: int, language: str, *, dotted: bool = False) -> date:
    """A day from two numbers, month first where the language writes that and the numbers allow it."""
    month_first = grammar(language).written.month_first and not dotted
    if month_first and first > _DECEMBER:
        month_first = False
    return date(year, first, second) if month_first else date(year, second, first)


def _in_year(number: int, month: int, year: str | None, today: date) -> date:
    """A day of a named month: of the given year, or the next one from today on."""
    if year:
        return date(int(year), month, number)
    for ahead in range(9):
        if number <= calendar.monthrange(today.year + ahead, month)[1]:
            when = date(today.year + ahead, month, number)
            if when >= today:
                return when
    raise ValueError(number)


def _month_end(when: date) -> date:
    return when.replace(day=calendar.monthrange(when.year, when.month)[1])


def _month_on(when: date, count: int) -> date:
    """The same day so many months later, or the last day of that month."""
    if count > _FURTHEST:
        raise ValueError(count)
    year, month = divmod(when.year * 12 + when.month - 1 + count, 12)
    return date(year, month + 1, min(when.day, calendar.monthrange(year, month + 1)[1]))


@cache
def _other_word(language: str) -> re.Pattern[str]:
    """The words for 1st and 2nd where they are no day: "wait a second", "ändra planen", "primero".

    A day they are alone, after "the" or "each", and before "of": "the second", "primero de mes".
    """
    words, often = grammar(language).written.words, grammar(language).written.often
    before = "".join(
        rf"(?<!\b{re.escape(one)}\s)" for one in {*words.the, *words.day_before_number, *often.each}
    )
    after = rf"(?!\s+{any_of([*words.of, *often.each])}\b)"
    return re.compile(rf"(?<=\w\s){before}\b[12]{IN_DIGITS}\b{after}|^\W*[12]{IN_DIGITS}\b{after}(?=\s+\w)")


@cache
def _counts(language: str) -> re.Pattern[str]:
    """What is counted and no day: 3 months, 2 weeks, the 2nd Friday."""
    spoken = grammar(language)
    units = spoken.written.units
    counted = [*units.month, *units.week, *units.day, *units.year, *units.part]
    ordinal = rf"(?:{ordinal_ending(language)})?"
    return re.compile(rf"\b\d{{1,3}}(?:\s*{any_of(counted)}|{ordinal}\s+{any_of(spoken.weekdays)})\b")


@cache
def _money() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){money_mark()}(?![a-z])")


@cache
def _patterns(language: str) -> _Patterns:
    spoken = grammar(language)
    words, days, units = spoken.written.words, spoken.written.days, spoken.written.units
    months, the = any_of(spoken.months), any_of(words.day_before_number)
    unit = any_of([*units.day, *units.week, *units.month, *units.year])
    ordinal, of = ordinal_ending(language), rf"(?:{any_of(words.of)}\s+)?"
    number = rf"(?P<day>\d{{1,2}})(?:{ordinal}|\.(?!\d))?"
    dotted = r"|(?<![\d/.,-])(\d{1,2})\.\s?(0?[1-9]|1[0-2])\.?(?![\d,])" if spoken.written.dotted_days else ""
    year = rf"(?:,?\s+{of}(?P<year>(?:19|20|21)\d\d))?\b"
    later = rf"(?:\s+{of}(?P<later>{any_of(days.month_after)}))?"
    one = any_of(words.articles)
    refusal = rf"\b{any_of(words.negations)}\b(?!.*\b{any_of(words.until)}\b)"
    return _Patterns(
        full=re.compile(r"(?<![\d-])((?:19|20|21)\d\d)[-./](\d{1,2})[-./](\d{1,2})(?![\d-])"),
        backwards=re.compile(r"(?<![\d/.-])(\d{1,2})[-./](\d{1,2})[-./]((?:\d\d)?\d\d)(?![\d/-])"),
        numeric=re.compile(rf"(?<![\d/.-])(\d{{1,2}})/(\d{{1,2}})(?![\d/]){dotted}"),
        day_month=re.compile(rf"(?<![\d.,/]){number}\s*{of}\b(?P<month>{months})\b\.?{year}"),
        month_day=re.compile(
            rf"\b(?P<month>{months})\.?\s+(?:{any_of(words.the)}\s+)?{number}\b{year}(?!\w)"
        ),
        ahead=re.compile(
            rf"\b{any_of(words.ahead)}\s+(?:(?P<count>\d{{1,3}})|{one})\s+(?P<unit>{unit})\b"
            rf"|\b(?:(?P<late>\d{{1,3}})|{one})\s+(?P<late_unit>{unit})\s+{any_of(words.after)}\b"
        ),
        weekday=re.compile(
            rf"(?:\b(?P<next>{any_of(days.next)})\s+)?\b(?P<weekday>{any_of(spoken.weekdays)})\b"
            rf"(?:\s+(?P<after>{any_of(days.week_after)})\b)?"
        ),
        ordinal=re.compile(
            rf"(?:\b{the}\s+(?P<plain>\d{{1,2}})(?![\d:/%-]|[.,]\d)|(?<![\d.,/])(?P<day>\d{{1,2}}){ordinal})"
            rf"\b\.?{later}"
        ),
        bare=re.compile(r"[\s.,!()]*(?P<day>\d{1,2})(?P<plain>)(?P<later>)[\s.,!()]*"),
        refused=re.compile(refusal),
    )
