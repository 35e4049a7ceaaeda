"""Closes conversations that the customer left unanswered, with a note within contact hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.dunning.quiet_hours import first_open
from billing.facts import Saying
from billing.gate import Purpose
from handlers import rendering, set_aside
from storage.conversation import conversations
from storage.database.transaction import lock_contact_point
from storage.delivery import drafts
from storage.people import contact_points

if TYPE_CHECKING:
    from handlers.context import Clock, Context
    from handlers.installation import Installation
    from storage.database.transaction import Database

BATCH = 100
_UNSAID = frozenset({"legal"})
"""Conversations that end without a word: somebody else speaks for the customer, who is not written to."""
NOTE_WITHIN = timedelta(hours=24)


def expire(database: Database, installation: Installation, clock: Clock) -> int:
    """Close every conversation that has waited too long; how many there were."""
    now = clock()
    with database.read() as session:
        points = conversations.expired(session, now, BATCH)
    named = "contact point {}".format
    return len(set_aside.one_by_one(database, installation, clock, "expiry", points, _expire, named))


def _expire(context: Context, point_id: int) -> None:
    lock_contact_point(context.session, point_id)
    row = conversations.open_one(context.session, point_id)
    if row is None or row.expires_at > context.now:
        return
    conversations.close(context.session, point_id, "expired")
    point = contact_points.get(context.session, point_id)
    at = first_open(context.policy.window, point.zones or {context.creditor.zone.key}, context.now)
    if point.stopped_at or point.person_since or row.flow in _UNSAID or at is None:
        return
    sayings = [Saying("talk.expired")]
    draft = rendering.draft(
        context.installation, point, f"expired:{row.id}", Purpose.REPLY, sayings, at, NOTE_WITHIN
    )
    drafts.queue(context.session, draft, context.now)
