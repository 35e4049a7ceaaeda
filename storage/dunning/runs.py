"""Dunning runs: what each decided, and who released its messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from storage import tables
from storage.database.constants import fixed
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class DunningRun:
    """One run; ``counts`` is the number of bills per verdict."""

    id: int
    started_at: datetime
    sending: str
    policy: str
    counts: Mapping[str, int]
    approved_at: datetime | None
    approved_by: str | None


def begin(session: Session, now: datetime, sending: str, policy: str, policy_version: str) -> int:
    """Insert a dunning run that begins; returns its id."""
    row = tables.DunningRun(
        started_at=now, sending=sending, policy=policy, policy_version=policy_version, counts={}
    )
    session.add(row)
    session.flush()
    return row.id


def finish(session: Session, run_id: int, counts: Mapping[str, int], now: datetime) -> None:
    """Save the counts of a dunning run that ends."""
    _set(session, run_id, counts=dict(counts), finished_at=now)


def approve(session: Session, run_id: int, by: str, now: datetime) -> bool:
    """Record who released a dunning run's messages; returns whether they were not released before."""
    row = tables.DunningRun
    approved = session.execute(
        update(row)
        .where(row.id == run_id, row.approved_at.is_(None))
        .values(approved_at=now, approved_by=by)
        .returning(row.id)
    )
    return approved.scalar() is not None


def latest(session: Session, limit: int) -> list[DunningRun]:
    """The newest runs, newest first."""
    row = tables.DunningRun
    rows = session.execute(
        select(row.id, row.started_at, row.sending, row.policy, row.counts, row.approved_at, row.approved_by)
        .order_by(row.id.desc())
        .limit(limit)
    )
    return [DunningRun(*one) for one in rows]


def find(session: Session, run_id: int) -> DunningRun | None:
    """One dunning run by its id; ``None`` if it does not exist."""
    row = tables.DunningRun
    one = session.execute(
        select(
            row.id, row.started_at, row.sending, row.policy, row.counts, row.approved_at, row.approved_by
        ).where(row.id == run_id)
    ).first()
    return DunningRun(*one) if one else None


@dataclass(frozen=True, slots=True)
class RunText:
    """One text of a dunning run, or one that leaves with its approval. Moments are UTC."""

    number: int
    run_id: int | None
    """Without one it belongs to no run, and waits for the approval of any."""
    customer_id: str | None
    channel: str
    address: str
    state: str
    approved_by: str | None
    not_before: datetime
    text: str


def texts(session: Session, run_id: int, kinds: Collection[str]) -> list[RunText]:
    """The texts that a run queued, and those of these kinds and no run that wait for an approval; by age."""
    row, point = tables.Outbox, tables.ContactPoint
    query = (
        select(
            row.id, row.run_id, row.customer_id, point.channel, point.address, row.state, row.approved_by,
            row.not_before, row.text,
        )
        .join(point, point.id == row.contact_point_id)
        .where(or_(row.run_id == run_id, outbox.of_no_run(kinds)))
        .order_by(row.id)
    )  # fmt: skip
    return [RunText(*one) for one in session.execute(query)]


def message_counts(session: Session, run_ids: Collection[int]) -> dict[int, int]:
    """By dunning run, the number of messages that it queued: one a person, however many their bills."""
    row = tables.Outbox
    rows = session.execute(
        select(row.run_id, func.count()).where(row.run_id.in_(list(run_ids))).group_by(row.run_id)
    )
    return {run_id: count for run_id, count in rows if run_id is not None}


def waiting(session: Session) -> dict[int, int]:
    """By dunning run, the number of its messages that wait for approval."""
    row = tables.Outbox
    rows = session.execute(
        select(row.run_id, func.count())
        .where(row.state == fixed(OutboxState.QUEUED), row.run_id.is_not(None), row.approved_by.is_(None))
        .group_by(row.run_id)
        .order_by(row.run_id)
    )
    return {run_id: count for run_id, count in rows if run_id is not None}


def _set(session: Session, run_id: int, **values: Any) -> None:
    session.execute(update(tables.DunningRun).where(tables.DunningRun.id == run_id).values(**values))
