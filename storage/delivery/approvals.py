"""Queued messages that wait for a person's approval, and their release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, update

from billing.gate import Purpose
from storage import tables
from storage.database.constants import fixed
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def approve_run(session: Session, run_id: int, kinds: Collection[str], by: str, now: datetime) -> int:
    """Release the messages that a run queued, and waiting ones of these kinds that no run did; how many."""
    row = tables.Outbox
    return _approve(
        session, or_(row.run_id == run_id, row.run_id.is_(None) & outbox.of_kinds(kinds)), by, now
    )


def approve_reminders_to_payers(session: Session, by: str, now: datetime) -> int:
    """Release the waiting reminders to payers; returns how many."""
    return _approve(session, tables.Outbox.purpose == Purpose.PAYER.value, by, now)


def approve(session: Session, outbox_id: int, by: str) -> None:
    """Release one message, as a part of what a person approved."""
    row = tables.Outbox
    session.execute(update(row).where(row.id == outbox_id).values(approved_by=by))


def _approve(session: Session, which: ColumnElement[bool], by: str, now: datetime) -> int:
    row = tables.Outbox
    approved = session.execute(
        update(row)
        .where(which, row.state == fixed(OutboxState.QUEUED), row.approved_by.is_(None))
        .values(approved_by=by, not_before=now)
        .returning(row.id)
    )
    return len(approved.all())
