"""Itemisation of a balance since a day, which a collector's validation notice needs (12 CFR 1006.34)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.ledger.ledger import EntryKind
from billing.ledger.settlement import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from billing.ledger.ledger import Entry
    from billing.ledger.settlement import Order

PAID = frozenset({EntryKind.PAYMENT, EntryKind.REFUND})


@dataclass(frozen=True, slots=True)
class Itemisation:
    """A balance unfolded, in minor units: ``amount_then + interest + fees - payments - credits``.

    ``since`` is the itemisation date: the last statement, which is the bill's own day or that of its
    last charge (12 CFR 1006.34(b)(3); COMPLIANCE.md 1.1). ``principal`` is what is left of the service
    itself, in the order the policy has money settle a debt.
    """

    since: date
    amount_then: int
    interest: int
    fees: int
    payments: int
    credits: int
    balance: int
    principal: int

    @property
    def extras(self) -> int:
        """What is left of fees and interest."""
        return self.balance - self.principal


def itemise(entries: Sequence[Entry], issued_on: date, order: Order) -> Itemisation:
    """Unfold what a bill's entries add up to."""
    kinds = {entry.id: entry.kind for entry in entries}

    def kind(entry: Entry) -> EntryKind:
        return kinds.get(entry.reverses, entry.kind) if entry.reverses else entry.kind

    charged = [entry.booked_on for entry in entries if kind(entry) is EntryKind.CHARGE]
    since = max([issued_on, *charged])
    later = [entry for entry in entries if entry.booked_on > since]
    total = _sum(entries)
    added = {one: _sum(entry for entry in later if kind(entry) is one) for one in EntryKind}
    payments = -sum(added[one] for one in PAID)
    return Itemisation(
        since=since,
        amount_then=total - _sum(later),
        interest=added[EntryKind.INTEREST],
        fees=added[EntryKind.FEE],
        payments=payments,
        credits=-(_sum(later) - added[EntryKind.INTEREST] - added[EntryKind.FEE] + payments),
        balance=total,
        principal=min(max(split(entries, order).principal, 0), max(total, 0)),
    )


def _sum(entries: Iterable[Entry]) -> int:
    return sum(entry.amount.minor for entry in entries)
