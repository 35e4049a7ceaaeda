"""The last message about each bill that left: proof that the customer was written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Proof:
    """A message: when it left (UTC), on which channel, and the outcome of the reminder level in it."""

    message_id: int
    sent_at: datetime
    channel: str
    state: str


def last_contacts(session: Session, bill_ids: Collection[str]) -> dict[str, Proof]:
    """For each bill the last message about it that a provider accepted and did not report as undelivered."""
    out, step, attempt = tables.Outbox, tables.Step, tables.Attempt
    rows = session.execute(
        select(step.bill_id, out.id, out.sent_at, out.channel, out.state)
        .join(attempt, attempt.step_id == step.id)
        .join(out, out.id == attempt.outbox_id)
        .where(step.bill_id.in_(bill_ids), out.state == OutboxState.SENT.value, out.sent_at.is_not(None))
        .order_by(out.sent_at, out.id)
    )
    found: dict[str, Proof] = {}
    for bill_id, message_id, sent_at, channel, state in rows:
        assert sent_at is not None
        found[bill_id] = Proof(message_id, sent_at, channel, state)
    return found
