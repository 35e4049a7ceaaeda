"""The accounting journal: each ledger entry once, as a voucher that balances to zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.ledger.ledger import Entry, EntryKind
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from billing.ledger.money import Money


class OtherCurrencies(Refusal):
    """The period holds several currencies; a journal has one."""

    def __init__(self, currencies: Iterable[str]) -> None:
        super().__init__(
            f"--currency: the period holds {', '.join(sorted(currencies))}; a journal has one, so name it"
        )


@dataclass(frozen=True, slots=True)
class BookAccount:
    """An account of the books: its number and its name."""

    number: str
    name: str


NAMES: Final = {
    "1510": "Accounts receivable",
    "1513": "Asked of payers",
    "1580": "Cards and payment services",
    "1680": "Settled by payers",
    "1799": "Settled in another ledger",
    "1930": "Bank",
    "2890": "Customers' credits",
    "3004": "Services",
    "3541": "Reminder fees",
    "3730": "Adjustments",
    "6351": "Bad debts",
    "8313": "Interest on receivables",
}
"""Names of the accounts of the default chart; the numbers are those of the Swedish BAS chart."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of accounts: the account opposite to the receivable for each kind of entry."""

    receivable: str = "1510"
    credit: str = "2890"
    """Used instead of the receivable for unused money, which is a liability."""
    kinds: Mapping[EntryKind, str] = field(default_factory=lambda: dict(KINDS))
    money: Mapping[str, str] = field(default_factory=lambda: {"stripe": "1580"})
    """The account that money arrives on, by the payment's source; else that of the entry's kind."""
    names: Mapping[str, str] = field(default_factory=lambda: dict(NAMES))

    def opposite(self, kind: EntryKind, source: str) -> str:
        """The account opposite to the receivable; ``source`` is where the payment came from, if it is one."""
        found = self.money.get(source.partition(":")[0]) if kind in _MONEY else None
        return found or self.kinds[kind]

    def side(self, entry: Entry) -> str:
        """The account of the customer's side."""
        return self.receivable if entry.bill_id else self.credit

    def account(self, number: str) -> BookAccount:
        """An account with its name."""
        return BookAccount(number, self.names.get(number, number))


KINDS: Final[Mapping[EntryKind, str]] = {
    EntryKind.CHARGE: "3004",
    EntryKind.CLAIM: "1513",
    EntryKind.PAYER: "1680",
    EntryKind.ADJUSTMENT: "3730",
    EntryKind.FEE: "3541",
    EntryKind.INTEREST: "8313",
    EntryKind.PAYMENT: "1930",
    EntryKind.REFUND: "1930",
    EntryKind.WRITE_OFF: "6351",
    EntryKind.ROUNDING: "3740",
    EntryKind.ELSEWHERE: "1799",
    EntryKind.REVERSAL: "3004",
}
_MONEY: Final = frozenset({EntryKind.PAYMENT, EntryKind.REFUND})


@dataclass(frozen=True, slots=True)
class JournalLine:
    """An amount on an account; debit is positive."""

    account: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Voucher:
    """One entry of the ledger, booked; its lines come to zero."""

    entry_id: int
    booked_on: date
    text: str
    lines: tuple[JournalLine, JournalLine]


def vouchers(
    entries: Iterable[Entry], origins: Mapping[int, EntryKind], sources: Mapping[int, str], chart: Chart
) -> Iterator[Voucher]:
    """Every entry as a voucher, in the order they were booked.

    ``origins`` is the kind of reversed entries by id, ``sources`` the source of payments by id. A reversal is
    booked on the accounts of the entry it reverses.
    """
    for entry in entries:
        assert entry.id is not None
        kind = origins.get(entry.reverses, entry.kind) if entry.reverses else entry.kind
        source = sources.get(entry.payment_id, "") if entry.payment_id else ""
        about = entry.bill_id or entry.account_id
        word = "reversed " if entry.kind is EntryKind.REVERSAL else ""
        yield Voucher(
            entry.id,
            entry.booked_on,
            f"K{entry.id} {word}{kind.value.replace('_', ' ')} {about}",
            (
                JournalLine(chart.side(entry), entry.amount),
                JournalLine(chart.opposite(kind, source), -entry.amount),
            ),
        )


def of_one_currency(entries: list[Entry], currency: str) -> tuple[list[Entry], str]:
    """The entries of one currency, and which it is.

    Raises:
        OtherCurrencies: there are several, and none is named.
    """
    found = {entry.amount.currency for entry in entries}
    if not currency and len(found) > 1:
        raise OtherCurrencies(found)
    chosen = currency or next(iter(found), "")
    return [entry for entry in entries if entry.amount.currency == chosen], chosen
