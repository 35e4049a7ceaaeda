"""Messages that a provider accepted and of which nobody reported what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from billing.accounts.channels import Channel
from storage import tables
from storage.database.constants import fixed
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Unreported:
    """A message to ask its provider about: our reference, and the provider's own id of it."""

    id: int
    channel: Channel
    reference: str
    provider_id: str
    sent_at: datetime
    """When the provider accepted it (UTC)."""


def due(session: Session, now: datetime, limit: int) -> list[Unreported]:
    """The messages whose provider is to be asked now (UTC), the longest waiting first."""
    row = tables.Outbox
    found = session.execute(
        select(row.id, row.channel, row.reference, row.provider_id, row.sent_at)
        .where(row.ask_at.is_not(None), row.ask_at <= now)
        .order_by(row.ask_at)
        .limit(limit)
    )
    return [
        Unreported(one.id, Channel(one.channel), one.reference, one.provider_id or "", one.sent_at or now)
        for one in found
    ]


def take(session: Session, outbox_id: int, now: datetime, again: datetime | None) -> bool:
    """Take one of them, so that no other process asks; it is due again at ``again`` (UTC), or never."""
    row = tables.Outbox
    found = session.execute(
        update(row)
        .where(row.id == outbox_id, row.state == fixed(OutboxState.SENT), row.ask_at <= now)
        .values(ask_at=again)
        .returning(row.id)
    )
    return found.first() is not None


def reported(session: Session, outbox_id: int) -> None:
    """Note that it was reported to have arrived: nobody need be asked."""
    row = tables.Outbox
    session.execute(update(row).where(row.id == outbox_id, row.ask_at.is_not(None)).values(ask_at=None))
