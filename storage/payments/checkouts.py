"""Payment links, and the events of the providers that make them, each handled once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Checkout:
    """A payment link for ``amount`` (minor units) of one bill, or of the whole account."""

    session_id: str
    account_id: str
    bill_id: str | None
    amount: int
    currency: str
    url: str
    expires_at: datetime


_FIELDS = tuple(Checkout.__dataclass_fields__)


def save_checkout(session: Session, checkout: Checkout, now: datetime) -> None:
    """Insert a payment link."""
    values = {name: getattr(checkout, name) for name in _FIELDS}
    insert_once(session, tables.Checkout, values | {"made_at": now})


def usable(
    session: Session, account_id: str, bill_id: str | None, amount: int, until: datetime
) -> Checkout | None:
    """A checkout for exactly this that is valid until at least a moment (UTC); ``None`` if there is none."""
    row = tables.Checkout
    found = session.execute(
        select(*(getattr(row, name) for name in _FIELDS))
        .where(row.account_id == account_id, row.amount == amount, row.expires_at > until)
        .where(row.bill_id.is_(None) if bill_id is None else row.bill_id == bill_id)
        .order_by(row.id.desc())
        .limit(1)
    ).first()
    return Checkout(*found) if found else None


def first_time(session: Session, source: str, event_id: str, kind: str, now: datetime) -> bool:
    """Record a provider's checkout event; returns whether it came for the first time."""
    row = {"source": source, "event_id": event_id, "kind": kind, "received_at": now}
    return insert_once(session, tables.ProviderEvent, row) is not None
