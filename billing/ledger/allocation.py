"""Which debt a payment settles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


@dataclass(frozen=True, slots=True)
class Debt:
    """What is left to pay on one bill, in minor units."""

    bill_id: str
    due_on: date
    owed: int
    planned: bool = False
    """Whether a running plan speaks of it: what comes in is its instalment."""


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """The part of a payment, in minor units, that settles one bill; without a bill it stays as credit."""

    bill_id: str | None
    amount: int


def allocate(amount: int, debts: Iterable[Debt], first: str | None = None) -> list[PaymentShare]:
    """Spread a payment: the bill it names, what a plan runs over, the oldest due; the rest is credit.

    The shares add up to ``amount`` (minor units, positive), each share is positive, and no bill gets
    more than is owed on it. What it settles within a bill says :mod:`billing.ledger.settlement`.
    """
    shares = []
    for debt in sorted(debts, key=lambda debt: _turn(debt, first)):
        part = min(amount, debt.owed)
        if part > 0:
            shares.append(PaymentShare(debt.bill_id, part))
            amount -= part
    if amount > 0:
        shares.append(PaymentShare(None, amount))
    return shares


def _turn(debt: Debt, first: str | None) -> tuple[bool, bool, date, str]:
    return debt.bill_id != first, not debt.planned, debt.due_on, debt.bill_id
