"""Bills on their way to a collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from billing.picture import PlacementState
from storage import tables
from storage.among import among
from storage.once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Placement:
    """A bill that was flagged for a collector; ``amount`` is what was owed then, in minor units."""

    id: int
    bill_id: str
    state: PlacementState
    amount: int
    currency: str
    flagged_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    collector: str
    reason: str


_FIELDS = tuple(Placement.__dataclass_fields__)


def flag(session: Session, bill_id: str, amount: int, currency: str, now: datetime) -> bool:
    """Put a bill before the desk for placement; whether it was not there already."""
    added = insert_once(
        session,
        tables.Placement,
        {
            "bill_id": bill_id,
            "state": PlacementState.FLAGGED.value,
            "amount": amount,
            "currency": currency,
            "flagged_at": now,
            "collector": "",
            "reason": "",
        },
    )
    return added is not None


def of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, PlacementState]:
    """Where each bill stands that is flagged or placed."""
    row = tables.Placement
    rows = session.execute(
        select(row.bill_id, row.state).where(
            among(row.bill_id, bill_ids),
            row.state.in_([PlacementState.FLAGGED.value, PlacementState.PLACED.value]),
        )
    )
    return {bill_id: PlacementState(state) for bill_id, state in rows}


def decide(
    session: Session, bill_id: str, state: PlacementState, by: str, reason: str, collector: str, now: datetime
) -> bool:
    """A person decided about a flagged bill; whether it was still waiting for that."""
    row = tables.Placement
    decided = session.execute(
        update(row)
        .where(row.bill_id == bill_id, row.state == PlacementState.FLAGGED.value)
        .values(state=state.value, decided_at=now, decided_by=by, reason=reason, collector=collector)
        .returning(row.id)
    )
    return decided.scalar() is not None


def unflag(session: Session, bill_id: str, reason: str, now: datetime) -> bool:
    """Take a flag back because there is nothing left to decide; whether there was one."""
    return decide(session, bill_id, PlacementState.RETURNED, "kvitt", reason, "", now)


def every(session: Session, states: Collection[PlacementState]) -> list[Placement]:
    """The placements in these states, the oldest first."""
    row = tables.Placement
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS))
        .where(row.state.in_([state.value for state in states]))
        .order_by(row.flagged_at, row.id)
    )
    return [Placement(one.id, one.bill_id, PlacementState(one.state), *tuple(one)[3:]) for one in rows]
