"""How each bill reached its customer: every attempt, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.accounts.channels import Channel
from billing.bills.billing_run import Settles
from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class BillSending:
    """One attempt to send one bill to its customer. Moments are UTC."""

    bill_id: str
    number: int
    way: Channel
    state: Settles
    queued_at: datetime
    outbox_id: int
    sent_at: datetime | None
    settled_at: datetime | None
    reference: str
    reason: str
    page: dict[str, Any] | None


_FIELDS = tuple(BillSending.__dataclass_fields__)


def queued(session: Session, bill_id: str, way: Channel, outbox_id: int, now: datetime) -> None:
    """Record the next attempt to send a bill: a message with it was queued."""
    row = tables.BillSending
    last = session.scalar(select(func.max(row.number)).where(row.bill_id == bill_id)) or 0
    session.add(
        row(
            bill_id=bill_id,
            number=last + 1,
            way=way.value,
            state=Settles.QUEUED.value,
            queued_at=now,
            outbox_id=outbox_id,
            reference="",
            reason="",
        )
    )
    session.flush()


def of_bill(session: Session, bill_id: str) -> list[BillSending]:
    """Every attempt to send a bill, in order."""
    return _sendings(session, tables.BillSending.bill_id == bill_id)


def of_message(session: Session, outbox_id: int) -> BillSending | None:
    """The attempt that a message is; ``None`` for a message without a bill."""
    return next(iter(_sendings(session, tables.BillSending.outbox_id == outbox_id)), None)


def close_try(
    session: Session,
    outbox_id: int,
    state: Settles,
    now: datetime,
    *,
    sent_at: datetime | None = None,
    reference: str = "",
    reason: str = "",
) -> None:
    """Record the outcome of an attempt to send a bill."""
    row = tables.BillSending
    values: dict[str, Any] = {"state": state.value, "settled_at": now, "reason": reason}
    if sent_at:
        values["sent_at"] = sent_at
    if reference:
        values["reference"] = reference
    session.execute(update(row).where(row.outbox_id == outbox_id).values(**values))


def keep_page(session: Session, outbox_id: int, page: Mapping[str, Any]) -> None:
    """Save what is printed on a bill, right before it is sent."""
    row = tables.BillSending
    session.execute(update(row).where(row.outbox_id == outbox_id).values(page=dict(page)))


def choose_way(session: Session, customer_id: str, way: Channel, now: datetime) -> None:
    """Save the way by which a customer wants their bills."""
    row = tables.BillWay
    insert_missing(session, row, [{"customer_id": customer_id, "way": way.value, "chosen_at": now}])
    session.execute(update(row).where(row.customer_id == customer_id).values(way=way.value, chosen_at=now))


def chosen_ways(session: Session, customer_ids: Collection[str]) -> dict[str, Channel]:
    """The way to send bills that each of these customers chose; those who chose none are left out."""
    row = tables.BillWay
    rows = session.execute(select(row.customer_id, row.way).where(one_of(row.customer_id, customer_ids)))
    return {customer_id: Channel(way) for customer_id, way in rows}


def _sendings(session: Session, condition: ColumnElement[bool]) -> list[BillSending]:
    row = tables.BillSending
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(condition).order_by(row.bill_id, row.number)
    )
    return [_sending(one) for one in rows]


def _sending(row: Row[*tuple[Any, ...]]) -> BillSending:
    values = row._asdict()
    return BillSending(**values | {"way": Channel(values["way"]), "state": Settles(values["state"])})
