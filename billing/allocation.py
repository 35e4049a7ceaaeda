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


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a payment, in minor units, that settles one bill; without a bill it stays as credit."""

    bill_id: str | None
    amount: int


def allocate(amount: int, debts: Iterable[Debt], first: str | None = None) -> list[Share]:
    """Spread a payment: the bill it names first, then the oldest due date; the rest stays as credit.

    The shares add up to ``amount`` (minor units, positive), each share is positive, and no bill gets
    more than is owed on it.
    """
    shares = []
    for debt in sorted(debts, key=lambda debt: (debt.bill_id != first, debt.due_on, debt.bill_id)):
        part = min(amount, debt.owed)
        if part > 0:
            shares.append(Share(debt.bill_id, part))
            amount -= part
    if amount > 0:
        shares.append(Share(None, amount))
    return shares
