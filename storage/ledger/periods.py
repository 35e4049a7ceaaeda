"""Closed periods: nothing is booked in them any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """Every day up to ``through`` (local to the creditor) is closed."""

    through: date
    closed_at: datetime
    closed_by: str


def first_open_day(session: Session) -> date | None:
    """The first day that may be booked on; ``None`` if no period was ever closed."""
    through = session.scalar(select(func.max(tables.ClosedPeriod.through)))
    return through + timedelta(days=1) if through else None


def close(session: Session, through: date, by: str, now: datetime) -> bool:
    """Close every day up to ``through``; returns whether that was new. Nobody can book meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        # Waits for transactions that book, and makes new ones wait: else an entry whose trigger saw no closed
        # period could be committed after this.
        session.execute(text("LOCK TABLE entries IN SHARE MODE"))
    row = {"through": through, "closed_at": now, "closed_by": by}
    return insert_once(session, tables.ClosedPeriod, row) is not None


def every(session: Session) -> list[ClosedPeriod]:
    """Every closed period, in order."""
    row = tables.ClosedPeriod
    found = session.execute(select(row.through, row.closed_at, row.closed_by).order_by(row.through))
    return [ClosedPeriod(*one) for one in found]
