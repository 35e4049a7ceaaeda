"""Allocation of a payment to bills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


@dataclass(frozen=True, slots=True)
class Debt:
    """What is left to pay on one bill, in minor units, for a payment to be allocated to."""

    bill_id: str
    due_on: date
    owed: int
    planned: bool = False
    """Whether the bill is on a running plan, so that a payment is an instalment of it."""


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """The part of a payment, in minor units, allocated to one bill; without a bill it stays as credit."""

    bill_id: str | None
    amount: int


def allocate(amount: int, debts: Iterable[Debt], first: str | None = None) -> list[PaymentShare]:
    """Allocate a payment: the bill it names, bills on a plan, the oldest due; the rest is credit.

    The shares add up to ``amount`` (minor units, positive), each is positive, and no bill gets more than is
    owed on it. The split within a bill is in :mod:`billing.ledger.settlement`.
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
    # False sorts first. The id at the end makes the order the same every time for bills due on one day.
    return debt.bill_id != first, not debt.planned, debt.due_on, debt.bill_id
