"""The report to a collector: bookings on placed bills, and recalls, each reported once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billing.calendar import local_day
from billing.ledger.ledger import EntryKind
from storage.bills import bills
from storage.collection import collector_files, placements
from storage.collection.collector_files import CollectorFileLine, FileKind, ended_key, entry_key
from storage.database.transaction import lock_customers
from storage.desk import escalations
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.collection.collectors import Collector
    from handlers.context import Context
    from storage.collection.collector_files import Untold
    from storage.collection.placements import Placement

COLUMNS: Final = (
    "placement_key", "bill_ref", "statement_of_work", "event", "event_ref", "on", "amount", "balance",
    "currency", "reason",
)  # fmt: skip
"""The columns of the file; ``amount`` is the change of the balance, both in minor units."""

_EVENTS: Final = {
    EntryKind.PAYMENT: "payment",
    EntryKind.REVERSAL: "reversal",
    EntryKind.FEE: "fee",
    EntryKind.INTEREST: "interest",
}


@dataclass(frozen=True, slots=True)
class Reported:
    """The new file's number, and the number of its lines."""

    batch_id: int | None
    count: int


def report(context: Context, collector: Collector, by: str) -> Reported:
    """Write everything not reported to the collector yet into a new file."""
    names = {collector.id, collector.name}
    _lock(context.session, names)
    untold = collector_files.untold_entries(context.session, names)
    ends = collector_files.untold_ends(context.session, names)
    kept = placements.with_ids(context.session, {*ends, *(one.placement_id for one in untold)})
    lines = [_booked(context.session, one, kept[one.placement_id]) for one in untold]
    lines += [_ended(context, kept[placement_id]) for placement_id in ends]
    for one in kept.values():
        escalations.close_key(context.session, f"report:{one.key}", by, "reported", context.now)
    if not lines:
        return Reported(None, 0)
    batch = collector_files.add(context.session, collector.id, FileKind.REPORT, lines, by, context.now)
    return Reported(batch, len(lines))


def _lock(session: Session, names: set[str]) -> None:
    """Hold everybody concerned, so that nothing is booked in between."""
    concerned = {one.placement_id for one in collector_files.untold_entries(session, names)}
    kept = placements.with_ids(session, {*concerned, *collector_files.untold_ends(session, names)})
    rows = bills.by_id(session, [one.bill_id for one in kept.values()])
    whose = [accounts.get(session, bill.account_id) for bill in rows.values()]
    # No booking may come between reading the entries and marking them as reported.
    lock_customers(session, [account.guarantor_id for account in whose if account])


def _booked(session: Session, one: Untold, kept: Placement) -> CollectorFileLine:
    entries = ledger.of_bill(session, one.bill_id)
    balance = sum(entry.amount.minor for entry in entries if entry.id and entry.id <= one.entry_id)
    row = {
        **_about(kept),
        "event": _EVENTS.get(one.kind, "adjustment"),
        "event_ref": one.entry_id,
        "on": one.booked_on.isoformat(),
        "amount": one.amount,
        "balance": balance,
        "reason": one.kind.value,
    }
    return CollectorFileLine(entry_key(one.entry_id), one.placement_id, row, one.entry_id)


def _ended(context: Context, kept: Placement) -> CollectorFileLine:
    owed = sum(entry.amount.minor for entry in ledger.of_bill(context.session, kept.bill_id))
    assert kept.ended_at is not None
    row = {
        **_about(kept),
        "event": kept.state.value,
        "event_ref": kept.id,
        "on": local_day(kept.ended_at, context.creditor.zone).isoformat(),
        "amount": 0,
        "balance": owed,
        "reason": kept.reason,
    }
    return CollectorFileLine(ended_key(kept.key), kept.id, row)


def _about(kept: Placement) -> dict[str, Any]:
    return {
        "placement_key": kept.key,
        "bill_ref": kept.bill_id,
        "statement_of_work": kept.terms.get("statement_of_work", ""),
        "currency": kept.currency,
    }
