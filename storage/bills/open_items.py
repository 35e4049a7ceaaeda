"""Bills that follow a ledger kept elsewhere, and the lists of open items that were taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from billing.bills.bills import BillState
from billing.ledger.ledger import EntryKind
from billing.ledger.open_items import EarlierList, FollowedBill, ListSum
from storage import tables
from storage.database import advisory_locks
from storage.database.advisory_locks import AdvisoryLock
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from billing.ledger.open_items import GivenList, ListVerdict

_OURS: Final = (EntryKind.FEE.value, EntryKind.INTEREST.value)
_BILLED: Final = (EntryKind.CHARGE.value, EntryKind.PAYER.value, EntryKind.CLAIM.value)


@dataclass(frozen=True, slots=True)
class BillOfLedger:
    """A bill as a list of open items is compared with it; ``ledger`` is empty where it follows none."""

    account_id: str
    issued_on: date
    issued: bool
    number: str | None
    ledger: str
    figures: FollowedBill


def hold(session: Session) -> None:
    """Wait until no other list is being taken."""
    advisory_locks.hold(session, AdvisoryLock.OPEN_ITEMS)


def follow(session: Session, bill_ids: Iterable[str], ledger: str) -> None:
    """Have bills follow a ledger; one that follows any goes on following that."""
    rows = [{"bill_id": bill_id, "ledger": ledger} for bill_id in bill_ids]
    insert_missing(session, tables.FollowedBill, rows)


def ledger_of(session: Session, bill_id: str) -> str:
    """The ledger that a bill follows; empty if none."""
    row = tables.FollowedBill
    return session.scalar(select(row.ledger).where(row.bill_id == bill_id)) or ""


def open_bills(session: Session, ledger: str) -> list[BillOfLedger]:
    """The bills that follow a ledger and have something open, there by its last list or here."""
    row = tables.FollowedBill
    mine = select(row.bill_id).where(row.ledger == ledger)
    query = _figures(tables.Entry.bill_id.in_(mine))
    is_open = or_(row.listed.is_(None), row.listed != 0, query.sums.c.principal > 0)
    return _read(session, query.bills.where(row.ledger == ledger, is_open))


def named(session: Session, names: Collection[str]) -> list[BillOfLedger]:
    """The bills with these ids or invoice numbers."""
    bill = tables.Bill
    which = or_(one_of(bill.id, names), one_of(bill.invoice_number, names))
    query = _figures(tables.Entry.bill_id.in_(select(bill.id).where(which)))
    return _read(session, query.bills.where(which))


def last_list(session: Session, ledger: str) -> EarlierList | None:
    """The newest list of a ledger that was taken, by the day it is of."""
    row = tables.OpenItemList
    found = session.execute(
        select(row.as_of, row.sums, row.totalled, row.last_bill)
        .where(row.ledger == ledger)
        .order_by(row.as_of.desc(), row.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    sums = {currency: ListSum(**one) for currency, one in found.sums.items()}
    return EarlierList(found.as_of, sums, found.totalled, found.last_bill)


def add_list(
    session: Session,
    given: GivenList,
    last_bill: str,
    counts: Mapping[str, int],
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Save that a list was taken, which has ``last_bill`` last of the bills known here; returns its id."""
    sums = {currency: {"count": one.count, "total": one.total} for currency, one in given.sums().items()}
    row = tables.OpenItemList(
        ledger=given.ledger,
        as_of=given.as_of,
        taken_at=now,
        taken_by=by,
        sums=sums,
        totalled=given.totalled,
        last_bill=last_bill,
        counts=dict(counts),
        reason=reason,
    )
    session.add(row)
    session.flush()
    return row.id


def note(session: Session, verdicts: Collection[ListVerdict]) -> None:
    """Save for each bill what the list had open, and since when more is open there."""
    row = tables.FollowedBill
    changed = [
        {"bill_id": one.bill.bill_id, "listed": one.open, "differs_since": one.differs_since}
        for one in verdicts
        if (one.open, one.differs_since) != (one.bill.listed, one.bill.differs_since)
    ]
    if changed:
        session.bulk_update_mappings(row.__mapper__, changed)


@dataclass(frozen=True, slots=True)
class _Figures:
    bills: Select[*tuple[Any, ...]]
    sums: Any


def _figures(which: ColumnElement[bool]) -> _Figures:
    """The query for bills with their sums; a reversal counts with the kind of what it goes back to."""
    bill, row = tables.Bill, tables.FollowedBill
    entry, undone, before = tables.Entry, aliased(tables.Entry), aliased(tables.Entry)
    kind = func.coalesce(before.kind, undone.kind, entry.kind)
    payer = func.coalesce(before.payer_id, undone.payer_id, entry.payer_id)

    def total(condition: ColumnElement[bool]) -> ColumnElement[int]:
        found = func.sum(case((condition, entry.amount), else_=0))
        return cast(func.coalesce(found, 0), BigInteger)

    sums = (
        select(
            entry.bill_id,
            total(kind.not_in(_OURS)).label("principal"),
            total(kind.in_(_BILLED) | payer.is_not(None)).label("charged"),
            total(kind == EntryKind.ELSEWHERE.value).label("elsewhere"),
        )
        .outerjoin(undone, undone.id == entry.reverses)
        .outerjoin(before, before.id == undone.reverses)
        .where(which)
        .group_by(entry.bill_id)
        .subquery()
    )
    columns = (bill.id, bill.account_id, bill.issued_on, bill.state, bill.invoice_number, bill.currency)
    followed = (row.ledger, row.listed, row.differs_since)
    query = (
        select(*columns, *followed, sums.c.principal, sums.c.charged, sums.c.elsewhere)
        .outerjoin(row, row.bill_id == bill.id)
        .outerjoin(sums, sums.c.bill_id == bill.id)
        .order_by(bill.id)
    )
    return _Figures(query, sums)


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> list[BillOfLedger]:
    return [
        BillOfLedger(
            account_id=one.account_id,
            issued_on=one.issued_on,
            issued=one.state == BillState.ISSUED.value,
            number=one.invoice_number,
            ledger=one.ledger or "",
            figures=FollowedBill(
                bill_id=one.id,
                currency=one.currency,
                principal=max(one.principal or 0, 0),
                charged=one.charged or 0,
                elsewhere=-(one.elsewhere or 0),
                listed=one.listed,
                differs_since=one.differs_since,
            ),
        )
        for one in session.execute(query)
    ]
