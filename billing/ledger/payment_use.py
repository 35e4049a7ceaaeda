"""The use of one payment's money: on which bills, and how much is unused credit."""

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
    """The part of a payment (minor units, positive) on a bill, or as credit (``bill_id`` None)."""

    account_id: str
    bill_id: str | None
    amount: int


def live(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a payment that are not reversed."""
    undone = {entry.reverses for entry in entries}
    return [entry for entry in entries if entry.kind is not EntryKind.REVERSAL and entry.id not in undone]


def places(entries: Sequence[Entry]) -> list[PaymentUse]:
    """The uses of a payment in the order in which money is taken back: credit, then the last settled bill.

    Credit first, so that a refund makes no bill owed again as long as it need not.
    """
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
    """Entries that take ``amount`` of a payment back: credit first, then the bill settled last.

    At most what is left of the payment.
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
