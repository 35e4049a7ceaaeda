"""Where the money of one payment stands: on which bills, and how much of it no bill uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class PaymentUse:
    """A bill, or none for a credit, that holds ``amount`` (minor units, positive) of a payment."""

    account_id: str
    bill_id: str | None
    amount: int


def live(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a payment that were not taken back."""
    undone = {entry.reverses for entry in entries}
    return [entry for entry in entries if entry.kind is not EntryKind.REVERSAL and entry.id not in undone]


def places(entries: Sequence[Entry]) -> list[PaymentUse]:
    """Where the money is, in the order money goes back from: credit first, then the bill settled last."""
    sums: dict[tuple[str, str | None], int] = {}
    for entry in live(entries):
        key = entry.account_id, entry.bill_id
        sums[key] = sums.get(key, 0) - entry.amount.minor
    found = [PaymentUse(*key, amount) for key, amount in reversed(sums.items()) if amount > 0]
    return sorted(found, key=lambda place: place.bill_id is not None)


def left(entries: Sequence[Entry]) -> int:
    """What is left of a payment with us, in minor units: not bounced, not refunded, not charged back."""
    return -sum(entry.amount.minor for entry in entries)


def back(
    entries: Sequence[Entry], amount: Money, kind: EntryKind, booked_on: date, source: str
) -> list[Entry]:
    """The entries by which so much of a payment leaves it: credit first, then the bill it settled last.

    No more leaves than is there.
    """
    wanted, found = amount.minor, list[Entry]()
    for place in places(entries):
        part = min(place.amount, wanted)
        wanted -= part
        if part > 0:
            found.append(
                Entry(
                    account_id=place.account_id,
                    kind=kind,
                    amount=Money(part, amount.currency),
                    booked_on=booked_on,
                    source=f"{source}:{len(found)}",
                    bill_id=place.bill_id,
                    payment_id=entries[0].payment_id,
                )
            )
    return found
