"""Small rests of bills, written off by the policy's rule or by a rep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.calendar import local_day
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, minor_units
from storage import plans
from storage.bills import bills
from storage.collection import placements
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.bills.bills import Bill


def give_up(context: Context, account_id: str) -> int:
    """Write off the small rests of an account's bills by the policy's rule; returns the number of bills.

    Only after a payment, since a small bill is still a bill; not on a plan and not with a collector, where
    the rest is agreed with somebody else.
    """
    if not context.policy.payments.small_balance:
        return 0
    found = list(_small(context, account_id))
    entries = [entry(context, bill, owed) for bill, owed in found]
    ledger.append(context.session, entries, context.now)
    for bill, owed in found:
        detail: dict[str, object] = {"amount": owed, "reason": "small balance"}
        staff.write_down(
            context.session, AuditEntry(context.now, "kvitt", "written_off", f"bill:{bill.id}", detail)
        )
    return len(found)


def entry(context: Context, bill: Bill, owed: int) -> Entry:
    """The ledger entry that writes off a small balance, ``owed`` (minor units), on a bill."""
    number = sum(one.kind is EntryKind.WRITE_OFF for one in ledger.of_bill(context.session, bill.id))
    return Entry(
        account_id=bill.account_id,
        kind=EntryKind.WRITE_OFF,
        amount=Money(-owed, bill.currency),
        booked_on=local_day(context.now, context.creditor.zone),
        source=f"written_off:{bill.id}:{number}",
        bill_id=bill.id,
    )


def _small(context: Context, account_id: str) -> Iterator[tuple[Bill, int]]:
    owed = ledger.owed_by_bill(context.session, [account_id])[account_id]
    rows = bills.by_id(context.session, [bill_id for bill_id, left in owed.items() if bill_id and left > 0])
    most = {
        bill.currency: minor_units(context.policy.payments.small_balance, bill.currency)
        for bill in rows.values()
    }
    small = {one.id: one for one in rows.values() if owed[one.id] <= most[one.currency]}
    if not small:
        return
    spoken_for = _spoken_for(context.session, account_id, small)
    for bill in small.values():
        paid = any(one.kind is EntryKind.PAYMENT for one in ledger.of_bill(context.session, bill.id))
        if paid and bill.state is BillState.ISSUED and bill.id not in spoken_for:
            yield bill, owed[bill.id]


def _spoken_for(session: Session, account_id: str, bill_ids: Collection[str]) -> set[str]:
    on_plan = {one for plan in plans.running(session, [account_id]).values() for one in plan.bill_ids}
    return on_plan | set(placements.of_bills(session, bill_ids))
