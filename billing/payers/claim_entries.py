"""Ledger entries of one claim: asked, taken over, adjusted. Entries are appended, never changed.

While a payer is asked for an amount the customer does not owe it: an entry of kind CLAIM takes it off their
balance, and an answer reverses it before its own entries are booked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from billing.payers.adjudication import Outcome
    from billing.payers.claims import Adjustment, Claim


@dataclass(frozen=True, slots=True)
class Book:
    """One claim with every entry of its bill, in the order they were booked."""

    claim: Claim
    account_id: str
    entries: Sequence[Entry]

    @property
    def mine(self) -> list[Entry]:
        """The entries that this claim brought about, reversals left out."""
        imported = f"bill:{self.claim.bill_id}:payer:{self.claim.payer_id}"
        return [
            one
            for one in self.entries
            if one.source.startswith(f"claim:{self.claim.key}:") or one.source == imported
        ]

    @property
    def asked(self) -> int:
        """What the payer is being asked for now."""
        return -sum(one.amount.minor for one in self.mine if one.kind is EntryKind.CLAIM)

    @property
    def answered(self) -> list[Entry]:
        """What the payer took over and adjusted, and has not taken back."""
        reversed_ids = {one.reverses for one in self.entries if one.reverses}
        kinds = {EntryKind.PAYER, EntryKind.ADJUSTMENT}
        return [one for one in self.mine if one.kind in kinds and one.id not in reversed_ids]

    @property
    def taken_over(self) -> int:
        """What this claim has made less of the bill for good."""
        return -sum(one.amount.minor for one in self.answered)

    def ask(self, amount: int, on: date) -> list[Entry]:
        """Ask the payer for an amount, whatever it is asked for now."""
        return self._lines(on, (EntryKind.CLAIM, self.asked - amount, None))

    def answer(self, outcome: Outcome, on: date) -> list[Entry]:
        """Book what an answer made of the claim."""
        return self._lines(
            on,
            (EntryKind.CLAIM, self.asked, None),
            (EntryKind.PAYER, -outcome.paid, None),
            *((EntryKind.ADJUSTMENT, -one.amount, rule(one)) for one in outcome.forgone),
            (EntryKind.CLAIM, -outcome.still_asked, None),
        )

    def forgo(self, denied: Iterable[Adjustment], on: date) -> list[Entry]:
        """Give up what was denied: it is nobody's any more."""
        adjusted = ((EntryKind.ADJUSTMENT, -one.amount, rule(one)) for one in denied)
        return self._lines(on, (EntryKind.CLAIM, self.asked, None), *adjusted)

    def reverse(self, on: date) -> list[Entry]:
        """Take back what the payer took over and adjusted, entry by entry."""
        return [one.reversal(on, f"reversal:{one.id}") for one in self.answered]

    def _lines(self, on: date, *amounts: tuple[EntryKind, int, str | None]) -> list[Entry]:
        nonzero = [one for one in amounts if one[1]]
        first = len(self.mine) + 1
        return [
            Entry(
                account_id=self.account_id,
                kind=kind,
                amount=Money(amount, self.claim.currency),
                booked_on=on,
                source=f"claim:{self.claim.key}:{number}",
                bill_id=self.claim.bill_id,
                payer_id=self.claim.payer_id,
                rule=named,
            )
            for number, (kind, amount, named) in enumerate(nonzero, first)
        ]


def rule(adjustment: Adjustment) -> str:
    """The authority a claim's adjustment is booked under: its group and reason."""
    return f"{adjustment.group.value}:{adjustment.reason}"


@dataclass(frozen=True, slots=True)
class ChargeBreakdown:
    """What a bill, or an account, comes to by its entries and who bears it; adds up to the charges."""

    charges: int = 0
    payers: int = 0
    adjustments: int = 0
    customer: int = 0
    """Paid by the customer, refunds taken off."""
    asked: int = 0
    """What payers are being asked for."""
    written_off: int = 0
    owed: int = 0
    """What is left to the customer; fees and interest are on top and in ``charges`` too."""


_BEARER = {
    EntryKind.CHARGE: "charges",
    EntryKind.FEE: "charges",
    EntryKind.INTEREST: "charges",
    EntryKind.PAYER: "payers",
    EntryKind.CLAIM: "asked",
    EntryKind.ADJUSTMENT: "adjustments",
    EntryKind.PAYMENT: "customer",
    EntryKind.REFUND: "customer",
    EntryKind.WRITE_OFF: "written_off",
    EntryKind.ROUNDING: "written_off",
    EntryKind.ELSEWHERE: "customer",
}


def breakdown(entries: Sequence[Entry]) -> ChargeBreakdown:
    """Who bears what, by the entries of claims and payments; a reversal counts with what it reverses."""
    kinds = {one.id: one.kind for one in entries if one.id is not None}
    found = dict.fromkeys(ChargeBreakdown.__dataclass_fields__, 0)
    for one in entries:
        kind = one.kind
        if kind is EntryKind.REVERSAL and one.reverses is not None:
            kind = kinds[one.reverses]
        bearer = _BEARER[kind]
        found[bearer] += one.amount.minor if bearer == "charges" else -one.amount.minor
        found["owed"] += one.amount.minor
    return ChargeBreakdown(**found)
