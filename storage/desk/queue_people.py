"""Who the rows of a list are about: their names, and what they owe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from billing.bills.bills import BillState
from storage import tables
from storage.database.id_lists import one_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A customer in a list; ``owed`` in minor units by currency, a credit is negative."""

    customer_id: str
    name: str
    owed: tuple[tuple[int, str], ...]


def load(session: Session, customer_ids: Collection[str]) -> dict[str, ListedPerson]:
    """The customers with these ids; one statement, none where there is no id."""
    if not customer_ids:
        return {}
    row, account, entry, bill = tables.Customer, tables.Account, tables.Entry, tables.Bill
    counts = or_(bill.id.is_(None), bill.state == BillState.ISSUED.value)
    owed = (
        select(func.coalesce(func.sum(entry.amount), 0))
        .outerjoin(bill, bill.id == entry.bill_id)
        .where(entry.account_id == account.id, counts)
        .correlate(account)
        .scalar_subquery()
    )
    rows = session.execute(
        select(row.id, row.name, account.currency, owed)
        .outerjoin(account, account.customer_id == row.id)
        .where(one_of(row.id, sorted(customer_ids)))
        .order_by(row.id, account.id)
    )
    found: dict[str, ListedPerson] = {}
    for one, name, currency, amount in rows:
        before = found[one].owed if one in found else ()
        more = ((int(amount), currency),) if currency is not None else ()
        found[one] = ListedPerson(one, name, before + more)
    return found
