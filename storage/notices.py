"""Notices that were queued: about which bills, by which mark."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables
from storage.among import among
from storage.once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


def keep(session: Session, outbox_id: int, mark: str, bill_ids: Collection[str]) -> None:
    """A message is this notice about these bills."""
    rows = [{"bill_id": bill_id, "mark": mark, "outbox_id": outbox_id} for bill_id in bill_ids]
    insert_missing(session, tables.Notice, rows)


def of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, set[str]]:
    """The marks of the notices about each bill."""
    found: dict[str, set[str]] = defaultdict(set)
    if not bill_ids:
        return found
    notice = tables.Notice
    rows = session.connection().execute(
        select(notice.bill_id, notice.mark).where(among(notice.bill_id, bill_ids))
    )
    for bill_id, mark in rows:
        found[bill_id].add(mark)
    return found


def of_message(session: Session, outbox_id: int) -> tuple[str, tuple[str, ...]]:
    """The mark of a message and the bills it is about; an empty mark if it is no notice."""
    notice = tables.Notice
    rows = session.execute(
        select(notice.mark, notice.bill_id).where(notice.outbox_id == outbox_id).order_by(notice.bill_id)
    ).all()
    return (rows[0].mark, tuple(row.bill_id for row in rows)) if rows else ("", ())
