"""Holds: placed, active, lifted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update

from billing.accounts.holds import Hold, HoldKind
from storage import tables
from storage.database.id_lists import of_ids
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows


@dataclass(frozen=True, slots=True)
class KeptHold:
    """A hold with its history: who placed it when, and how it ended, if it did. Moments are UTC."""

    hold: Hold
    customer_id: str
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None
    lifted_by: str | None

    def state(self, now: datetime) -> str:
        """``standing`` (active), ``lifted`` by a person, or ``ended`` by itself."""
        if self.lifted_at is not None:
            return "lifted"
        return "standing" if self.hold.is_active_at(now) else "ended"


def place(session: Session, customer_id: str, hold: Hold, placed_by: str, now: datetime) -> bool:
    """Save a hold of a customer, account or bill; returns whether there was no such hold yet."""
    row = tables.Hold
    same = select(row.id).where(
        row.customer_id == customer_id,
        row.kind == hold.kind.value,
        row.account_id.is_(hold.account_id) if hold.account_id is None else row.account_id == hold.account_id,
        row.bill_id.is_(hold.bill_id) if hold.bill_id is None else row.bill_id == hold.bill_id,
        row.lifted_at.is_(None),
        or_(row.until.is_(None), row.until > now),
    )
    if session.scalar(same) is not None:
        return False
    session.add(
        tables.Hold(
            customer_id=customer_id,
            account_id=hold.account_id,
            bill_id=hold.bill_id,
            kind=hold.kind.value,
            reason=hold.reason,
            placed_at=now,
            placed_by=placed_by,
            until=hold.until,
            last_day=hold.last_day,
        )
    )
    session.flush()
    return True


def every(session: Session, customer_id: str | None) -> list[KeptHold]:
    """The holds of one customer, or of all, active or not; oldest first."""
    row = tables.Hold
    query = select(row).order_by(row.id)
    if customer_id is not None:
        query = query.where(row.customer_id == customer_id)
    return [_kept(one) for one in session.scalars(query)]


def find(session: Session, hold_id: int) -> KeptHold | None:
    """One hold, active or not."""
    row = session.get(tables.Hold, hold_id, populate_existing=True)
    return _kept(row) if row else None


def lift_one(session: Session, hold_id: int, lifted_by: str, now: datetime) -> bool:
    """Lift a hold; returns whether it was not lifted before."""
    row = tables.Hold
    lifted = session.execute(
        update(row)
        .where(row.id == hold_id, row.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=lifted_by)
        .returning(row.id)
    )
    return lifted.scalar() is not None


def set_last_day(session: Session, hold_id: int, last_day: date) -> bool:
    """Set the last day of an active hold that has none yet; returns whether it was set."""
    row = tables.Hold
    still = (row.id == hold_id, row.lifted_at.is_(None), row.last_day.is_(None))
    done = session.execute(update(row).where(*still).values(last_day=last_day).returning(row.id))
    return done.scalar() is not None


def on_last_day(session: Session, today: date) -> list[KeptHold]:
    """Active holds whose last day has come (``today`` is local to the creditor), the oldest first."""
    row = tables.Hold
    query = select(row).where(row.lifted_at.is_(None), row.last_day <= today).order_by(row.id)
    return [_kept(one) for one in session.scalars(query)]


def of_kinds(session: Session, customer_ids: Collection[str], kinds: Collection[HoldKind]) -> list[KeptHold]:
    """The holds of these kinds that these customers have or had, lifted ones too."""
    row = tables.Hold
    names = [kind.value for kind in kinds]
    query = select(row).where(row.customer_id.in_(customer_ids), row.kind.in_(names)).order_by(row.id)
    return [_kept(one) for one in session.scalars(query)]


def active_holds(session: Session, customer_ids: Collection[str], now: datetime) -> dict[str, list[Hold]]:
    """The active holds of each customer."""
    wanted = {"ids": list(customer_ids), "now": now}
    return by_customer(session.connection().execute(active(of_ids), wanted).all())


def by_customer(rows: Rows) -> dict[str, list[Hold]]:
    """The holds of each customer, from the rows of :func:`active`."""
    found: dict[str, list[Hold]] = {}
    for customer_id, kind, reason, until, account_id, bill_id, hold_id in rows:
        hold = Hold(HoldKind(kind), reason, until, account_id, bill_id, hold_id)
        found.setdefault(customer_id, []).append(hold)
    return found


@cache
def active(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The holds of some customers that are active at ``now``."""
    row = tables.Hold
    columns = (row.customer_id, row.kind, row.reason, row.until, row.account_id, row.bill_id, row.id)
    later = row.until > bindparam("now", type_=UtcDateTime())
    query = select(*columns).where(row.lifted_at.is_(None), or_(row.until.is_(None), later))
    return scope(query, row.customer_id).order_by(row.id)


def end_at(session: Session, hold_ids: Collection[int], until: datetime) -> None:
    """Let holds end at a moment (UTC), unless they were lifted."""
    row = tables.Hold
    session.execute(update(row).where(row.id.in_(hold_ids), row.lifted_at.is_(None)).values(until=until))


def lift(
    session: Session, customer_id: str, kinds: Collection[HoldKind], lifted_by: str, now: datetime
) -> int:
    """Lift a customer's active holds of these kinds; returns how many."""
    of_kinds = tables.Hold.kind.in_([kind.value for kind in kinds])
    return _lift(session, customer_id, of_kinds, lifted_by, now)


def lift_from_bill(
    session: Session, customer_id: str, bill_id: str, kind: HoldKind, lifted_by: str, now: datetime
) -> bool:
    """Lift a customer's active holds of one kind on one bill; returns whether there were any."""
    row = tables.Hold
    over_bill = (row.bill_id == bill_id) & (row.kind == kind.value)
    return _lift(session, customer_id, over_bill, lifted_by, now) > 0


def _lift(
    session: Session, customer_id: str, which: ColumnElement[bool], lifted_by: str, now: datetime
) -> int:
    row = tables.Hold
    lifted = session.execute(
        update(row)
        .where(row.customer_id == customer_id, which, row.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=lifted_by)
        .returning(row.id)
    )
    return len(lifted.all())


def _hold(row: tables.Hold) -> Hold:
    return Hold(HoldKind(row.kind), row.reason, row.until, row.account_id, row.bill_id, row.id, row.last_day)


def _kept(row: tables.Hold) -> KeptHold:
    return KeptHold(_hold(row), row.customer_id, row.placed_at, row.placed_by, row.lifted_at, row.lifted_by)
