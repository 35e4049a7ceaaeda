"""Inbound messages, stored once per provider id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from billing.accounts.channels import Channel
from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Inbound:
    """One inbound message. ``kind`` is an :class:`handlers.arrivals.ArrivalKind` value."""

    id: int
    channel: Channel
    contact_point_id: int
    kind: str
    text: str
    asked_at: str
    sender: str
    received_at: datetime
    state: str
    tries: int
    provider_id: str


def last_text(session: Session, contact_point_id: int, since: datetime) -> Inbound | None:
    """The newest text from a contact point since a moment (UTC)."""
    row = tables.Inbox
    found = session.scalar(
        select(row.id)
        .where(row.contact_point_id == contact_point_id, row.received_at >= since)
        .order_by(row.id.desc())
        .limit(1)
    )
    return get(session, found) if found is not None else None


def rewrite(session: Session, inbox_id: int, text: str) -> None:
    """Replace a stored text by one without the digits of a card number that was found in it."""
    session.execute(update(tables.Inbox).where(tables.Inbox.id == inbox_id).values(text=text))


def save_inbound(
    session: Session,
    channel: Channel,
    provider_id: str,
    contact_point_id: int,
    *,
    kind: str,
    text: str,
    asked_at: str,
    received_at: datetime,
    sender: str = "",
) -> int | None:
    """Insert an inbound message; returns its id, or ``None`` when this provider id exists."""
    return insert_once(
        session,
        tables.Inbox,
        {
            "channel": channel.value,
            "provider_id": provider_id,
            "contact_point_id": contact_point_id,
            "kind": kind,
            "text": text,
            "asked_at": asked_at,
            "sender": sender,
            "received_at": received_at,
            "state": "waiting",
            "tries": 0,
            "next_try_at": received_at,
        },
    )


def get(session: Session, inbox_id: int) -> Inbound:
    """One inbound message, as it is stored now."""
    row = session.get(tables.Inbox, inbox_id, populate_existing=True)
    assert row is not None
    return Inbound(
        row.id,
        Channel(row.channel),
        row.contact_point_id,
        row.kind,
        row.text,
        row.asked_at,
        row.sender,
        row.received_at,
        row.state,
        row.tries,
        row.provider_id,
    )


def waiting(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of messages that wait for an answer, in the order they came."""
    row = tables.Inbox
    found = select(row.id).where(row.state == "waiting", row.next_try_at <= now).order_by(row.id)
    return list(session.scalars(found.limit(limit)))


def earlier_waiting(session: Session, contact_point_id: int, inbox_id: int) -> int | None:
    """The oldest waiting inbound message of the same contact point that came before this one.

    Messages of one contact point are answered in order.
    """
    row = tables.Inbox
    return session.scalar(
        select(row.id)
        .where(row.contact_point_id == contact_point_id, row.state == "waiting", row.id < inbox_id)
        .order_by(row.id)
        .limit(1)
    )


def done(session: Session, inbox_id: int, now: datetime) -> None:
    """Mark a message as answered, or as needing no answer."""
    _set(session, inbox_id, state="done", handled_at=now)


def failed(session: Session, inbox_id: int, tries: int, again_at: datetime) -> None:
    """Record a failed turn, and when to try again (UTC)."""
    _set(session, inbox_id, tries=tries, next_try_at=again_at)


def given_up(session: Session, inbox_id: int, tries: int, now: datetime) -> None:
    """Record that the turn failed too often; the caller opens a case for a person."""
    _set(session, inbox_id, state="given_up", tries=tries, handled_at=now)


def _set(session: Session, inbox_id: int, **values: object) -> None:
    session.execute(update(tables.Inbox).where(tables.Inbox.id == inbox_id).values(**values))


def count_since(session: Session, contact_point_id: int, since: datetime) -> int:
    """The number of inbound messages from a contact point after a moment (UTC)."""
    row = tables.Inbox
    found = select(func.count()).where(row.contact_point_id == contact_point_id, row.received_at > since)
    return session.scalar(found) or 0
