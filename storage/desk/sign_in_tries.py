"""Wrong tries to sign in, by name and by address: a bounded table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from storage import tables
from storage.database.insert_once import insert_once
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST: Final = 10_000
"""Rows. Beyond them those with the fewest tries go, so that nobody pushes a lock out with invented names."""
_AT_ONCE: Final = 500


def lock(session: Session, kind: str, mark: str, now: datetime) -> tuple[int, datetime, datetime | None]:
    """Tries, the last of them, and until when no more is taken (UTC), locked until the transaction ends."""
    row = tables.DeskTry
    new = {"kind": kind, "mark": mark, "tries": 0, "last_at": now, "locked_until": None}
    if insert_once(session, row, new) is not None:
        _bound(session)
    found = session.execute(
        select(row.tries, row.last_at, row.locked_until)
        .where(row.kind == kind, row.mark == mark)
        .with_for_update()
    ).one()
    note_lock(session)
    return found.tries, found.last_at, found.locked_until


def write(
    session: Session, kind: str, mark: str, tries: int, now: datetime, locked_until: datetime | None
) -> None:
    """Set how many tries were wrong, and until when no more is taken (UTC)."""
    row = tables.DeskTry
    values = {"tries": tries, "last_at": now, "locked_until": locked_until}
    session.execute(update(row).where(row.kind == kind, row.mark == mark).values(values))


def forget(session: Session, kind: str, mark: str) -> None:
    """Start to count anew."""
    row = tables.DeskTry
    session.execute(delete(row).where(row.kind == kind, row.mark == mark))


def sweep(session: Session, before: datetime) -> None:
    """Delete what was last tried before a moment (UTC)."""
    row = tables.DeskTry
    session.execute(delete(row).where(row.last_at < before))


def _bound(session: Session) -> None:
    row = tables.DeskTry
    if (session.scalar(select(func.count(row.id))) or 0) <= MOST:
        return
    # One of two that are emptied at once must not wait for the other's rows: those are left to it.
    few = select(row.id).where(row.tries > 0).order_by(row.tries, row.last_at).limit(_AT_ONCE)
    ids = list(session.scalars(few.with_for_update(skip_locked=True)))
    session.execute(delete(row).where(row.id.in_(ids)))
