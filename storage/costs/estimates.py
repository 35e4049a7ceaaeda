"""Estimates that customers were given, and the bills for the same services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storage import tables

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate as it was given; amounts in minor units, ``lines`` as JSON."""

    customer_id: str
    contact_point_id: int | None
    service_on: date
    given_on: date
    give_by: date | None
    currency: str
    expected: int
    low: int
    high: int
    lines: list[dict[str, Any]]
    text: str
    language: str
    good_faith: bool
    bill_id: str | None = None
    id: int = 0


_FIELDS = tuple(name for name in Estimate.__dataclass_fields__ if name != "id")


def save_estimate(session: Session, estimate: Estimate, now: datetime) -> int:
    """Save an estimate that a customer was given; returns its id."""
    row = tables.Estimate(given_at=now, **{name: getattr(estimate, name) for name in _FIELDS})
    session.add(row)
    session.flush()
    return row.id


def unbilled(session: Session, customer_id: str, since: date, until: date) -> list[Estimate]:
    """Estimates without a bill yet, for services between two days, newest first."""
    row = tables.Estimate
    found = session.scalars(
        select(row)
        .where(row.customer_id == customer_id, row.bill_id.is_(None))
        .where(row.service_on >= since, row.service_on <= until)
        .order_by(row.id.desc())
    )
    return [_estimate(one) for one in found]


def bind(session: Session, estimate: Estimate, bill_id: str) -> None:
    """Record the bill for the estimated services; a good-faith estimate is what that bill is held to."""
    row, bill = tables.Estimate, tables.Bill
    session.execute(update(row).where(row.id == estimate.id, row.bill_id.is_(None)).values(bill_id=bill_id))
    if estimate.good_faith:
        statement = update(bill).where(bill.id == bill_id, bill.estimate.is_(None))
        session.execute(statement.values(estimate=estimate.expected))


def _estimate(row: tables.Estimate) -> Estimate:
    return Estimate(**{name: getattr(row, name) for name in _FIELDS}, id=row.id)
