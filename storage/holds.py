"""Holds: placed, standing, lifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from billing.holds import Hold, HoldKind
from storage import tables
from storage.among import among

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def place(session: Session, customer_id: str, hold: Hold, placed_by: str, now: datetime) -> bool:
    """Keep a hold of a customer, or of one account or bill; whether it was new."""
    row = tables.Hold
    same = select(row.id).where(
        row.customer_id == customer_id,
        row.kind == hold.kind.value,
        row.account_id.is_(hold.account_id) if hold.account_id is None else row.account_id == hold.account_id,
        row.bill_id.is_(hold.bill_id) if hold.bill_id is None else row.bill_id == hold.bill_id,
        row.lifted_at.is_(None),
        or_(row.until.is_(None), row.until > now),
    )
    if session.scalar(same) is not None:
        return False
    session.add(
        tables.Hold(
            customer_id=customer_id,
            account_id=hold.account_id,
            bill_id=hold.bill_id,
            kind=hold.kind.value,
            reason=hold.reason,
            placed_at=now,
            placed_by=placed_by,
            until=hold.until,
        )
    )
    session.flush()
    return True


def standing(session: Session, customer_ids: Collection[str], now: datetime) -> dict[str, list[Hold]]:
    """The holds of each customer that stand."""
    row = tables.Hold
    found: dict[str, list[Hold]] = {}
    for one in session.scalars(
        select(row)
        .where(
            among(row.customer_id, customer_ids),
            row.lifted_at.is_(None),
            or_(row.until.is_(None), row.until > now),
        )
        .order_by(row.id)
    ):
        hold = Hold(HoldKind(one.kind), one.reason, one.until, one.account_id, one.bill_id, one.id)
        found.setdefault(one.customer_id, []).append(hold)
    return found


def lift(
    session: Session, customer_id: str, kinds: Collection[HoldKind], lifted_by: str, now: datetime
) -> int:
    """Lift a customer's standing holds of these kinds; how many there were."""
    row = tables.Hold
    lifted = session.execute(
        update(row)
        .where(
            row.customer_id == customer_id,
            row.kind.in_([kind.value for kind in kinds]),
            row.lifted_at.is_(None),
        )
        .values(lifted_at=now, lifted_by=lifted_by)
        .returning(row.id)
    )
    return len(lifted.all())
