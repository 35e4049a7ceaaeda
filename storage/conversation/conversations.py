"""The open conversation on a contact point, with its answers by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from storage import tables
from storage.database.changes import add, change
from storage.database.constants import fixed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Select, Update
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
    agenda: Mapping[str, Any] = field(default_factory=dict)
    """What is come to afterwards."""


_FIELDS = tuple(Conversation.__dataclass_fields__)


def open_one(session: Session, contact_point_id: int) -> Conversation | None:
    """The open conversation on a contact point; ``None`` if there is none."""
    found = session.connection().execute(open_at(), {"point": contact_point_id}).first()
    return Conversation(*found) if found else None


@cache
def open_at() -> Select[*tuple[Any, ...]]:
    """The open conversation on the contact point ``point``, in the order of the fields of its class."""
    row = tables.Conversation.__table__.c
    mine = (row.contact_point_id == bindparam("point"), row.state == fixed("open"))
    return select(*(row[name] for name in _FIELDS)).where(*mine)


def begin(session: Session, conversation: Conversation, now: datetime) -> None:
    """Insert a conversation; the one that was open there must be closed."""
    add(session, tables.Conversation, **_values(conversation), started_at=now, state="open")


def save(session: Session, conversation: Conversation) -> None:
    """Update a conversation after a turn."""
    change(session, tables.Conversation, conversation.id, **_values(conversation))


def _values(conversation: Conversation) -> dict[str, Any]:
    return {name: getattr(conversation, name) for name in _FIELDS if name != "id"}


def close(session: Session, contact_point_id: int, state: str) -> None:
    """End the open conversation, if there is one, as ``finished``, ``left`` or ``expired``."""
    wanted = {"point": contact_point_id, "state": state, "offer": {}, "answers": {}, "agenda": {}}
    session.connection().execute(_close(), wanted)


@cache
def _close() -> Update:
    row = tables.Conversation
    mine = (row.contact_point_id == bindparam("point"), row.state == fixed("open"))
    return update(row.__table__).where(*mine)  # type: ignore[arg-type]


def expired(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of contact points whose open conversation has expired by a moment (UTC), at most ``limit``."""
    row = tables.Conversation
    return list(
        session.scalars(
            select(row.contact_point_id)
            .where(row.state == fixed("open"), row.expires_at <= now)
            .order_by(row.expires_at)
            .limit(limit)
        )
    )
