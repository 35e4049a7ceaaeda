"""The audit trail: what a person, or Kvitt on its own, did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done: by whom, what, to which thing."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def write_down(session: Session, deed: Deed) -> None:
    """Add a deed to the trail."""
    session.add(
        tables.Audit(
            at=deed.at, actor=deed.actor, action=deed.action, subject=deed.subject, detail=deed.detail
        )
    )
    session.flush()


def trail(session: Session, subject: str | None, limit: int) -> list[Deed]:
    """The latest deeds, of one subject or all, the oldest first."""
    row = tables.Audit
    query = (
        select(row.at, row.actor, row.action, row.subject, row.detail).order_by(row.id.desc()).limit(limit)
    )
    if subject is not None:
        query = query.where(row.subject == subject)
    return [Deed(*one) for one in reversed(session.execute(query).all())]
