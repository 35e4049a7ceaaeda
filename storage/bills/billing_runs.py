"""Billing runs: which bills are in them, and the numbers under which those are issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.bills.billing_run import RunState, RunVerdict
from storage import tables
from storage.database import advisory_locks
from storage.database.advisory_locks import AdvisoryLock
from storage.database.insert_once import insert_missing
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class BillingRun:
    """A billing run; ``issued_on`` is the issue day of its bills, local to the creditor."""

    id: int
    state: RunState
    created_at: datetime
    created_by: str
    approved_at: datetime | None
    approved_by: str | None
    issued_on: date | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunBill:
    """One bill of a run; ``amount`` (minor units) is what it was to ask for when the run was proposed."""

    run_id: int
    bill_id: str
    verdict: RunVerdict
    reason: str
    detail: str
    amount: int
    currency: str
    way: str | None
    done_at: datetime | None = None


_RUN = tuple(BillingRun.__dataclass_fields__)
_BILL = tuple(RunBill.__dataclass_fields__)


def hold(session: Session) -> None:
    """Let no other process propose a billing run until this transaction ends; SQLite has one writer."""
    advisory_locks.hold(session, AdvisoryLock.BILLING_RUN)


def open_run(session: Session, by: str, now: datetime) -> int:
    """Insert an empty billing run and return its id."""
    row = tables.BillingRun(state=RunState.PROPOSED.value, created_at=now, created_by=by)
    session.add(row)
    session.flush()
    return row.id


def add(session: Session, found: Sequence[RunBill]) -> None:
    """Save the bills that a run found; one that it has already is left as it is."""
    rows = [{name: getattr(one, name) for name in _BILL} | {"verdict": one.verdict.value} for one in found]
    insert_missing(session, tables.BillingRunBill, rows)


def get(session: Session, run_id: int) -> BillingRun | None:
    """One billing run, locked until the transaction ends."""
    row = tables.BillingRun
    # Two people may approve and withdraw a run at once: the second waits and sees the first one's state.
    session.execute(select(row.id).where(row.id == run_id).with_for_update())
    note_lock(session)
    found = session.execute(select(*(getattr(row, name) for name in _RUN)).where(row.id == run_id)).first()
    return _run(found) if found else None


def runs(session: Session, states: Sequence[RunState] = tuple(RunState), limit: int = 50) -> list[BillingRun]:
    """The newest runs in these states, newest first."""
    row = tables.BillingRun
    rows = session.execute(
        select(*(getattr(row, name) for name in _RUN))
        .where(row.state.in_([state.value for state in states]))
        .order_by(row.id.desc())
        .limit(limit)
    )
    return [_run(one) for one in rows]


def of_run(session: Session, run_id: int) -> list[RunBill]:
    """Every bill that a run checked, by bill id."""
    row = tables.BillingRunBill
    rows = session.execute(
        select(*(getattr(row, name) for name in _BILL)).where(row.run_id == run_id).order_by(row.bill_id)
    )
    return [_bill(one) for one in rows]


def waiting(session: Session, run_id: int, limit: int) -> list[RunBill]:
    """The next bills of a run that are to be issued or closed, by bill id, at most ``limit``."""
    row = tables.BillingRunBill
    rows = session.execute(
        select(*(getattr(row, name) for name in _BILL))
        .where(row.run_id == run_id, row.done_at.is_(None))
        .order_by(row.bill_id)
        .limit(limit)
    )
    return [_bill(one) for one in rows]


def counts(session: Session, run_id: int) -> dict[RunVerdict, int]:
    """How many bills a run issues, closes and leaves out."""
    row = tables.BillingRunBill
    rows = session.execute(
        select(row.verdict, func.count()).where(row.run_id == run_id).group_by(row.verdict)
    )
    found: dict[str, int] = {verdict: count for verdict, count in rows}  # noqa: C416 - typed rows
    return {verdict: found.get(verdict.value, 0) for verdict in RunVerdict}


def change(session: Session, run_id: int, bill_id: str, **values: Any) -> None:
    """Update columns of one bill of a run."""
    row = tables.BillingRunBill
    session.execute(update(row).where(row.run_id == run_id, row.bill_id == bill_id).values(**values))


def set_run_state(session: Session, run_id: int, state: RunState, **values: Any) -> None:
    """Move a billing run to a state, with other columns to update."""
    row = tables.BillingRun
    session.execute(update(row).where(row.id == run_id).values(state=state.value, **values))


def next_number(session: Session, series: str) -> int:
    """The next bill number of a series. The row stays locked until the transaction ends.

    A rollback returns the number, so there is no gap; others who need a number wait meanwhile.
    """
    row = tables.NumberSeries
    insert_missing(session, row, [{"name": series, "last": 0}])
    return session.execute(
        update(row).where(row.name == series).values(last=row.last + 1).returning(row.last)
    ).scalar_one()


def _run(row: Row[*tuple[Any, ...]]) -> BillingRun:
    values = row._asdict()
    return BillingRun(**values | {"state": RunState(values["state"])})


def _bill(row: Row[*tuple[Any, ...]]) -> RunBill:
    values = row._asdict()
    return RunBill(**values | {"verdict": RunVerdict(values["verdict"])})
