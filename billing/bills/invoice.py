"""The content of a bill: lines, answers of payers, payments, balance; minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from billing.bills.prompt_pay import PromptPayDiscount
    from billing.ledger.ledger import Entry


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One service. ``quantity`` as it was written; ``unit`` is the price of one."""

    service_on: date
    code: str
    description: str
    quantity: str
    unit: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class PayerShare:
    """What an invoice asked of one payer, and the result: asked = paid + adjusted + pending + left."""

    name: str
    """Empty if the payer is unknown."""
    asked: Money
    paid: Money
    adjusted: Money
    """Written off by agreement between payer and provider (contractual adjustment)."""
    pending: Money
    """Still being asked for."""

    @property
    def left(self) -> Money:
        """What it left to the next payer, or to the person."""
        return self.asked - self.paid - self.adjusted - self.pending


@dataclass(frozen=True, slots=True)
class InvoiceMovement:
    """A payment, a refund, a fee, interest or a correction; positive amounts make more to pay."""

    on: date
    kind: EntryKind
    amount: Money
    reversed: bool = False
    """Whether it takes an earlier one back: a payment that bounced."""
    rule: str = ""
    """For a fee or interest: the authority that allows it."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill with everything that can be read on it; days are local to the creditor."""

    bill_id: str
    number: str
    reference: str
    issued_on: date
    due_on: date
    person: str
    """The guarantor."""
    served: str
    """The patient, if not the guarantor."""
    lines: tuple[InvoiceLine, ...]
    total: Money
    payers: tuple[PayerShare, ...]
    movements: tuple[InvoiceMovement, ...]
    owed: Money
    estimate: Money | None = None
    prompt: PromptPayDiscount | None = None
    """What paying promptly takes off, while that can still be earned."""
    over_estimate: bool = False
    """Whether it is so far above its estimate that it may be disputed for that (45 CFR 149.620)."""

    @property
    def paid(self) -> Money:
        """What came from the person, refunds taken off."""
        return -self._sum(_PAID)

    @property
    def extras(self) -> Money:
        """Fees and interest."""
        return self._sum(_EXTRAS)

    @property
    def corrections(self) -> Money:
        """Write-offs and corrections."""
        return self._sum(_CORRECTED)

    @property
    def covered(self) -> Money:
        """What payers took over, forwent, or are still being asked for."""
        found = Money(0, self.total.currency)
        for share in self.payers:
            found += share.paid + share.adjusted + share.pending
        return found

    def _sum(self, kinds: frozenset[EntryKind]) -> Money:
        found = Money(0, self.total.currency)
        for one in self.movements:
            if one.kind in kinds:
                found += one.amount
        return found


_PAID = frozenset({EntryKind.PAYMENT, EntryKind.REFUND})
_EXTRAS = frozenset({EntryKind.FEE, EntryKind.INTEREST})
_CORRECTED = frozenset({EntryKind.ADJUSTMENT, EntryKind.WRITE_OFF, EntryKind.ROUNDING, EntryKind.ELSEWHERE})
_PAYERS = frozenset({EntryKind.PAYER, EntryKind.ADJUSTMENT, EntryKind.CLAIM})


def kind_of(entry: Entry, kinds: Mapping[int | None, EntryKind]) -> EntryKind:
    """The kind of a bill's entry: a reversal has the kind of the entry it takes back."""
    return kinds.get(entry.reverses, entry.kind) if entry.reverses else entry.kind


def charged(entries: Sequence[Entry], currency: str) -> Money:
    """What the services of a bill cost, corrections of them counted in."""
    kinds = {entry.id: entry.kind for entry in entries}
    return Money(
        sum(one.amount.minor for one in entries if kind_of(one, kinds) is EntryKind.CHARGE), currency
    )


def payer_shares(entries: Sequence[Entry], names: Mapping[str, str], currency: str) -> list[PayerShare]:
    """Each payer's share of a bill, in the order in which they were asked."""
    kinds = {entry.id: entry.kind for entry in entries}
    sums: dict[str, dict[EntryKind, int]] = {}
    asked: dict[str, int] = {}
    for entry in entries:
        kind = kind_of(entry, kinds)
        if not _of_a_payer(entry, kind):
            continue
        payer_id = entry.payer_id or ""
        mine = sums.setdefault(payer_id, dict.fromkeys(_PAYERS, 0))
        mine[kind] -= entry.amount.minor
        if kind is EntryKind.CLAIM:
            asked[payer_id] = max(asked.get(payer_id, 0), mine[kind])
    return [
        _share(names.get(payer_id, payer_id), mine, asked.get(payer_id, 0), currency)
        for payer_id, mine in sums.items()
        if any(mine.values()) or asked.get(payer_id)
    ]


def _of_a_payer(entry: Entry, kind: EntryKind) -> bool:
    """Whether a payer did it; of bills made elsewhere nobody knows which."""
    return kind in {EntryKind.PAYER, EntryKind.CLAIM} or (
        kind is EntryKind.ADJUSTMENT and bool(entry.payer_id)
    )


def _share(name: str, sums: Mapping[EntryKind, int], asked: int, currency: str) -> PayerShare:
    """A payer of whom only the answer is known was asked for what it answered."""
    moved = sum(sums.values())
    return PayerShare(
        name,
        asked=Money(max(asked, moved), currency),
        paid=Money(sums[EntryKind.PAYER], currency),
        adjusted=Money(sums[EntryKind.ADJUSTMENT], currency),
        pending=Money(sums[EntryKind.CLAIM], currency),
    )


def movements(entries: Sequence[Entry]) -> list[InvoiceMovement]:
    """Everything on a bill that is neither a charge nor a payer's doing, as it was booked."""
    kinds = {entry.id: entry.kind for entry in entries}
    found = []
    for entry in entries:
        kind = kind_of(entry, kinds)
        if kind is EntryKind.CHARGE or _of_a_payer(entry, kind):
            continue
        back = entry.reverses is not None
        # Which ledger settled it is the operator's affair: on paper a rule is one that allows a cost.
        rule = "" if kind is EntryKind.ELSEWHERE else entry.rule or ""
        found.append(InvoiceMovement(entry.booked_on, kind, entry.amount, back, rule))
    return _without_taken_back(found)


def _without_taken_back(found: list[InvoiceMovement]) -> list[InvoiceMovement]:
    """A fee that was booked and taken back again leaves no trace on paper; a payment that bounced does."""
    kept: list[InvoiceMovement] = []
    for one in found:
        same = next(
            (
                earlier
                for earlier in kept
                if one.reversed
                and one.kind in _EXTRAS
                and earlier.kind is one.kind
                and earlier.amount == -one.amount
            ),
            None,
        )
        if same:
            kept.remove(same)
        else:
            kept.append(one)
    return kept


def owed(entries: Iterable[Entry], currency: str) -> Money:
    """What is left to pay on a bill."""
    return Money(sum(entry.amount.minor for entry in entries), currency)
