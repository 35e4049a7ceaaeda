"""Overdue cases: the staff chat and a waiting customer are told once a deadline; what is at stake stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.dunning.quiet_hours import first_open
from billing.facts import Saying
from billing.gate import Purpose
from handlers import rendering, set_aside
from handlers.desk import staff_room
from storage.database.transaction import lock_contact_point
from storage.delivery import drafts
from storage.desk import case_events, cases_at, escalations, late_cases
from storage.desk.case_events import CaseEvent, What
from storage.ledger import accounts
from storage.people import contact_points

if TYPE_CHECKING:
    from billing.facts import Facts
    from handlers.context import Clock, Context
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation
    from storage.people.contact_points import ContactPoint

BATCH = 100
NOTE_WITHIN = timedelta(hours=24)


def note_late(database: Database, installation: Installation, clock: Clock) -> int:
    """Note every case whose deadline has passed, once a deadline; returns how many.

    Customers of closed cases whose rest is over are rescheduled, which may open the case again.
    """
    now = clock()
    with database.read() as session:
        late = late_cases.overdue(session, now, BATCH)
    with database.write() as session:
        accounts.look_again(session, escalations.rested(session, now), now)
    named = "case {}".format
    return sum(set_aside.one_by_one(database, installation, clock, "late cases", late, _note, named))


def _note(context: Context, escalation_id: int) -> bool:
    rooms = staff_room.rooms(context)
    before = escalations.find(context.session, escalation_id)
    if before and before.contact_point_id:
        lock_contact_point(context.session, before.contact_point_id)
    case = escalations.lock(context.session, escalation_id)
    if case is None or not case.overdue(context.now) or case.snoozes(context.now):
        return False
    detail = {"missed": case.deadline.isoformat()}
    event = CaseEvent(context.now, escalations.BY_ITSELF, What.LATE, detail)
    key = f"late:{case.id}:{case.deadline.isoformat()}"
    if not escalations.happened(context.session, case.id, event, key, late_noted=case.deadline):
        return False
    facts: Facts = {
        "number": case.id,
        "kind": case.kind.replace("_", " "),
        "severity": case.severity,
        "deadline": staff_room.clock(context.installation, case.deadline),
        "owner": case.owner or "",
    }
    version = case_events.newest(context.session, case.id)
    for room in rooms:
        said = Saying("staff.late", facts)
        staff_room.post(context, room, f"staff:late:{version}:{room.id}", said)
    if case.kind == "person" and case.owner is None and case.contact_point_id:
        _notify_customer(context, case, contact_points.get(context.session, case.contact_point_id))
    return True


def _notify_customer(context: Context, case: Escalation, point: ContactPoint) -> None:
    """Notify a customer, once and within contact hours, that no person has taken their request yet.

    The bot answers again if the customer is identified and no other case is open there; no reminder is sent
    until a rep has closed the case (docs/proof.md, invariant 52).
    """
    at = first_open(context.policy.window, point.zones or {context.creditor.zone.key}, context.now)
    if point.stopped_at or at is None:
        return
    sayings = [Saying("person.late", {"number": case.id})]
    if point.person_since and case.customer_id and cases_at.open_at(context.session, point.id) == 1:
        contact_points.hand_back(context.session, point.id)
        sayings.append(Saying("person.back"))
    draft = rendering.draft(
        context.installation, point, f"late:{case.id}", Purpose.REPLY, sayings, at, NOTE_WITHIN
    )
    drafts.queue(context.session, draft, context.now)
