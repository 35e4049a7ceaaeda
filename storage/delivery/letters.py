"""Batches of letters: printed, posted, returned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from storage import tables
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


class BatchState(StrEnum):
    """The state of a batch of letters."""

    PRINTING = "printing"
    """Its letters are claimed and saved; its folder may exist already, or not yet."""
    PRINTED = "printed"
    POSTED = "posted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class LetterBatch:
    """Letters that are printed and posted together; days are local to the creditor."""

    id: int
    state: BatchState
    created_at: datetime
    created_by: str
    post_on: date
    posted_on: date | None
    settled_at: datetime | None
    settled_by: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter; ``page`` is all that is printed on it."""

    id: int
    batch_id: int
    number: int
    reference: str
    outbox_id: int
    page: dict[str, Any]
    answer_by: date | None
    withdrawn_at: datetime | None


_BATCH = tuple(LetterBatch.__dataclass_fields__)
_LETTER = tuple(Letter.__dataclass_fields__)


def open_batch(session: Session, post_on: date, by: str, now: datetime) -> int:
    """Insert an empty batch of letters for a posting day; returns its id."""
    row = tables.LetterBatch(state=BatchState.PRINTING.value, created_at=now, created_by=by, post_on=post_on)
    session.add(row)
    session.flush()
    return row.id


def add(
    session: Session,
    batch_id: int,
    number: int,
    outbox_id: int,
    page: Mapping[str, Any],
    answer_by: date | None,
) -> None:
    """Put a letter into a batch; the unique index refuses a message that is in another."""
    row = tables.Letter(
        batch_id=batch_id,
        number=number,
        reference=reference_of(batch_id, number),
        outbox_id=outbox_id,
        page=dict(page),
        answer_by=answer_by,
        returned_why="",
    )
    session.add(row)
    session.flush()


def reference_of(batch_id: int, number: int) -> str:
    """The reference printed on a letter, from its batch and its place in it."""
    return f"{batch_id}-{number:03d}"


def batch(session: Session, batch_id: int) -> LetterBatch | None:
    """One batch of letters, locked until the transaction ends."""
    row = tables.LetterBatch
    session.execute(select(row.id).where(row.id == batch_id).with_for_update())
    note_lock(session)
    found = session.execute(_batches().where(row.id == batch_id)).first()
    return _batch(found) if found else None


def batches(
    session: Session, states: Sequence[BatchState] = tuple(BatchState)
) -> list[tuple[LetterBatch, int]]:
    """The batches in these states, newest first, each with its number of letters."""
    row, letter = tables.LetterBatch, tables.Letter
    rows = session.execute(
        _batches().where(row.state.in_([state.value for state in states])).order_by(row.id.desc())
    ).all()
    counted = session.execute(select(letter.batch_id, func.count()).group_by(letter.batch_id))
    counts: dict[int, int] = {batch_id: count for batch_id, count in counted}  # noqa: C416 - typed rows
    return [(_batch(one), counts.get(one.id, 0)) for one in rows]


def of_batch(session: Session, batch_id: int) -> list[Letter]:
    """The letters of a batch in order, withdrawn ones too."""
    rows = session.execute(
        _letters().where(tables.Letter.batch_id == batch_id).order_by(tables.Letter.number)
    )
    return [Letter(*one) for one in rows]


def by_reference(session: Session, reference: str) -> Letter | None:
    """The letter with this printed reference."""
    found = session.execute(_letters().where(tables.Letter.reference == reference)).first()
    return Letter(*found) if found else None


def set_batch_state(
    session: Session, batch_id: int, state: BatchState, by: str, now: datetime, posted_on: date | None = None
) -> None:
    """Record that a batch of letters was printed, posted or withdrawn."""
    row = tables.LetterBatch
    session.execute(
        update(row)
        .where(row.id == batch_id)
        .values(state=state.value, settled_at=now, settled_by=by, posted_on=posted_on)
    )


def withdraw(session: Session, letter_ids: Sequence[int], now: datetime) -> None:
    """Take these letters out of their batch: their messages may go into another one."""
    row = tables.Letter
    session.execute(update(row).where(row.id.in_(letter_ids)).values(withdrawn_at=now))


def returned(session: Session, letter_id: int, why: str, now: datetime) -> None:
    """Record that a letter was returned by the post."""
    row = tables.Letter
    session.execute(update(row).where(row.id == letter_id).values(returned_at=now, returned_why=why))


def _batches() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(tables.LetterBatch, name) for name in _BATCH))


def _letters() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(tables.Letter, name) for name in _LETTER))


def _batch(row: Any) -> LetterBatch:
    return LetterBatch(row[0], BatchState(row[1]), *tuple(row)[2:])
