"""Money that arrived, each source id once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storage import tables
from storage.once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment; ``amount`` in minor units, positive. Without an account it waits for the desk."""

    source: str
    source_id: str
    reference: str
    amount: int
    currency: str
    paid_on: date
    method: str
    account_id: str | None = None
    reversed_at: datetime | None = None
    id: int = 0


_FIELDS = tuple(Payment.__dataclass_fields__)


def keep(session: Session, payment: Payment, now: datetime) -> int | None:
    """Keep a payment; nothing when its source id was kept before."""
    values = {name: getattr(payment, name) for name in _FIELDS if name != "id"}
    return insert_once(session, tables.Payment, values | {"received_at": now})


def find(session: Session, source: str, source_id: str) -> Payment | None:
    """One payment by where it came from."""
    row = tables.Payment
    return _one(session, (row.source == source) & (row.source_id == source_id))


def get(session: Session, payment_id: int) -> Payment | None:
    """One payment by its id."""
    return _one(session, tables.Payment.id == payment_id)


def mark_reversed(session: Session, payment_id: int, now: datetime) -> bool:
    """The money went back; whether it had not before."""
    row = tables.Payment
    marked = session.execute(
        update(row)
        .where(row.id == payment_id, row.reversed_at.is_(None))
        .values(reversed_at=now)
        .returning(row.id)
    )
    return marked.scalar() is not None


def unmatched(session: Session) -> list[Payment]:
    """Payments that no bill was found for."""
    row = tables.Payment
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(row.account_id.is_(None)).order_by(row.id)
    )
    return [Payment(*one) for one in rows]


def unmatched_sums(session: Session) -> frozenset[tuple[int, str]]:
    """The amounts (minor units, currency) of the payments that no bill was found for."""
    row = tables.Payment
    found = session.execute(
        select(row.amount, row.currency).where(row.account_id.is_(None), row.reversed_at.is_(None)).distinct()
    )
    return frozenset((amount, currency) for amount, currency in found)


def of_accounts(session: Session, account_ids: Collection[str], since: date) -> list[Payment]:
    """The payments of these accounts since a day that were not taken back, the newest first."""
    row = tables.Payment
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS))
        .where(row.account_id.in_(account_ids), row.paid_on >= since, row.reversed_at.is_(None))
        .order_by(row.paid_on.desc(), row.id.desc())
    )
    return [Payment(*one) for one in rows]


def _one(session: Session, condition: ColumnElement[bool]) -> Payment | None:
    found = session.execute(
        select(*(getattr(tables.Payment, name) for name in _FIELDS)).where(condition)
    ).first()
    return Payment(*found) if found else None
