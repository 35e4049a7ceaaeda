"""Good-faith estimates: the deadline to give one, and when a bill above it may be disputed.

45 CFR 149.610 and 149.620, for uninsured and self-pay patients. Deadlines to give one are in business days,
the time to dispute in calendar days.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.calendar import add_bank_days, is_bank_day
from billing.ledger.money import minor_units

if TYPE_CHECKING:
    from datetime import date

    from billing.accounts.snapshot import BillSnapshot
    from billing.policy import GoodFaith


NOTICE: Final = "estimate_exceeded"
"""The mark of the notice that a bill is above its estimate; sent once a bill."""


def disputable(rules: GoodFaith | None, bill: BillSnapshot, currency: str, today: date) -> bool:
    """Whether a bill may be disputed today: it is far above its good-faith estimate."""
    if rules is None or not exceeds(rules, bill.amount, bill.estimate, currency):
        return False
    return today <= dispute_until(rules, bill.issued_on)


def give_by(rules: GoodFaith, asked_on: date, service_on: date | None = None) -> date | None:
    """The last day to give a good-faith estimate: on request, or for a scheduled service (``service_on``).

    None if the service is so near that none is owed.
    """
    if service_on is None:
        return add_bank_days(asked_on, rules.asked_within, rules.holidays)
    ahead = business_days(asked_on, service_on, rules.holidays)
    if ahead >= rules.far_ahead:
        return add_bank_days(asked_on, rules.far_within, rules.holidays)
    if ahead >= rules.soon_ahead:
        return add_bank_days(asked_on, rules.soon_within, rules.holidays)
    return None


def business_days(since: date, until: date, holidays: str) -> int:
    """The number of business days, for good-faith deadlines, after ``since`` up to ``until`` (inclusive)."""
    span = max(0, (until - since).days)
    return sum(is_bank_day(since + timedelta(days=day), holidays) for day in range(1, span + 1))


def exceeds(rules: GoodFaith, billed: int, estimated: int | None, currency: str) -> bool:
    """Whether a bill (minor units) is so far above its good-faith estimate that it may be disputed."""
    return estimated is not None and billed - estimated >= minor_units(rules.dispute_above, currency)


def dispute_until(rules: GoodFaith, issued_on: date) -> date:
    """The last day to dispute a bill issued on ``issued_on`` for its good-faith estimate."""
    return issued_on + timedelta(days=rules.dispute_days)
