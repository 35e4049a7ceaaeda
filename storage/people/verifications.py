"""New addresses that must confirm themselves before anything about the customer is sent there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from storage import tables
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
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
    found = session.connection().execute(open_for(), {"point": contact_point_id, "now": now}).first()
    return None if found is None else Verification(*found)


@cache
def open_for() -> Select[*tuple[Any, ...]]:
    """The verification of the contact point ``point`` that is open at ``now``, as the fields of its class."""
    row = tables.Verification.__table__.c
    open_ = (row.settled_at.is_(None), row.expires_at > bindparam("now", type_=UtcDateTime()))
    columns = (row[name] for name in Verification.__dataclass_fields__)
    return select(*columns).where(row.contact_point_id == bindparam("point"), *open_)


def close_verification(session: Session, contact_point_id: int, outcome: str, now: datetime) -> None:
    """Close the verification with an outcome."""
    row = tables.Verification
    session.execute(
        update(row)
        .where(row.contact_point_id == contact_point_id, row.settled_at.is_(None))
        .values(settled_at=now, outcome=outcome)
    )
