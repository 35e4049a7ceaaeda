"""Bills and the charges they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

from billing.bills import BillState
from billing.reference_numbers import reference_for
from storage import tables
from storage.among import among_ids
from storage.once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Bill:
    """What was asked for, on one piece of paper; ``amount`` in minor units as it was issued."""

    id: str
    account_id: str
    issued_on: date
    due_on: date
    currency: str
    amount: int
    description: str = ""
    sent_on: date | None = None
    fee_agreed: bool = False
    estimate: int | None = None
    number: int = 0
    episode: int = 1
    episode_since: datetime | None = None
    state: BillState = BillState.ISSUED
    invoice_number: str | None = None

    @property
    def reference(self) -> str:
        """What a payment for this bill carries."""
        return reference_for(self.number)


@dataclass(frozen=True, slots=True)
class Charge:
    """One coded service line; amounts in minor units of the bill's currency, quantity as written."""

    id: str
    bill_id: str
    position: int
    service_on: date
    code_system: str
    code: str
    description: str
    quantity: str
    unit_amount: int
    amount: int


_FIELDS = tuple(Bill.__dataclass_fields__)
_CHARGE_FIELDS = tuple(Charge.__dataclass_fields__)


def add(session: Session, bill: Bill) -> None:
    """Keep a bill under the next running number."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(7589)"))  # numbers without a gap or a clash
    number = session.scalar(select(func.max(tables.Bill.number))) or 0
    values = {name: getattr(bill, name) for name in _FIELDS} | {"number": number + 1}
    session.add(tables.Bill(**values))
    session.flush()


def by_id(session: Session, bill_ids: Collection[str]) -> dict[str, Bill]:
    """The bills with these ids, as far as they are known."""
    if not bill_ids:
        return {}
    rows = session.connection().execute(_by_id(), {"ids": list(bill_ids)})
    return {row.id: _bill(row) for row in rows}


@cache
def _by_id() -> Select[*tuple[Any, ...]]:
    bill = tables.Bill
    columns = (getattr(bill, name) for name in _FIELDS)
    return select(*columns).where(among_ids(bill.id)).order_by(bill.due_on, bill.id)


def find(session: Session, bill_id: str) -> Bill | None:
    """One bill, if known."""
    return by_id(session, [bill_id]).get(bill_id)


def by_number(session: Session, number: int) -> Bill | None:
    """The bill with a running number."""
    return next(iter(_bills(session, tables.Bill.number == number)), None)


def of_account(session: Session, account_id: str) -> list[Bill]:
    """Every bill of an account, the oldest due first."""
    return _bills(session, tables.Bill.account_id == account_id)


def new_episode(session: Session, bill_ids: Collection[str], since: datetime) -> None:
    """Begin the reminders of these bills again from the first level, not before ``since`` (UTC)."""
    bill = tables.Bill
    session.execute(
        update(bill).where(bill.id.in_(bill_ids)).values(episode=bill.episode + 1, episode_since=since)
    )


def agree_to_no_fee(session: Session, bill_id: str) -> None:
    """No fee was agreed for this bill."""
    bill = tables.Bill
    session.execute(update(bill).where(bill.id == bill_id).values(fee_agreed=False))


def add_charges(session: Session, charges: Sequence[Charge]) -> None:
    """Keep charges; one that is known already stays as it is."""
    rows = [{name: getattr(charge, name) for name in _CHARGE_FIELDS} for charge in charges]
    insert_missing(session, tables.Charge, rows)


def charges_of(session: Session, bill_id: str) -> list[Charge]:
    """The lines of a bill, in their order."""
    rows = session.execute(
        select(*(getattr(tables.Charge, name) for name in _CHARGE_FIELDS))
        .where(tables.Charge.bill_id == bill_id)
        .order_by(tables.Charge.position, tables.Charge.id)
    )
    return [Charge(*row) for row in rows]


def charges_by_id(session: Session, charge_ids: Collection[str]) -> dict[str, Charge]:
    """The charges with these ids, as far as they are known."""
    rows = select(*(getattr(tables.Charge, name) for name in _CHARGE_FIELDS))
    found = session.execute(rows.where(tables.Charge.id.in_(charge_ids)))
    return {row.id: Charge(*row) for row in found}


def _bills(session: Session, condition: ColumnElement[bool]) -> list[Bill]:
    bill = tables.Bill
    rows = session.connection().execute(
        select(*(getattr(bill, name) for name in _FIELDS)).where(condition).order_by(bill.due_on, bill.id)
    )
    return [_bill(row) for row in rows]


def _bill(row: Row[*tuple[Any, ...]]) -> Bill:
    values = row._asdict()
    return Bill(**values | {"state": BillState(values["state"])})
