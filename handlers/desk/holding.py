"""Holds placed and lifted by a rep on a customer, an account or a bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.account_state import stops_in_register
from billing.accounts.holds import Hold, NoTreatment, TreatmentGoesOn, check_end
from billing.accounts.roles import Right
from billing.calendar import ADULT_AGE, add_years, local_day
from billing.dunning.blockers import zone_of
from billing.refusals import Refusal
from handlers import rights, snapshot
from handlers.dunning import frozen
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.people.consent import withdraw_queued
from storage.bills import bills
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.ledger import accounts
from storage.people import customers

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.accounts.account_state import RegisteredStop
    from billing.accounts.holds import HoldKind
    from handlers.context import Context
    from storage.dunning.holds import KeptHold


_A_DAY_AND_MORE: Final = timedelta(days=2)
"""Margin for the search by birth date: a person may still be a minor in a zone where it is yesterday."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a hold covers: a customer, or only one account or bill of theirs."""

    customer_id: str
    account_id: str | None = None
    bill_id: str | None = None

    @property
    def name(self) -> str:
        """How the audit trail calls it."""
        if self.bill_id:
            return f"bill:{self.bill_id}"
        return f"account:{self.account_id}" if self.account_id else f"customer:{self.customer_id}"


class NothingToHold(Refusal):
    """No customer, account or bill has this id."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no {what} {name!r} is registered: see kvitt accounts")


class HeldAlready(Refusal):
    """The same hold is active already."""

    def __init__(self, subject: str, kind: HoldKind) -> None:
        super().__init__(f"{subject} has a {kind.value} hold already: see kvitt holds list")


class NoSuchHold(Refusal):
    """No hold has this number."""

    def __init__(self, hold_id: int) -> None:
        super().__init__(f"no hold {hold_id}: see kvitt holds list --all")


class HoldIsOver(Refusal):
    """The hold was lifted or has ended; who and when is named."""

    def __init__(self, kept: KeptHold) -> None:
        if kept.lifted_at:
            how = f"{kept.lifted_by} lifted it on {kept.lifted_at:%Y-%m-%d %H:%MZ}"
        else:
            how = f"it ended by itself on {kept.hold.until:%Y-%m-%d %H:%MZ}"
        super().__init__(f"hold {kept.hold.id} is no longer active: {how}")


def history(session: Session, customer_id: str | None) -> list[KeptHold]:
    """The holds of one customer (``customer_id``), or all, with ended and lifted ones."""
    return holds.every(session, customer_id)


def in_register(context: Context, customer_id: str | None) -> list[RegisteredStop]:
    """Stops that no rep places or lifts: those of the register (deceased, minor), if a balance is owed."""
    born_after = add_years(context.now.date(), -ADULT_AGE) - _A_DAY_AND_MORE
    people = accounts.stopped_in_register(context.session, born_after)
    return [
        stop
        for person in snapshot.load(context, people)
        for stop in stops_in_register(person, context.now, zone_of(person))
        if customer_id in {None, stop.customer_id}
    ]


def of_customer(session: Session, customer_id: str) -> Subject:
    """The subject of a hold on everything of a customer.

    Raises:
        NothingToHold: no customer has this id.
    """
    if customers.find(session, customer_id) is None:
        raise NothingToHold("customer", customer_id)
    return Subject(customer_id)


def of_account(session: Session, account_id: str) -> Subject:
    """The subject of a hold on one account.

    Raises:
        NothingToHold: there is none with that id.
    """
    account = accounts.get(session, account_id)
    if account is None:
        raise NothingToHold("account", account_id)
    return Subject(account.customer_id, account.id)


def of_bill(session: Session, bill_id: str) -> Subject:
    """The subject of a hold on one bill.

    Raises:
        NothingToHold: there is none with that id.
    """
    bill = bills.find(session, bill_id)
    account = accounts.get(session, bill.account_id) if bill else None
    if account is None:
        raise NothingToHold("bill", bill_id)
    return Subject(account.customer_id, account.id, bill_id)


def place(
    context: Context,
    subject: Subject,
    kind: HoldKind,
    reason: str,
    until: datetime | None,
    by: str,
    *,
    treatment: bool = False,
) -> None:
    """Place a hold until ``until`` (UTC), or without end until a person lifts it; queued messages go too.

    A moratorium stands until a person lifts it: ``until``, or the policy's days, say when they are asked to.
    With ``treatment`` (a mental-health crisis) that is after the treatment, whose end is recorded later.

    Raises:
        rights.NotAllowed: the user may only look.
        billing.accounts.holds.StopStateHasNoEnd: only a person ends this kind.
        billing.accounts.holds.EndsInThePast: it would be over already.
        HeldAlready: the same hold is active.
    """
    by = rights.check(context.session, by, Right.WORK)
    check_end(kind, until, context.now)
    lock_customers(context.session, answering_for(context.session, [subject.customer_id]))
    last_day = None if treatment else _last_day(context, kind, until)
    until = None if kind.traits.last_day else until
    hold = Hold(kind, reason, until, subject.account_id, subject.bill_id, last_day=last_day)
    if not holds.place(context.session, subject.customer_id, hold, by, context.now):
        raise HeldAlready(subject.name.replace(":", " "), kind)
    # A message may be about other bills as well: with a hold on one bill the gate leaves that one out.
    if subject.account_id is None:
        withdraw_queued(context, [subject.customer_id], kind.value)
    ends = until or last_day
    detail = {"kind": kind.value, "reason": reason, "until": ends.isoformat() if ends else ""}
    staff.write_down(context.session, AuditEntry(context.now, by, "hold_placed", subject.name, detail))
    reschedule(context, [subject.customer_id])


def _last_day(context: Context, kind: HoldKind, until: datetime | None) -> date | None:
    """The day on which a person is asked to lift a hold of this kind; None for kinds that have none."""
    if not kind.traits.last_day:
        return None
    if until is not None:
        return local_day(until, context.creditor.zone) - timedelta(days=1)
    return local_day(context.now, context.creditor.zone) + timedelta(
        days=context.policy.holds.moratorium_days
    )


def treatment_ended(context: Context, hold_id: int, on: date, by: str) -> date:
    """Record the end of the treatment that a moratorium waits for; returns the moratorium's last day.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchHold: no hold has this number.
        billing.accounts.holds.NoTreatment: it waits for none.
        billing.accounts.holds.TreatmentGoesOn: ``on`` is still to come.
    """
    by = rights.check(context.session, by, Right.WORK)
    if on > local_day(context.now, context.creditor.zone):
        raise TreatmentGoesOn(on)
    kept = holds.find(context.session, hold_id)
    if kept is None:
        raise NoSuchHold(hold_id)
    last_day = on + timedelta(days=context.policy.holds.treatment_days)
    waits = bool(kept.hold.kind.traits.last_day)
    if not waits or not holds.set_last_day(context.session, hold_id, last_day):
        raise NoTreatment(hold_id)
    subject = Subject(kept.customer_id, kept.hold.account_id, kept.hold.bill_id)
    detail = {"hold": str(hold_id), "ended": on.isoformat(), "last_day": last_day.isoformat()}
    staff.write_down(context.session, AuditEntry(context.now, by, "treatment_ended", subject.name, detail))
    return last_day


def lift(context: Context, hold_id: int, by: str, reason: str) -> KeptHold:
    """Lift an active hold; a stop state takes the right to approve.

    Raises:
        rights.NotAllowed: their role does not allow it.
        NoSuchHold: no hold has this number.
        HoldIsOver: it is no longer active.
    """
    kept = holds.find(context.session, hold_id)
    if kept is None:
        raise NoSuchHold(hold_id)
    by = rights.check(context.session, by, Right.APPROVE if kept.hold.kind.is_stop_state else Right.WORK)
    lock_customers(context.session, answering_for(context.session, [kept.customer_id]))
    # Under the lock: a hold ends by itself, or a colleague lifts it, while we wait.
    if kept.state(context.now) == "ended" or not holds.lift_one(context.session, hold_id, by, context.now):
        raise HoldIsOver(holds.find(context.session, hold_id) or kept)
    subject = Subject(kept.customer_id, kept.hold.account_id, kept.hold.bill_id)
    if kept.hold.last_day:
        key = f"last_day:{hold_id}:{kept.hold.last_day}"
        escalations.close_key(context.session, key, by, "hold_lifted", context.now)
    if kept.hold.kind.traits.freezes:
        frozen.resume_plans(context, kept.customer_id, kept.hold)
    detail = {"kind": kept.hold.kind.value, "reason": reason}
    staff.write_down(context.session, AuditEntry(context.now, by, "hold_lifted", subject.name, detail))
    reschedule(context, [kept.customer_id])
    return kept
