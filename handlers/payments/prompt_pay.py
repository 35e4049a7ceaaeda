"""Prompt-payment discounts: promised on the bill, booked when earned, reversed when lost again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.bills import prompt_pay as rules
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from handlers.ledger import unused_money
from storage.bills import bills
from storage.ledger import ledger
from storage.payments import payments

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from handlers.context import Context
    from storage.bills.bills import Bill


def update_discounts(context: Context, bill_ids: Iterable[str | None], day: date) -> None:
    """Book earned prompt-payment discounts on these bills, and reverse lost ones; the caller has the locks.

    Computed again from all entries, because a bounced payment or a late correction can undo an earned
    discount. What was paid too much thereby becomes a credit, which settles other bills.
    """
    known = bills.by_id(context.session, {one for one in bill_ids if one})
    for bill in (one for one in known.values() if one.promised):
        if _settled(context, bill, day):
            unused_money.free(context, bill.account_id, bill.currency, day)
            unused_money.use(context, bill.account_id, bill.currency, day)


def _settled(context: Context, bill: Bill, day: date) -> bool:
    """Correct the discount of one bill; returns True if entries were booked."""
    assert bill.promised
    entries = ledger.of_bill(context.session, bill.id)
    numbers = {entry.payment_id for entry in entries if entry.payment_id}
    paid_on = {number: one.paid_on for number, one in payments.with_ids(context.session, numbers).items()}
    off = rules.earned(bill.promised, entries, paid_on)
    active = rules.active_discounts(entries)
    if off == -sum(entry.amount.minor for entry in active):
        return False
    ledger.append(context.session, [one.reversal(day, f"{one.source}:back") for one in active], context.now)
    if off:
        # Counted into the source, since the key of a reversed discount is used up.
        count = sum(entry.rule == rules.RULE for entry in entries)
        booked = Entry(
            account_id=bill.account_id,
            kind=EntryKind.ADJUSTMENT,
            amount=Money(-off, bill.currency),
            booked_on=day,
            source=f"{rules.RULE}:{bill.id}:{count}",
            bill_id=bill.id,
            rule=rules.RULE,
        )
        ledger.append(context.session, [booked], context.now)
    return True
