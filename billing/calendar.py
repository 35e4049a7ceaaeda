"""Calendar: local days, bank days, holidays, months."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

ADULT_AGE = 18
_FAR = 100
"""Years between today and a day of business that can only be a slip of the pen."""
_SATURDAY = 5


class DayFar(Refusal):
    """A day on which something is booked or due is a hundred years or more away."""

    def __init__(self, field: str, day: date) -> None:
        super().__init__(f"{field}: {day} is a hundred years or more away; check the year")


def refuse_far(field: str, day: date, today: date) -> None:
    """Refuse a day, called ``field``, with which no deadline could be counted.

    Raises:
        DayFar: it is a hundred years or more away from ``today``.
    """
    if abs(day.year - today.year) >= _FAR:
        raise DayFar(field, day)


@lru_cache(maxsize=8192)
def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day in ``zone`` at ``moment`` (UTC)."""
    return moment.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) when ``day`` begins in ``zone``."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def age_on(birth_date: date, day: date) -> int:
    """Age in full years on ``day``; a birthday on 29 February falls on 1 March in common years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_minor(birth_date: date | None, day: date) -> bool:
    """Whether the age on ``day`` is under 18; without a birth date an adult is assumed."""
    return birth_date is not None and age_on(birth_date, day) < ADULT_AGE


def add_months(day: date, months: int, wanted_day: int | None = None) -> date:
    """``months`` later, on ``wanted_day`` of that month or its last day if it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(wanted_day or day.day, monthrange(year, month)[1]))


@lru_cache(maxsize=8192)
def add_years(day: date, years: int) -> date:
    """The same day ``years`` later; 29 February becomes 28 February in common years."""
    return add_months(day, 12 * years)


@lru_cache(maxsize=512)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country, or of a part of it (``SE``, ``GB-SCT``: ISO 3166), in a year.

    An empty country has none.
    Sweden's table counts every Sunday as a holiday; Sundays are left to the weekday rules here.
    """
    if not country:
        return frozenset()
    import holidays as holiday_tables  # noqa: PLC0415 - slow to load

    whole, _, part = country.partition("-")
    table = holiday_tables.country_holidays(whole, subdiv=part or None, years=year)
    return frozenset(day for day, name in table.items() if name not in {"Söndag", "Sunday"})


def is_holiday(day: date, country: str, eves: Iterable[str] = ()) -> bool:
    """Whether ``day`` is a public holiday of ``country`` or one of the named eves treated alike.

    ``eves`` are ``MM-DD`` days, or ``midsummer`` for the Friday between 19 and 25 June.
    """
    if day in public_holidays(country, day.year):
        return True
    return any(_is_eve(day, eve) for eve in eves)


def _is_eve(day: date, eve: str) -> bool:
    if eve == "midsummer":
        return day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4  # noqa: PLR2004
    return day.strftime("%m-%d") == eve


def is_bank_day(day: date, country: str, eves: Iterable[str] = ()) -> bool:
    """Whether banks book payments on ``day``."""
    return day.weekday() < _SATURDAY and not is_holiday(day, country, eves)


def add_bank_days(day: date, count: int, country: str, eves: Iterable[str] = ()) -> date:
    """The ``count``-th bank day after ``day``."""
    eves = tuple(eves)
    while count:
        day += timedelta(days=1)
        count -= is_bank_day(day, country, eves)
    return day
