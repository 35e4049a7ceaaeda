"""Bank files that were read, line by line, with the result of each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class BankLine:
    """One line of a bank's file; ``amount`` in minor units, negative for money that left.

    ``fate`` is ``booked``, ``unmatched``, ``duplicate``, ``returned``, ``rejected`` or ``ignored``.
    """

    position: str
    booked_on: date
    amount: int
    currency: str
    fate: str
    reason: str = ""
    payment_id: int | None = None


_FIELDS = tuple(BankLine.__dataclass_fields__)


def add(session: Session, digest: str, name: str, kind: str, by: str, now: datetime) -> int:
    """Insert a file that is being read; returns its id."""
    row = {"digest": digest, "name": name, "kind": kind, "read_at": now, "read_by": by}
    found = insert_once(session, tables.BankFile, row)
    assert found is not None
    return found


def read_before(session: Session, digest: str) -> datetime | None:
    """When a file with the same digest was first read (UTC); ``None`` for a new one."""
    row = tables.BankFile
    return session.scalar(select(row.read_at).where(row.digest == digest).order_by(row.id).limit(1))


def add_lines(session: Session, file_id: int, lines: Sequence[BankLine]) -> None:
    """Save the lines of a file with their results."""
    values = [(file_id, *(getattr(line, name) for name in _FIELDS)) for line in lines]
    insert_rows(session, tables.BankLine, ("file_id", *_FIELDS), values)


def returned_on(session: Session, kind: str, day: date, amount: int, currency: str) -> list[int]:
    """The payments that files of a kind took back on a day; ``amount`` in minor units, positive."""
    row, file = tables.BankLine, tables.BankFile
    found = session.scalars(
        select(row.payment_id)
        .join(file, file.id == row.file_id)
        .where(
            file.kind == kind,
            row.booked_on == day,
            row.amount == -amount,
            row.currency == currency,
            row.fate == "returned",
        )
        .order_by(row.id)
    )
    return [payment_id for payment_id in found if payment_id is not None]


def of_days(session: Session, first: date, last: date) -> list[tuple[str, BankLine]]:
    """The lines booked between two days, both included, each with the name of its file."""
    row, file = tables.BankLine, tables.BankFile
    found = session.execute(
        select(file.name, *(getattr(row, name) for name in _FIELDS))
        .join(file, file.id == row.file_id)
        .where(row.booked_on >= first, row.booked_on <= last)
        .order_by(row.id)
    )
    return [(name, BankLine(*rest)) for name, *rest in found]
