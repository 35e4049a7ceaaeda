"""Holds without an end that no open case and no plan is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from billing.plans.plans import PlanState
from storage import tables

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def find(session: Session, kinds: Collection[str], before: datetime, limit: int) -> list[tuple[str, str]]:
    """Customers and kinds of their endless holds, placed before a moment (UTC), at most ``limit``."""
    hold, case, contact = tables.Hold, tables.Escalation, tables.Contact
    here = select(contact.contact_point_id).where(
        contact.customer_id == hold.customer_id, contact.removed_at.is_(None)
    )
    about = select(case.id).where(
        case.closed_at.is_(None),
        or_(
            case.key == "hold:" + hold.customer_id + ":" + hold.kind,
            and_(
                case.kind == hold.kind,
                or_(case.customer_id == hold.customer_id, case.contact_point_id.in_(here)),
            ),
        ),
    )
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
        .where(hold.kind.in_(list(kinds)), ~about.exists(), ~planned.exists())
        .distinct()
        .order_by(hold.customer_id, hold.kind)
        .limit(limit)
    )
    return [(customer_id, kind) for customer_id, kind in rows]
