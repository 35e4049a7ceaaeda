"""How often the instalments of a plan come: each month, each week, every two weeks."""

from __future__ import annotations

import calendar
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from billing.calendar import add_months

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_WEEKS_OF_A_YEAR: Final = 52
_MONTHS_OF_A_YEAR: Final = 12
_A_WEEK: Final = timedelta(weeks=1)
_WEEKS_OF_A_MONTH: Final = 4


class Frequency(StrEnum):
    """How often an instalment comes."""

    MONTHLY = "monthly"
    EVERY_TWO_WEEKS = "every_two_weeks"
    WEEKLY = "weekly"

    @property
    def weeks(self) -> int:
        """The weeks from one instalment to the next; none for months."""
        return {Frequency.MONTHLY: 0, Frequency.EVERY_TWO_WEEKS: 2, Frequency.WEEKLY: 1}[self]

    def in_a_month(self, amount: int) -> int:
        """What instalments of ``amount`` minor units come to in a month, as the year goes."""
        return amount * _WEEKS_OF_A_YEAR // (_MONTHS_OF_A_YEAR * self.weeks) if self.weeks else amount

    def each(self, monthly: int) -> int:
        """The least instalment, in minor units, that comes to ``monthly`` a month."""
        return -(-monthly * _MONTHS_OF_A_YEAR * self.weeks // _WEEKS_OF_A_YEAR) if self.weeks else monthly

    def most(self, months: int) -> int:
        """How many instalments there are in so many months."""
        return months * _WEEKS_OF_A_YEAR // (_MONTHS_OF_A_YEAR * self.weeks) if self.weeks else months

    def days(self, pay_day: int, after: date, count: int) -> list[date]:
        """So many local days: the first after ``after``; each month on the ``pay_day``, or weeks apart."""
        if self.weeks:
            return [after + timedelta(days=1) + number * self.weeks * _A_WEEK for number in range(count)]
        first = add_months(after, 0, pay_day)
        if first <= after:
            first = add_months(after, 1, pay_day)
        return [add_months(first, number, pay_day) for number in range(count)]


def frequency_of(days: Sequence[date]) -> Frequency | None:
    """How often instalments on these days come; None for days without a common day of month or weekday."""
    if _same_day_of_month(days):
        return Frequency.MONTHLY
    apart = {(later - earlier).days for earlier, later in pairwise(days)}
    for often in (Frequency.EVERY_TWO_WEEKS, Frequency.WEEKLY):
        if min(apart) == often.weeks * _A_WEEK.days and not any(days % min(apart) for days in apart):
            return often
    return None


def moved(day: date, months: int, whole: Sequence[date]) -> date:
    """A day moved on by months as the days it belongs to go: on their day of the month, or their weekday.

    The 31st that fell on 30 April is the 31st again in May. Days that are weeks apart move by four weeks for
    a month, and stay on their weekday.
    """
    if _same_day_of_month(whole):
        return add_months(day, months, max(one.day for one in whole))
    if all((later - earlier) % _A_WEEK == timedelta(0) for earlier, later in pairwise(whole)):
        return day + months * _WEEKS_OF_A_MONTH * _A_WEEK
    return add_months(day, months)


def _same_day_of_month(days: Sequence[date]) -> bool:
    """Whether all are one day of the month, or the last of a shorter month."""
    pay_day = max(one.day for one in days)
    return all(one.day == min(pay_day, calendar.monthrange(one.year, one.month)[1]) for one in days)
