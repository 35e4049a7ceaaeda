"""A rep's decisions about placements: approve, return, recall, close.

Placement is always decided by a person; the engine only flags (docs/proof.md, invariant 48).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import Hold, HoldKind
from billing.accounts.roles import Right
from billing.accounts.snapshot import PlacementState
from billing.calendar import local_day
from billing.collection import collectors, placement
from billing.collection.placement import Activity, Move
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, minor_units
from billing.refusals import Refusal
from handlers import rights, snapshot
from handlers.dunning import lapses
from handlers.dunning.reschedule import reschedule
from handlers.import_results import UnknownBill
from storage.bills import bills
from storage.collection import collector_files, placements
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.collection.placement import RecallReason
    from handlers.context import Context
    from storage.bills.bills import Bill
    from storage.collection.placements import Placement
    from storage.ledger.accounts import Account

QUIET_DAYS: Final = 30
"""How long nothing is demanded on a bill that came back, unless a person says otherwise."""


class NoSuchPlacement(Refusal):
    """A placement is named that never was."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no placement {key!r}: see kvitt placements list --all")


@dataclass(frozen=True, slots=True)
class Seen:
    """A placement with everything that bears on it, its customer locked; ``owed`` in minor units."""

    placement: Placement
    bill: Bill
    account: Account
    person: PersonSnapshot
    owed: int

    @property
    def open_bill(self) -> tuple[AccountSnapshot, BillSnapshot] | None:
        """The bill as the rules see it; nothing once it owes nothing."""
        for account in self.person.accounts:
            for bill in account.bills:
                if bill.bill_id == self.bill.id:
                    return account, bill
        return None


def approve(context: Context, bill_id: str, by: str, collector: str) -> PlacementState:
    """Hand a bill to a collector; above the contract's amount this is the first of two approvals.

    Once placed nothing is written about it. The state it is in after that.

    Raises:
        UnknownBill: there is no such bill with anything left to pay.
        rights.OnePersonsTokens: it needs two people, and these may be one.
        billing.refusals.Refusal: why it may not be placed, see :mod:`billing.collection.placement`.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    seen = _flagged(context, bill_id)
    kept, (account, bill) = seen.placement, _open(seen)
    found = placement.blocker(seen.person, account, bill, context.policy, context.now)
    placement.check_approval(
        bill, found.reason if found else None, context.policy, context.installation.available, kept.moved_by
    )
    contract = collectors.named(context.installation.collectors, collector or kept.collector)
    chosen = contract.id if contract else collector or kept.collector
    if kept.collector and chosen != kept.collector:
        raise placement.OtherCollector(bill_id, kept.collector, chosen)
    if contract and bill.owed < minor_units(contract.minimum, kept.currency):
        raise placement.BelowMinimum(bill_id, contract.name)
    line = context.policy.placement.four_eyes_above
    two = (contract is not None and contract.needs_two(bill.owed, kept.currency)) or (
        line is not None and bill.owed > minor_units(line, kept.currency)
    )
    move = placement.approval(bill_id, kept.state, kept.approved_by or "", by, needs_two=two)
    if two and move is not Move.APPROVE_ONCE:
        rights.check_two_people(context.session, kept.approved_by or "", by)
    detail: dict[str, object] = {"amount": bill.owed, "collector": chosen}
    if move is Move.APPROVE_ONCE:
        values = {"approved_at": context.now, "approved_by": by, "collector": chosen}
        _move(context.session, kept, move, values)
        _done(context, seen, AuditEntry(context.now, by, "placement_approved_once", kept.subject, detail))
        return PlacementState.APPROVED_ONCE
    past_due = (local_day(context.now, context.creditor.zone) - bill.due_on).days
    terms = contract.terms(past_due).to_json() if contract else {}
    decided = {"decided_at": context.now, "decided_by": by, "reason": "approved", "collector": chosen}
    _move(context.session, kept, move, {**decided, "terms": terms})
    escalations.close_key(context.session, f"placement:{bill_id}", by, "placement_approved", context.now)
    _done(
        context,
        seen,
        AuditEntry(context.now, by, "placement_approved", kept.subject, {**detail, "terms": terms}),
    )
    return PlacementState.PLACED


def give_back(context: Context, bill_id: str, by: str, reason: str, days: int) -> None:
    """Return a bill flagged for the collector: no demands for so many days, then reminders begin again.

    Raises:
        UnknownBill: there is no such bill with anything left to pay.
        NotFlagged: it does not wait for a decision.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    seen = _flagged(context, bill_id)
    _, bill = _open(seen)
    if not bill.flagged:
        state = seen.placement.state.value
        raise placement.NotFlagged(bill_id, state, seen.placement.moved_by)
    values = {"decided_at": context.now, "decided_by": by, "reason": reason}
    _move(context.session, seen.placement, Move.GIVE_BACK, values)
    _rest(context, seen, Hold(HoldKind.MANUAL, reason, context.now + timedelta(days=days)), by)
    escalations.close_key(context.session, f"placement:{bill_id}", by, "placement_returned", context.now)
    detail: dict[str, object] = {"reason": reason, "days": days}
    _done(context, seen, AuditEntry(context.now, by, "placement_returned", seen.placement.subject, detail))


def acknowledge(context: Context, key: str, by: str, their_reference: str) -> None:
    """Record that the collector acknowledged a placement.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPlacement: no placement has this key.
        WrongMove: it is not placed, or was acknowledged before.
        NotHandedOver: it is in no file yet.
    """
    by = rights.check(context.session, by, Right.WORK)
    seen = look(context, key)
    kept = seen.placement
    placement.check_move(key, Move.ACKNOWLEDGE, kept.state, kept.moved_by)
    if kept.id not in collector_files.handed_over(context.session, [kept.id]):
        raise placement.NotHandedOver(key)
    _move(
        context.session,
        kept,
        Move.ACKNOWLEDGE,
        {"acknowledged_at": context.now, "their_reference": their_reference},
    )
    detail: dict[str, object] = {"their_reference": their_reference}
    _done(context, seen, AuditEntry(context.now, by, "placement_acknowledged", kept.subject, detail))


def note_activity(context: Context, key: str, by: str, activity: Activity, on: date) -> None:
    """Record what the collector reports of a placement: a plan, a payment on its way, a dispute.

    Raises:
        NoSuchPlacement: no placement has this key.
        NotWithCollector: no collector has it.
    """
    seen = look(context, key)
    if not seen.placement.state.with_collector:
        raise NotWithCollector(key, seen.placement.state)
    placements.note(context.session, seen.placement.id, activity=activity.value, activity_on=on)
    detail: dict[str, object] = {"activity": activity.value, "on": on.isoformat()}
    _done(context, seen, AuditEntry(context.now, by, "placement_activity", seen.placement.subject, detail))


class NotWithCollector(Refusal):
    """The placement is not with a collector."""

    def __init__(self, key: str, state: PlacementState) -> None:
        super().__init__(f"placement {key} is not with a collector (it is {state.value.replace('_', ' ')})")


def recall(
    context: Context,
    key: str,
    by: str,
    reason: RecallReason,
    words: str,
    *,
    days: int = QUIET_DAYS,
    force: bool = False,
) -> bool:
    """Recall a bill: it is held, and the next report notifies the collector.

    Returns True if the contract allows it without a charge.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPlacement: no placement has this key.
        WrongMove: no collector has it.
        RecallBlocked: the collector reported a payment, plan or dispute, and the rep does not insist.
    """
    by = rights.check(context.session, by, Right.WORK)
    seen = look(context, key)
    kept = seen.placement
    placement.check_move(key, Move.RECALL, kept.state, kept.moved_by)
    placement.check_recall(key, kept.activity, force=force)
    assert kept.decided_at is not None
    away = local_day(context.now, context.creditor.zone) - local_day(kept.decided_at, context.creditor.zone)
    free = not kept.terms or away.days <= int(kept.terms["recall_days"])
    _end(context, seen, Move.RECALL, by, words or reason.value)
    if isinstance(reason, HoldKind):
        rest = Hold(reason, words or reason.value)
    else:
        rest = Hold(HoldKind.MANUAL, words or reason.value, context.now + timedelta(days=days))
    _rest(context, seen, rest, by)
    detail: dict[str, object] = {"reason": reason.value, "words": words, "forced": force, "free": free}
    _done(context, seen, AuditEntry(context.now, by, "placement_recalled", kept.subject, detail))
    return free


def close_paid(context: Context, key: str, by: str) -> None:
    """Close a placement whose bill is paid.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPlacement: no placement has this key.
        WrongMove: no collector has it.
        StillOwed: it is not paid.
    """
    by = rights.check(context.session, by, Right.WORK)
    seen = look(context, key)
    placement.check_move(key, Move.CLOSE_PAID, seen.placement.state, seen.placement.moved_by)
    if seen.owed > 0:
        raise placement.StillOwed(key, f"{Money(seen.owed, seen.bill.currency).plain()} {seen.bill.currency}")
    _end(context, seen, Move.CLOSE_PAID, by, "paid")
    _done(context, seen, AuditEntry(context.now, by, "placement_closed_paid", seen.placement.subject, {}))


def close_returned(context: Context, key: str, by: str, reason: str, *, days: int | None = None) -> None:
    """The collector sells it back: it rests until a person lifts the hold, or for so many days.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPlacement: no placement has this key.
        WrongMove: no collector has it.
    """
    by = rights.check(context.session, by, Right.WORK)
    seen = look(context, key)
    placement.check_move(key, Move.CLOSE_RETURNED, seen.placement.state, seen.placement.moved_by)
    _end(context, seen, Move.CLOSE_RETURNED, by, reason)
    until = context.now + timedelta(days=days) if days else None
    _rest(context, seen, Hold(HoldKind.MANUAL, reason, until), by)
    detail: dict[str, object] = {"reason": reason, "days": days, "owed": seen.owed}
    _done(
        context,
        seen,
        AuditEntry(context.now, by, "placement_closed_returned", seen.placement.subject, detail),
    )


def write_off(context: Context, key: str, by: str, reason: str) -> int:
    """Write off what a collector could not collect of a bill; returns the amount in minor units.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchPlacement: no placement has this key.
        WrongMove: it never was with a collector, or was paid or written off.
        NothingToWriteOff: nothing is owed on it.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    seen = look(context, key)
    kept, bill = seen.placement, seen.bill
    placement.check_move(key, Move.WRITE_OFF, kept.state, kept.moved_by)
    if seen.owed <= 0:
        raise placement.NothingToWriteOff(key)
    entry = Entry(
        account_id=bill.account_id,
        kind=EntryKind.WRITE_OFF,
        amount=Money(-seen.owed, bill.currency),
        booked_on=local_day(context.now, context.creditor.zone),
        source=f"write_off:{key}",
        bill_id=bill.id,
    )
    ledger.append(context.session, [entry], context.now)
    _end(context, seen, Move.WRITE_OFF, by, reason)
    detail: dict[str, object] = {"reason": reason, "amount": seen.owed}
    _done(context, seen, AuditEntry(context.now, by, "placement_written_off", kept.subject, detail))
    return seen.owed


def look(context: Context, key: str) -> Seen:
    """A placement with everything that bears on it, once its customer is locked.

    Raises:
        NoSuchPlacement: no placement has this key.
    """
    kept = placements.with_key(context.session, key)
    bill = bills.find(context.session, kept.bill_id) if kept else None
    account = accounts.get(context.session, bill.account_id) if bill else None
    if kept is None or bill is None or account is None:
        raise NoSuchPlacement(key)
    lock_customers(context.session, [account.guarantor_id])
    again = placements.with_key(context.session, key)  # somebody else may have moved it while we waited
    assert again is not None
    found = snapshot.load(context, [account.guarantor_id])
    (person,) = lapses.record_lapses(context, found)  # a plan may just have run out
    owed = ledger.owed_by_bill(context.session, [account.id])[account.id].get(bill.id, 0)
    return Seen(again, bill, account, person, owed)


def _flagged(context: Context, bill_id: str) -> Seen:
    """The newest placement of a bill that something is owed on."""
    if bills.find(context.session, bill_id) is None:
        raise UnknownBill(bill_id, what="open bill", hint="see kvitt placements list")
    kept = placements.latest(context.session, bill_id)
    if kept is None:
        raise placement.NotFlagged(bill_id, "not flagged")
    seen = look(context, kept.key)
    if seen.open_bill is None:
        raise UnknownBill(bill_id, what="open bill", hint="see kvitt placements list")
    return seen


def _open(seen: Seen) -> tuple[AccountSnapshot, BillSnapshot]:
    found = seen.open_bill
    assert found is not None
    return found


def _move(session: Session, kept: Placement, move: Move, values: dict[str, object]) -> None:
    """Change the state, or refuse with who changed it first."""
    if not placements.move(session, kept, move, dict(values)):
        now_at = placements.with_key(session, kept.key)
        assert now_at is not None
        raise placement.WrongMove(kept.key, move, now_at.state.value, now_at.moved_by)


def _end(context: Context, seen: Seen, move: Move, by: str, reason: str) -> None:
    back_already = seen.placement.ended_at is not None  # written off once it had come back
    values: dict[str, object] = {} if back_already else {"ended_at": context.now, "ended_by": by}
    _move(context.session, seen.placement, move, {**values, "reason": reason})
    escalations.close_key(context.session, f"recall:{seen.placement.key}", by, move.value, context.now)


def _rest(context: Context, seen: Seen, hold: Hold, by: str) -> None:
    """A bill that came back is left alone for a while; then its reminders begin again at the mildest."""
    if seen.owed <= 0:
        return
    narrowed = Hold(hold.kind, hold.reason, hold.until, seen.account.id, seen.bill.id)
    holds.place(context.session, seen.account.customer_id, narrowed, by, context.now)
    bills.new_episode(context.session, [seen.bill.id], hold.until or context.now)


def _done(context: Context, seen: Seen, entry: AuditEntry) -> None:
    staff.write_down(context.session, entry)
    reschedule(context, [seen.account.guarantor_id])
