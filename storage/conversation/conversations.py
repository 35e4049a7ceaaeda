"""The open conversation on a contact point, with its answers by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is stored: the offer and the answers are plain JSON."""

    id: int
    contact_point_id: int
    customer_id: str | None
    flow: str
    offer: Mapping[str, Any]
    answers: Mapping[str, Any]
    asked: str
    asked_at: datetime
    misreads: int
    then: str
    expires_at: datetime


_FIELDS = tuple(Conversation.__dataclass_fields__)


def open_one(session: Session, contact_point_id: int) -> Conversation | None:
    """The open conversation on a contact point; ``None`` if there is none."""
    row = tables.Conversation
    found = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(
            row.contact_point_id == contact_point_id, row.state == "open"
        )
    ).first()
    return Conversation(*found) if found else None


def begin(session: Session, conversation: Conversation, now: datetime) -> int:
    """Insert a conversation in place of the open one; returns its id."""
    close(session, conversation.contact_point_id, "left")
    values = {name: getattr(conversation, name) for name in _FIELDS if name != "id"}
    row = tables.Conversation(**values, started_at=now, state="open")
    session.add(row)
    session.flush()
    return row.id


def save(session: Session, conversation: Conversation) -> None:
    """Update a conversation after a turn."""
    row = tables.Conversation
    values = {name: getattr(conversation, name) for name in _FIELDS if name != "id"}
    session.execute(update(row).where(row.id == conversation.id).values(**values))


def close(session: Session, contact_point_id: int, state: str) -> None:
    """End the open conversation, if there is one, as ``finished``, ``left`` or ``expired``."""
    row = tables.Conversation
    session.execute(
        update(row)
        .where(row.contact_point_id == contact_point_id, row.state == "open")
        .values(state=state, offer={}, answers={})
    )


def expired(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of contact points whose open conversation has expired by a moment (UTC), at most ``limit``."""
    row = tables.Conversation
    return list(
        session.scalars(
            select(row.contact_point_id)
            .where(row.state == "open", row.expires_at <= now)
            .order_by(row.expires_at)
            .limit(limit)
        )
    )
