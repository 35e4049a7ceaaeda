"""News for the staff chat: new and changed cases, and runs and batches that wait for approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.cases import GRAVEST
from billing.facts import Saying
from billing.gate import SendingSwitch
from handlers.campaigns import lifecycle
from handlers.desk import staff_room
from storage.campaigns import campaigns
from storage.desk import escalations
from storage.dunning import runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation
    from storage.people.contact_points import ContactPoint

BATCH = 500
ONE_BY_ONE = 5
"""New cases posted one by one; more are summed up, since a Telegram group takes 20 messages a minute."""
RUNS = 20


def post_news(database: Database, installation: Installation, now: datetime) -> int:
    """Post news to the staff chats; returns the number of cases."""
    if not installation.staff_chats:
        return 0
    with database.write() as session:
        rooms = staff_room.rooms(session, installation, now)
        found = escalations.claim_stale(session, BATCH)
        new = [case for case in found if case.told_at is None and case.closed_at is None]
        _post_cases(session, installation, rooms, new, now)
        for case in found:
            if case not in new:
                staff_room.show_case(session, installation, rooms, case, now)
        escalations.shown(session, [case.id for case in found], now)
        _post_runs(session, installation, rooms, now)
        _post_batches(session, installation, rooms, now)
    return len(found)


def _post_cases(
    session: Session,
    installation: Installation,
    rooms: Sequence[ContactPoint],
    new: Sequence[Escalation],
    now: datetime,
) -> None:
    single = new if len(new) <= ONE_BY_ONE else [case for case in new if case.severity <= GRAVEST]
    rest = len(new) - len(single)
    for room in rooms:
        for case in single:
            staff_room.post_case(session, installation, room, case, now)
        if rest:
            key = f"staff:cases:{new[-1].id}:{room.id}"
            staff_room.post(session, installation, room, key, Saying("staff.several", {"count": rest}), now)


def _post_runs(
    session: Session, installation: Installation, rooms: Sequence[ContactPoint], now: datetime
) -> None:
    waiting = runs.waiting(session) if installation.sending is SendingSwitch.APPROVE else {}
    approved = {run.id: run for run in runs.latest(session, RUNS) if run.approved_at is not None}
    for room in rooms:
        for run_id in sorted(staff_room.untold_runs(session, room, waiting)):
            staff_room.post_run(session, installation, room, run_id, waiting[run_id], now)
        for run_id in sorted(staff_room.untold_runs(session, room, approved, staff_room.APPROVED)):
            staff_room.show_run(session, installation, [room], approved[run_id], now)


def _post_batches(
    session: Session, installation: Installation, rooms: Sequence[ContactPoint], now: datetime
) -> None:
    """Post batches of campaigns that wait for approval."""
    for kept in campaigns.running(session) if installation.sending is SendingSwitch.APPROVE else ():
        for batch, count in lifecycle.waiting_batches(session, installation, kept):
            for room in rooms:
                staff_room.post_batch(session, installation, room, kept, batch, count, now)
