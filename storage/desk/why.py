"""Why something about a bill or in a message was sent or not: the stored decisions, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class StoredReason:
    """One decision, with what became of the message that it was about, if there was one. UTC."""

    id: int
    at: datetime
    made_by: str
    verdict: str
    reason: str
    level: int | None
    policy: str
    policy_version: str
    inputs: Mapping[str, Any]
    run_id: int | None
    customer_id: str | None
    bill_id: str | None
    outbox_id: int | None
    channel: str | None
    state: str | None
    """What became of the message: sent, delivered, failed, dropped …"""
    state_reason: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class WhyPage:
    """A page of decisions, the newest first; ``before`` is the id to ask for the next with, 0 at the end."""

    decisions: Sequence[StoredReason]
    before: int


def about_bill(session: Session, bill_id: str, before: int = 0, limit: int = PAGE) -> WhyPage:
    """The decisions about a bill, whether a message came of them or not; one statement."""
    return _page(session, tables.Decision.bill_id == bill_id, before, limit)


def about_message(session: Session, outbox_id: int, before: int = 0, limit: int = PAGE) -> WhyPage:
    """The decisions about a message, of the run and of the gate; one statement."""
    return _page(session, tables.Decision.outbox_id == outbox_id, before, limit)


def _page(session: Session, condition: Any, before: int, limit: int) -> WhyPage:
    row, out = tables.Decision, tables.Outbox
    own = [getattr(row, name) for name in tuple(StoredReason.__dataclass_fields__)[:13]]
    query: Select[*tuple[Any, ...]] = (
        select(*own, out.channel, out.state, out.reason, out.sent_at)
        .outerjoin(out, out.id == row.outbox_id)
        .where(condition)
    )
    query = query.where(row.id < before) if before else query
    found = [StoredReason(*one) for one in session.execute(query.order_by(row.id.desc()).limit(limit + 1))]
    return WhyPage(found[:limit], found[limit - 1].id if len(found) > limit else 0)
