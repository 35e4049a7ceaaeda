"""The history of each case: opened, written to, taken, answered, snoozed, late, closed; never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


class What(StrEnum):
    """The kinds of events of a case.

    ``acted`` is an act of the desk about its customer or bill. ``wrote`` is a text of the customer, whose row
    of the inbox is in the detail. ``late`` is a deadline that passed. Earlier releases raised the severity
    then: ``climbed``.
    """

    OPENED = "opened"
    TAKEN = "taken"
    ANSWERED = "answered"
    SNOOZED = "snoozed"
    RETURNED = "returned"
    HELD = "held"
    ACTED = "acted"
    WROTE = "wrote"
    PAGED = "paged"
    LATE = "late"
    CLIMBED = "climbed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """What happened to a case, by whom, and when (UTC)."""

    at: datetime
    actor: str
    what: What
    detail: Mapping[str, Any] = field(default_factory=dict)


def add(session: Session, escalation_id: int, event: CaseEvent, key: str | None = None) -> bool:
    """Append an event to a case's history; returns whether it was added.

    With ``key`` it is added once: the unique key refuses the same event from another process.
    """
    row = {
        "escalation_id": escalation_id,
        "key": key,
        "at": event.at,
        "actor": event.actor,
        "what": event.what.value,
        "detail": dict(event.detail),
    }
    return insert_once(session, tables.CaseEvent, row) is not None


def add_all(session: Session, escalation_ids: Sequence[int], event: CaseEvent) -> None:
    """Append the same event to the history of many cases."""
    names = ("escalation_id", "key", "at", "actor", "what", "detail")
    rows = [
        (one, None, event.at, event.actor, event.what.value, dict(event.detail)) for one in escalation_ids
    ]
    insert_rows(session, tables.CaseEvent, names, rows)


def history(session: Session, escalation_id: int) -> list[CaseEvent]:
    """Every event of a case, in order."""
    return after(session, escalation_id, 0)


def after(session: Session, escalation_id: int, event_id: int) -> list[CaseEvent]:
    """The events of a case that came after the one with this id (see :func:`newest`), in order."""
    row = tables.CaseEvent
    rows = session.execute(
        select(row.at, row.actor, row.what, row.detail)
        .where(row.escalation_id == escalation_id, row.id > event_id)
        .order_by(row.id)
    )
    return [CaseEvent(at, actor, What(what), detail) for at, actor, what, detail in rows]


def last(session: Session, escalation_id: int, what: What) -> CaseEvent | None:
    """The last event of one kind of a case."""
    found = [event for event in history(session, escalation_id) if event.what is what]
    return found[-1] if found else None


def newest(session: Session, escalation_id: int, what: What | None = None) -> int:
    """The id of a case's newest event, or of its newest of one kind; 0 where there is none.

    As long as it is the same, the case has not changed.
    """
    row = tables.CaseEvent
    mine = (row.escalation_id == escalation_id, *((row.what == what.value,) if what else ()))
    return session.scalar(select(row.id).where(*mine).order_by(row.id.desc()).limit(1)) or 0
