"""Payment plans: schedules, smallest instalments, progress, kept or broken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from billing.plans.frequency import Frequency, moved
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class NothingToSpread(Refusal):
    """A plan was asked for although nothing is owed."""

    def __init__(self) -> None:
        super().__init__("a payment plan needs a balance above zero")


class PlanState(StrEnum):
    """State of a plan."""

    PROPOSED = "proposed"
    """Agreed by the customer; a person has to look before it counts."""
    ACTIVE = "active"
    COMPLETED = "completed"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class Review(StrEnum):
    """Why a person must review a plan."""

    NONE = ""
    CREDIT = "credit_review"
    """So many instalments that it may count as a credit; it is marked, and runs."""
    LIMITATION = "limitation_review"
    """Its bills are old: paying a part may start the period of limitation anew, so it waits for a person."""
    TERMS = "terms_review"
    """A rep agreed it outside the policy's bounds: a second person approves it."""

    @property
    def decides(self) -> bool:
        """Whether the plan only runs once a person has approved it."""
        return self in {Review.LIMITATION, Review.TERMS}


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment of several: ``amount`` minor units due on a local day."""

    number: int
    due_on: date
    amount: int
    until: date | None = None
    """Until when (local day) the customer was told that they may catch up, once it was missed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a balance is paid off. ``amount`` is what its bills came to when it was agreed."""

    id: int
    account_id: str
    amount: int
    instalments: tuple[Instalment, ...]
    bill_ids: tuple[str, ...]
    state: PlanState = PlanState.ACTIVE
    pauses: int = 0
    agreed_at: datetime | None = None


_TOO_LITTLE: Final = 10
"""A remainder of less than this part of an instalment is no instalment of its own."""


def instalments_for(balance: int, amount: int) -> int:
    """How many instalments of ``amount`` minor units a balance takes; a small remainder joins the last."""
    full, rest = divmod(balance, amount)
    return max(full + (rest * _TOO_LITTLE > amount), 1)


def spread(
    balance: int, count: int, pay_day: int, after: date, often: Frequency = Frequency.MONTHLY
) -> tuple[Instalment, ...]:
    """Spread a plan's balance over ``count`` months as evenly as it goes, the odd cents on the first.

    The first falls on the next ``pay_day`` after ``after``, each on that day of its month, or the last
    day of a shorter month. The amounts add up to ``balance``. Weekly instalments begin on the day after
    ``after``.

    >>> [i.amount for i in spread(10000, 3, 25, date(2026, 1, 30))]
    [3334, 3333, 3333]

    Raises:
        NothingToSpread: the balance is not above zero.
    """
    if balance <= 0 or count <= 0:
        raise NothingToSpread
    share, odd = divmod(balance, count)
    return _schedule([share + (number < odd) for number in range(count)], pay_day, after, often)


def pay_off(
    balance: int, amount: int, pay_day: int, after: date, often: Frequency = Frequency.MONTHLY
) -> tuple[Instalment, ...]:
    """Pay ``amount`` minor units each time until nothing is left; the last instalment is the remainder.

    A remainder of a tenth of an instalment or less is paid with the last one. Weekly instalments begin on the
    day after ``after``, whatever the ``pay_day``.

    >>> [i.amount for i in pay_off(12000, 5000, 25, date(2026, 1, 30))]
    [5000, 5000, 2000]
    >>> [i.amount for i in pay_off(10100, 5000, 25, date(2026, 1, 30))]
    [5000, 5100]

    Raises:
        NothingToSpread: the balance or the instalment is not above zero.
    """
    if balance <= 0 or amount <= 0:
        raise NothingToSpread
    full = instalments_for(balance, amount) - 1
    return _schedule([amount] * full + [balance - amount * full], pay_day, after, often)


def in_parts(parts: Sequence[tuple[int | None, date]], balance: int) -> tuple[Instalment, ...] | None:
    """A plan's instalments as somebody offers them: so many minor units, or the rest, each on a day.

    Nothing where the days do not follow each other or the parts are more than the balance; parts that
    are less leave a remainder for the caller to settle.
    """
    left, made = balance, list[Instalment]()
    for number, (wanted, on) in enumerate(parts, 1):
        amount = left if wanted is None else min(wanted, left)
        if amount <= 0 or (made and on <= made[-1].due_on) or (wanted is None and number < len(parts)):
            return None
        made.append(Instalment(number, on, amount))
        left -= amount
    return tuple(made)


def _schedule(amounts: list[int], pay_day: int, after: date, often: Frequency) -> tuple[Instalment, ...]:
    on = often.days(pay_day, after, len(amounts))
    return tuple(
        Instalment(number, due_on, amount)
        for number, (due_on, amount) in enumerate(zip(on, amounts, strict=True), 1)
    )


def begun_after(
    instalments: Sequence[Instalment], today: date, whole: Sequence[Instalment] = ()
) -> tuple[Instalment, ...]:
    """The same instalments, moved by whole months until the first falls after ``today``.

    ``whole`` are all of the plan, if these are not: they show its pay day.
    """
    days, months = [one.due_on for one in whole or instalments], 0
    while moved(instalments[0].due_on, months, days) <= today:
        months += 1
    return tuple(replace(one, due_on=moved(one.due_on, months, days)) for one in instalments)


def paused(plan: Plan, still_owed: int) -> tuple[Instalment, ...]:
    """The instalments with every one that is not paid yet moved on by a month."""
    days = [one.due_on for one in plan.instalments]
    return tuple(
        one if paid else replace(one, due_on=moved(one.due_on, 1, days), until=None)
        for one, paid in _by_what_was_paid(plan, still_owed)
    )


def resumed(plan: Plan, still_owed: int, today: date) -> tuple[Instalment, ...]:
    """The instalments after a time in which none could be asked for.

    Those not paid yet move by whole months until the first of them falls after ``today``; none moves where it
    does anyway.
    """
    left = [one for one, paid in _by_what_was_paid(plan, still_owed) if not paid]
    if not left or left[0].due_on > today:
        return plan.instalments
    later = begun_after(left, today, plan.instalments)
    changed = {one.number: replace(one, until=None) for one in later}
    return tuple(changed.get(one.number, one) for one in plan.instalments)


def _by_what_was_paid(plan: Plan, still_owed: int) -> list[tuple[Instalment, bool]]:
    """The instalments, each with whether it is paid in full."""
    paid = plan.amount - still_owed
    reached = accumulate(one.amount for one in plan.instalments)
    return [(one, paid >= so_far) for one, so_far in zip(plan.instalments, reached, strict=True)]


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How a plan is doing: its state, the next instalment to pay, and when to look again (local day)."""

    state: PlanState
    next_instalment: Instalment | None
    look_again_on: date | None
    missing: int = 0
    """What is left to pay of the next instalment, in minor units."""

    def late(self, today: date) -> bool:
        """Whether the next instalment should have come before this local day."""
        return self.next_instalment is not None and self.next_instalment.due_on < today


def progress(plan: Plan, still_owed: int, today: date, grace_days: int, small: int = 0) -> PlanProgress:
    """How far a payment plan is: compare what was paid with what should have been.

    ``still_owed`` is what the plan's bills come to now, in minor units: paid so far is what the plan
    began with less that, so nothing is ever copied from the ledger. An instalment that less than ``small`` is
    missing of counts as paid, and so does the plan.
    """
    paid = plan.amount - still_owed
    if still_owed < max(small, 1):
        return PlanProgress(PlanState.COMPLETED, None, None)
    if plan.state is PlanState.PROPOSED:
        return PlanProgress(PlanState.PROPOSED, plan.instalments[0], None)
    for instalment, reached in zip(
        plan.instalments, accumulate(i.amount for i in plan.instalments), strict=True
    ):
        if reached - paid >= max(small, 1):
            last = last_day(instalment, grace_days)
            state = PlanState.BROKEN if today > last else PlanState.ACTIVE
            return PlanProgress(state, instalment, last + timedelta(days=1), reached - paid)
    return PlanProgress(PlanState.ACTIVE, None, None)


def last_day(instalment: Instalment, grace_days: int) -> date:
    """The last local day on which an instalment may still arrive: a day that was promised is kept."""
    grace = instalment.due_on + timedelta(days=grace_days)
    return max(grace, instalment.until or grace)
