"""Messages that a rep sends to a customer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.gate import Purpose
from handlers import rendering
from storage.delivery import drafts
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Saying
    from handlers.context import Context

ANSWER_WITHIN = timedelta(days=2)
"""An answer older than this is dropped: the talk has moved on, and it would confuse."""


def queue_message(context: Context, contact_point_id: int, key: str, sayings: Sequence[Saying]) -> None:
    """Queue a rep's message to a contact point; the same ``key`` is never queued twice."""
    point = contact_points.get(context.session, contact_point_id)
    draft = rendering.draft(
        context.installation,
        point,
        key,
        Purpose.STAFF,
        sayings,
        context.now,
        ANSWER_WITHIN,
        customer_id=point.identified(context.now),
    )
    drafts.queue(context.session, draft, context.now)
