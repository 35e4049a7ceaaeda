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
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.collection.placement import RecallReason
    from handlers.installation import Installation
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


def approve(
    session: Session, installation: Installation, bill_id: str, by: str, collector: str, now: datetime
) -> PlacementState:
    """Hand a bill to a collector; above the contract's amount this is the first of two approvals.

    Once placed nothing is written about it. The state it is in after that.

    Raises:
        UnknownBill: there is no such bill with anything left to pay.
        billing.refusals.Refusal: why it may not be placed, see :mod:`billing.collection.placement`.
    """
    by = rights.check(session, by, Right.APPROVE)
    seen = _flagged(session, installation, bill_id, now)
    kept, (account, bill) = seen.placement, _open(seen)
    found = placement.blocker(seen.person, account, bill, installation.policy, now)
    placement.check_approval(
        bill, found.reason if found else None, installation.policy, installation.available, kept.moved_by
    )
    contract = collectors.named(installation.collectors, collector or kept.collector)
    chosen = contract.id if contract else collector or kept.collector
    if kept.collector and chosen != kept.collector:
        raise placement.OtherCollector(bill_id, kept.collector, chosen)
    if contract and bill.owed < minor_units(contract.minimum, kept.currency):
        raise placement.BelowMinimum(bill_id, contract.name)
    line = installation.policy.placement.four_eyes_above
    two = (contract is not None and contract.needs_two(bill.owed, kept.currency)) or (
        line is not None and bill.owed > minor_units(line, kept.currency)
    )
    move = placement.approval(bill_id, kept.state, kept.approved_by or "", by, needs_two=two)
    detail: dict[str, object] = {"amount": bill.owed, "collector": chosen}
    if move is Move.APPROVE_ONCE:
        values = {"approved_at": now, "approved_by": by, "collector": chosen}
        _move(session, kept, move, values)
        _done(
            session, installation, seen, AuditEntry(now, by, "placement_approved_once", kept.subject, detail)
        )
        return PlacementState.APPROVED_ONCE
    past_due = (local_day(now, installation.creditor.zone) - bill.due_on).days
    terms = contract.terms(past_due).to_json() if contract else {}
    decided = {"decided_at": now, "decided_by": by, "reason": "approved", "collector": chosen}
    _move(session, kept, move, {**decided, "terms": terms})
    escalations.close_key(session, f"placement:{bill_id}", by, "placement_approved", now)
    _done(
        session,
        installation,
        seen,
        AuditEntry(now, by, "placement_approved", kept.subject, {**detail, "terms": terms}),
    )
    return PlacementState.PLACED


def give_back(
    session: Session, installation: Installation, bill_id: str, by: str, reason: str, days: int, now: datetime
) -> None:
    """Return a bill flagged for the collector: no demands for so many days, then reminders begin again.

    Raises:
        UnknownBill: there is no such bill with anything left to pay.
        NotFlagged: it does not wait for a decision.
    """
    by = rights.check(session, by, Right.APPROVE)
    seen = _flagged(session, installation, bill_id, now)
    _, bill = _open(seen)
    if not bill.flagged:
        state = seen.placement.state.value
        raise placement.NotFlagged(bill_id, state, seen.placement.moved_by)
    values = {"decided_at": now, "decided_by": by, "reason": reason}
    _move(session, seen.placement, Move.GIVE_BACK, values)
    _rest(session, seen, Hold(HoldKind.MANUAL, reason, now + timedelta(days=days)), by, now)
    escalations.close_key(session, f"placement:{bill_id}", by, "placement_returned", now)
    detail: dict[str, object] = {"reason": reason, "days": days}
    _done(
        session, installation, seen, AuditEntry(now, by, "placement_returned", seen.placement.subject, detail)
    )


def acknowledge(
    session: Session, installation: Installation, key: str, by: str, their_reference: str, now: datetime
) -> None:
    """Record that the collector acknowledged a placement.

    Raises:
        NoSuchPlacement: no placement has this key.
        WrongMove: it is not placed, or was acknowledged before.
        NotHandedOver: it is in no file yet.
    """
    seen = look(session, installation, key, now)
    kept = seen.placement
    placement.check_move(key, Move.ACKNOWLEDGE, kept.state, kept.moved_by)
    if kept.id not in collector_files.handed_over(session, [kept.id]):
        raise placement.NotHandedOver(key)
    _move(session, kept, Move.ACKNOWLEDGE, {"acknowledged_at": now, "their_reference": their_reference})
    detail: dict[str, object] = {"their_reference": their_reference}
    _done(session, installation, seen, AuditEntry(now, by, "placement_acknowledged", kept.subject, detail))


def note_activity(
    session: Session,
    installation: Installation,
    key: str,
    by: str,
    activity: Activity,
    on: date,
    now: datetime,
) -> None:
    """Record what the collector reports of a placement: a plan, a payment on its way, a dispute.

    Raises:
        NoSuchPlacement: no placement has this key.
        NotWithCollector: no collector has it.
    """
    seen = look(session, installation, key, now)
    if not seen.placement.state.with_collector:
        raise NotWithCollector(key, seen.placement.state)
    placements.note(session, seen.placement.id, activity=activity.value, activity_on=on)
    detail: dict[str, object] = {"activity": activity.value, "on": on.isoformat()}
    _done(
        session, installation, seen, AuditEntry(now, by, "placement_activity", seen.placement.subject, detail)
    )


class NotWithCollector(Refusal):
    """The placement is not with a collector."""

    def __init__(self, key: str, state: PlacementState) -> None:
        super().__init__(f"placement {key} is not with a collector (it is {state.value.replace('_', ' ')})")


def recall(
    session: Session,
    installation: Installation,
    key: str,
    by: str,
    reason: RecallReason,
    words: str,
    now: datetime,
    *,
    days: int = QUIET_DAYS,
    force: bool = False,
) -> bool:
    """Recall a bill: it is held, and the next report notifies the collector.

    Returns True if the contract allows it without a charge.

    Raises:
        NoSuchPlacement: no placement has this key.
        WrongMove: no collector has it.
        RecallBlocked: the collector reported a payment, plan or dispute, and the rep does not insist.
    """
    seen = look(session, installation, key, now)
    kept = seen.placement
    placement.check_move(key, Move.RECALL, kept.state, kept.moved_by)
    placement.check_recall(key, kept.activity, force=force)
    assert kept.decided_at is not None
    away = local_day(now, installation.creditor.zone) - local_day(kept.decided_at, installation.creditor.zone)
    free = not kept.terms or away.days <= int(kept.terms["recall_days"])
    _end(session, seen, Move.RECALL, by, words or reason.value, now)
    if isinstance(reason, HoldKind):
        rest = Hold(reason, words or reason.value)
    else:
        rest = Hold(HoldKind.MANUAL, words or reason.value, now + timedelta(days=days))
    _rest(session, seen, rest, by, now)
    detail: dict[str, object] = {"reason": reason.value, "words": words, "forced": force, "free": free}
    _done(session, installation, seen, AuditEntry(now, by, "placement_recalled", kept.subject, detail))
    return free


def close_paid(session: Session, installation: Installation, key: str, by: str, now: datetime) -> None:
    """Close a placement whose bill is paid.

    Raises:
        NoSuchPlacement: no placement has this key.
        WrongMove: no collector has it.
        StillOwed: it is not paid.
    """
    seen = look(session, installation, key, now)
    placement.check_move(key, Move.CLOSE_PAID, seen.placement.state, seen.placement.moved_by)
    if seen.owed > 0:
        raise placement.StillOwed(key, f"{Money(seen.owed, seen.bill.currency).plain()} {seen.bill.currency}")
    _end(session, seen, Move.CLOSE_PAID, by, "paid", now)
    _done(
        session, installation, seen, AuditEntry(now, by, "placement_closed_paid", seen.placement.subject, {})
    )


def close_returned(
    session: Session,
    installation: Installation,
    key: str,
    by: str,
    reason: str,
    now: datetime,
    *,
    days: int | None = None,
) -> None:
    """The collector sells it back: it rests until a person lifts the hold, or for so many days.

    Raises:
        NoSuchPlacement: no placement has this key.
        WrongMove: no collector has it.
    """
    seen = look(session, installation, key, now)
    placement.check_move(key, Move.CLOSE_RETURNED, seen.placement.state, seen.placement.moved_by)
    _end(session, seen, Move.CLOSE_RETURNED, by, reason, now)
    until = now + timedelta(days=days) if days else None
    _rest(session, seen, Hold(HoldKind.MANUAL, reason, until), by, now)
    detail: dict[str, object] = {"reason": reason, "days": days, "owed": seen.owed}
    _done(
        session,
        installation,
        seen,
        AuditEntry(now, by, "placement_closed_returned", seen.placement.subject, detail),
    )


def write_off(
    session: Session, installation: Installation, key: str, by: str, reason: str, now: datetime
) -> int:
    """Write off what a collector could not collect of a bill; returns the amount in minor units.

    Raises:
        NoSuchPlacement: no placement has this key.
        WrongMove: it never was with a collector, or was paid or written off.
        NothingToWriteOff: nothing is owed on it.
    """
    seen = look(session, installation, key, now)
    kept, bill = seen.placement, seen.bill
    placement.check_move(key, Move.WRITE_OFF, kept.state, kept.moved_by)
    if seen.owed <= 0:
        raise placement.NothingToWriteOff(key)
    entry = Entry(
        account_id=bill.account_id,
        kind=EntryKind.WRITE_OFF,
        amount=Money(-seen.owed, bill.currency),
        booked_on=local_day(now, installation.creditor.zone),
        source=f"write_off:{key}",
        bill_id=bill.id,
    )
    ledger.append(session, [entry], now)
    _end(session, seen, Move.WRITE_OFF, by, reason, now)
    detail: dict[str, object] = {"reason": reason, "amount": seen.owed}
    _done(session, installation, seen, AuditEntry(now, by, "placement_written_off", kept.subject, detail))
    return seen.owed


def look(session: Session, installation: Installation, key: str, now: datetime) -> Seen:
    """A placement with everything that bears on it, once its customer is locked.

    Raises:
        NoSuchPlacement: no placement has this key.
    """
    kept = placements.with_key(session, key)
    bill = bills.find(session, kept.bill_id) if kept else None
    account = accounts.get(session, bill.account_id) if bill else None
    if kept is None or bill is None or account is None:
        raise NoSuchPlacement(key)
    lock_customers(session, [account.guarantor_id])
    again = placements.with_key(session, key)  # somebody else may have moved it while we waited
    assert again is not None
    found = snapshot.load(session, installation.policy, [account.guarantor_id], now)
    (person,) = lapses.record_lapses(session, installation.policy, found, now)  # a plan may just have run out
    owed = ledger.owed_by_bill(session, [account.id])[account.id].get(bill.id, 0)
    return Seen(again, bill, account, person, owed)


def _flagged(session: Session, installation: Installation, bill_id: str, now: datetime) -> Seen:
    """The newest placement of a bill that something is owed on."""
    if bills.find(session, bill_id) is None:
        raise UnknownBill(bill_id, what="open bill", hint="see kvitt placements list")
    kept = placements.latest(session, bill_id)
    if kept is None:
        raise placement.NotFlagged(bill_id, "not flagged")
    seen = look(session, installation, kept.key, now)
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


def _end(session: Session, seen: Seen, move: Move, by: str, reason: str, now: datetime) -> None:
    back_already = seen.placement.ended_at is not None  # written off once it had come back
    values: dict[str, object] = {} if back_already else {"ended_at": now, "ended_by": by}
    _move(session, seen.placement, move, {**values, "reason": reason})
    escalations.close_key(session, f"recall:{seen.placement.key}", by, move.value, now)


def _rest(session: Session, seen: Seen, hold: Hold, by: str, now: datetime) -> None:
    """A bill that came back is left alone for a while; then its reminders begin again at the mildest."""
    if seen.owed <= 0:
        return
    narrowed = Hold(hold.kind, hold.reason, hold.until, seen.account.id, seen.bill.id)
    holds.place(session, seen.account.customer_id, narrowed, by, now)
    bills.new_episode(session, [seen.bill.id], hold.until or now)


def _done(session: Session, installation: Installation, seen: Seen, entry: AuditEntry) -> None:
    staff.write_down(session, entry)
    reschedule(session, installation, [seen.account.guarantor_id], entry.at)
