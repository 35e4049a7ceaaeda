"""Names of bank accounts: the same account is a bankgiro number in one file and an IBAN in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class BankAccountName:
    """Another name of a bank account; ``named_at`` in UTC."""

    name: str
    account: str
    named_at: datetime
    named_by: str


def every(session: Session) -> list[BankAccountName]:
    """All names, by account and name."""
    row = tables.BankAccountName
    query = select(row.name, row.account, row.named_at, row.named_by).order_by(row.account, row.name)
    return [BankAccountName(*one) for one in session.execute(query)]


def save(session: Session, one: BankAccountName) -> None:
    """Insert a name."""
    session.add(
        tables.BankAccountName(
            name=one.name, account=one.account, named_at=one.named_at, named_by=one.named_by
        )
    )
    session.flush()


def forget(session: Session, name: str) -> bool:
    """Delete a name; returns whether it was there."""
    row = tables.BankAccountName
    gone = session.execute(delete(row).where(row.name == name).returning(row.name))
    return gone.scalar() is not None


def every_mark(session: Session) -> Iterator[tuple[int, str, int]]:
    """Every mark of payments, some thousands a statement: the id of each, the mark, and its payment."""
    row, after = tables.PaymentMark, 0
    while True:
        query = (
            select(row.id, row.mark, row.payment_id).where(row.id > after).order_by(row.id).limit(_AT_ONCE)
        )
        found = session.execute(query).all()
        if not found:
            return
        yield from ((number, mark, payment) for number, mark, payment in found)
        after = found[-1][0]


def rename_mark(session: Session, number: int, mark: str) -> None:
    """Set a mark to another text, which no mark has."""
    row = tables.PaymentMark
    session.execute(update(row).where(row.id == number).values(mark=mark))
