"""Notices that were queued: about which bills, and which notice it was."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage import tables
from storage.database.id_lists import of_ids
from storage.database.insert_once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows


def save_notice(session: Session, outbox_id: int, mark: str, bill_ids: Collection[str]) -> None:
    """Record that a message is this notice about these bills."""
    rows = [{"bill_id": bill_id, "mark": mark, "outbox_id": outbox_id} for bill_id in bill_ids]
    insert_missing(session, tables.Notice, rows)


def of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, set[str]]:
    """The marks of the notices about each bill."""
    if not bill_ids:
        return {}
    return by_bill(session.connection().execute(marks(of_ids), {"ids": list(bill_ids)}).all())


def by_bill(rows: Rows) -> dict[str, set[str]]:
    """The marks about each bill, from the rows of :func:`marks`."""
    found: dict[str, set[str]] = defaultdict(set)
    for bill_id, mark in rows:
        found[bill_id].add(mark)
    return found


@cache
def marks(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The notices about some bills."""
    notice = tables.Notice
    return scope(select(notice.bill_id, notice.mark), notice.bill_id)


def of_message(session: Session, outbox_id: int) -> tuple[str, tuple[str, ...]]:
    """A message's mark and the bills it is about; an empty mark if it is not a notice."""
    notice = tables.Notice
    rows = session.execute(
        select(notice.mark, notice.bill_id).where(notice.outbox_id == outbox_id).order_by(notice.bill_id)
    ).all()
    return (rows[0].mark, tuple(row.bill_id for row in rows)) if rows else ("", ())
