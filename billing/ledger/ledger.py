"""Entries and what they add up to. Entries are appended, never changed; a mistake is a reversing entry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from billing.ledger.money import Money


class EntryKind(StrEnum):
    """Why an amount stands in the ledger. Positive amounts make the customer owe more."""

    CHARGE = "charge"
    PAYER = "payer"
    """What an insurer, agency or employer took over."""
    CLAIM = "claim"
    """What a payer is being asked for: not the customer's while it has not answered."""
    ADJUSTMENT = "adjustment"
    FEE = "fee"
    INTEREST = "interest"
    PAYMENT = "payment"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    REVERSAL = "reversal"
    """Takes back one earlier entry, to the cent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. ``bill_id`` is empty for a credit that no bill has used yet."""

    account_id: str
    kind: EntryKind
    amount: Money
    booked_on: date
    source: str
    bill_id: str | None = None
    payment_id: int | None = None
    payer_id: str | None = None
    """For what a payer took over, adjusted or is asked for: which one."""
    rule: str | None = None
    """For a fee or interest: the authority that allows it."""
    reverses: int | None = None
    id: int | None = None

    def reversal(self, booked_on: date, source: str) -> Entry:
        """The entry that takes this one back; this one must have been stored, so that it has an id."""
        return Entry(
            account_id=self.account_id,
            kind=EntryKind.REVERSAL,
            amount=-self.amount,
            booked_on=booked_on,
            source=source,
            bill_id=self.bill_id,
            payment_id=self.payment_id,
            payer_id=self.payer_id,
            reverses=self.id,
        )
