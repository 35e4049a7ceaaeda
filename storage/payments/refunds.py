"""Refunds: requested, approved, sent or failed; moved by guarded updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.payments.refunds import RefundState
from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back to the payment it came from; ``amount`` in minor units, moments UTC."""

    id: int
    payment_id: int
    source: str
    source_id: str
    amount: int
    currency: str
    state: RefundState
    reason: str
    requested_at: datetime
    requested_by: str
    approved_at: datetime | None
    approved_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    settled_at: datetime | None
    settled_by: str | None
    their_reference: str

    @property
    def subject(self) -> str:
        """Its name in the audit trail."""
        return f"refund:{self.id}"


_FIELDS = tuple(Refund.__dataclass_fields__)


def add(
    session: Session,
    payment_id: int,
    source: str,
    source_id: str,
    amount: int,
    currency: str,
    *,
    state: RefundState,
    reason: str,
    by: str,
    now: datetime,
    their_reference: str = "",
) -> int | None:
    """Insert a refund; returns its id, or ``None`` when its source id exists."""
    values = {
        "payment_id": payment_id,
        "source": source,
        "source_id": source_id,
        "amount": amount,
        "currency": currency,
        "state": state.value,
        "reason": reason,
        "requested_at": now,
        "requested_by": by,
        "their_reference": their_reference,
    }
    return insert_once(session, tables.Refund, values)


def find(session: Session, refund_id: int) -> Refund | None:
    """One refund; ``None`` if it does not exist."""
    return next(iter(_all(session, tables.Refund.id == refund_id)), None)


def of_payment(session: Session, payment_id: int) -> list[Refund]:
    """The refunds of one payment, oldest first."""
    return _all(session, tables.Refund.payment_id == payment_id)


def in_states(session: Session, states: Collection[RefundState]) -> list[Refund]:
    """The refunds in these states, oldest first."""
    return _all(session, tables.Refund.state.in_([state.value for state in states]))


def asked_for(session: Session, payment_id: int) -> int:
    """How much of a payment is requested or approved and not sent yet, in minor units."""
    row = tables.Refund
    states = [state.value for state in RefundState if state.waits]
    found = select(func.sum(row.amount)).where(row.payment_id == payment_id, row.state.in_(states))
    return int(session.scalar(found) or 0)


def move(session: Session, refund: Refund, state: RefundState, **values: Any) -> bool:
    """Move a refund to another state; returns whether it was still in the state it was read in.

    The condition is in the update itself: of two people at once only one moves it.
    """
    row = tables.Refund
    moved = session.execute(
        update(row)
        .where(row.id == refund.id, row.state == refund.state.value)
        .values(state=state.value, **values)
        .returning(row.id)
    )
    return moved.scalar() is not None


def _all(session: Session, condition: ColumnElement[bool]) -> list[Refund]:
    rows = session.execute(
        select(*(getattr(tables.Refund, name) for name in _FIELDS))
        .where(condition)
        .order_by(tables.Refund.id)
    )
    return [Refund(**row._asdict() | {"state": RefundState(row.state)}) for row in rows]
