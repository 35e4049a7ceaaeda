"""The worklist of bills that are not issued and not yet checked for payers to claim from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from billing.bills.bills import BillState
from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_or_change
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_LOOSE = (BillState.OPEN.value, BillState.PROPOSED.value)


def add(session: Session, bill_ids: Collection[str]) -> None:
    """Put these bills on the list, to be checked at once; issued and closed ones are left out."""
    if bill_ids:
        _add(session, one_of(tables.Bill.id, bill_ids))


def add_of_customer(session: Session, customer_id: str) -> None:
    """Put every bill of a customer that is not issued on the list."""
    account = tables.Account
    mine = select(account.id).where(account.customer_id == customer_id).scalar_subquery()
    _add(session, tables.Bill.account_id == mine)


def due(session: Session, today: date, limit: int | None = None) -> list[str]:
    """The ids of the bills to be checked by a day, at most ``limit``."""
    row = tables.UnclaimedBill
    found = select(row.bill_id).where(_now(today)).order_by(row.bill_id).limit(limit)
    return list(session.scalars(found))


def of_bills(session: Session, bill_ids: Collection[str], *, hold: bool = False) -> dict[str, date | None]:
    """Those of these bills that are on the list, each with its day; ``None`` for one to be checked at once.

    With ``hold`` they are locked: an import that adds a line or coverage waits until the transaction ends.
    """
    row = tables.UnclaimedBill
    query = select(row.bill_id, row.look_on).where(one_of(row.bill_id, bill_ids)).order_by(row.bill_id)
    found = session.execute(query.with_for_update() if hold else query)
    if hold:
        note_lock(session)
    return {bill_id: look_on for bill_id, look_on in found}  # noqa: C416 - rows are no pairs to mypy


def look_again(session: Session, bill_id: str, look_on: date) -> None:
    """Check a bill on another day."""
    row = tables.UnclaimedBill
    session.execute(update(row).where(row.bill_id == bill_id).values(look_on=look_on))


def remove(session: Session, bill_ids: Collection[str]) -> None:
    """Take these bills off the list."""
    row = tables.UnclaimedBill
    session.execute(delete(row).where(one_of(row.bill_id, bill_ids)))


def _add(session: Session, which: ColumnElement[bool]) -> None:
    bill, row = tables.Bill, tables.UnclaimedBill
    found = list(session.scalars(select(bill.id).where(which, bill.state.in_(_LOOSE)).order_by(bill.id)))
    if found:
        rows = [{"bill_id": one, "look_on": None} for one in found]
        insert_or_change(session, row, rows, {"look_on": None})


def _now(today: date) -> ColumnElement[bool]:
    row = tables.UnclaimedBill
    return or_(row.look_on.is_(None), row.look_on <= today)
