"""What needs a person: raised once, closed by somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storage import tables
from storage.among import among
from storage.once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Case:
    """Something a person is to look at. ``key`` keeps it from being raised twice while it is open."""

    key: str
    kind: str
    reason: str
    deadline: datetime
    severity: int = 2
    """1 is a person in danger, 2 waits for an answer, 3 can wait."""
    customer_id: str | None = None
    bill_id: str | None = None
    contact_point_id: int | None = None
    detail: dict[str, str] = field(default_factory=dict)
    """What the customer said about it, by name."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A case as it stands at the desk."""

    id: int
    key: str
    kind: str
    severity: int
    reason: str
    detail: dict[str, Any]
    customer_id: str | None
    bill_id: str | None
    contact_point_id: int | None
    opened_at: datetime
    deadline: datetime
    owner: str | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str


_FIELDS = tuple(Escalation.__dataclass_fields__)


def open_case(session: Session, case: Case, now: datetime) -> int | None:
    """Put a case before the desk; nothing if it is there already."""
    return insert_once(
        session,
        tables.Escalation,
        {
            "key": case.key,
            "kind": case.kind,
            "severity": case.severity,
            "reason": case.reason,
            "detail": case.detail,
            "customer_id": case.customer_id,
            "bill_id": case.bill_id,
            "contact_point_id": case.contact_point_id,
            "opened_at": now,
            "deadline": case.deadline,
            "outcome": "",
        },
    )


def queue(session: Session) -> list[Escalation]:
    """Everything open: the gravest first, then by deadline."""
    row = tables.Escalation
    found = _select().where(row.closed_at.is_(None)).order_by(row.severity, row.deadline, row.id)
    return [Escalation(*one) for one in session.execute(found)]


def find(session: Session, escalation_id: int) -> Escalation | None:
    """One escalation, open or closed."""
    found = session.execute(_select().where(tables.Escalation.id == escalation_id)).first()
    return Escalation(*found) if found else None


def open_keys(session: Session, customer_ids: Collection[str]) -> dict[str, set[str]]:
    """The keys of the open escalations about each customer."""
    row = tables.Escalation
    found: dict[str, set[str]] = {}
    open_ones = select(row.customer_id, row.key).where(
        among(row.customer_id, customer_ids), row.closed_at.is_(None)
    )
    for customer_id, key in session.execute(open_ones):
        assert customer_id is not None
        found.setdefault(customer_id, set()).add(key)
    return found


def close(session: Session, escalation_id: int, by: str, outcome: str, now: datetime) -> bool:
    """Close an escalation; whether it was open."""
    row = tables.Escalation
    closed = session.execute(
        update(row)
        .where(row.id == escalation_id, row.closed_at.is_(None))
        .values(closed_at=now, closed_by=by, outcome=outcome)
        .returning(row.id)
    )
    return closed.scalar() is not None


def close_key(session: Session, key: str, by: str, outcome: str, now: datetime) -> None:
    """Close the open escalation with this key, if there is one."""
    row = tables.Escalation
    session.execute(
        update(row)
        .where(row.key == key, row.closed_at.is_(None))
        .values(closed_at=now, closed_by=by, outcome=outcome)
    )


def open_with_key(session: Session, key: str) -> Escalation | None:
    """The open escalation with this key, if there is one."""
    row = tables.Escalation
    found = session.execute(_select().where(row.key == key, row.closed_at.is_(None))).first()
    return Escalation(*found) if found else None


def add_detail(session: Session, key: str, detail: dict[str, str]) -> None:
    """Add to what the customer said, in the open escalation with this key."""
    case = open_with_key(session, key)
    if case:
        row = tables.Escalation
        session.execute(update(row).where(row.id == case.id).values(detail=case.detail | detail))


def open_at(session: Session, contact_point_id: int) -> int:
    """How many open escalations concern a contact point."""
    row = tables.Escalation
    found = select(row.id).where(row.contact_point_id == contact_point_id, row.closed_at.is_(None))
    return len(session.scalars(found).all())


def _select() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(tables.Escalation, name) for name in _FIELDS))
