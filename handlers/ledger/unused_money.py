"""Credits: used on open bills, and freed from overpaid ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.ledger.allocation import Debt, allocate
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from storage.bills import bills
from storage.ledger import ledger
from storage.payments import refunds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy.orm import Session

    from handlers.context import Context


def use(context: Context, account_id: str, currency: str, day: date, first: str | None = None) -> int:
    """Settle issued bills with credit, oldest money on oldest due bill; returns the amount in minor units.

    ``first`` is a bill to settle before all others; it need not be issued yet.

    Money with a requested refund is not used. The caller has locked the customer.
    """
    owed = ledger.owed_by_bill(context.session, [account_id])[account_id]
    rows = bills.by_id(context.session, [bill_id for bill_id in owed if bill_id])
    debts = [
        Debt(bill.id, bill.due_on, owed[bill.id])
        for bill in rows.values()
        if (bill.state is BillState.ISSUED or bill.id == first) and owed[bill.id] > 0
    ]
    # Entries without a bill are the account's credit; it is negative because it lowers what is owed.
    if not debts or owed.get(None, 0) >= 0:
        return 0
    entries = list(_moves(context.session, account_id, currency, -owed[None], debts, day, first))
    ledger.append(context.session, entries, context.now)
    return sum(entry.amount.minor for entry in entries if entry.bill_id is None)


def free(context: Context, account_id: str, currency: str, day: date) -> int:
    """Free the unused money of overpaid bills as credit, payment by payment; returns it in minor units.

    A bill becomes overpaid when a payer's answer or a discount arrives after the customer's payment.
    """
    owed = ledger.owed_by_bill(context.session, [account_id])[account_id]
    number = ledger.last_of(context.session, account_id)
    entries: list[Entry] = []
    for bill_id, amount in sorted((key, -amount) for key, amount in owed.items() if key and amount < 0):
        left = amount
        for payment_id, paid in _paid_on(context.session, bill_id):
            part = min(left, paid)
            left -= part
            if part > 0:
                source = f"freed:{account_id}:{number}:{len(entries)}"
                entries += _pair(account_id, payment_id, currency, part, day, source, (bill_id, None))
    ledger.append(context.session, entries, context.now)
    return -sum(entry.amount.minor for entry in entries if entry.bill_id is None)


def _moves(
    session: Session,
    account_id: str,
    currency: str,
    credit: int,
    debts: list[Debt],
    day: date,
    first: str | None,
) -> Iterator[Entry]:
    number, count = ledger.last_of(session, account_id), 0
    left = {debt.bill_id: debt.owed for debt in debts}
    for payment_id, amount in ledger.credits_of(session, account_id).items():
        asked = refunds.asked_for(session, payment_id) if payment_id else 0
        usable = min(amount - asked, credit)
        if usable <= 0:
            continue
        credit -= usable
        open_ = [Debt(debt.bill_id, debt.due_on, left[debt.bill_id]) for debt in debts]
        for share in allocate(usable, open_, first):
            if share.bill_id:
                left[share.bill_id] -= share.amount
                source = f"credit:{account_id}:{number}:{count}"
                count += 1
                yield from _pair(
                    account_id, payment_id, currency, share.amount, day, source, (None, share.bill_id)
                )


def _pair(
    account_id: str,
    payment_id: int | None,
    currency: str,
    amount: int,
    day: date,
    source: str,
    way: tuple[str | None, str | None],
) -> list[Entry]:
    """Two entries that bring money of one payment from one bill, or from none, to another."""
    ends = zip(way, (amount, -amount), ("from", "to"), strict=True)
    return [
        Entry(
            account_id,
            EntryKind.PAYMENT,
            Money(minor, currency),
            day,
            f"{source}:{end}",
            bill_id,
            payment_id,
        )
        for bill_id, minor, end in ends
    ]


def _paid_on(session: Session, bill_id: str) -> list[tuple[int | None, int]]:
    """The amount of each payment on a bill, the newest first."""
    sums: dict[int | None, int] = {}
    entries = ledger.of_bill(session, bill_id)
    kinds = {entry.id: entry.kind for entry in entries}
    for entry in entries:
        kind = kinds.get(entry.reverses, entry.kind)
        if kind in {EntryKind.PAYMENT, EntryKind.REFUND}:
            sums[entry.payment_id] = sums.get(entry.payment_id, 0) - entry.amount.minor
    return [(payment_id, amount) for payment_id, amount in reversed(sums.items()) if amount > 0]
