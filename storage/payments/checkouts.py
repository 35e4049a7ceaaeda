"""Links to pay by, and the events of whoever makes them, each once."""

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
    """A link to pay ``amount`` (minor units) on one bill, or on the account as a whole."""

    session_id: str
    account_id: str
    bill_id: str | None
    amount: int
    currency: str
    url: str
    expires_at: datetime


_FIELDS = tuple(Checkout.__dataclass_fields__)


def save_checkout(session: Session, checkout: Checkout, now: datetime) -> None:
    """Keep a link."""
    values = {name: getattr(checkout, name) for name in _FIELDS}
    insert_once(session, tables.Checkout, values | {"made_at": now})


def usable(
    session: Session, account_id: str, bill_id: str | None, amount: int, until: datetime
) -> Checkout | None:
    """A link for just this that may still be followed then; nothing where there is none."""
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
    """Keep that an event came; whether it did for the first time."""
    row = {"source": source, "event_id": event_id, "kind": kind, "received_at": now}
    return insert_once(session, tables.ProviderEvent, row) is not None
