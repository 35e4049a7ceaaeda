"""Whether a payment plan keeps to the policy's bounds; its instalments, with a first payment beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.plans.plans import Instalment, pay_off, spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.plans.frequency import Frequency

TOO_LONG: Final = "more months"
TOO_SMALL: Final = "smaller instalments"
TOO_LITTLE_FIRST: Final = "a smaller first payment"


def instalments_of(
    owed: int,
    often: Frequency,
    pay_day: int,
    today: date,
    *,
    months: int = 0,
    amount: int = 0,
    first: int = 0,
) -> tuple[Instalment, ...]:
    """The instalments of a plan by ``months``, or by ``amount`` each time (minor units).

    With a ``first`` payment the rest is spread after it; it falls on the first day of the plan, as the others
    would. Weekly instalments begin tomorrow.

    Raises:
        billing.plans.plans.NothingToSpread: nothing is left to spread.
    """
    rest = owed - first
    parts = (
        spread(rest, often.most(months), pay_day, today, often)
        if months
        else pay_off(rest, amount, pay_day, today, often)
    )
    if not first:
        return parts
    days = often.days(pay_day, today, len(parts) + 1)
    amounts = (first, *(one.amount for one in parts))
    return tuple(
        Instalment(number, on, each) for number, (on, each) in enumerate(zip(days, amounts, strict=True), 1)
    )


def outside(
    instalments: Sequence[Instalment], often: Frequency, *, longest: int, smallest: int, first_percent: int
) -> tuple[str, ...]:
    """What of a plan is outside the policy's bounds: ``longest`` in months, ``smallest`` a month.

    The last instalment is what is left, and may be smaller; the first is so many percent of all at least.
    """
    owed = sum(one.amount for one in instalments)
    found = []
    if len(instalments) > often.most(longest):
        found.append(TOO_LONG)
    if any(often.in_a_month(one.amount) < smallest for one in (instalments[:-1] or instalments)):
        found.append(TOO_SMALL)
    if instalments[0].amount * 100 < owed * first_percent:
        found.append(TOO_LITTLE_FIRST)
    return tuple(found)
