"""Applications for financial assistance by chat."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.holds import Hold, HoldKind
from billing.costs import aid as rules
from billing.costs.aid import AidState
from billing.facts import Saying
from handlers.desk.handover import case_about
from handlers.dunning.reschedule import reschedule
from handlers.flows.aid import AidOffer
from handlers.people.consent import withdraw_queued
from handlers.turn_context import Reply, say
from storage.costs import aid
from storage.costs.aid import Application
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.dunning import holds

if TYPE_CHECKING:
    from datetime import date

    from billing.accounts.snapshot import PersonSnapshot
    from billing.costs.aid import Proposal
    from billing.outcomes import ApplyForAid
    from handlers.installation import Installation
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

_MONTHS = 12


def offer(turn: Turn, person: PersonSnapshot) -> AidOffer | Saying:
    """The questions of an application; a reply instead if one is open already."""
    existing = aid.open_one(turn.context.session, person.person_id)
    if existing:
        return Saying("aid.asked_already", {"number": existing.id})
    by_income = any(one.kind != "ceiling" for one in turn.context.policy.aid_programmes)
    currency = next((one.currency for one in person.accounts), turn.context.creditor.currency)
    return AidOffer(currency, by_income)


def apply(turn: Turn, customer: Customer, outcome: ApplyForAid) -> Reply:
    """Save the application, hold all reminders, and open a case.

    An application suspends collection until it is decided (COMPLIANCE.md 1.4).
    """
    person, today = turn.person(customer), turn.today()
    wanted = tuple(
        dict.fromkeys(name for one in turn.context.policy.aid_programmes for name in one.documents)
    )
    by_income = outcome.household > 0
    application = Application(
        customer_id=customer.id,
        asked_at=turn.context.now,
        currency=outcome.income.currency,
        household=outcome.household if by_income else None,
        income=_MONTHS * outcome.income.minor if by_income else None,
        closes_on=_closes_on(turn.context.installation, person),
        documents=dict.fromkeys(wanted) if by_income else {},
        look_on=today + timedelta(days=turn.context.policy.holds.answer_days),
        state=AidState.ASKED if by_income and wanted else AidState.COMPLETE,
    )
    number = aid.ask(turn.context.session, application)
    if number is None:
        existing = aid.open_one(turn.context.session, customer.id)
        assert existing
        return say(Saying("aid.asked_already", {"number": existing.id}))
    _hold(turn, customer, number)
    said = [Saying("aid.applied", {"number": number})]
    if application.documents:
        said.append(Saying("aid.documents", {"documents": [{"name": name} for name in wanted]}))
    referred = [one for one in fitting(turn.context.installation, application) if one.refer_to]
    said += [Saying("aid.referral", {"where": one.refer_to}) for one in referred]
    return say(*said)


def _hold(turn: Turn, customer: Customer, number: int) -> None:
    why = f"application {number} is being decided"
    holds.place(
        turn.context.session, customer.id, Hold(HoldKind.AID_APPLICATION, why), "customer", turn.context.now
    )
    withdraw_queued(turn.context, [customer.id], HoldKind.AID_APPLICATION.value)
    by = turn.context.now + timedelta(days=turn.context.policy.holds.answer_days)
    why = f"the customer applies for help with the cost: see kvitt aid show {number}"
    escalations.open_case(turn.context.session, case_about(turn, "aid", why, 2, by), turn.context.now)
    staff.write_down(
        turn.context.session, AuditEntry(turn.context.now, "customer", "aid_asked", f"aid:{number}", {})
    )
    reschedule(turn.context, [customer.id])


def _closes_on(installation: Installation, person: PersonSnapshot) -> date | None:
    """The last day of the window that begins with the first bill that is still owed."""
    issued = [bill.issued_on for account in person.accounts for bill in account.bills if bill.owed > 0]
    window = installation.policy.aid
    return min(issued) + timedelta(days=window.window_days) if issued and window else None


def fitting(installation: Installation, application: Application) -> list[Proposal]:
    """What the programmes that go by income would do for the applicant."""
    policy = installation.policy
    return rules.propose(
        policy.aid_programmes, policy.poverty_line, application.household, application.income
    )
