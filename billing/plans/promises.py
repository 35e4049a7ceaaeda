"""A promise to pay: a day and an amount, kept or broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class PromiseState(StrEnum):
    """State of a promise."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Promise:
    """``amount`` minor units by ``due_on``, given when ``balance_then`` was owed."""

    id: int
    account_id: str
    amount: int
    due_on: date
    balance_then: int

    def kept(self, balance_now: int, small: int = 0) -> bool:
        """Whether enough was paid since it was given, or all but less than ``small``.

        ``balance_now`` is owed now; both are in minor units.
        """
        missing = self.amount - (self.balance_then - balance_now)
        return missing < max(small, 1) or balance_now <= 0


def promise_state(
    promise: Promise, balance_now: int, today: date, grace_days: int, small: int = 0
) -> PromiseState:
    """Whether enough was paid since, all but less than ``small``, or its day and the grace went by."""
    if promise.kept(balance_now, small):
        return PromiseState.KEPT
    if today > last_day(promise, grace_days):
        return PromiseState.BROKEN
    return PromiseState.OPEN


def last_day(promise: Promise, grace_days: int) -> date:
    """The last day on which promised money may still arrive: payments take their time on the way."""
    return promise.due_on + timedelta(days=grace_days)
