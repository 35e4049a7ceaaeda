"""The stop of all sending: kept where every process looks before each message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from storage import tables
from storage.database.insert_once import insert_once
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_EVERYTHING = "everything"
_KEY = 7589
"""Of the advisory lock that whoever dispatches shares and whoever stops has alone."""


@dataclass(frozen=True, slots=True)
class SendingStop:
    """A stop that stands: who, when (UTC), why."""

    by: str
    at: datetime
    reason: str


def hold_shared(session: Session) -> None:
    """Until the transaction ends nobody stops or resumes: taken before any other lock of a dispatch.

    SQLite has one writer, so there it is so already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _KEY})


def hold(session: Session) -> None:
    """Wait until no dispatch is between its look and its commit; the next one sees what is done here."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _KEY})


def current_stop(session: Session) -> SendingStop | None:
    """The stop that stands, if there is one."""
    row = tables.SendingStop
    found = session.execute(
        select(row.stopped_by, row.stopped_at, row.reason).where(
            row.scope == _EVERYTHING, row.resumed_at.is_(None)
        )
    ).first()
    return SendingStop(*found) if found else None


def stop(session: Session, by: str, reason: str, now: datetime) -> bool:
    """Let nothing leave any more; whether this was so only now."""
    row = {"scope": _EVERYTHING, "reason": reason, "stopped_at": now, "stopped_by": by}
    return insert_once(session, tables.SendingStop, row) is not None


def resume(session: Session, by: str, now: datetime) -> bool:
    """End the stop that stands; whether there was one."""
    row = tables.SendingStop
    ended = session.execute(
        update(row).where(row.resumed_at.is_(None)).values(resumed_at=now, resumed_by=by).returning(row.id)
    )
    return ended.first() is not None


def release(session: Session, now: datetime) -> int:
    """What the stop had put off may be looked at again now; how many messages that is."""
    row = tables.Outbox
    freed = session.execute(
        update(row)
        .where(row.state == OutboxState.QUEUED.value, row.reason == "sending_stopped", row.not_before > now)
        .values(not_before=now)
        .returning(row.id)
    )
    return len(freed.all())
