"""What somebody accepted, in the very words they were shown; only ever appended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from storage import tables

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session


REMINDER_FEE: Final = "reminder_fee"
"""The kind of acceptance that allows a reminder fee on later bills."""


def first(session: Session, customer_id: str, kind: str) -> datetime | None:
    """When a customer first accepted something of this kind (UTC), if they did."""
    row = tables.Acceptance
    found: datetime | None = session.scalar(
        select(func.min(row.accepted_at)).where(row.customer_id == customer_id, row.kind == kind)
    )
    return found


def older_than(session: Session, customer_id: str, kind: str, day: date) -> bool:
    """Whether it was accepted before a day: the day itself is too late, nobody knows what came first."""
    found = first(session, customer_id, kind)
    return found is not None and found.date() < day


def keep(
    session: Session,
    customer_id: str,
    contact_point_id: int | None,
    kind: str,
    text: str,
    language: str,
    now: datetime,
) -> None:
    """Keep that a customer accepted this text, where and when."""
    session.add(
        tables.Acceptance(
            customer_id=customer_id,
            contact_point_id=contact_point_id,
            kind=kind,
            text=text,
            language=language,
            accepted_at=now,
        )
    )
    session.flush()
