"""The daily digest in the staff chat: counts of cases, runs and failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.snapshot import PlacementState
from billing.calendar import local_day
from billing.facts import Saying
from billing.gate import SendingSwitch
from handlers.context import Context
from handlers.desk import staff_room
from storage.collection import placements
from storage.delivery import lookups
from storage.desk import case_queue
from storage.dunning import runs

if TYPE_CHECKING:
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database


def post_digest(database: Database, installation: Installation, clock: Clock) -> bool:
    """Post the digest to each staff chat, once a day (creditor's local time); False before its hour."""
    now = clock()
    if (
        not installation.staff_chats
        or now.astimezone(installation.creditor.zone).hour < installation.digest_hour
    ):
        return False
    today = local_day(now, installation.creditor.zone).isoformat()
    with database.write() as session:
        context = Context(session, installation, clock)
        rooms = staff_room.rooms(context)
        keys = {room.id: f"staff:digest:{today}:{room.id}" for room in rooms}
        already = lookups.with_keys(session, list(keys.values()))
        untold = [room for room in rooms if keys[room.id] not in already]
        said = Saying("staff.digest", _counts(context)) if untold else None
        for room in untold:
            assert said is not None
            staff_room.post(context, room, keys[room.id], said)
    return True


def _counts(context: Context) -> dict[str, int]:
    waiting = case_queue.totals(context.session, context.now)
    danger, unanswered, grave, rest = waiting.groups
    approving = context.installation.sending is SendingSwitch.APPROVE
    return {
        "danger": danger,
        "waiting": unanswered,
        "grave": grave,
        "rest": rest,
        "overdue": waiting.overdue,
        "flagged": len(placements.every(context.session, [PlacementState.FLAGGED])),
        "in_doubt": lookups.in_doubt_now(context.session),
        "runs": len(runs.waiting(context.session)) if approving else 0,
    }
