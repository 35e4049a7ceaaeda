"""Planned services: coverage and authorisation are checked ahead of the day, and the customer is notified."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from billing.calendar import local_day, start_of_day
from billing.dunning import blockers
from billing.dunning.blockers import Blocker
from billing.facts import Saying
from billing.payers.claims import Code
from billing.payers.obligations import Topic
from handlers import snapshot
from handlers.bills import obligations
from handlers.context import Context
from handlers.dunning import unsolicited
from handlers.dunning.unsolicited import Unsolicited
from handlers.import_results import ImportChange
from handlers.payers import authorising, covering, eligibility, estimating
from handlers.people import register
from handlers.registered import registered
from storage.delivery import drafts
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.payers import planned_services
from storage.payers.planned_services import PlannedService
from storage.people import customers

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot, Reach
    from handlers.context import Clock
    from handlers.installation import Installation
    from handlers.outgoing import GateFacts
    from storage.database.transaction import Database
    from storage.delivery.outbox import Message


class OutgoingPlannedService(Unsolicited):
    """The message ahead of a planned service: it needs the consent to that topic."""

    names: ClassVar = ("planned",)
    reason: ClassVar = "answers.why_planned"

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """The recipient, and that it is about a service."""
        return self.facts(context, message, topic=Topic.SERVICES)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A planned service as imported."""

    id: str
    customer_id: str
    service_on: date
    code_system: str
    code: str
    description: str = ""
    quantity: str = "1"


def add(context: Context, row: ServiceRow) -> ImportChange:
    """Save a planned service; one moved to another day is checked again.

    Raises:
        UnknownCustomer: no customer has this id.
    """
    registered(context.session, row.customer_id, "customer_id")
    today = local_day(context.now, context.creditor.zone)
    ahead = row.service_on - timedelta(days=context.policy.eligibility.ahead_days)
    look_at = max(context.now, start_of_day(ahead, context.creditor.zone)) if row.service_on > today else None
    service = PlannedService(
        row.id,
        row.customer_id,
        row.service_on,
        row.code_system,
        row.code,
        row.description,
        row.quantity,
        look_at,
    )
    return ImportChange(planned_services.save_planned_service(context.session, service))


def look(
    database: Database, installation: Installation, service: PlannedService, run_id: int, clock: Clock
) -> None:
    """Check the coverage, request authorisations, save an estimate, and notify the customer once."""
    with database.read() as session:
        coverages_found = covering.checked_coverages(
            Context(session, installation, clock), service.customer_id, service.service_on
        )
    for one in coverages_found:
        if one.stale or one.check is None:
            eligibility.check(database, installation, one.covered.coverage_id, service.service_on, clock)
    with database.write() as session:
        register.hold(session, [service.customer_id])
        # The payer was asked outside any transaction; of two processes that did so, one goes on.
        if not planned_services.claim(session, service.id):
            return  # another process has just done it
        _looked(Context(session, installation, clock), service, run_id)


def _looked(context: Context, service: PlannedService, run_id: int) -> None:
    code = Code(service.code_system, service.code)
    found = estimating.quote(context, service.customer_id, [(code, service.quantity)], service.service_on)
    missing = _authorise(context, service, code)
    unconfirmed = any(
        one.stale or not one.believed
        for one in covering.checked_coverages(context, service.customer_id, service.service_on)
    )
    if unconfirmed:
        why = f"planned service {service.id}: the coverage is not confirmed for its day"
        by = start_of_day(service.service_on, context.creditor.zone)
        case = Case(f"planned:{service.id}", "planned_service", why, by, 2, service.customer_id)
        escalations.open_case(context.session, case, context.now)
    if found and context.policy.good_faith and not found.standings:
        _keep_estimate(context, service, found)
    if context.policy.eligibility.tell and (found or missing or unconfirmed):
        _notify(context, service, run_id, open_=missing or unconfirmed)


def _authorise(context: Context, service: PlannedService, code: Code) -> bool:
    """Request a missing authorisation; returns True if one is missing."""
    try:
        authorising.start(context, service.customer_id, code, service.service_on, escalations.BY_ITSELF)
    except authorising.NothingToAuthorise:
        return False
    return True


def _keep_estimate(context: Context, service: PlannedService, found: estimating.Quote) -> None:
    """Save the good-faith estimate owed to a patient without coverage (45 CFR 149.610)."""
    customer = customers.find(context.session, service.customer_id)
    assert customer
    today = local_day(context.now, context.creditor.zone)
    said = estimating.sayings_of(context.installation, found, today)
    text = "\n\n".join(context.installation.words.say(one.key, customer.language, one.facts) for one in said)
    number = estimating.record_estimate(context, customer.id, found, text, customer.language, scheduled=today)
    planned_services.estimated(context.session, service.id, number)


def _notify(context: Context, service: PlannedService, run_id: int, *, open_: bool) -> None:
    """Queue one message before the day; the gate checks it like every unsolicited one."""
    people = snapshot.load(context, [_answering(context.session, service.customer_id)])
    person = people[0] if people else None
    channels = (
        context.policy.notices.channels if context.policy.notices else context.policy.levels[0].channels
    )
    reach = (
        blockers.to_reaching(
            blockers.agreeing(person, Topic.SERVICES),
            context.policy.reminding(channels),
            frozenset(),
            context.installation.available,
        )
        if person
        else None
    )
    if person is None or reach is None or isinstance(reach, Blocker):
        return
    said = [
        Saying("planned.open" if open_ else "planned.checked"),
        *_stated(context, person, reach),
    ]
    key = f"planned:{service.id}:{service.service_on.isoformat()}"
    until = start_of_day(service.service_on, blockers.zone_of(person))
    to = (reach.channel, reach.contact_point_id)
    draft = unsolicited.notice(context.installation, person, to, key, said, context.now, until, run_id)
    if drafts.queue(context.session, draft, context.now) is not None:
        planned_services.mark_announced(context.session, service.id, context.now)


def _stated(context: Context, person: PersonSnapshot, reach: Reach) -> list[Saying]:
    """The payment terms not accepted yet; none where only templates leave outside a talk."""
    found = obligations.missing(context, person.person_id)
    if found is None or found.days is None or reach.channel.capabilities.fixed_wording:
        return []
    return [*found.sayings(), Saying("obligations.reply")]


def _answering(session: Session, customer_id: str) -> str:
    customer = customers.find(session, customer_id)
    assert customer
    return customer.guarantor_id or customer.id
