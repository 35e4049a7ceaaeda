"""Bills on their way to a collector and back: one row per placement, moved by guarded updates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.accounts.snapshot import PlacementState
from billing.collection.placement import MOVES, Activity, Move, key_for
from storage import tables
from storage.database.id_lists import of_ids, one_of_ids
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope


@dataclass(frozen=True, slots=True)
class Placement:
    """A bill that was flagged for a collector; ``amount`` is what was owed then, in minor units.

    ``decided_at`` (UTC) is when it was placed or returned, ``ended_at`` when it came back or was closed.
    """

    id: int
    bill_id: str
    number: int
    key: str
    state: PlacementState
    amount: int
    currency: str
    flagged_at: datetime
    approved_at: datetime | None
    approved_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    collector: str
    terms: dict[str, Any]
    acknowledged_at: datetime | None
    their_reference: str
    activity: Activity
    activity_on: date | None
    recall_asked: str
    ended_at: datetime | None
    ended_by: str | None
    reason: str

    @property
    def subject(self) -> str:
        """Its name in the audit trail."""
        return f"placement:{self.key}"

    @property
    def moved_by(self) -> str:
        """Who moved it to its state; empty for one that only waits."""
        return self.ended_by or self.decided_by or self.approved_by or ""


_FIELDS = tuple(Placement.__dataclass_fields__)
OPEN = tuple(state.value for state in PlacementState if state.undecided or state.with_collector)


def flag(session: Session, bill_id: str, amount: int, currency: str, now: datetime) -> bool:
    """Flag a bill for placement, to be decided at the desk; returns whether it was not flagged already."""
    row = tables.Placement
    earlier = session.scalar(select(func.max(row.number)).where(row.bill_id == bill_id)) or 0
    added = insert_once(
        session,
        row,
        {
            "bill_id": bill_id,
            "number": earlier + 1,
            "key": key_for(bill_id, earlier + 1),
            "state": MOVES[Move.FLAG].target.value,
            "amount": amount,
            "currency": currency,
            "flagged_at": now,
            "collector": "",
            "terms": {},
            "their_reference": "",
            "activity": Activity.NONE.value,
            "recall_asked": "",
            "reason": "",
        },
    )
    return added is not None


def of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, PlacementState]:
    """The state of each of these bills' open placement; bills without one are left out."""
    rows = session.connection().execute(_of_bills(), {"ids": list(bill_ids)}).all() if bill_ids else []
    return {bill_id: PlacementState(state) for bill_id, state in rows}


@cache
def _of_bills() -> Select[*tuple[Any, ...]]:
    row = tables.Placement
    return select(row.bill_id, row.state).where(one_of_ids(row.bill_id), row.state.in_(OPEN))


def latest(session: Session, bill_id: str) -> Placement | None:
    """The newest placement of a bill."""
    found = _select(session, tables.Placement.bill_id == bill_id)
    return max(found, key=lambda one: one.number, default=None)


def with_key(session: Session, key: str) -> Placement | None:
    """One placement by its key."""
    return next(iter(_select(session, tables.Placement.key == key)), None)


def with_ids(session: Session, placement_ids: Collection[int]) -> dict[int, Placement]:
    """These placements, by id."""
    return {one.id: one for one in _select(session, tables.Placement.id.in_(placement_ids))}


def ever_placed(session: Session, account_ids: Collection[str]) -> frozenset[str]:
    """Those of these accounts of which a bill is or was with a collector."""
    rows = session.connection().execute(placed_on(of_ids), {"ids": list(account_ids)})
    return frozenset(rows.scalars())


@cache
def placed_on(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The accounts of which a bill is or was with a collector."""
    bill, placement = tables.Bill, tables.Placement
    joined = select(bill.account_id).join(placement, placement.bill_id == bill.id)
    return scope(joined, bill.account_id).distinct()


def away(session: Session, bill_ids: Collection[str]) -> list[Placement]:
    """The placements of these bills that are with a collector."""
    if not bill_ids:
        return []
    row = tables.Placement
    states = [state.value for state in PlacementState if state.with_collector]
    return _select(session, row.bill_id.in_(bill_ids) & row.state.in_(states))


def owed(session: Session, bill_ids: Collection[str]) -> dict[str, int]:
    """What is owed on each bill before or in placement, in minor units; settled ones are left out."""
    entry = tables.Entry
    rows = session.execute(
        select(entry.bill_id, func.sum(entry.amount))
        .where(entry.bill_id.in_(bill_ids))
        .group_by(entry.bill_id)
        .having(func.sum(entry.amount) != 0)
    )
    return {one.bill_id or "": int(one[1]) for one in rows}


def every(session: Session, states: Collection[PlacementState]) -> list[Placement]:
    """The placements in these states, oldest first."""
    return _select(session, tables.Placement.state.in_([state.value for state in states]))


def move(session: Session, placement: Placement, wanted: Move, values: dict[str, Any]) -> bool:
    """Move a placement and update other columns; returns whether it was still in the state it was read in.

    The condition is in the update itself: of two people at once only one moves it.
    """
    row = tables.Placement
    moved = session.execute(
        update(row)
        .where(row.id == placement.id, row.state == placement.state.value)
        .where(row.state.in_([state.value for state in MOVES[wanted].sources if state]))
        .values(state=MOVES[wanted].target.value, **values)
        .returning(row.id)
    )
    return moved.scalar() is not None


def unflag(session: Session, bill_id: str, reason: str, now: datetime) -> bool:
    """Withdraw a bill's flag for placement, as nothing is left to decide; returns whether it had one."""
    found = latest(session, bill_id)
    if found is None or not found.state.undecided:
        return False
    values = {"decided_at": now, "decided_by": "kvitt", "reason": reason}
    return move(session, found, Move.UNFLAG, values)


def note(session: Session, placement_id: int, **values: Any) -> None:
    """Update columns of a placement without moving it."""
    row = tables.Placement
    session.execute(update(row).where(row.id == placement_id).values(**values))


def _select(session: Session, condition: ColumnElement[bool]) -> list[Placement]:
    row = tables.Placement
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(condition).order_by(row.flagged_at, row.id)
    )
    found = []
    for one in rows:
        values = dict(zip(_FIELDS, one, strict=True))
        state, activity = PlacementState(values["state"]), Activity(values["activity"])
        found.append(Placement(**values | {"state": state, "activity": activity}))
    return found
