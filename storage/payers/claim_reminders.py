"""Reminders to payers about claims: which step, by which channel, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import Select, select, update

from billing.gate import Purpose
from storage import tables
from storage.database.constants import fixed
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

HAND = "hand"
"""The channel of a step that a person took."""


class ReminderState(StrEnum):
    """The state of a reminder."""

    WAITING = "waiting"
    """It is due, and goes into the payer's next message."""
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    """The payer answered before it was sent."""
    WITHHELD = "withheld"
    """In shadow mode: it would have been sent."""


TAKEN = (ReminderState.WAITING, ReminderState.QUEUED, ReminderState.SENT)


@dataclass(frozen=True, slots=True)
class ClaimReminder:
    """One step about one claim; ``amount`` in minor units, moments UTC."""

    id: int
    claim_key: str
    payer_id: str
    number: int
    amount: int
    channel: str
    outbox_id: int | None
    state: ReminderState
    reason: str
    created_at: datetime
    settled_at: datetime | None


def add(
    session: Session,
    claim_key: str,
    payer_id: str,
    number: int,
    amount: int,
    channel: str,
    now: datetime,
    *,
    sent_at: datetime | None = None,
) -> bool:
    """Insert a claim reminder that is due, or that a person sent at ``sent_at``; returns whether it was new.

    The unique index refuses a step that another process took at the same time.
    """
    state = ReminderState.SENT if sent_at else ReminderState.WAITING
    row = {
        "claim_key": claim_key,
        "payer_id": payer_id,
        "number": number,
        "amount": amount,
        "channel": channel,
        "state": state.value,
        "reason": "",
        "created_at": now,
        "settled_at": sent_at,
    }
    return insert_once(session, tables.ClaimReminder, row) is not None


def of_claim(session: Session, claim_key: str) -> list[ClaimReminder]:
    """Every step about a claim, in the order taken."""
    row = tables.ClaimReminder
    return _read(session, select(row).where(row.claim_key == claim_key))


def of_message(session: Session, outbox_id: int) -> list[ClaimReminder]:
    """The claim reminders in one message."""
    row = tables.ClaimReminder
    return _read(session, select(row).where(row.outbox_id == outbox_id))


def waiting_payers(session: Session) -> list[tuple[str, str]]:
    """The payers with steps that wait for a message, each with the channel."""
    row = tables.ClaimReminder
    found = select(row.payer_id, row.channel).where(row.state == fixed(ReminderState.WAITING)).distinct()
    return [(one[0], one[1]) for one in session.execute(found.order_by(row.payer_id, row.channel))]


def take_waiting(session: Session, payer_id: str, channel: str, limit: int) -> list[ClaimReminder]:
    """A payer's waiting steps, locked until the transaction ends, without those locked by others."""
    row = tables.ClaimReminder
    found = (
        select(row)
        .where(row.payer_id == payer_id, row.channel == channel, row.state == fixed(ReminderState.WAITING))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _read(session, found)


def queued(session: Session, ids: Sequence[int], outbox_id: int) -> None:
    """Record that these claim reminders are in a message."""
    _set(session, ids, state=ReminderState.QUEUED.value, outbox_id=outbox_id)


def set_reminder_state(
    session: Session, ids: Collection[int], state: ReminderState, at: datetime, reason: str = ""
) -> None:
    """Set the outcome of these steps."""
    _set(session, ids, state=state.value, settled_at=at, reason=reason)


def from_payer(session: Session, contact_point_id: int) -> bool:
    """Whether a contact point is a payer's."""
    row = tables.Outbox
    found = select(row.id).where(row.contact_point_id == contact_point_id, row.purpose == Purpose.PAYER.value)
    return session.scalar(found.limit(1)) is not None


def _read(session: Session, found: Select[tables.ClaimReminder]) -> list[ClaimReminder]:
    rows = session.scalars(found.order_by(tables.ClaimReminder.id).execution_options(populate_existing=True))
    names = ClaimReminder.__dataclass_fields__
    return [
        ClaimReminder(**{name: getattr(one, name) for name in names} | {"state": ReminderState(one.state)})
        for one in rows
    ]


def _set(session: Session, ids: Collection[int], **values: object) -> None:
    row = tables.ClaimReminder
    session.execute(update(row).where(row.id.in_(ids)).values(**values))
