"""The open cases that a customer's text belongs to, and what is kept of the text with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy import case as when

from storage import tables
from storage.desk import case_events, places
from storage.desk.case_events import CaseEvent, What

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case about a contact point, or about a customer who is reached there."""

    id: int
    kind: str
    customer_id: str | None
    contact_point_id: int | None
    detail: dict[str, str]


def open_about(session: Session, contact_point_id: int) -> list[OpenCase]:
    """The open cases about a contact point and the customers who are reached there, the oldest first."""
    found = session.connection().execute(about(), {"point": contact_point_id})
    return [OpenCase(*one) for one in found]


@cache
def about() -> Select[*tuple[Any, ...]]:
    """The open cases about the contact point ``point`` and its customers, as fields of :class:`OpenCase`."""
    row, contact = tables.Escalation.__table__.c, tables.Contact
    here = select(contact.customer_id).where(
        contact.contact_point_id == bindparam("point"), contact.removed_at.is_(None)
    )
    return (
        select(*(row[name] for name in OpenCase.__dataclass_fields__))
        .where(row.closed_at.is_(None))
        .where(or_(row.contact_point_id == bindparam("point"), row.customer_id.in_(here)))
        .order_by(row.id)
    )


def wrote(session: Session, escalation_ids: Collection[int], inbox_id: int, now: datetime) -> None:
    """Add a customer's text (its row of the inbox) to the history of open cases."""
    event = CaseEvent(now, "customer", What.WROTE, {"inbox": inbox_id})
    case_events.add_all(session, sorted(escalation_ids), event)


def waits(session: Session, escalation_ids: Collection[int], now: datetime, by: datetime) -> None:
    """Record that the customer waits for an answer in these cases, from now on unless they did before.

    It ends a snooze. A deadline that has passed becomes ``by``, where nobody was waiting.
    """
    row = tables.Escalation
    anew = (row.unanswered_since.is_(None)) & (row.deadline < now)
    values = {
        "unanswered_since": when((row.unanswered_since.is_(None), now), else_=row.unanswered_since),
        "deadline": when((anew, by), else_=row.deadline),
    }
    session.execute(
        update(row)
        .where(row.id.in_(escalation_ids), row.closed_at.is_(None))
        .values(**values, **places.after(values), snoozed_until=None, stale=True)
    )
