"""Payments that the payer's bank took back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Chargeback:
    """A payment, or a part of it, that was taken back; ``amount`` in minor units."""

    payment_id: int
    source: str
    source_id: str
    amount: int
    currency: str
    reason: str
    state: str = "opened"
    """``opened``, ``won`` (the money came back) or ``lost``."""
    id: int = 0

    @property
    def key(self) -> str:
        """Its name in ledger entries and cases."""
        return f"chargeback:{self.id}"


_FIELDS = tuple(Chargeback.__dataclass_fields__)


def save_chargeback(session: Session, one: Chargeback, now: datetime) -> int | None:
    """Insert a chargeback; returns its id, or ``None`` when its source id exists."""
    values = {name: getattr(one, name) for name in _FIELDS if name != "id"}
    return insert_once(session, tables.Chargeback, values | {"opened_at": now})


def find(session: Session, source: str, source_id: str) -> Chargeback | None:
    """One chargeback by its source's id."""
    row = tables.Chargeback
    found = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(
            row.source == source, row.source_id == source_id
        )
    ).first()
    return Chargeback(*found) if found else None


def get(session: Session, chargeback_id: int) -> Chargeback | None:
    """One chargeback by its id here."""
    row = tables.Chargeback
    found = session.execute(select(*(getattr(row, name) for name in _FIELDS)).where(row.id == chargeback_id))
    one = found.first()
    return Chargeback(*one) if one else None


def taken(session: Session, payment_id: int) -> int:
    """How much of a payment is disputed or lost, in minor units."""
    row = tables.Chargeback
    found = select(func.coalesce(func.sum(row.amount), 0)).where(
        row.payment_id == payment_id, row.state != "won"
    )
    return int(session.scalar(found) or 0)


def close(session: Session, chargeback_id: int, state: str, now: datetime) -> bool:
    """Close a chargeback as won or lost; returns whether it was open."""
    row = tables.Chargeback
    closed = session.execute(
        update(row)
        .where(row.id == chargeback_id, row.state == "opened")
        .values(state=state, closed_at=now)
        .returning(row.id)
    )
    return closed.scalar() is not None


def opened(session: Session) -> list[Chargeback]:
    """The chargebacks that are still disputed, oldest first."""
    row = tables.Chargeback
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(row.state == "opened").order_by(row.id)
    )
    return [Chargeback(*one) for one in rows]
