"""The header of a customer's page: who they are, what is owed, what was agreed, what holds, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from billing.accounts.concerns import hides_address
from billing.bills.bills import BillState
from storage import tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

MOST: Final = 50
"""Bills, contacts, holds and cases that are shown at most; of more the header says so."""


@dataclass(frozen=True, slots=True)
class PersonAccount:
    """An account that the customer has or is liable for; ``balance`` in minor units, a credit is negative."""

    id: str
    customer_id: str
    customer_name: str
    guarantor_id: str
    currency: str
    balance: int
    next_action_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonBill:
    """A bill on which something is owed or unused; ``amount`` and ``owed`` in minor units."""

    id: str
    invoice_number: str | None
    account_id: str
    currency: str
    amount: int
    owed: int
    issued_on: date
    due_on: date
    state: str
    number: int


@dataclass(frozen=True, slots=True)
class PersonContact:
    """Where the customer is reached."""

    contact_point_id: int
    channel: str
    address: str
    language: str
    stopped_at: datetime | None
    unreachable_at: datetime | None
    confirmed_at: datetime | None
    person_since: datetime | None
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonHold:
    """A hold that is active."""

    id: int
    kind: str
    reason: str
    bill_id: str | None
    placed_at: datetime
    placed_by: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """The plan that runs or is proposed; ``next_amount`` and ``amount`` in minor units."""

    id: int
    account_id: str
    state: str
    amount: int
    currency: str
    instalments: int
    last_due_on: date | None
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class PersonPromise:
    """The promise that is open; ``amount`` in minor units."""

    id: int
    account_id: str
    amount: int
    due_on: date
    made_at: datetime


@dataclass(frozen=True, slots=True)
class PersonCase:
    """An open case about the customer."""

    id: int
    kind: str
    severity: int
    deadline: datetime
    unanswered_since: datetime | None
    owner: str | None
    snoozed_until: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class PersonHeader:
    """What is at the head of a customer's page; moments are UTC."""

    customer_id: str
    name: str
    language: str
    birth_date: date | None
    died_on: date | None
    stopped_at: datetime | None
    erased_at: datetime | None
    note: str
    address: tuple[str, str, str, str]
    """Street, postal code, city, country."""
    guarantor_id: str | None
    concerns: Sequence[str]
    accounts: Sequence[PersonAccount]
    bills: Sequence[PersonBill]
    more_bills: bool
    contacts: Sequence[PersonContact]
    holds: Sequence[PersonHold]
    plans: Sequence[PersonPlan]
    promises: Sequence[PersonPromise]
    cases: Sequence[PersonCase]

    @property
    def protected(self) -> bool:
        """Whether the address is secret: whoever looks at it gives a reason."""
        return hides_address(self.concerns)


def person(session: Session, customer_id: str, now: datetime) -> PersonHeader | None:
    """The header of a customer's page at a moment (UTC), in eight statements; None if nobody has this id."""
    row, concern = tables.Customer, tables.Concern
    found = session.execute(
        select(row, concern.kind)
        .outerjoin(concern, concern.customer_id == row.id)
        .where(row.id == customer_id)
        .order_by(concern.kind)
    ).all()
    if not found:
        return None
    one = found[0][0]
    bills = _bills(session, customer_id)
    return PersonHeader(
        one.id,
        one.name,
        one.language,
        one.birth_date,
        one.died_on,
        one.stopped_at,
        one.erased_at,
        one.note,
        (one.address, one.postal_code, one.city, one.country),
        one.guarantor_id,
        tuple(kind for _, kind in found if kind),
        _accounts(session, customer_id),
        bills[:MOST],
        len(bills) > MOST,
        _contacts(session, customer_id),
        _holds(session, customer_id, now),
        _plans(session, customer_id),
        _promises(session, customer_id),
        _cases(session, customer_id),
    )


def _accounts(session: Session, customer_id: str) -> list[PersonAccount]:
    row, entry, bill, whose = tables.Account, tables.Entry, tables.Bill, tables.Customer
    counts = or_(bill.id.is_(None), bill.state == BillState.ISSUED.value)
    owed = (
        select(func.coalesce(func.sum(entry.amount), 0))
        .outerjoin(bill, bill.id == entry.bill_id)
        .where(entry.account_id == row.id, counts)
        .correlate(row)
        .scalar_subquery()
    )
    rows = session.execute(
        select(row.id, row.customer_id, whose.name, row.guarantor_id, row.currency, owed, row.next_action_at)
        .join(whose, whose.id == row.customer_id)
        .where(or_(row.customer_id == customer_id, row.guarantor_id == customer_id))
        .order_by(row.customer_id != customer_id, row.customer_id)
    )
    return [PersonAccount(a, b, c, d, e, int(sum_), f) for a, b, c, d, e, sum_, f in rows]


def _bills(session: Session, customer_id: str) -> list[PersonBill]:
    row, entry, account = tables.Bill, tables.Entry, tables.Account
    mine = select(account.id).where(
        or_(account.customer_id == customer_id, account.guarantor_id == customer_id)
    )
    sums = (
        select(entry.bill_id, func.sum(entry.amount).label("owed"))
        .where(entry.account_id.in_(mine), entry.bill_id.is_not(None))
        .group_by(entry.bill_id)
        .having(func.sum(entry.amount) != 0)
        .subquery()
    )
    rows = session.execute(
        select(
            row.id,
            row.invoice_number,
            row.account_id,
            row.currency,
            row.amount,
            sums.c.owed,
            row.issued_on,
            row.due_on,
            row.state,
            row.number,
        )
        .join(sums, sums.c.bill_id == row.id)
        .order_by(row.due_on.desc(), row.id)
        .limit(MOST + 1)
    )
    return [PersonBill(*one[:5], int(one[5]), *one[6:]) for one in rows]


def _contacts(session: Session, customer_id: str) -> list[PersonContact]:
    row, contact = tables.ContactPoint, tables.Contact
    columns = (getattr(row, name) for name in tuple(PersonContact.__dataclass_fields__)[1:])
    rows = session.execute(
        select(row.id, *columns)
        .join(contact, contact.contact_point_id == row.id)
        .where(contact.customer_id == customer_id, contact.removed_at.is_(None))
        .order_by(row.id)
        .limit(MOST)
    )
    return [PersonContact(*one) for one in rows]


def _holds(session: Session, customer_id: str, now: datetime) -> list[PersonHold]:
    row = tables.Hold
    columns = (getattr(row, name) for name in PersonHold.__dataclass_fields__)
    rows = session.execute(
        select(*columns)
        .where(row.customer_id == customer_id, row.lifted_at.is_(None))
        .where(or_(row.until.is_(None), row.until > now))
        .order_by(row.id)
        .limit(MOST)
    )
    return [PersonHold(*one) for one in rows]


def _plans(session: Session, customer_id: str) -> list[PersonPlan]:
    row, account, part = tables.Plan, aliased(tables.Account), tables.Instalment
    rows = session.execute(
        select(
            row.id,
            row.account_id,
            row.state,
            row.amount,
            row.currency,
            func.count(part.number),
            func.max(part.due_on),
            row.agreed_at,
        )
        .join(account, account.id == row.account_id)
        .outerjoin(part, part.plan_id == row.id)
        .where(or_(account.customer_id == customer_id, account.guarantor_id == customer_id))
        .where(row.state.in_(("active", "proposed")))
        .group_by(row.id)
        .order_by(row.id)
    )
    return [PersonPlan(*one) for one in rows]


def _promises(session: Session, customer_id: str) -> list[PersonPromise]:
    row, account = tables.Promise, aliased(tables.Account)
    rows = session.execute(
        select(row.id, row.account_id, row.amount, row.due_on, row.made_at)
        .join(account, account.id == row.account_id)
        .where(or_(account.customer_id == customer_id, account.guarantor_id == customer_id))
        .where(row.state == "open")
        .order_by(row.id)
    )
    return [PersonPromise(*one) for one in rows]


def _cases(session: Session, customer_id: str) -> list[PersonCase]:
    row, contact = tables.Escalation, tables.Contact
    here = select(contact.contact_point_id).where(
        contact.customer_id == customer_id, contact.removed_at.is_(None)
    )
    whose = or_(
        row.customer_id == customer_id, and_(row.customer_id.is_(None), row.contact_point_id.in_(here))
    )
    columns = (getattr(row, name) for name in PersonCase.__dataclass_fields__)
    rows = session.execute(
        select(*columns)
        .where(row.closed_at.is_(None), whose)
        .order_by(row.place, row.place_at, row.deadline, row.id)
        .limit(MOST)
    )
    return [PersonCase(*one) for one in rows]
