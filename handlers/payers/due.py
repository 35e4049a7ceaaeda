"""Due work on coverage and assistance: planned services, overdue authorisations, applications.

Each is found by an index over what is due, so the cost grows with that and not with what is stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.costs.aid import AidState
from handlers import set_aside
from handlers.payers import authorising, planning
from storage.costs import aid
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import runs
from storage.payers import authorisations, planned_services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.context import Clock, Context
    from handlers.installation import Installation
    from storage.costs.aid import Application
    from storage.database.transaction import Database
    from storage.payers.planned_services import PlannedService

BATCH = 100


def run(database: Database, installation: Installation, clock: Clock) -> int:
    """Handle everything that is due; returns the number of items."""
    now = clock()
    with database.read() as session:
        services = planned_services.due(session, now, BATCH)
        late = authorisations.overdue(session, now, BATCH)
        applications = aid.due(session, local_day(now, installation.creditor.zone), BATCH)
    if services:
        _look_ahead(database, installation, services, clock)
    set_aside.one_by_one(
        database, installation, clock, "authorisations", late, authorising.chase, lambda one: str(one.id)
    )
    set_aside.one_by_one(
        database, installation, clock, "help with the cost", applications, _look, lambda one: str(one.id)
    )
    return len(services) + len(late) + len(applications)


def _look_ahead(
    database: Database, installation: Installation, services: Sequence[PlannedService], clock: Clock
) -> None:
    """Check planned services as a run of their own, which a rep approves like a dunning run."""
    now = clock()
    policy = installation.policy
    with database.write() as session:
        run_id = runs.begin(session, now, installation.sending.value, policy.name, policy.version)
    for service in services:
        planning.look(database, installation, service, run_id, clock)
    with database.write() as session:
        runs.finish(session, run_id, {"planned": len(services)}, now)


def _look(context: Context, application: Application) -> None:
    """Open a case to decide or to renew an application for assistance."""
    today = local_day(context.now, context.creditor.zone)
    renewal = application.state is AidState.GRANTED
    why = (
        f"help that was granted ends: application {application.id} is to be renewed or left to end"
        if renewal
        else f"application {application.id} for help with the cost waits: see kvitt aid show {application.id}"
    )
    kind = "aid_renewal" if renewal else "aid_decision"
    by = context.answer_by()
    case = Case(f"{kind}:{application.id}", kind, why, by, 3, application.customer_id)
    escalations.open_case(context.session, case, context.now)
    again = None if renewal else today + timedelta(days=context.policy.holds.answer_days)
    aid.change(context.session, application.id, look_on=again)
