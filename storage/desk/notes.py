"""Notes on customers, and what was said on calls and visits and in letters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


class NoteKind(StrEnum):
    """What a note is about."""

    NOTE = "note"
    """The staff's own words."""
    CALL = "call"
    """What the customer said by phone."""
    VISIT = "visit"
    """What they said in person."""
    LETTER = "letter"
    """What they wrote on paper."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a customer; ``acted`` is what their words brought about. Moments are UTC."""

    customer_id: str
    kind: NoteKind
    written_at: datetime
    written_by: str
    text: str
    acted: tuple[str, ...] = ()
    id: int = 0


def add(session: Session, note: Note) -> int:
    """Save a note; returns its id."""
    row = tables.Note(
        customer_id=note.customer_id,
        kind=note.kind.value,
        written_at=note.written_at,
        written_by=note.written_by,
        text=note.text,
        acted=",".join(note.acted),
    )
    session.add(row)
    session.flush()
    return row.id


def of_customer(session: Session, customer_id: str, before: int | None = None, limit: int = 50) -> list[Note]:
    """A customer's notes, the newest first; ``before`` is the id of the last one of the page before."""
    row = tables.Note
    found = select(row).where(row.customer_id == customer_id).order_by(row.id.desc()).limit(limit)
    rows: Sequence[tables.Note] = session.scalars(
        found if before is None else found.where(row.id < before)
    ).all()
    return [
        Note(
            one.customer_id,
            NoteKind(one.kind),
            one.written_at,
            one.written_by,
            one.text,
            tuple(filter(None, one.acted.split(","))),
            one.id,
        )
        for one in rows
    ]
