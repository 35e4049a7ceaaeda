"""What each payment settled of a bill: principal, interest or fees, computed from the entries.

Nothing of this is stored: the entries in booking order and the policy's order of settlement give the same
result every time, and a stored copy could contradict the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.ledger.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from billing.ledger.ledger import Entry


class DebtPart(StrEnum):
    """Part of a debt that a payment settles."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEES = "fees"


Order = tuple[DebtPart, ...]
"""The order in which money settles the parts; each part is in it once."""


@dataclass(frozen=True, slots=True)
class Split:
    """An amount to settle by part, in minor units: principal, interest, costs (reminder fees)."""

    principal: int
    interest: int
    costs: int

    @property
    def total(self) -> int:
        """Everything together."""
        return self.principal + self.interest + self.costs


@dataclass(frozen=True, slots=True)
class SettledByPayment:
    """What is left of one payment on one bill, and what it settled there, in minor units.

    ``unused`` is what it brought beyond everything owed on the bill so far.
    """

    entry: Entry
    parts: Split
    unused: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result for a bill: what is left of each part, and what each payment settled."""

    left: Split
    payments: tuple[SettledByPayment, ...]


def settle_bill(entries: Iterable[Entry], order: Order) -> Settlement:
    """Replay the entries of one bill, given in booking order.

    Money settles what is owed when it is booked, part by part in ``order``. A reversed fee frees the money
    that had settled it for the next part; a reversed payment leaves owed what it had settled. The parts of
    ``left`` always add up to the sum of the entries.
    """
    every = list(entries)
    book = _Book(order)
    known: dict[int | None, Entry] = {entry.id: entry for entry in every if entry.id is not None}
    for entry in every:
        undone = known.get(entry.reverses)
        part = _PART.get(_origin(entry, known).kind, DebtPart.PRINCIPAL)
        if part is not None:
            book.change(part, entry.amount.minor)
        elif entry.amount.minor <= 0:
            book.pay(entry)
        else:
            book.unpay(entry, undone)
    return Settlement(book.left(), tuple(line.settled() for line in book.lines if line.entry))


def split(entries: Iterable[Entry], order: Order) -> Split:
    """What is left of each part of one bill; the parts always add up to the balance."""
    return settle_bill(entries, order).left


def spread(amount: int, owed: Split, order: Order) -> Split:
    """What ``amount`` (minor units) would settle of a debt; an excess is left out."""
    taken = {}
    for part in order:
        taken[part] = min(max(_of(owed, part), 0), max(amount, 0))
        amount -= taken[part]
    return _as_split(taken)


def _origin(entry: Entry, known: Mapping[int | None, Entry]) -> Entry:
    """The entry that a reversal, or a reversal of a reversal, goes back to."""
    seen = {entry.id}
    while entry.reverses in known and entry.reverses not in seen:
        entry = known[entry.reverses]
        seen.add(entry.id)
    return entry


_PART: Final[dict[EntryKind, DebtPart | None]] = {
    EntryKind.INTEREST: DebtPart.INTEREST,
    EntryKind.FEE: DebtPart.FEES,
    EntryKind.PAYMENT: None,
    EntryKind.REFUND: None,
}
"""The part that a kind changes; None for money, and the principal for every other kind."""


@dataclass(slots=True)
class _Line:
    """Money on a bill; without an entry a credit that is no payment, such as a late discount."""

    entry: Entry | None
    unused: int
    parts: dict[DebtPart, int] = field(default_factory=lambda: dict.fromkeys(DebtPart, 0))

    def settled(self) -> SettledByPayment:
        assert self.entry
        return SettledByPayment(self.entry, _as_split(self.parts), self.unused)


@dataclass(slots=True)
class _Book:
    """The open amount of each part, and the money that settled the rest."""

    order: Order
    lines: list[_Line] = field(default_factory=list)
    open: dict[DebtPart, int] = field(default_factory=lambda: dict.fromkeys(DebtPart, 0))

    def change(self, part: DebtPart, amount: int) -> None:
        """Raise or lower a part; money that had settled a lowered part is free for the others."""
        if amount < 0:
            rest = self._lower(part, -amount)
            rest = self._free(part, rest)
            if rest:
                self.lines.append(_Line(None, rest))
        else:
            self.open[part] += amount
        self._use()

    def pay(self, entry: Entry) -> None:
        self.lines.append(_Line(entry, -entry.amount.minor))
        self._use()

    def unpay(self, entry: Entry, undone: Entry | None) -> None:
        """Take money off the bill: first unused money, then what was settled last."""
        rest = entry.amount.minor
        for line in self._paid_by(entry, undone):
            rest = self._take(line, rest)
        self.open[DebtPart.PRINCIPAL] += rest
        self._use()

    def left(self) -> Split:
        found = dict(self.open)
        found[DebtPart.PRINCIPAL] -= sum(line.unused for line in self.lines)
        return _as_split(found)

    def _paid_by(self, entry: Entry, undone: Entry | None) -> Iterator[_Line]:
        """The lines a reversal or refund takes from: its own, else those of its payment, last first."""
        for line in reversed(self.lines):
            mine = (
                line.entry is undone if undone else line.entry and line.entry.payment_id == entry.payment_id
            )
            if line.entry and mine:
                yield line

    def _take(self, line: _Line, amount: int) -> int:
        taken = min(line.unused, amount)
        line.unused -= taken
        amount -= taken
        for part in reversed(self.order):
            taken = min(line.parts[part], amount)
            line.parts[part] -= taken
            self.open[part] += taken
            amount -= taken
        return amount

    def _lower(self, part: DebtPart, amount: int) -> int:
        taken = min(self.open[part], amount)
        self.open[part] -= taken
        return amount - taken

    def _free(self, part: DebtPart, amount: int) -> int:
        for line in reversed(self.lines):
            taken = min(line.parts[part], amount)
            line.parts[part] -= taken
            line.unused += taken
            amount -= taken
        return amount

    def _use(self) -> None:
        """Settle open parts with unused money."""
        for line in self.lines:
            for part in self.order:
                taken = min(self.open[part], line.unused)
                if taken > 0:
                    self.open[part] -= taken
                    line.parts[part] += taken
                    line.unused -= taken


def _of(found: Split, part: DebtPart) -> int:
    return {
        DebtPart.PRINCIPAL: found.principal,
        DebtPart.INTEREST: found.interest,
        DebtPart.FEES: found.costs,
    }[part]


def _as_split(found: dict[DebtPart, int]) -> Split:
    return Split(found[DebtPart.PRINCIPAL], found[DebtPart.INTEREST], found[DebtPart.FEES])
