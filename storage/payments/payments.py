"""Payments received, stored once per source and id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing, insert_once
from storage.sealing import vault
from storage.sealing.keys import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from storage.database.together import Rows


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment; ``amount`` in minor units, positive. Without an account it waits for the desk."""

    source: str
    source_id: str
    reference: str
    amount: int
    currency: str
    paid_on: date
    method: str
    account_id: str | None = None
    reversed_at: datetime | None = None
    payer: str = ""
    text: str = ""
    id: int = 0

    def owned_by(self, account_id: str) -> Payment:
        """The same payment, assigned to an account."""
        return replace(self, account_id=account_id)


_FIELDS = tuple(Payment.__dataclass_fields__)


def save_payment(session: Session, payment: Payment, now: datetime) -> int | None:
    """Insert a payment; returns its id, or ``None`` when its source id exists."""
    values = {name: getattr(payment, name) for name in _FIELDS if name != "id"}
    index = vault.index(session, REFERENCE, payment.reference)
    return insert_once(session, tables.Payment, values | {"received_at": now, "reference_index": index})


def save_payments(session: Session, fresh: Sequence[Payment], now: datetime) -> list[int]:
    """Insert payments whose source ids are certainly new; returns their ids, in the same order."""
    names = tuple(name for name in _FIELDS if name != "id")
    rows = [
        (*(getattr(one, name) for name in names), now, vault.index(session, REFERENCE, one.reference))
        for one in fresh
    ]
    return insert_rows(session, tables.Payment, (*names, "received_at", "reference_index"), rows)


def find(session: Session, source: str, source_id: str) -> Payment | None:
    """One payment by its source and the source's id."""
    row = tables.Payment
    return _one(session, (row.source == source) & (row.source_id == source_id))


def get(session: Session, payment_id: int) -> Payment | None:
    """One payment by its id."""
    return _one(session, tables.Payment.id == payment_id)


def mark_reversed(session: Session, payment_id: int, now: datetime) -> bool:
    """Record that a payment was taken back; returns whether it was not before."""
    row = tables.Payment
    marked = session.execute(
        update(row)
        .where(row.id == payment_id, row.reversed_at.is_(None))
        .values(reversed_at=now)
        .returning(row.id)
    )
    return marked.scalar() is not None


def unmatched(session: Session) -> list[Payment]:
    """Payments without an account that were not taken back, oldest first."""
    row = tables.Payment
    return _all(session, row.account_id.is_(None) & row.reversed_at.is_(None))


def newest_unmatched(session: Session) -> tuple[int, int]:
    """The id of the newest payment without an account, and how many there are; zeros where there is none."""
    row = tables.Payment
    nobodys = (row.account_id.is_(None), row.reversed_at.is_(None))
    newest, count = session.execute(select(func.max(row.id), func.count()).where(*nobodys)).one()
    return newest or 0, count


def unmatched_sums(session: Session) -> frozenset[tuple[int, str]]:
    """Amounts (minor units) and currencies of the payments without an account."""
    return as_sums(session.connection().execute(unowned_sums()).all())


def as_sums(rows: Rows) -> frozenset[tuple[int, str]]:
    """The amounts and currencies, from the rows of :func:`unowned_sums`."""
    return frozenset((amount, currency) for amount, currency in rows)


@cache
def unowned_sums() -> Select[*tuple[Any, ...]]:
    """The different sums of payments without an account."""
    row = tables.Payment
    nobodys = (row.account_id.is_(None), row.reversed_at.is_(None))
    return select(row.amount, row.currency).where(*nobodys).distinct()


def of_accounts(session: Session, account_ids: Collection[str], since: date) -> list[Payment]:
    """The payments of these accounts since a day that were not taken back, newest first."""
    row = tables.Payment
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS))
        .where(row.account_id.in_(account_ids), row.paid_on >= since, row.reversed_at.is_(None))
        .order_by(row.paid_on.desc(), row.id.desc())
    )
    return [Payment(*one) for one in rows]


def give(session: Session, payment_id: int, account_id: str | None, before: str | None) -> bool:
    """Assign a payment to an account; returns whether it was ``before``'s until now, and not taken back.

    The condition is in the update, so two people cannot assign it twice.
    """
    row = tables.Payment
    held = row.account_id.is_(None) if before is None else row.account_id == before
    given = session.execute(
        update(row)
        .where(row.id == payment_id, held, row.reversed_at.is_(None))
        .values(account_id=account_id)
        .returning(row.id)
    )
    return given.scalar() is not None


def like(session: Session, payment: Payment, since: date) -> list[Payment]:
    """Other payments of the same amount to the same account since a day that were not taken back."""
    row = tables.Payment
    same = (row.account_id == payment.account_id) & (row.amount == payment.amount)
    return _all(session, same & (row.id != payment.id) & (row.paid_on >= since) & row.reversed_at.is_(None))


def with_reference(session: Session, reference: str, amount: int, currency: str) -> list[Payment]:
    """Payments with a reference and amount that were not taken back, newest first."""
    row = tables.Payment
    same = (
        row.reference_index.in_(vault.indexes(session, REFERENCE, reference))
        & (row.amount == amount)
        & (row.currency == currency)
    )
    return _all(session, same & row.reversed_at.is_(None))[::-1]


def every_of(session: Session, account_id: str) -> list[Payment]:
    """Every payment of an account, those taken back too; newest first."""
    return _all(session, tables.Payment.account_id == account_id)[::-1]


def of_days(session: Session, first: date, last: date) -> list[Payment]:
    """The payments made between two days, both included."""
    row = tables.Payment
    return _all(session, (row.paid_on >= first) & (row.paid_on <= last))


def of_source(
    session: Session, source: str, days: Collection[date], currency: str | None = None
) -> list[Payment]:
    """The payments that a source reported on these days."""
    row = tables.Payment
    same = (row.source == source) & row.paid_on.in_(days)
    return _all(session, same & (row.currency == currency) if currency else same) if days else []


def any_of_source(session: Session, source: str) -> bool:
    """Whether a source ever reported a payment."""
    row = tables.Payment
    return session.scalar(select(row.id).where(row.source == source).limit(1)) is not None


def with_ids(session: Session, payment_ids: Collection[int]) -> dict[int, Payment]:
    """These payments, by id."""
    return {one.id: one for one in _all(session, one_of(tables.Payment.id, payment_ids))}


def known_by(session: Session, marks: Collection[str]) -> dict[str, int]:
    """The payment with each of these marks, by mark."""
    row = tables.PaymentMark
    rows = session.execute(select(row.mark, row.payment_id).where(one_of(row.mark, marks)))
    return {mark: payment_id for mark, payment_id in rows}  # noqa: C416 - rows are no pairs to mypy


def marks_of(session: Session, payment_id: int) -> set[str]:
    """Every mark of a payment."""
    row = tables.PaymentMark
    return set(session.scalars(select(row.mark).where(row.payment_id == payment_id)))


def marks_by_payment(session: Session, payment_ids: Collection[int]) -> dict[int, set[str]]:
    """The marks of each of these payments, by its id."""
    row = tables.PaymentMark
    found: dict[int, set[str]] = {payment_id: set() for payment_id in payment_ids}
    for payment_id, mark in session.execute(
        select(row.payment_id, row.mark).where(one_of(row.payment_id, payment_ids))
    ):
        found[payment_id].add(mark)
    return found


def mark(session: Session, payment_id: int, marks: Collection[str]) -> None:
    """Add marks to a payment; a mark of another payment stays with that one."""
    rows = [{"mark": one, "payment_id": payment_id} for one in marks]
    insert_missing(session, tables.PaymentMark, rows)


def mark_all(session: Session, marks: Sequence[tuple[int, str]]) -> None:
    """Add marks to payments."""
    rows = [{"mark": one, "payment_id": payment_id} for payment_id, one in marks]
    insert_missing(session, tables.PaymentMark, rows)


def _all(session: Session, condition: ColumnElement[bool]) -> list[Payment]:
    rows = select(*(getattr(tables.Payment, name) for name in _FIELDS)).where(condition)
    return [Payment(*one) for one in session.execute(rows.order_by(tables.Payment.id))]


def _one(session: Session, condition: ColumnElement[bool]) -> Payment | None:
    found = session.execute(
        select(*(getattr(tables.Payment, name) for name in _FIELDS)).where(condition)
    ).first()
    return Payment(*found) if found else None
