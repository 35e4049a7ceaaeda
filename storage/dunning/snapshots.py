"""The rows that account snapshots are made of, for many people at once: one statement per kind."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from billing.bills.bills import BillState
from storage import tables
from storage.collection.placements import OPEN
from storage.database.constants import any_fixed, fixed
from storage.database.id_lists import of_ids

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime, time

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows


class PersonRow(NamedTuple):
    """A guarantor; the two times are the hours in which they want messages, local to them."""

    id: str
    language: str
    timezone: str | None
    country: str
    region: str
    birth_date: date | None
    died_on: date | None
    stopped: bool
    prefers_from: time | None
    prefers_until: time | None

    @property
    def prefers(self) -> tuple[time, time] | None:
        """The hours in which they want messages, if they chose any."""
        return (self.prefers_from, self.prefers_until) if self.prefers_from and self.prefers_until else None


class AccountRow(NamedTuple):
    """An account, with the facts of its customer that count for reminders."""

    id: str
    customer_id: str
    currency: str
    country: str
    region: str
    birth_date: date | None
    died_on: date | None


class OwedRow(NamedTuple):
    """What is owed on a bill, in minor units."""

    account_id: str
    bill_id: str
    amount: int
    issued_on: date
    due_on: date
    episode: int
    episode_since: datetime | None
    sent_on: date | None
    billed: int
    """What it asked for when it was issued, in minor units."""
    estimate: int | None
    unsent: bool
    """Whether a billing run issued it and it has not reached the customer yet."""
    placement: str | None
    """The state of its open placement, if there is one."""


def people(session: Session, person_ids: Collection[str]) -> list[tuple[PersonRow, list[AccountRow]]]:
    """Those of these people who exist, each with the accounts they are liable for, by account id."""
    return by_person(session.connection().execute(answering(of_ids), {"ids": list(person_ids)}).all())


def by_person(rows: Rows) -> list[tuple[PersonRow, list[AccountRow]]]:
    """Each person with their accounts, from the rows of :func:`answering`."""
    found: dict[str, tuple[PersonRow, list[AccountRow]]] = {}
    width = len(PersonRow._fields)
    for row in rows:
        known = found.get(row[0])
        if known is None:
            known = found[row[0]] = (PersonRow._make(row[:width]), [])
        if row[width] is not None:
            known[1].append(AccountRow._make(row[width:]))
    return list(found.values())


@cache
def answering(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The people, each as often as they have accounts to answer for."""
    person, account, whose = aliased(tables.Customer), tables.Account, aliased(tables.Customer)
    query = (
        select(
            person.id,
            person.language,
            person.timezone,
            person.country,
            person.region,
            person.birth_date,
            person.died_on,
            person.stopped_at.is_not(None),
            person.prefers_from,
            person.prefers_until,
            account.id,
            account.customer_id,
            account.currency,
            whose.country,
            whose.region,
            whose.birth_date,
            whose.died_on,
        )
        .outerjoin(account, account.guarantor_id == person.id)
        .outerjoin(whose, whose.id == account.customer_id)
    )
    return scope(query, person.id).order_by(account.id)


def owed(session: Session, account_ids: Collection[str]) -> tuple[dict[str, list[OwedRow]], dict[str, int]]:
    """The unpaid issued bills of each account, earliest due first, and each account's credit.

    Credit, in minor units, is money that no bill has used yet.
    """
    if not account_ids:
        return {}, {}
    return by_account(session.connection().execute(left(of_ids), {"ids": list(account_ids)}).all())


def by_account(rows: Rows) -> tuple[dict[str, list[OwedRow]], dict[str, int]]:
    """The unpaid bills and the credit of each account, from the rows of :func:`left`."""
    bills: dict[str, list[OwedRow]] = defaultdict(list)
    credit: dict[str, int] = {}
    for row in rows:
        account_id, bill_id, amount, *_ = row
        if bill_id is None:
            credit[account_id] = -amount
        else:
            bills[account_id].append(OwedRow._make(row))
    for several in bills.values():
        several.sort(key=attrgetter("due_on", "bill_id"))
    return bills, credit


@cache
def left(scope: Scope) -> Select[*tuple[Any, ...]]:
    """What is left on each issued bill of some accounts, and on no bill at all."""
    entry, bill, placement = tables.Entry, tables.Bill, tables.Placement
    # A sum of bigint is a decimal on PostgreSQL; the cast makes it an int for the driver.
    amount = cast(func.sum(entry.amount), BigInteger)
    entries = scope(select(entry.account_id, entry.bill_id, amount.label("amount")), entry.account_id)
    sums = entries.group_by(entry.account_id, entry.bill_id).having(func.sum(entry.amount) != 0).subquery()
    is_open = (placement.bill_id == bill.id) & placement.state.in_(any_fixed(OPEN))
    return (
        select(
            *sums.c,
            bill.issued_on,
            bill.due_on,
            bill.episode,
            bill.episode_since,
            bill.sent_on,
            bill.amount,
            bill.estimate,
            and_(bill.invoice_number.is_not(None), bill.sent_on.is_(None)),
            placement.state,
        )
        .outerjoin(bill, bill.id == sums.c.bill_id)
        .outerjoin(placement, is_open)
        .where(or_(sums.c.bill_id.is_(None), bill.state == fixed(BillState.ISSUED)))
    )
