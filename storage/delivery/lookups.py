"""Finds messages of the outbox by what others know of them: a key, a reference, a button, a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from billing.accounts.channels import Channel
from billing.gate import Purpose
from storage import tables
from storage.delivery.outbox import OutboxState, message_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.delivery.outbox import Message


def with_keys(session: Session, keys: Collection[str]) -> dict[str, int]:
    """The ids of the messages with these keys, by key."""
    row = tables.Outbox
    found = session.execute(select(row.key, row.id).where(row.key.in_(keys)))
    return {one.key: one.id for one in found}


def in_doubt_now(session: Session) -> int:
    """How many messages are in doubt or parked."""
    row = tables.Outbox
    doubtful = [OutboxState.IN_DOUBT.value, OutboxState.PARKED.value]
    return session.scalar(select(func.count()).where(row.state.in_(doubtful))) or 0


def by_reference(session: Session, channel: Channel, reference: str, provider_id: str) -> Message | None:
    """A message by our reference, or by the provider's id if the provider does not return references."""
    row = tables.Outbox
    same = row.reference == reference if reference else row.provider_id == provider_id
    found = session.scalar(select(row).where(row.channel == channel.value, same))
    return message_of(found) if found else None


def texts_lately(
    session: Session, contact_point_id: int, customer_ids: Sequence[str], limit: int
) -> list[str]:
    """The last texts that left for a contact point, or for its customers anywhere, the newest first."""
    row = tables.Outbox
    left = row.state.not_in([OutboxState.QUEUED.value, OutboxState.DROPPED.value, OutboxState.WITHHELD.value])
    theirs = or_(row.contact_point_id == contact_point_id, row.customer_id.in_(customer_ids))
    found = select(row.text).where(theirs, left)
    return list(session.scalars(found.order_by(row.id.desc()).limit(limit)))


def to_another_at(session: Session, address: str, customer_id: str, since: datetime) -> datetime | None:
    """When, after ``since`` (UTC), the last message that another customer did not ask for left to an address.

    By whatever channel: one phone may have several.
    """
    row, point = tables.Outbox, tables.ContactPoint
    electronic = [channel.value for channel in Channel if channel.electronic]
    points = select(point.id).where(point.channel.in_(electronic), point.address == address)
    found: datetime | None = session.scalar(
        select(func.max(row.begun_at)).where(
            row.contact_point_id.in_(points),
            row.purpose == Purpose.OUT.value,
            row.customer_id != customer_id,
            row.begun_at > since,
            row.state.in_(_LEFT),
        )
    )
    return found


_LEFT = tuple(
    state.value for state in (OutboxState.SENT, OutboxState.SENDING, OutboxState.IN_DOUBT, OutboxState.PARKED)
)


def last_said(session: Session, contact_point_id: int) -> list[str]:
    """The keys of what the last message to a contact point says."""
    row = tables.Outbox
    mine = select(row).where(row.contact_point_id == contact_point_id)
    found = session.scalar(mine.order_by(row.id.desc()).limit(1))
    return [saying.key for saying in message_of(found).sayings] if found else []


def last_unsolicited(session: Session, customer_id: str) -> Message | None:
    """The last unsolicited message that was sent to a customer."""
    row = tables.Outbox
    found = session.scalar(
        select(row)
        .where(
            row.customer_id == customer_id,
            row.purpose == Purpose.OUT.value,
            row.state.in_([OutboxState.SENT.value, OutboxState.SENDING.value, OutboxState.IN_DOUBT.value]),
        )
        .order_by(row.id.desc())
        .limit(1)
    )
    return message_of(found) if found else None


def said_at(session: Session, channel: Channel, provider_id: str) -> datetime | None:
    """When the message with the provider's id was sent (UTC): a pressed button belongs to that message."""
    row = tables.Outbox
    return session.scalar(
        select(row.sent_at).where(row.channel == channel.value, row.provider_id == provider_id)
    )
