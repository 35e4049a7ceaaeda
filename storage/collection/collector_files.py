"""Files for collectors.

Each is stored, so that it can be written again byte for byte, and each fact is reported once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, exists, literal, or_, select, update

from billing.accounts.snapshot import PlacementState
from billing.ledger.ledger import EntryKind
from storage import tables
from storage.collection.remittances import source_of
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session


class FileKind(StrEnum):
    """What a file reports: newly placed bills, or changes to placed ones."""

    PLACEMENTS = "placements"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class CollectorFile:
    """One file; ``written_at`` (UTC) is empty until the whole file was on disk."""

    id: int
    collector: str
    kind: FileKind
    made_at: datetime
    made_by: str
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class CollectorFileLine:
    """One line of a file: ``key`` names the fact, ``entry_id`` is the entry, or the last one counted."""

    key: str
    placement_id: int
    row: dict[str, Any]
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """A ledger entry on a placed bill, not reported to its collector yet; ``amount`` in minor units."""

    placement_id: int
    entry_id: int
    bill_id: str
    kind: EntryKind
    amount: int
    booked_on: date
    recorded_at: datetime


_FIELDS = tuple(CollectorFile.__dataclass_fields__)


def add(
    session: Session,
    collector: str,
    kind: FileKind,
    lines: Iterable[CollectorFileLine],
    by: str,
    now: datetime,
) -> int:
    """Save a file that is to be written; returns its id. Facts that were reported before are left out."""
    batch = tables.CollectorBatch(
        collector=collector, kind=kind.value, made_at=now, made_by=by, written_at=None
    )
    session.add(batch)
    session.flush()
    for line in lines:
        values = {"batch_id": batch.id, "placement_id": line.placement_id, "key": line.key}
        insert_once(session, tables.CollectorLine, values | {"entry_id": line.entry_id, "row": line.row})
    return batch.id


def batches(session: Session, collector: str, kind: FileKind) -> list[CollectorFile]:
    """The files of a kind for a collector, oldest first."""
    row = tables.CollectorBatch
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS))
        .where(row.collector == collector, row.kind == kind.value)
        .order_by(row.id)
    )
    return [CollectorFile(one.id, one.collector, FileKind(one.kind), *tuple(one)[3:]) for one in rows]


def lines_of(session: Session, batch_id: int) -> list[CollectorFileLine]:
    """The lines of a file, in order."""
    row = tables.CollectorLine
    rows = session.execute(
        select(row.key, row.placement_id, row.row, row.entry_id)
        .where(row.batch_id == batch_id)
        .order_by(row.id)
    )
    return [CollectorFileLine(*one) for one in rows]


def mark_written(session: Session, batch_id: int, now: datetime) -> None:
    """Record that the whole file is on disk."""
    row = tables.CollectorBatch
    session.execute(update(row).where(row.id == batch_id, row.written_at.is_(None)).values(written_at=now))


def handed_over(session: Session, placement_ids: Collection[int]) -> dict[int, int]:
    """The file that each of these placements is in; those in no file are left out."""
    row = tables.CollectorLine
    rows = session.execute(
        select(row.placement_id, row.batch_id).where(
            row.placement_id.in_(placement_ids), row.key.like(f"{placed_key('')}%")
        )
    )
    return {one.placement_id: one.batch_id for one in rows}


def not_handed_over(session: Session, collectors: Collection[str], after: int, most: int) -> list[int]:
    """The ids of the next placements that are in no file yet, after ``after``, at most ``most``."""
    row, reported_line = tables.Placement, tables.CollectorLine
    found = (
        select(row.id)
        .where(row.collector.in_(collectors), row.state == PlacementState.PLACED.value, row.id > after)
        .where(~exists().where(reported_line.key == literal(placed_key("")) + row.key))
        .order_by(row.id)
        .limit(most)
    )
    return list(session.scalars(found))


def reported(session: Session, placement_id: int) -> list[dict[str, Any]]:
    """The lines that a collector got about a placement after it was handed over, in order."""
    row = tables.CollectorLine
    found = select(row.row).where(row.placement_id == placement_id, ~row.key.like(f"{placed_key('')}%"))
    return list(session.scalars(found.order_by(row.id)))


def untold_entries(session: Session, collectors: Collection[str] | None = None) -> list[Untold]:
    """Ledger entries on handed-over bills that are not reported yet; without the collector's own payments."""
    return _untold(session, _entries(collectors))


def untold_entries_of(session: Session, account_ids: Collection[str]) -> list[Untold]:
    """The entries that no collector file reports yet, of some accounts: see :func:`untold_entries`."""
    return _untold(session, _entries(None).where(tables.Entry.account_id.in_(account_ids)))


def untold_ends(session: Session, collectors: Collection[str]) -> list[int]:
    """The ids of handed-over placements that ended, where the collector was not informed yet."""
    placement, line, reported_line = (
        tables.Placement,
        tables.CollectorLine,
        tables.CollectorLine.__table__.alias(),
    )
    found = (
        select(placement.id)
        .join(line, (line.placement_id == placement.id) & line.key.like(f"{placed_key('')}%"))
        .where(
            placement.collector.in_(collectors),
            placement.state.in_([state.value for state in _ENDS]),
            placement.ended_at.is_not(None),
            ~exists().where(reported_line.c.key == literal(ended_key("")) + placement.key),
        )
        .order_by(placement.ended_at, placement.id)
    )
    return list(session.scalars(found))


_ENDS = (
    PlacementState.RECALLED,
    PlacementState.CLOSED_PAID,
    PlacementState.CLOSED_RETURNED,
    PlacementState.WRITTEN_OFF,
)


def placed_key(key: str) -> str:
    """The key of a line that hands over a placement."""
    return f"placed:{key}"


def entry_key(entry_id: int) -> str:
    """The key of a collector file's line that reports a ledger entry."""
    return f"entry:{entry_id}"


def ended_key(key: str) -> str:
    """The key of a line that reports the end of a placement."""
    return f"ended:{key}"


def _entries(collectors: Collection[str] | None) -> Select[int, int, str, str, int, date, datetime]:
    entry, placement, line = tables.Entry, tables.Placement, tables.CollectorLine
    reported_line = tables.CollectorLine.__table__.alias()
    query = (
        select(
            placement.id,
            entry.id,
            placement.bill_id,
            entry.kind,
            entry.amount,
            entry.booked_on,
            entry.recorded_at,
        )
        .join(placement, placement.bill_id == entry.bill_id)
        .join(line, (line.placement_id == placement.id) & line.key.like(f"{placed_key('')}%"))
        .where(
            entry.id > line.entry_id,
            or_(placement.ended_at.is_(None), entry.recorded_at <= placement.ended_at),
            ~exists().where(reported_line.c.entry_id == entry.id, reported_line.c.key.like("entry:%")),
            ~exists().where(
                tables.Payment.id == entry.payment_id,
                tables.Payment.source == literal(source_of("")) + placement.collector,
            ),
        )
        .order_by(entry.id)
    )
    return query if collectors is None else query.where(placement.collector.in_(collectors))


def _untold(session: Session, query: Select[int, int, str, str, int, date, datetime]) -> list[Untold]:
    return [
        Untold(placement_id, entry_id, bill_id, EntryKind(kind), amount, booked_on, recorded_at)
        for placement_id, entry_id, bill_id, kind, amount, booked_on, recorded_at in session.execute(query)
    ]
