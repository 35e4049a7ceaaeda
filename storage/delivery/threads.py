"""What was written between us and a customer, both ways, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from storage import tables

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class WrittenText:
    """One text: ``number`` is its id among those that came in, or among those that went out. UTC."""

    at: datetime
    came_in: bool
    number: int
    channel: str
    address: str
    state: str
    """Of one that came in: waiting, done or given_up; of ours what became of it."""
    why: str
    """Why ours did not arrive: our reason and the provider's code."""
    text: str
    kind: str = ""
    """Of one that came in: text, media (a photo, a voice note, a place), edited, card, button …"""


def between(
    session: Session,
    customer_id: str | None,
    contact_point_ids: Collection[int],
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[WrittenText]:
    """The newest texts at these contact points, and ours to this customer elsewhere, the oldest first.

    Ours to other customers at the same contact points are left out, where a customer is given.
    """
    found = _came_in(session, contact_point_ids, since, until, limit)
    found += _went_out(session, customer_id, contact_point_ids, since, until, limit)
    return sorted(found, key=lambda one: (one.at, not one.came_in, one.number))[-limit:]


def _came_in(
    session: Session,
    points: Collection[int],
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[WrittenText]:
    row, point = tables.Inbox, tables.ContactPoint
    query = (
        select(row.received_at, row.id, point.channel, point.address, row.state, row.text, row.kind)
        .join(point, point.id == row.contact_point_id)
        .where(row.contact_point_id.in_(list(points)))
    )
    query = query if since is None else query.where(row.received_at >= since)
    query = query if until is None else query.where(row.received_at <= until)
    rows = session.execute(query.order_by(row.id.desc()).limit(limit))
    return [
        WrittenText(at, True, number, channel, address, state, "", text, kind)
        for at, number, channel, address, state, text, kind in rows
    ]


def _went_out(
    session: Session,
    customer_id: str | None,
    points: Collection[int],
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[WrittenText]:
    row, point = tables.Outbox, tables.ContactPoint
    here = row.contact_point_id.in_(list(points))
    whose = (
        here if customer_id is None else or_(row.customer_id == customer_id, here & row.customer_id.is_(None))
    )
    query = (
        select(
            row.created_at,
            row.sent_at,
            row.id,
            point.channel,
            point.address,
            row.state,
            row.reason,
            row.code,
            row.text,
        )
        .join(point, point.id == row.contact_point_id)
        .where(whose)
    )
    query = query if since is None else query.where(row.created_at >= since)
    query = query if until is None else query.where(row.created_at <= until)
    rows = session.execute(query.order_by(row.id.desc()).limit(limit))
    return [
        WrittenText(
            sent or made, False, number, channel, address, state, " ".join(filter(None, (reason, code))), text
        )
        for made, sent, number, channel, address, state, reason, code, text in rows
    ]
