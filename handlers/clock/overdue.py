"""Overdue cases: severity rises, the staff chat and a waiting customer are notified."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts import cases as rules
from billing.dunning.quiet_hours import first_open
from billing.facts import Saying
from billing.gate import Purpose
from handlers import rendering
from handlers.desk import staff_room
from storage.database.transaction import lock_contact_point
from storage.delivery import drafts
from storage.desk import case_events, escalations
from storage.desk.case_events import CaseEvent, What
from storage.ledger import accounts
from storage.people import contact_points

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.facts import Facts
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation
    from storage.people.contact_points import ContactPoint

BATCH = 100
NOTE_WITHIN = timedelta(hours=24)


def climb(database: Database, installation: Installation, now: datetime) -> int:
    """Raise the severity of every overdue case by one, once a deadline; returns how many.

    Customers of closed cases whose rest is over are rescheduled, which may open the case again.
    """
    with database.read() as session:
        late = escalations.overdue(session, now, BATCH)
    with database.write() as session:
        accounts.look_again(session, escalations.rested(session, now), now)
    count = 0
    for escalation_id in late:
        with database.write() as session:
            count += _climb(session, installation, escalation_id, now)
    return count


def _climb(session: Session, installation: Installation, escalation_id: int, now: datetime) -> bool:
    rooms = staff_room.rooms(session, installation, now)
    before = escalations.find(session, escalation_id)
    if before and before.contact_point_id:
        lock_contact_point(session, before.contact_point_id)
    case = escalations.lock(session, escalation_id)
    if case is None or not case.overdue(now) or case.snoozes(now):
        return False
    severity = rules.climbed(case.severity)
    deadline = rules.answer_by(severity, installation.policy.talk.person_within_hours, now)
    detail = {"from": case.severity, "to": severity, "missed": case.deadline.isoformat()}
    event = CaseEvent(now, escalations.BY_ITSELF, What.CLIMBED, detail)
    key = f"climbed:{case.id}:{case.deadline.isoformat()}"
    if not escalations.happened(session, case.id, event, key, severity=severity, deadline=deadline):
        return False
    facts: Facts = {
        "number": case.id,
        "kind": case.kind.replace("_", " "),
        "severity": severity,
        "deadline": staff_room.clock(installation, deadline),
        "owner": case.owner or "",
    }
    version = case_events.newest(session, case.id)
    for room in rooms:
        said = Saying("staff.climbed", facts)
        staff_room.post(session, installation, room, f"staff:climbed:{version}:{room.id}", said, now)
    if case.kind == "person" and case.owner is None and case.contact_point_id:
        _notify_customer(session, installation, case, contact_points.get(session, case.contact_point_id), now)
    return True


def _notify_customer(
    session: Session, installation: Installation, case: Escalation, point: ContactPoint, now: datetime
) -> None:
    """Notify a customer, once and within contact hours, that no person has taken their request yet.

    The bot answers again if the customer is identified and no other case is open there; no reminder is sent
    until a rep has closed the case (docs/proof.md, invariant 52).
    """
    at = first_open(installation.policy.window, point.zones or {installation.creditor.zone.key}, now)
    if point.stopped_at or at is None:
        return
    sayings = [Saying("person.late", {"number": case.id})]
    if point.person_since and case.customer_id and escalations.open_at(session, point.id) == 1:
        contact_points.hand_back(session, point.id)
        sayings.append(Saying("person.back"))
    draft = rendering.draft(installation, point, f"late:{case.id}", Purpose.REPLY, sayings, at, NOTE_WITHIN)
    drafts.queue(session, draft, now)
