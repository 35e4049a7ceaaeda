"""The stop of all sending: stored in the database, where every process checks it before each message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storage import tables
from storage.database import advisory_locks
from storage.database.advisory_locks import AdvisoryLock
from storage.database.constants import fixed
from storage.database.insert_once import insert_once
from storage.delivery import channel_stops
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.database.together import Rows
    from storage.delivery.channel_stops import ChannelStop

_EVERYTHING = "everything"
_RESTORE = "restore"
"""The scope of what keeps a stop from being ended: a restored database misses stops that came later."""


@dataclass(frozen=True, slots=True)
class SendingStop:
    """An active stop: by whom, when (UTC), why."""

    by: str
    at: datetime
    reason: str


def hold_shared(session: Session) -> None:
    """Let nobody stop or resume sending until this transaction ends.

    It is taken before any other lock of a dispatch, so that the order of locks is always the same. SQLite's
    single writer needs no lock.
    """
    advisory_locks.hold(session, AdvisoryLock.SENDING, shared=True)


def hold(session: Session) -> None:
    """Hold all sending: wait until no dispatch is between its check and its commit.

    After the commit of this transaction every dispatch sees the stop: no message leaves later.
    """
    advisory_locks.hold(session, AdvisoryLock.SENDING)


def current_stop(session: Session) -> SendingStop | None:
    """The active stop of all sending, if there is one."""
    found = next((row for row in active(session) if stops_all(row)), None)
    return SendingStop(*found[:3]) if found else None


def stops_missing(session: Session) -> SendingStop | None:
    """The restore whose missing stops nobody has given yet: by whom, and when its backup was made (UTC)."""
    row = tables.SendingStop
    missing = (row.scope == fixed(_RESTORE), row.resumed_at.is_(None))
    found = session.execute(select(row.stopped_by, row.stopped_at, row.reason).where(*missing)).first()
    return SendingStop(*found) if found else None


def miss_stops(session: Session, by: str, made_at: datetime, reason: str) -> None:
    """Record that stops since a backup was made (UTC) are missing; an older backup's record goes on."""
    row = {"scope": _RESTORE, "reason": reason, "stopped_at": made_at, "stopped_by": by}
    insert_once(session, tables.SendingStop, row)


def stops_given(session: Session, by: str, now: datetime) -> None:
    """Record that the stops which were missing have been given."""
    row = tables.SendingStop
    given = update(row).where(row.scope == fixed(_RESTORE), row.resumed_at.is_(None))
    session.execute(given.values(resumed_at=now, resumed_by=by))


@cache
def stopped() -> Select[*tuple[Any, ...]]:
    """The active stops, of all sending and of channels: by whom, when, why, the scope, and the next try."""
    row = tables.SendingStop
    current = (row.scope != fixed(_RESTORE), row.resumed_at.is_(None))
    return select(row.stopped_by, row.stopped_at, row.reason, row.scope, row.probe_at).where(*current)


def active(session: Session) -> Rows:
    """The rows of :func:`stopped`."""
    return session.connection().execute(stopped()).all()


def stops_all(row: Sequence[Any]) -> bool:
    """Whether a row of :func:`stopped` is the stop of all sending."""
    return bool(row[3] == _EVERYTHING)


def channel_stops_in(rows: Rows) -> list[ChannelStop]:
    """The stops of channels among rows of :func:`stopped`."""
    return [
        channel_stops.of_row(scope, reason, since, probe_at)
        for _, since, reason, scope, probe_at in rows
        if channel_stops.is_of_channel(scope)
    ]


def stop(session: Session, by: str, reason: str, now: datetime) -> bool:
    """Stop all sending; returns whether it was not stopped already."""
    row = {"scope": _EVERYTHING, "reason": reason, "stopped_at": now, "stopped_by": by}
    return insert_once(session, tables.SendingStop, row) is not None


def resume(session: Session, by: str, now: datetime) -> bool:
    """Resume all sending: end the active stop; returns whether there was one."""
    row = tables.SendingStop
    active = (row.scope == fixed(_EVERYTHING), row.resumed_at.is_(None))
    ended = session.execute(
        update(row).where(*active).values(resumed_at=now, resumed_by=by).returning(row.id)
    )
    return ended.first() is not None


def release(session: Session, now: datetime) -> int:
    """Make the messages that the stop put off due now; returns how many."""
    row = tables.Outbox
    freed = session.execute(
        update(row)
        .where(row.state == fixed(OutboxState.QUEUED), row.reason == "sending_stopped", row.not_before > now)
        .values(not_before=now)
        .returning(row.id)
    )
    return len(freed.all())
