"""A rep decides about a flagged bill: place it with a collector, or return it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing import objections, placement
from billing.holds import Hold, HoldKind
from billing.picture import PlacementState
from billing.refusals import Refusal
from billing.roles import Right
from handlers import picture
from handlers.desk import rights
from handlers.wake import wake
from storage import accounts, bills, escalations, holds, placements, staff
from storage.staff import Deed
from storage.transaction import lock_customers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.picture import AccountPicture, BillPicture, PersonPicture
    from handlers.house import House
    from storage.placements import Placement


class NoSuchBill(Refusal):
    """A bill is named that nobody owes anything on, or that is not registered."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"no open bill {bill_id!r}: see kvitt placements list")


def waiting(session: Session) -> list[Placement]:
    """What waits for a decision, the oldest first."""
    return placements.every(session, [PlacementState.FLAGGED])


def approve(session: Session, house: House, bill_id: str, by: str, collector: str, now: datetime) -> None:
    """Hand a bill to a collector: from now on nothing is written about it.

    Raises:
        NoSuchBill: there is no such bill with anything left to pay.
        billing.refusals.Refusal: why it may not be placed, see :mod:`billing.placement`.
    """
    by = rights.check(session, by, Right.APPROVE)
    person, account, bill = _look(session, house, bill_id, now)
    objection = objections.to_bill(person, account, bill, house.policy, now)
    reason = objection.reason if objection else None
    placement.check_approval(bill, reason, house.policy, house.available)
    placements.decide(session, bill_id, PlacementState.PLACED, by, "approved", collector, now)
    detail = {"amount": bill.owed, "collector": collector}
    _done(session, house, person, Deed(now, by, "placement_approved", f"bill:{bill_id}", detail), bill_id)


def give_back(
    session: Session, house: House, bill_id: str, by: str, reason: str, days: int, now: datetime
) -> None:
    """Return a flagged bill: nothing is demanded for so many days, then the reminders begin again.

    Raises:
        NoSuchBill: there is no such bill with anything left to pay.
        NotFlagged: it does not wait for a decision.
    """
    by = rights.check(session, by, Right.APPROVE)
    person, account, bill = _look(session, house, bill_id, now)
    if bill.placement is not PlacementState.FLAGGED:
        raise placement.NotFlagged(bill_id, bill.placement.value if bill.placement else "not flagged")
    placements.decide(session, bill_id, PlacementState.RETURNED, by, reason, "", now)
    until = now + timedelta(days=days)
    hold = Hold(HoldKind.MANUAL, reason, until, account.account_id, bill_id)
    holds.place(session, account.customer_id, hold, by, now)
    bills.new_episode(session, [bill_id], until)
    detail = {"reason": reason, "days": days}
    _done(session, house, person, Deed(now, by, "placement_returned", f"bill:{bill_id}", detail), bill_id)


def _look(
    session: Session, house: House, bill_id: str, now: datetime
) -> tuple[PersonPicture, AccountPicture, BillPicture]:
    kept = bills.find(session, bill_id)
    account = accounts.get(session, kept.account_id) if kept else None
    if account is None:
        raise NoSuchBill(bill_id)
    lock_customers(session, [account.guarantor_id])
    for person in picture.load(session, house.policy, [account.guarantor_id], now):
        for seen in person.accounts:
            for bill in seen.bills:
                if bill.bill_id == bill_id:
                    return person, seen, bill
    raise NoSuchBill(bill_id)


def _done(session: Session, house: House, person: PersonPicture, deed: Deed, bill_id: str) -> None:
    escalations.close_key(session, f"placement:{bill_id}", deed.actor, deed.action, deed.at)
    staff.write_down(session, deed)
    wake(session, house, [person.person_id], deed.at)
