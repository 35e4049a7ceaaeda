"""Closes conversations that the customer left unanswered, with a note within contact hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.dunning.quiet_hours import first_open
from billing.facts import Saying
from billing.gate import Purpose
from handlers import rendering
from storage.conversation import conversations
from storage.database.transaction import lock_contact_point
from storage.delivery import drafts
from storage.people import contact_points

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.installation import Installation
    from storage.database.transaction import Database

BATCH = 100
NOTE_WITHIN = timedelta(hours=24)


def expire(database: Database, installation: Installation, now: datetime) -> int:
    """Close every conversation that has waited too long; how many there were."""
    with database.read() as session:
        points = conversations.expired(session, now, BATCH)
    for point_id in points:
        with database.write() as session:
            _expire(session, installation, point_id, now)
    return len(points)


def _expire(session: Session, installation: Installation, point_id: int, now: datetime) -> None:
    lock_contact_point(session, point_id)
    row = conversations.open_one(session, point_id)
    if row is None or row.expires_at > now:
        return
    conversations.close(session, point_id, "expired")
    point = contact_points.get(session, point_id)
    at = first_open(installation.policy.window, point.zones or {installation.creditor.zone.key}, now)
    if point.stopped_at or point.person_since or at is None:
        return
    sayings = [Saying("talk.expired")]
    draft = rendering.draft(installation, point, f"expired:{row.id}", Purpose.REPLY, sayings, at, NOTE_WITHIN)
    drafts.queue(session, draft, now)
