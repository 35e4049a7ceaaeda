"""Planned services: what customers are going to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PlannedService:
    """A service that a customer is going to get; ``look_at`` (UTC) is when it is checked next."""

    id: str
    customer_id: str
    service_on: date
    code_system: str
    code: str
    description: str
    quantity: str
    look_at: datetime | None


_FIELDS = tuple(PlannedService.__dataclass_fields__)
_COMPARED = tuple(name for name in _FIELDS if name not in {"id", "look_at"})


def save_planned_service(session: Session, service: PlannedService) -> str:
    """Save a planned service: returns ``new``, ``changed`` (it is checked again), or ``same``."""
    row = tables.PlannedService
    values = {name: getattr(service, name) for name in _FIELDS}
    if insert_once(session, row, values) is not None:
        return "new"
    known = session.get(row, service.id, populate_existing=True)
    assert known
    if all(getattr(known, name) == values[name] for name in _COMPARED):
        return "same"
    session.execute(update(row).where(row.id == service.id).values(**values, told_at=None, estimate_id=None))
    return "changed"


def due(session: Session, now: datetime, limit: int) -> list[PlannedService]:
    """The planned services to be checked by now, the longest due first."""
    row = tables.PlannedService
    query = select(row).where(row.look_at.is_not(None), row.look_at <= now)
    return [_service(one) for one in session.scalars(query.order_by(row.look_at, row.id).limit(limit))]


def claim(session: Session, service_id: str) -> bool:
    """Take a planned service to check it; returns whether no other process took it.

    Taking it empties ``look_at``: the update finds it only once.
    """
    row = tables.PlannedService
    taken = session.scalar(
        update(row)
        .where(row.id == service_id, row.look_at.is_not(None))
        .values(look_at=None)
        .returning(row.id)
    )
    return taken is not None


def mark_announced(session: Session, service_id: str, now: datetime) -> None:
    """Record that the customer got a message about a planned service."""
    row = tables.PlannedService
    session.execute(update(row).where(row.id == service_id).values(told_at=now))


def estimated(session: Session, service_id: str, estimate_id: int) -> None:
    """Record the estimate of a planned service."""
    row = tables.PlannedService
    session.execute(update(row).where(row.id == service_id).values(estimate_id=estimate_id))


def coming(session: Session, customer_ids: Collection[str], today: date) -> list[PlannedService]:
    """What is planned for these customers from today on, the next first."""
    row = tables.PlannedService
    query = select(row).where(one_of(row.customer_id, customer_ids), row.service_on >= today)
    return [_service(one) for one in session.scalars(query.order_by(row.service_on, row.id))]


def _service(row: tables.PlannedService) -> PlannedService:
    return PlannedService(**{name: getattr(row, name) for name in _FIELDS})
