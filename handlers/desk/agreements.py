"""A rep approves or refuses a payment plan that needs approval, such as one near the limitation date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.facts import Saying
from billing.plans.plans import PlanState, begun_after
from handlers import rights, snapshot
from handlers.desk.answering import queue_message
from handlers.dunning.reschedule import reschedule
from handlers.rights import DeskRefusal
from storage import plans
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.plans.plans import Plan
    from handlers.context import Context


class OwnPlan(DeskRefusal):
    """A plan outside the policy's bounds is to be approved by who agreed it."""

    def __init__(self, plan_id: int, name: str) -> None:
        super().__init__(f"plan {plan_id} was agreed by {name}: a second person approves it")


class NoSuchPlan(DeskRefusal):
    """No payment plan with this number waits for a rep's approval."""

    def __init__(self, plan_id: int) -> None:
        super().__init__(f"no plan {plan_id} waits for a decision: see kvitt plans list")


def waiting(session: Session) -> list[Plan]:
    """The payment plans that wait for a rep's decision, the oldest first."""
    return plans.proposed(session)


def approve(context: Context, plan_id: int, by: str) -> None:
    """Start a proposed payment plan; due dates that have passed meanwhile move on by whole months.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchPlan: it does not wait for approval.
        OwnPlan: the user agreed it with the customer.
        rights.OnePersonsTokens: who agreed it and who approves may be one person.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    plan, person_id = _hold(context.session, plan_id)
    agreed = plans.agreed_by(context.session, plan_id)
    if agreed.casefold() == by.casefold():
        raise OwnPlan(plan_id, by)
    if agreed:
        rights.check_two_people(context.session, agreed, by)
    person = snapshot.load(context, [person_id])[0]
    plans.begin(
        context.session, plan_id, begun_after(plan.instalments, local_day(context.now, zone_of(person)))
    )
    _decided(context, plan_id, person_id, AuditEntry(context.now, by, "plan_approved", f"plan:{plan_id}", {}))


def refuse(context: Context, plan_id: int, by: str, reason: str) -> None:
    """Cancel a proposed payment plan and notify the customer.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchPlan: it does not wait for approval.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    _, person_id = _hold(context.session, plan_id)
    plans.end_plan(context.session, plan_id, PlanState.CANCELLED, context.now)
    entry = AuditEntry(context.now, by, "plan_refused", f"plan:{plan_id}", {"reason": reason})
    _decided(context, plan_id, person_id, entry)


def _hold(session: Session, plan_id: int) -> tuple[Plan, str]:
    """The plan and its guarantor, locked: contact point first, then the customer, as everywhere."""
    case = escalations.open_with_key(session, f"plan:{plan_id}")
    if case and case.contact_point_id:
        lock_contact_point(session, case.contact_point_id)
    plan = next((one for one in plans.proposed(session) if one.id == plan_id), None)
    account = accounts.get(session, plan.account_id) if plan else None
    if plan is None or account is None:
        raise NoSuchPlan(plan_id)
    lock_customers(session, [account.guarantor_id])
    if all(one.id != plan_id for one in plans.proposed(session)):
        raise NoSuchPlan(plan_id)  # decided by a colleague while we waited for the lock
    return plan, account.guarantor_id


def _decided(context: Context, plan_id: int, person_id: str, entry: AuditEntry) -> None:
    case = escalations.open_with_key(context.session, f"plan:{plan_id}")
    if case and case.contact_point_id:
        key = "approved" if entry.action == "plan_approved" else "refused"
        said = Saying(f"payment_plan.{key}")
        queue_message(context, case.contact_point_id, f"plan:{plan_id}:{key}", [said])
    escalations.close_key(context.session, f"plan:{plan_id}", entry.actor, entry.action, entry.at)
    staff.write_down(context.session, entry)
    reschedule(context, [person_id])
