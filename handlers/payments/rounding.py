"""What a bill was paid short or over by less than the policy says, booked as rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, exponent
from storage import plans
from storage.bills import bills
from storage.collection import placements
from storage.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from billing.ledger.allocation import PaymentShare
    from handlers.context import Context
    from storage.bills.bills import Bill

_MONEY = frozenset({EntryKind.PAYMENT, EntryKind.REFUND})


def tolerance(context: Context, currency: str) -> int:
    """A payment that differs by less than this (minor units) settles its bill; 0 for none."""
    return int(context.policy.payments.tolerance.scaleb(exponent(currency)))


def with_excess(shares: Sequence[PaymentShare], least: int) -> list[PaymentShare]:
    """A payment's shares with an excess below ``least`` (minor units) put on the bill it settled last."""
    named = [share for share in shares if share.bill_id]
    excess = sum(share.amount for share in shares if not share.bill_id)
    if not named or not 0 < excess < least:
        return list(shares)
    return [*named[:-1], type(named[-1])(named[-1].bill_id, named[-1].amount + excess)]


def update(context: Context, bill_ids: Iterable[str | None], day: date) -> None:
    """Book rounding on these bills as their payments leave it, and reverse what is none any more.

    Computed again from all entries, because a payment may bounce or be refunded. A bill on a plan or with a
    collector is left alone. The caller has the locks.
    """
    if not context.policy.payments.tolerance:
        return
    known = bills.by_id(context.session, {one for one in bill_ids if one})
    agreed = set(placements.of_bills(context.session, set(known)))
    accounts = {bill.account_id for bill in known.values()}
    for plan in plans.running(context.session, list(accounts)).values():
        agreed.update(plan.bill_ids)
    for bill in known.values():
        if bill.id not in agreed:
            _update(context, bill, day)


def _update(context: Context, bill: Bill, day: date) -> None:
    entries = ledger.of_bill(context.session, bill.id)
    kinds = {entry.id: entry.kind for entry in entries}
    undone = {entry.reverses for entry in entries}
    active = [entry for entry in entries if entry.kind is EntryKind.ROUNDING and entry.id not in undone]
    paid = -sum(
        entry.amount.minor
        for entry in entries
        if (kinds.get(entry.reverses, entry.kind) if entry.reverses else entry.kind) in _MONEY
    )
    booked = sum(entry.amount.minor for entry in active)
    rest = sum(entry.amount.minor for entry in entries) - booked
    small = 0 < abs(rest) < tolerance(context, bill.currency)
    wanted = -rest if small and paid > 0 and bill.state is BillState.ISSUED else 0
    if wanted == booked:
        return
    found = [entry.reversal(day, f"{entry.source}:back") for entry in active]
    if wanted:
        count = sum(entry.kind is EntryKind.ROUNDING for entry in entries)
        found.append(
            Entry(
                account_id=bill.account_id,
                kind=EntryKind.ROUNDING,
                amount=Money(wanted, bill.currency),
                booked_on=day,
                source=f"rounding:{bill.id}:{count}",
                bill_id=bill.id,
            )
        )
    ledger.append(context.session, found, context.now)
