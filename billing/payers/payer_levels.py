"""Reminders to agencies and employers billed by invoice: level after level, then the desk.

Days are local to the creditor. The reminder days are in the payer's terms (``remind_days``, counted
from filing); organisations are written to on bank days, during office hours: our choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from billing.calendar import is_bank_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

LEAST_WAIT: Final = timedelta(days=7)
"""How long a payer has after the last step, at least, before the desk is told."""
OPENS: Final = time(8)
CLOSES: Final = time(17)
"""Office hours, by the creditor's clock."""


@dataclass(frozen=True, slots=True)
class TakenReminder:
    """A reminder that a payer got; ``on`` is the day it went out, empty while it is on its way."""

    number: int
    on: date | None


@dataclass(frozen=True, slots=True)
class ToPayer:
    """A reminder that is about to leave: the claims it may still speak of, and when offices are open."""

    claims: tuple[str, ...]
    opens_at: datetime


def under_way(taken: Sequence[TakenReminder]) -> bool:
    """Whether a reminder to a payer is on its way: nothing more is done until its outcome is known."""
    return any(one.on is None for one in taken)


def next_on(filed_on: date, days: Sequence[int], taken: Sequence[TakenReminder]) -> tuple[int, date]:
    """A payer's next reminder level and its day; beyond the last, the day on which the desk gets a case.

    Steps are neither skipped nor crowded: however late one went out, the next waits as long after it as
    the terms have between the two.
    """
    count = len(taken)
    last = max((one.on for one in taken if one.on), default=None)
    if count >= len(days):
        return count + 1, (last or filed_on) + max(_gap(days, len(days) - 1), LEAST_WAIT)
    planned = filed_on + timedelta(days=days[count])
    return count + 1, max(planned, last + _gap(days, count)) if last else planned


def first_office_hour(moment: datetime, zone: ZoneInfo, country: str, eves: Iterable[str] = ()) -> datetime:
    """The first moment (UTC) in the creditor's office hours, from ``moment`` on: for reminders to payers."""
    local, eves = moment.astimezone(zone), tuple(eves)
    if is_bank_day(local.date(), country, eves) and OPENS <= local.time() < CLOSES:
        return moment
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    while not is_bank_day(day, country, eves):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, tzinfo=zone).astimezone(UTC)


def _gap(days: Sequence[int], at: int) -> timedelta:
    return timedelta(days=days[at] - days[at - 1]) if at else timedelta(0)
