"""Decisions to send or not to send: appended with their inputs, never changed."""

from __future__ import annotations

from dataclasses import field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from billing.values import value
from storage import tables
from storage.database import changes
from storage.database.bulk import insert_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


@value(frozen=True, slots=True)
class Decision:
    """One verdict: of a run about a bill, or of the gate about a message."""

    at: datetime
    made_by: str
    verdict: str
    reason: str
    policy: str
    policy_version: str
    customer_id: str | None = None
    account_id: str | None = None
    bill_id: str | None = None
    outbox_id: int | None = None
    run_id: int | None = None
    level: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


_FIELDS = tuple(Decision.__dataclass_fields__)
_row = attrgetter(*_FIELDS)


def record(session: Session, decisions: Sequence[Decision]) -> None:
    """Append decisions."""
    if len(decisions) == 1:
        (one,) = decisions
        changes.add(session, tables.Decision, **dict(zip(_FIELDS, _row(one), strict=True)))
        return
    insert_rows(session, tables.Decision, _FIELDS, [_row(decision) for decision in decisions])


def of_message(session: Session, outbox_id: int) -> list[Decision]:
    """Every decision about a message, in order."""
    row = tables.Decision
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(row.outbox_id == outbox_id).order_by(row.id)
    )
    return [Decision(*one) for one in rows]
