"""Credit notes, and due days of bills that were moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from storage import tables

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class CreditNote:
    """An amount (minor units, positive) that was credited on a bill, under its own number."""

    number: str
    bill_id: str
    amount: int
    currency: str
    credited_on: date
    reason: str
    made_by: str


def add_credit_note(session: Session, note: CreditNote) -> None:
    """Save a credit note."""
    session.add(tables.CreditNote(**{name: getattr(note, name) for name in CreditNote.__dataclass_fields__}))
    session.flush()


def credit_note(session: Session, number: str) -> CreditNote | None:
    """The credit note with a number."""
    row = tables.CreditNote
    columns = (getattr(row, name) for name in CreditNote.__dataclass_fields__)
    found = session.execute(select(*columns).where(row.number == number)).first()
    return CreditNote(*found) if found else None


def credited(session: Session, bill_id: str) -> int:
    """What was credited on a bill by credit notes, in minor units."""
    row = tables.CreditNote
    return int(session.scalar(select(func.sum(row.amount)).where(row.bill_id == bill_id)) or 0)


def first_due_day(session: Session, bill_id: str) -> date | None:
    """The due day of a bill before it was ever moved; None if it was not."""
    row = tables.MovedDueDay
    return session.scalar(select(row.before).where(row.bill_id == bill_id).order_by(row.id).limit(1))


def move_due_day(
    session: Session, bill_id: str, before: date, due_on: date, reason: str, by: str, now: datetime
) -> int:
    """Set the due day of a bill, and save what it was; returns the id of the move."""
    row = tables.MovedDueDay(
        bill_id=bill_id, before=before, due_on=due_on, reason=reason, moved_at=now, moved_by=by
    )
    session.add(row)
    session.execute(update(tables.Bill).where(tables.Bill.id == bill_id).values(due_on=due_on))
    session.flush()
    return row.id
