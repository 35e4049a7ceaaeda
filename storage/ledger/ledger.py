"""Appends ledger entries and reads them. Nothing here changes or deletes one; triggers would refuse it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from billing.bills.bills import BillState
from billing.calendar import refuse_far
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from storage import tables
from storage.database.id_lists import one_of, one_of_ids
from storage.database.insert_once import insert_missing
from storage.ledger import periods

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session


def append(session: Session, entries: Iterable[Entry], now: datetime) -> None:
    """Book entries; an entry whose ``source`` was booked before is left out, so nothing is counted twice.

    An entry for a closed period is booked on the first open day: a trigger would refuse it otherwise.

    Raises:
        DayFar: an entry is for a day with which no deadline could be counted.
    """
    entries = list(entries)
    for entry in entries:
        refuse_far("booked_on", entry.booked_on, now.date())
    opens = periods.first_open_day(session)
    insert_missing(
        session,
        tables.Entry,
        [
            {
                "account_id": entry.account_id,
                "bill_id": entry.bill_id,
                "kind": entry.kind.value,
                "amount": entry.amount.minor,
                "currency": entry.amount.currency,
                "booked_on": max(entry.booked_on, opens) if opens else entry.booked_on,
                "recorded_at": now,
                "source": entry.source,
                "payment_id": entry.payment_id,
                "payer_id": entry.payer_id,
                "rule": entry.rule,
                "reverses": entry.reverses,
            }
            for entry in entries
        ],
    )


def of_account(session: Session, account_id: str) -> list[Entry]:
    """Every entry of an account, in the order booked."""
    return _entries(session, _select().where(tables.Entry.account_id == account_id))


def of_bill(session: Session, bill_id: str) -> list[Entry]:
    """Every entry of a bill, in the order they were booked."""
    return _entries(session, _select().where(tables.Entry.bill_id == bill_id))


def of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, list[Entry]]:
    """Every entry of each of these bills, in the order they were booked."""
    found: dict[str, list[Entry]] = {bill_id: [] for bill_id in bill_ids}
    for entry in _entries(session, _select().where(one_of(tables.Entry.bill_id, bill_ids))):
        assert entry.bill_id
        found[entry.bill_id].append(entry)
    return found


def of_payment(session: Session, payment_id: int) -> list[Entry]:
    """The entries that one payment was booked as, reversals included."""
    return _entries(session, _select().where(tables.Entry.payment_id == payment_id))


def of_days(session: Session, first: date, last: date) -> list[Entry]:
    """Every entry booked between two days, both included, in the order booked."""
    day = tables.Entry.booked_on
    return _entries(session, _select().where(day >= first, day <= last))


def kinds_of(session: Session, entry_ids: Collection[int]) -> dict[int, EntryKind]:
    """The kind of each of these entries."""
    entry = tables.Entry
    rows = session.execute(select(entry.id, entry.kind).where(one_of(entry.id, entry_ids)))
    return {entry_id: EntryKind(kind) for entry_id, kind in rows}


def of_payments(session: Session, payment_ids: Collection[int]) -> dict[int, list[Entry]]:
    """The entries that each of these payments was booked as, reversals included."""
    found: dict[int, list[Entry]] = {payment_id: [] for payment_id in payment_ids}
    for entry in _entries(session, _select().where(one_of(tables.Entry.payment_id, payment_ids))):
        assert entry.payment_id is not None
        found[entry.payment_id].append(entry)
    return found


def owed_on(session: Session, day: date) -> list[tuple[str, str | None, str, int]]:
    """What was owed at the end of a day: account, bill, currency, minor units; settled bills are left out."""
    entry = tables.Entry
    rows = session.execute(
        select(entry.account_id, entry.bill_id, entry.currency, func.sum(entry.amount))
        .where(entry.booked_on <= day)
        .group_by(entry.account_id, entry.bill_id, entry.currency)
        .having(func.sum(entry.amount) != 0)
        .order_by(entry.account_id, entry.bill_id)
    )
    return [(account, bill, currency, int(amount)) for account, bill, currency, amount in rows]


def asked_on(session: Session, day: date) -> list[tuple[str, str, str, int, date]]:
    """What payers were asked for at a day's end, by the ledger: payer, bill, currency, minor units, since.

    A claim that was withdrawn does not count.
    """
    entry = tables.Entry
    rows = session.execute(
        select(
            entry.payer_id, entry.bill_id, entry.currency, func.sum(entry.amount), func.max(entry.booked_on)
        )
        .where(entry.booked_on <= day, entry.kind == EntryKind.CLAIM.value, entry.payer_id.is_not(None))
        .group_by(entry.payer_id, entry.bill_id, entry.currency)
        .having(func.sum(entry.amount) != 0)
        .order_by(entry.payer_id, entry.bill_id)
    )
    return [
        (payer, bill, currency, -int(amount), since)
        for payer, bill, currency, amount, since in rows
        if payer and bill
    ]


def last_of(session: Session, account_id: str) -> int:
    """The id of the newest entry of an account; it cannot change while its customer is locked."""
    entry = tables.Entry
    return session.scalar(select(func.max(entry.id)).where(entry.account_id == account_id)) or 0


def credits_of(session: Session, account_id: str) -> dict[int | None, int]:
    """What is unused of each payment of an account, in minor units, oldest payment first.

    The key ``None`` is credit that no payment brought, such as a discount on a bill that was paid already.
    """
    entry = tables.Entry
    rows = session.execute(
        select(entry.payment_id, func.sum(entry.amount))
        .where(entry.account_id == account_id, entry.bill_id.is_(None))
        .group_by(entry.payment_id)
        .having(func.sum(entry.amount) < 0)
        .order_by(func.min(entry.id))
    )
    return {payment_id: -int(amount) for payment_id, amount in rows}


def unused(session: Session) -> list[tuple[str, int, date]]:
    """Accounts with credit that no bill has used: account, minor units, since when."""
    entry = tables.Entry
    rows = session.execute(
        select(entry.account_id, func.sum(entry.amount), func.min(entry.booked_on))
        .where(entry.bill_id.is_(None))
        .group_by(entry.account_id)
        .having(func.sum(entry.amount) < 0)
        .order_by(func.min(entry.booked_on), entry.account_id)
    )
    return [(account_id, -int(amount), since) for account_id, amount, since in rows]


def owing_just(session: Session, amount: int, currency: str) -> list[tuple[str, str]]:
    """The issued bills on which exactly this amount (minor units) is owed, as account and bill."""
    entry, bill = tables.Entry, tables.Bill
    rows = session.execute(
        select(entry.account_id, entry.bill_id)
        .join(bill, bill.id == entry.bill_id)
        .where(entry.currency == currency, bill.state == "issued")
        .group_by(entry.account_id, entry.bill_id)
        .having(func.sum(entry.amount) == amount)
        .order_by(entry.account_id, entry.bill_id)
    )
    return [(account_id, bill_id) for account_id, bill_id in rows if bill_id]


def owing_together(session: Session, amount: int, currency: str) -> list[str]:
    """The accounts that owe exactly this amount (minor units) over all their issued bills."""
    entry, bill = tables.Entry, tables.Bill
    rows = session.scalars(
        select(entry.account_id)
        .outerjoin(bill, bill.id == entry.bill_id)
        .where(entry.currency == currency, _is_asked_for())
        .group_by(entry.account_id)
        .having(func.sum(entry.amount) == amount)
        .order_by(entry.account_id)
    )
    return list(rows)


def balances(session: Session, account_ids: Collection[str]) -> dict[str, int]:
    """What each account owes, in minor units: its issued bills, less credit. Other bills are not owed yet."""
    entry, bill = tables.Entry, tables.Bill
    rows = session.execute(
        select(entry.account_id, func.sum(entry.amount))
        .outerjoin(bill, bill.id == entry.bill_id)
        .where(one_of(entry.account_id, account_ids), _is_asked_for())
        .group_by(entry.account_id)
    )
    return dict.fromkeys(account_ids, 0) | {account_id: int(amount) for account_id, amount in rows}


def _is_asked_for() -> ColumnElement[bool]:
    """Whether an entry counts for what is owed, by the bill that it was joined to, if it has one."""
    return tables.Entry.bill_id.is_(None) | (tables.Bill.state == BillState.ISSUED.value)


def owed_by_bill(session: Session, account_ids: Collection[str]) -> dict[str, dict[str | None, int]]:
    """For each account what is owed on each bill, in minor units; settled bills are left out.

    The key ``None`` is credit that no bill has used yet, as a negative amount.
    """
    owed: dict[str, dict[str | None, int]] = {account_id: {} for account_id in account_ids}
    rows = session.connection().execute(_owed(), {"ids": list(owed)}).all() if owed else []
    for account_id, bill_id, amount in rows:
        owed[account_id][bill_id] = int(amount)
    return owed


@cache
def _owed() -> Select[*tuple[Any, ...]]:
    entry = tables.Entry
    return (
        select(entry.account_id, entry.bill_id, func.sum(entry.amount))
        .where(one_of_ids(entry.account_id))
        .group_by(entry.account_id, entry.bill_id)
        .having(func.sum(entry.amount) != 0)
    )


def _select() -> Select[tables.Entry]:
    return select(tables.Entry).order_by(tables.Entry.id)


def _entries(session: Session, query: Select[tables.Entry]) -> list[Entry]:
    return [
        Entry(
            account_id=row.account_id,
            kind=EntryKind(row.kind),
            amount=Money(row.amount, row.currency),
            booked_on=row.booked_on,
            source=row.source,
            bill_id=row.bill_id,
            payment_id=row.payment_id,
            payer_id=row.payer_id,
            rule=row.rule,
            reverses=row.reverses,
            id=row.id,
        )
        for row in session.scalars(query)
    ]
