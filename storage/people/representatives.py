"""People who say that they speak for a customer, and whether a member of staff checked it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import tables

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def note(
    session: Session,
    customer_id: str,
    name: str,
    kind: str,
    valid_until: date | None,
    now: datetime,
) -> int:
    """Insert an unchecked representative; returns their id."""
    row = tables.Representative(
        customer_id=customer_id,
        name=name,
        kind=kind,
        scope="",
        valid_until=valid_until,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    return row.id
