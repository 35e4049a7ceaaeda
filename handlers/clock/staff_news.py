"""What the staff chat does not know yet: new cases, what became of others, and what waits for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.cases import GRAVEST
from billing.facts import Saying
from billing.gate import Sending
from handlers.campaigns import lifecycle
from handlers.desk import staff_room
from storage.campaigns import campaigns
from storage.desk import escalations
from storage.dunning import runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.installation import House
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation
    from storage.people.contact_points import ContactPoint

BATCH = 500
ONE_BY_ONE = 5
"""So many new cases at once are told one by one; more would be noise, and the chat's limit is 20 a minute."""
RUNS = 20


def tell(database: Database, house: House, now: datetime) -> int:
    """Tell the staff chat what is new; how many cases that concerned."""
    if not house.staff_chats:
        return 0
    with database.write() as session:
        rooms = staff_room.rooms(session, house, now)
        found = escalations.claim_stale(session, BATCH)
        new = [case for case in found if case.told_at is None and case.closed_at is None]
        _tell_of_new(session, house, rooms, new, now)
        for case in found:
            if case not in new:
                staff_room.show_case(session, house, rooms, case, now)
        escalations.shown(session, [case.id for case in found], now)
        _tell_of_runs(session, house, rooms, now)
        _tell_of_campaigns(session, house, rooms, now)
    return len(found)


def _tell_of_new(
    session: Session, house: House, rooms: Sequence[ContactPoint], new: Sequence[Escalation], now: datetime
) -> None:
    single = new if len(new) <= ONE_BY_ONE else [case for case in new if case.severity <= GRAVEST]
    rest = len(new) - len(single)
    for room in rooms:
        for case in single:
            staff_room.tell_of_case(session, house, room, case, now)
        if rest:
            key = f"staff:cases:{new[-1].id}:{room.id}"
            staff_room.post(session, house, room, key, Saying("staff.several", {"count": rest}), now)


def _tell_of_runs(session: Session, house: House, rooms: Sequence[ContactPoint], now: datetime) -> None:
    waiting = runs.waiting(session) if house.sending is Sending.APPROVE else {}
    approved = {run.id: run for run in runs.latest(session, RUNS) if run.approved_at is not None}
    for room in rooms:
        for run_id in sorted(staff_room.untold_runs(session, room, waiting)):
            staff_room.tell_of_run(session, house, room, run_id, waiting[run_id], now)
        for run_id in sorted(staff_room.untold_runs(session, room, approved, staff_room.APPROVED)):
            staff_room.show_run(session, house, [room], approved[run_id], now)


def _tell_of_campaigns(session: Session, house: House, rooms: Sequence[ContactPoint], now: datetime) -> None:
    """Batches of campaigns that wait for somebody to let them leave."""
    for kept in campaigns.running(session) if house.sending is Sending.APPROVE else ():
        for batch, count in lifecycle.waiting_batches(session, house, kept):
            for room in rooms:
                staff_room.tell_of_batch(session, house, room, kept, batch, count, now)
