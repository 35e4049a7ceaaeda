"""New addresses that must confirm themselves before anything about the customer is sent there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Verification:
    """A contact point that was given as a new address of a customer. Moments are UTC."""

    id: int
    customer_id: str
    contact_point_id: int
    asked_from_id: int | None
    expires_at: datetime


def ask(
    session: Session,
    customer_id: str,
    contact_point_id: int,
    asked_from_id: int | None,
    expires_at: datetime,
    now: datetime,
) -> int:
    """Insert a verification and return its id; an open one of the same contact point is dropped."""
    close_verification(session, contact_point_id, "replaced", now)
    row = tables.Verification(
        customer_id=customer_id,
        contact_point_id=contact_point_id,
        asked_from_id=asked_from_id,
        asked_at=now,
        expires_at=expires_at,
        outcome="",
    )
    session.add(row)
    session.flush()
    return row.id


def open_at(session: Session, contact_point_id: int, now: datetime) -> Verification | None:
    """The open verification of a contact point, if there is one."""
    row = tables.Verification
    found = session.scalar(
        select(row).where(
            row.contact_point_id == contact_point_id, row.settled_at.is_(None), row.expires_at > now
        )
    )
    if found is None:
        return None
    return Verification(
        found.id, found.customer_id, found.contact_point_id, found.asked_from_id, found.expires_at
    )


def close_verification(session: Session, contact_point_id: int, outcome: str, now: datetime) -> None:
    """Close the verification with an outcome."""
    row = tables.Verification
    session.execute(
        update(row)
        .where(row.contact_point_id == contact_point_id, row.settled_at.is_(None))
        .values(settled_at=now, outcome=outcome)
    )
