"""Applications for help with the cost: at most one per customer is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from billing.costs.aid import AidState
from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Application:
    """One aid application. ``income`` is per year, in minor units; ``percent`` is what was granted."""

    customer_id: str
    asked_at: datetime
    currency: str
    household: int | None = None
    income: int | None = None
    closes_on: date | None = None
    documents: Mapping[str, str | None] = field(default_factory=dict)
    """Each required document by name, with the day it came (ISO), if it did."""
    look_on: date | None = None
    state: AidState = AidState.ASKED
    programme: str = ""
    percent: int | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str = ""
    renew_on: date | None = None
    round: int = 0
    id: int = 0


_FIELDS = tuple(name for name in Application.__dataclass_fields__ if name != "id")


def ask(session: Session, application: Application) -> int | None:
    """Insert an aid application; returns its id, or ``None`` when one of the customer's is open."""
    values: dict[str, Any] = {name: getattr(application, name) for name in _FIELDS}
    values |= {"state": application.state.value, "documents": dict(application.documents)}
    return insert_once(session, tables.AidApplication, values)


def change(session: Session, application_id: int, **values: Any) -> None:
    """Update columns of an aid application."""
    row = tables.AidApplication
    session.execute(update(row).where(row.id == application_id).values(**values))


def find(session: Session, application_id: int) -> Application | None:
    """One aid application; ``None`` if it does not exist."""
    row = session.get(tables.AidApplication, application_id, populate_existing=True)
    return _application(row) if row else None


def open_one(session: Session, customer_id: str) -> Application | None:
    """A customer's aid application that waits for a decision."""
    row = tables.AidApplication
    states = [state.value for state in AidState if state.open]
    found = session.scalar(select(row).where(row.customer_id == customer_id, row.state.in_(states)))
    return _application(found) if found else None


def granted(session: Session, customer_ids: Collection[str]) -> list[Application]:
    """The aid applications of these customers that were granted, oldest decision first."""
    row = tables.AidApplication
    mine = row.customer_id.in_(customer_ids), row.state == AidState.GRANTED.value
    found = session.scalars(select(row).where(*mine).order_by(row.decided_at, row.id))
    return [_application(one) for one in found]


def every(session: Session, *, everything: bool = False) -> list[Application]:
    """The aid applications that wait for a decision, or all; oldest first."""
    row = tables.AidApplication
    query = select(row).order_by(row.id)
    if not everything:
        query = query.where(row.state.in_([state.value for state in AidState if state.open]))
    return [_application(one) for one in session.scalars(query)]


def due(session: Session, today: date, limit: int) -> list[Application]:
    """The aid applications with something due by a day, oldest first, at most ``limit``."""
    row = tables.AidApplication
    query = select(row).where(row.look_on.is_not(None), row.look_on <= today)
    return [_application(one) for one in session.scalars(query.order_by(row.look_on, row.id).limit(limit))]


def _application(row: tables.AidApplication) -> Application:
    values = {name: getattr(row, name) for name in _FIELDS} | {"state": AidState(row.state)}
    return Application(**values, id=row.id)
