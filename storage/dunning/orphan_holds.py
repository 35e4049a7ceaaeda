"""Holds without an end that no open case and no plan is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select

from billing.accounts.holds import HoldKind
from billing.plans.plans import PlanState
from storage import tables
from storage.desk.escalations import BY_ITSELF

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


_DISPUTES: Final = [kind.value for kind in HoldKind if kind.traits.dispute]
_ENDED: Final = [kind.value for kind in HoldKind if kind.traits.ended_by]
_BY_ITSELF: Final = (BY_ITSELF, "customer")


def find(session: Session, before: datetime, limit: int) -> list[tuple[str, str]]:
    """Customers and kinds of their endless holds, placed before a moment (UTC), at most ``limit``.

    One that a claim or a decision ends is not among them, unless a person placed it: then nothing does.
    """
    hold, case, contact = tables.Hold, tables.Escalation, tables.Contact
    here = select(contact.contact_point_id).where(
        contact.customer_id == hold.customer_id,
        or_(contact.removed_at.is_(None), contact.removed_at >= case.opened_at),
    )
    same = or_(case.kind == hold.kind, and_(case.kind == HoldKind.DISPUTE.value, hold.kind.in_(_DISPUTES)))
    about = select(case.id).where(
        case.closed_at.is_(None),
        or_(
            case.key == "hold:" + hold.customer_id + ":" + hold.kind,
            case.key == hold.placed_by,
            and_(same, or_(case.customer_id == hold.customer_id, case.contact_point_id.in_(here))),
        ),
    )
    person = tables.Customer
    # Of who was erased nothing is known that a person could look at.
    erased = select(person.id).where(person.id == hold.customer_id, person.erased_at.is_not(None))
    plan, account = tables.Plan, tables.Account
    planned = (
        select(plan.id)
        .join(account, account.id == plan.account_id)
        .where(
            account.customer_id == hold.customer_id,
            plan.state.in_([PlanState.PROPOSED.value, PlanState.ACTIVE.value]),
        )
    )
    rows = session.execute(
        select(hold.customer_id, hold.kind)
        .where(hold.lifted_at.is_(None), hold.until.is_(None), hold.placed_at <= before)
        # With a last day to come somebody is asked on that day.
        .where(or_(hold.last_day.is_(None), hold.last_day < before.date()))
        .where(or_(hold.kind.not_in(_ENDED), hold.placed_by.not_in(_BY_ITSELF)))
        .where(~about.exists(), ~planned.exists(), ~erased.exists())
        .distinct()
        .order_by(hold.customer_id, hold.kind)
        .limit(limit)
    )
    return [(customer_id, kind) for customer_id, kind in rows]
