"""Ledger entries. They are appended, never changed; a mistake is corrected by a reversing entry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from billing.ledger.money import Money


class EntryKind(StrEnum):
    """Kind of an entry. Positive amounts make the customer owe more."""

    CHARGE = "charge"
    PAYER = "payer"
    """What an insurer, agency or employer took over."""
    CLAIM = "claim"
    """What a payer is asked for: not owed by the customer until it has answered."""
    ADJUSTMENT = "adjustment"
    FEE = "fee"
    INTEREST = "interest"
    PAYMENT = "payment"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    ROUNDING = "rounding"
    """What a payment was short or over by too little to matter; positive where it was over."""
    ELSEWHERE = "elsewhere"
    """Paid or credited by the ledger in which the operator bills; its rule names that ledger."""
    REVERSAL = "reversal"
    """Reverses one earlier entry in full."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. ``bill_id`` is None for an unused credit; ``source`` is a unique key.

    The key lets the same business event book its entries once, however often it is tried.
    """

    account_id: str
    kind: EntryKind
    amount: Money
    booked_on: date
    source: str
    bill_id: str | None = None
    payment_id: int | None = None
    payer_id: str | None = None
    """For entries about a payer: its id."""
    rule: str | None = None
    """For a fee or interest: the authority that allows it."""
    reverses: int | None = None
    id: int | None = None

    def reversal(self, booked_on: date, source: str) -> Entry:
        """The entry that reverses this one, which must be stored already, so that it has an id."""
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
