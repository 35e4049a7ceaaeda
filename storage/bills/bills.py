"""Bills and the charges they consist of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.bills.bills import BillState
from billing.bills.mentions import key_of
from billing.bills.prompt_pay import PromptPayDiscount
from billing.bills.reference_numbers import FIRST_NUMBER, reference_for
from storage import tables
from storage.database import advisory_locks
from storage.database.advisory_locks import AdvisoryLock
from storage.database.id_lists import one_of, one_of_ids
from storage.database.insert_once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as it was issued; ``amount`` in minor units."""

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
    prompt_off: int | None = None
    prompt_until: date | None = None

    @property
    def promised(self) -> PromptPayDiscount | None:
        """The discount for prompt payment, if one was offered."""
        if self.prompt_off is None or self.prompt_until is None:
            return None
        return PromptPayDiscount(self.prompt_off, self.prompt_until)

    @property
    def unsent(self) -> bool:
        """Whether a billing run issued it and it has not reached the customer yet."""
        return self.invoice_number is not None and self.sent_on is None

    @property
    def reference(self) -> str:
        """The payment reference that a payment for this bill carries."""
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
    """Insert a bill under the next running number."""
    # Two transactions at once would read the same highest number.
    advisory_locks.hold(session, AdvisoryLock.BILL_NUMBER)
    last = session.scalar(select(func.max(tables.Bill.number))) or 0
    values = {name: getattr(bill, name) for name in _FIELDS} | {"number": max(last + 1, FIRST_NUMBER)}
    session.add(tables.Bill(**values, id_key=key_of(bill.id), invoice_key=_key(bill.invoice_number)))
    session.flush()


def by_id(session: Session, bill_ids: Collection[str]) -> dict[str, Bill]:
    """Those of the bills with these ids that exist, by id."""
    if not bill_ids:
        return {}
    rows = session.connection().execute(_by_id(), {"ids": list(bill_ids)})
    return {row.id: _bill(row) for row in rows}


@cache
def _by_id() -> Select[*tuple[Any, ...]]:
    bill = tables.Bill
    columns = (getattr(bill, name) for name in _FIELDS)
    return select(*columns).where(one_of_ids(bill.id)).order_by(bill.due_on, bill.id)


def find(session: Session, bill_id: str) -> Bill | None:
    """One bill; ``None`` if it does not exist."""
    return by_id(session, [bill_id]).get(bill_id)


def by_number(session: Session, number: int) -> Bill | None:
    """The bill with a running number."""
    return next(iter(_bills(session, tables.Bill.number == number)), None)


def by_numbers(session: Session, numbers: Collection[int]) -> dict[int, Bill]:
    """The bills with these running numbers, by number."""
    return {one.number: one for one in _bills(session, tables.Bill.number.in_(numbers))} if numbers else {}


def called(session: Session, name: str) -> Bill | None:
    """The bill with this id, or else with this invoice number."""
    bill = tables.Bill
    found = _bills(session, (bill.id == name) | (bill.invoice_number == name))
    return min(found, key=lambda one: one.id != name, default=None)


def any_called(session: Session, names: Collection[str]) -> set[str]:
    """Those of these names that are the id or the invoice number of a bill."""
    bill = tables.Bill
    found = set(session.scalars(select(bill.id).where(one_of(bill.id, names))))
    numbers = session.scalars(select(bill.invoice_number).where(one_of(bill.invoice_number, names)))
    return found | {number for number in numbers if number}


def spelled(session: Session, keys: Collection[str]) -> dict[str, list[Bill]]:
    """The bills whose id or invoice number has one of these keys (:func:`key_of`), by key."""
    bill = tables.Bill
    columns = (getattr(bill, name) for name in _FIELDS)
    query = select(bill.id_key, bill.invoice_key, *columns).where(
        one_of(bill.id_key, keys) | one_of(bill.invoice_key, keys)
    )
    found: dict[str, list[Bill]] = {}
    for row in session.execute(query.order_by(bill.due_on, bill.id)) if keys else ():
        kept = Bill(**{name: getattr(row, name) for name in _FIELDS} | {"state": BillState(row.state)})
        for key in {row.id_key, row.invoice_key} & set(keys):
            found.setdefault(key, []).append(kept)
    return found


def any_spelled(session: Session, keys: Collection[str]) -> set[str]:
    """Those of these keys (:func:`key_of`) that are of the id or the invoice number of a bill."""
    bill = tables.Bill
    found = set(session.scalars(select(bill.id_key).where(one_of(bill.id_key, keys))))
    found |= set(session.scalars(select(bill.invoice_key).where(one_of(bill.invoice_key, keys))))
    return {key for key in found if key}


def of_account(session: Session, account_id: str) -> list[Bill]:
    """Every bill of an account, earliest due day first."""
    return _bills(session, tables.Bill.account_id == account_id)


def unissued(session: Session) -> list[Bill]:
    """The bills that the next billing run checks: open ones, and closed ones with a balance again."""
    bill, entry = tables.Bill, tables.Entry
    closed = (
        select(entry.bill_id)
        .join(bill, bill.id == entry.bill_id)
        .where(bill.state == BillState.CLOSED.value)
        .group_by(entry.bill_id)
        .having(func.sum(entry.amount) > 0)
    )
    return _bills(session, (bill.state == BillState.OPEN.value) | bill.id.in_(closed))


def move(session: Session, bill_id: str, before: Collection[BillState], to: BillState) -> bool:
    """Move a bill from one of these states to another; returns whether it was in one of them.

    The condition is in the update itself, so of two processes only one moves it.
    """
    bill = tables.Bill
    moved = session.execute(
        update(bill)
        .where(bill.id == bill_id, bill.state.in_([state.value for state in before]))
        .values(state=to.value)
        .returning(bill.id)
    )
    return moved.scalar() is not None


def issue(session: Session, bill_id: str, number: str, amount: int, issued_on: date, due_on: date) -> bool:
    """Issue a proposed bill under its number; returns whether it was still proposed."""
    bill = tables.Bill
    issued = session.execute(
        update(bill)
        .where(bill.id == bill_id, bill.state == BillState.PROPOSED.value)
        .values(
            state=BillState.ISSUED.value,
            invoice_number=number,
            invoice_key=key_of(number),
            amount=amount,
            issued_on=issued_on,
            due_on=due_on,
            sent_on=None,
        )
        .returning(bill.id)
    )
    return issued.scalar() is not None


def leaves(session: Session, bill_id: str, due_on: date) -> None:
    """Set the due day of a bill that is about to be sent."""
    session.execute(update(tables.Bill).where(tables.Bill.id == bill_id).values(due_on=due_on))


def promise(session: Session, bill_id: str, promised: PromptPayDiscount | None) -> None:
    """Save a bill's discount that is offered for prompt payment."""
    off, until = (promised.off, promised.until) if promised else (None, None)
    row = tables.Bill
    session.execute(update(row).where(row.id == bill_id).values(prompt_off=off, prompt_until=until))


def was_sent(session: Session, bill_id: str, sent_on: date | None) -> None:
    """Set the day on which a bill reached its customer; ``None`` if it turned out that it did not."""
    session.execute(update(tables.Bill).where(tables.Bill.id == bill_id).values(sent_on=sent_on))


def new_episode(session: Session, bill_ids: Collection[str], since: datetime) -> None:
    """Restart the reminders of these bills at the first level, not before ``since`` (UTC)."""
    bill = tables.Bill
    session.execute(
        update(bill).where(bill.id.in_(bill_ids)).values(episode=bill.episode + 1, episode_since=since)
    )


def agree_to_no_fee(session: Session, bill_id: str) -> None:
    """Record that no reminder fee was agreed for this bill."""
    bill = tables.Bill
    session.execute(update(bill).where(bill.id == bill_id).values(fee_agreed=False))


def add_charges(session: Session, charges: Sequence[Charge]) -> None:
    """Insert charges of bills; one that exists stays as it is."""
    rows = [{name: getattr(charge, name) for name in _CHARGE_FIELDS} for charge in charges]
    insert_missing(session, tables.Charge, rows)


def charges_of(session: Session, bill_id: str) -> list[Charge]:
    """The charges of a bill, in order."""
    rows = session.execute(
        select(*(getattr(tables.Charge, name) for name in _CHARGE_FIELDS))
        .where(tables.Charge.bill_id == bill_id)
        .order_by(tables.Charge.position, tables.Charge.id)
    )
    return [Charge(*row) for row in rows]


def charges_of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, list[Charge]]:
    """The charges of each of these bills, in order; bills without charges are left out."""
    row = tables.Charge
    rows = session.execute(
        select(*(getattr(row, name) for name in _CHARGE_FIELDS))
        .where(one_of(row.bill_id, bill_ids))
        .order_by(row.bill_id, row.position, row.id)
    )
    found: dict[str, list[Charge]] = {}
    for one in rows:
        found.setdefault(one.bill_id, []).append(Charge(*one))
    return found


def charges_by_id(session: Session, charge_ids: Collection[str]) -> dict[str, Charge]:
    """Those of the bills' charges with these ids that exist, by id."""
    rows = select(*(getattr(tables.Charge, name) for name in _CHARGE_FIELDS))
    found = session.execute(rows.where(tables.Charge.id.in_(charge_ids)))
    return {row.id: Charge(*row) for row in found}


def _key(name: str | None) -> str | None:
    return key_of(name) if name else None


def _bills(session: Session, condition: ColumnElement[bool]) -> list[Bill]:
    bill = tables.Bill
    rows = session.connection().execute(
        select(*(getattr(bill, name) for name in _FIELDS)).where(condition).order_by(bill.due_on, bill.id)
    )
    return [_bill(row) for row in rows]


def _bill(row: Row[*tuple[Any, ...]]) -> Bill:
    values = row._asdict()
    return Bill(**values | {"state": BillState(values["state"])})
