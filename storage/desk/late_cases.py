"""Open cases whose deadline has passed, and of which the desk was not told yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def overdue(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of cases that became late and the desk was not told of it, the longest overdue first.

    They are open, past their deadline, and not snoozed.
    """
    row = tables.Escalation
    found = (
        select(row.id)
        .where(row.closed_at.is_(None), row.deadline <= now)
        .where(or_(row.late_noted.is_(None), row.late_noted < row.deadline))
        .where(or_(row.snoozed_until.is_(None), row.snoozed_until <= now))
        .order_by(row.deadline, row.id)
        .limit(limit)
    )
    return list(session.scalars(found))
