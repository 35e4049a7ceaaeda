"""Days and hours computed independently: invariant checks do not use the calendar that they check."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from billing.policy import Policy

DAY: Final = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def easter(year: int) -> date:
    """Easter Sunday, by the rule of Gauss as Meeus wrote it down."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _weekday_from(first: date, weekday: int) -> date:
    """The first such weekday on or after a day."""
    return first + (weekday - first.weekday()) % 7 * DAY


def swedish_closed(day: date) -> bool:
    """Whether nothing moves in Sweden: Sundays, the holidays of lag (1989:253), and the three eves."""
    rises = easter(day.year)
    midsummer = _weekday_from(date(day.year, 6, 20), SATURDAY)
    return day.weekday() == SUNDAY or day in {
        date(day.year, 1, 1),
        date(day.year, 1, 6),
        rises - 2 * DAY,
        rises + DAY,
        date(day.year, 5, 1),
        rises + 39 * DAY,
        date(day.year, 6, 6),
        midsummer - DAY,
        midsummer,
        _weekday_from(date(day.year, 10, 31), SATURDAY),
        date(day.year, 12, 24),
        date(day.year, 12, 25),
        date(day.year, 12, 26),
        date(day.year, 12, 31),
    }


def bank_days_later(day: date, count: int) -> date:
    """So many Swedish bank days after a day."""
    while count:
        day += DAY
        count -= day.weekday() < SATURDAY and not swedish_closed(day)
    return day


def local(moment: datetime, zone: str) -> datetime:
    """The wall clock somewhere."""
    return moment.astimezone(ZoneInfo(zone))


def is_open(policy: Policy, moment: datetime, zone: str) -> bool:
    """Whether a moment lies in the hours of the policy, by the wall clock of a zone."""
    there = local(moment, zone)
    if policy.window.holidays == "SE" and swedish_closed(there.date()):
        return False
    hours = getattr(policy.window, _NAMES[there.weekday()])
    return hours is not None and hours[0] <= there.time() < hours[1]


def years_later(day: date, years: int) -> date:
    """The same day some years later; the last of February where there is no such day."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def age(born: date, day: date) -> int:
    """Full years lived."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
