"""Closing of accounting periods, and the tie-out of bank, payments, ledger and journal before it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.ledger.payment_use import left
from billing.payments.bank import CAMT, MT940
from billing.refusals import Refusal
from handlers import rights
from handlers.payments import accounting
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import ledger, periods
from storage.payments import bank_files, payments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.ledger.journal import Chart
    from billing.ledger.ledger import Entry
    from handlers.context import Context
    from storage.ledger.periods import ClosedPeriod
    from storage.payments.payments import Payment

_SIDES = ("bank", "payments", "ledger", "journal")
_MONEY = frozenset({EntryKind.PAYMENT, EntryKind.REFUND})


class CannotClose(Refusal):
    """The period is not over, or is closed already."""

    def __init__(self, through: date, why: str) -> None:
        super().__init__(f"the period up to {through} cannot be closed: {why}")


@dataclass(frozen=True, slots=True)
class Total:
    """Totals of one currency over the days of an accounting period, in minor units.

    ``bank`` is what its files report as received and returned, ``payments`` what is stored from all sources,
    ``ledger`` what was booked on accounts, ``journal`` what is posted on the money accounts of the chart.
    """

    currency: str
    bank: int
    payments: int
    ledger: int
    journal: int


@dataclass(slots=True)
class TieOut:
    """Bank, payments, ledger and journal side by side, with a sentence for every difference."""

    first: date
    last: date
    totals: list[Total] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def close(context: Context, through: date, by: str) -> None:
    """Close an accounting period: no entry can be booked on any day up to ``through`` any more.

    Raises:
        rights.NotAllowed: the user may not approve.
        CannotClose: the day is not over (creditor's local time), or was closed before.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    if through >= local_day(context.now, context.creditor.zone):
        raise CannotClose(through, "the day is not over yet")
    opens = periods.first_open_day(context.session)
    if (opens and through < opens) or not periods.close(context.session, through, by, context.now):
        raise CannotClose(through, f"everything before {opens} is closed already")
    staff.write_down(context.session, AuditEntry(context.now, by, "period_closed", f"period:{through}", {}))


def closed(session: Session) -> list[ClosedPeriod]:
    """Every closed period, in order."""
    return periods.every(session)


def tie_out(session: Session, chart: Chart, first: date, last: date) -> TieOut:
    """Compare the bank's files of some days with payments, ledger and journal."""
    found = TieOut(first, last)
    lines = bank_files.of_days(session, first, last)
    mine = payments.of_days(session, first, last)
    entries = _money(session, ledger.of_days(session, first, last))
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_SIDES, 0))
    named = payments.with_ids(session, {line.payment_id for _, line in lines if line.payment_id})
    for _, line in lines:
        gone = line.payment_id in named and _superseded(named[line.payment_id])
        if line.fate not in {"duplicate", "ignored"} and not gone:
            sums[line.currency]["bank"] += line.amount
    for payment in mine:
        if not _superseded(payment):
            sums[payment.currency]["payments"] += payment.amount
    for entry in entries:
        sums[entry.amount.currency]["ledger"] -= entry.amount.minor
    for voucher in accounting.made(session, entries, chart):
        opposite = voucher.lines[1].amount
        sums[opposite.currency]["journal"] += opposite.minor
    found.totals = [Total(currency, **sums[currency]) for currency in sorted(sums)]
    found.differences = [
        *_set_aside(lines),
        *_of_payments(session, mine, first, last),
        *_others_days(session, entries, mine, first, last),
    ]
    return found


def _superseded(payment: Payment) -> bool:
    """Whether a payment was a batch entry replaced by its details, or was returned without an owner."""
    return payment.account_id is None and payment.reversed_at is not None


def _money(session: Session, entries: list[Entry]) -> list[Entry]:
    """The entries of payments and refunds, and their reversals."""
    origins = ledger.kinds_of(session, [entry.reverses for entry in entries if entry.reverses])
    return [
        entry
        for entry in entries
        if entry.payment_id
        and (origins.get(entry.reverses, entry.kind) if entry.reverses else entry.kind) in _MONEY
    ]


def _set_aside(lines: list[tuple[str, bank_files.BankLine]]) -> Iterator[str]:
    for name, line in lines:
        if line.fate == "rejected":
            amount = _shown(line.amount, line.currency)
            yield f"{name} {line.position}: {amount} was set aside ({line.reason})"


def _of_payments(session: Session, mine: list[Payment], first: date, last: date) -> Iterator[str]:
    """Differences: payments of these days that the ledger has on other days, in part, or not at all."""
    booked = ledger.of_payments(session, [payment.id for payment in mine])
    for payment in mine:
        shown = f"payment {payment.id}: {_shown(payment.amount, payment.currency)}"
        entries = booked[payment.id]
        if _superseded(payment):
            continue
        if payment.account_id is None:
            yield f"{shown} of {payment.paid_on} waits for an owner"
            continue
        elsewhere = sorted({entry.booked_on for entry in entries if not first <= entry.booked_on <= last})
        if elsewhere:
            days = ", ".join(str(day) for day in elsewhere)
            yield f"{shown} of {payment.paid_on} was booked, or changed, on {days}"
        went = payment.amount - left(entries)
        if went:
            why = "was taken back" if payment.reversed_at else "went back in part"
            yield f"{shown} of {payment.paid_on}: {_shown(went, payment.currency)} of it {why}"
        if payment.source not in {CAMT, MT940}:
            yield f"{shown} came by {payment.source}, which no file of the bank tells of"


def _others_days(
    session: Session, entries: list[Entry], mine: list[Payment], first: date, last: date
) -> Iterator[str]:
    """Differences: what was booked on these days for payments of other days."""
    known = {payment.id for payment in mine}
    others: Mapping[int, Payment] = payments.with_ids(
        session, {entry.payment_id for entry in entries if entry.payment_id} - known
    )
    for payment in others.values():
        amount = -sum(entry.amount.minor for entry in entries if entry.payment_id == payment.id)
        shown = _shown(amount, payment.currency)
        yield f"payment {payment.id} of {payment.paid_on}: {shown} was booked between {first} and {last}"


def _shown(amount: int, currency: str) -> str:
    return f"{Money(amount, currency).plain()} {currency}"
