"""Open cases about a contact point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


def open_at(session: Session, contact_point_id: int) -> int:
    """The number of open cases about a contact point."""
    row = tables.Escalation
    found = select(row.id).where(row.contact_point_id == contact_point_id, row.closed_at.is_(None))
    return len(session.scalars(found).all())


def talking_at(session: Session, contact_point_id: int, silent: Collection[str]) -> bool:
    """Whether a rep has an open case about a contact point, or one of the kinds ``silent`` is open there."""
    row = tables.Escalation
    taken = row.owner.is_not(None) | row.kind.in_(silent)
    found = select(row.id).where(row.contact_point_id == contact_point_id, row.closed_at.is_(None), taken)
    return session.scalar(found.limit(1)) is not None


def open_of_kinds(session: Session, contact_point_ids: Collection[int], kinds: Collection[str]) -> int:
    """The number of open cases of some kinds about some contact points."""
    row = tables.Escalation
    about = (row.contact_point_id.in_(contact_point_ids), row.kind.in_([str(kind) for kind in kinds]))
    return len(session.scalars(select(row.id).where(*about, row.closed_at.is_(None))).all())
