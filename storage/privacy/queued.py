"""What waits about a person who is erased: messages, cases; and when something was last booked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, update

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.privacy.person_rows import PersonRows

_WAITING: Final = ("queued", "parked", "in_doubt")


def withdraw(session: Session, person: PersonRows, reason: str, now: datetime) -> None:
    """Withdraw what was not sent to a person, and what it carried."""
    row, step, attempt = tables.Outbox, tables.Step, tables.Attempt
    ids = list(session.scalars(select(row.id).where(person.condition("outbox"), row.state.in_(_WAITING))))
    carried = select(attempt.step_id).where(attempt.outbox_id.in_(ids))
    session.execute(
        update(step).where(step.id.in_(carried), step.state == "queued").values(state="cancelled", at=now)
    )
    session.execute(update(row).where(row.id.in_(ids)).values(state="dropped", reason=reason, settled_at=now))


def open_cases(session: Session, person: PersonRows) -> list[int]:
    """The open cases about a person."""
    row = tables.Escalation
    query = select(row.id).where(person.condition("escalations"), row.closed_at.is_(None))
    return list(session.scalars(query.order_by(row.id)))


def last_booked(session: Session, person: PersonRows) -> datetime | None:
    """When something was last booked on a person's account (UTC)."""
    row = tables.Entry
    found: datetime | None = session.scalar(
        select(func.max(row.recorded_at)).where(person.condition("entries"))
    )
    return found
