"""Account statement: opening balance, every entry, closing balance; minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.bills.invoice import kind_of
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from billing.ledger.ledger import Entry, EntryKind


class BadPeriod(Refusal):
    """A statement was to end before it begins."""

    def __init__(self, since: date, until: date) -> None:
        super().__init__(f"--since {since} is after --until {until}: name the earlier day first")


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry; ``balance`` is what is owed once it counts."""

    on: date
    kind: EntryKind
    back: bool
    """Whether it takes an earlier entry back."""
    bill_id: str | None
    amount: int
    balance: int
    payer_id: str | None = None
    """The payer, for an entry about one."""


class Age(StrEnum):
    """How long after its due date an amount on a statement is still owed."""

    NOT_DUE = "not_due"
    TO_30 = "days_1_30"
    TO_60 = "days_31_60"
    TO_90 = "days_61_90"
    OVER_90 = "days_over_90"


@dataclass(frozen=True, slots=True)
class Owing:
    """An issued bill; its due date is None until it is sent."""

    bill_id: str
    due_on: date | None
    last_day: date | None = None
    """The last day on which it may be demanded."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An account from one day to another, both counted in."""

    since: date
    until: date
    opening: int
    rows: tuple[StatementRow, ...]
    closing: int
    aging: Mapping[Age, int]
    credit: int
    """Money that no bill has used, as a positive amount."""
    barred: Mapping[str, int] = field(default_factory=dict)
    """What is owed on bills past their limitation date, by bill."""


def state(entries: Sequence[Entry], bills: Sequence[Owing], since: date | None, until: date) -> Statement:
    """The statement of an account's entries, without those of bills not issued.

    Raises:
        BadPeriod: it would end before it begins.
    """
    asked = {bill.bill_id for bill in bills}
    mine = [one for one in entries if one.bill_id is None or one.bill_id in asked]
    counted = sorted(
        (one for one in mine if one.booked_on <= until), key=lambda one: (one.booked_on, one.id or 0)
    )
    begins = since or (counted[0].booked_on if counted else until)
    if begins > until:
        raise BadPeriod(begins, until)
    kinds = {entry.id: entry.kind for entry in entries}
    balance = opening = sum(one.amount.minor for one in counted if one.booked_on < begins)
    rows = []
    for one in (one for one in counted if one.booked_on >= begins):
        balance += one.amount.minor
        back = one.reverses is not None
        kind, amount = kind_of(one, kinds), one.amount.minor
        rows.append(StatementRow(one.booked_on, kind, back, one.bill_id, amount, balance, one.payer_id))
    return Statement(
        begins,
        until,
        opening,
        tuple(rows),
        balance,
        _aging(counted, bills, until),
        _credit(counted),
        _barred(counted, bills, until),
    )


def _barred(counted: Sequence[Entry], bills: Sequence[Owing], until: date) -> dict[str, int]:
    late = [bill.bill_id for bill in bills if bill.last_day and bill.last_day < until]
    owed = {one: sum(entry.amount.minor for entry in counted if entry.bill_id == one) for one in late}
    return {bill_id: amount for bill_id, amount in owed.items() if amount > 0}


def _aging(counted: Sequence[Entry], bills: Sequence[Owing], until: date) -> dict[Age, int]:
    found = dict.fromkeys(Age, 0)
    for bill in bills:
        owed = sum(one.amount.minor for one in counted if one.bill_id == bill.bill_id)
        if owed > 0:
            found[_age(bill, until)] += owed
    return found


def _credit(counted: Sequence[Entry]) -> int:
    """Credits, and overpayments of bills."""
    by_bill: dict[str | None, int] = {}
    for one in counted:
        by_bill[one.bill_id] = by_bill.get(one.bill_id, 0) + one.amount.minor
    return -sum(amount for amount in by_bill.values() if amount < 0)


def _age(bill: Owing, until: date) -> Age:
    late = (until - bill.due_on).days if bill.due_on else 0
    for most, age in ((0, Age.NOT_DUE), (30, Age.TO_30), (60, Age.TO_60), (90, Age.TO_90)):
        if late <= most:
            return age
    return Age.OVER_90
