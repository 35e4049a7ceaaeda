"""The figures of each day, as the night wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage import tables
from storage.database.insert_once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def find(session: Session, day: date) -> dict[str, Any] | None:
    """The figures of a day; None where no night wrote any."""
    row = tables.BookDay
    return session.scalar(select(row.figures).where(row.day == day))


def save(session: Session, day: date, figures: Mapping[str, Any], now: datetime) -> None:
    """Keep the figures of a day, once."""
    insert_missing(session, tables.BookDay, [{"day": day, "made_at": now, "figures": dict(figures)}])


def between(session: Session, first: date, last: date) -> list[tuple[date, dict[str, Any]]]:
    """The days of a time that have figures, in order, for a course over time."""
    row = tables.BookDay
    rows = session.execute(
        select(row.day, row.figures).where(row.day >= first, row.day <= last).order_by(row.day)
    )
    return [(day, figures) for day, figures in rows]
