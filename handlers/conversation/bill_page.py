"""The web page of a bill: what it shows, and the identity check before it shows anything.

A link can be forwarded or opened by someone else in the household, so holding it proves nothing: the same
questions are asked as in the chat. Wrong answers count with those of all contact points that are not
verified, so that a stranger with a link locks nobody out of a chat in which they identified before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.accounts.account_state import registered_stop_of
from billing.accounts.holds import strongest
from billing.accounts.identity import Entrance, IdentityDecision
from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.dunning.limitation import last_day_to_demand
from billing.ledger.money import Money
from billing.plans import plans
from billing.plans.plans import PlanState
from handlers import snapshot
from handlers.bills import invoices
from handlers.conversation import identify
from handlers.dunning import at_collector
from handlers.people.identity import at_entrance
from storage.bills import bill_links
from storage.collection import placements
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import Any

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, PersonSnapshot
    from billing.bills.invoice import Invoice
    from handlers.context import Context
    from storage.bills.bill_links import Link
    from storage.people.customers import Customer


class Access(StrEnum):
    """What a visitor with a link gets to see of a bill on its page."""

    UNKNOWN = "unknown"
    """No link has this token."""
    EXPIRED = "expired"
    """The link is past its last day, or was revoked."""
    CLOSED = "closed"
    """The addressee is not spoken with there (deceased, minor, no birth date, another's number by now), is no
    longer the guarantor, or somebody else wrote from there and a person looks first."""
    LOCKED = "locked"
    """Too many wrong answers, here or in a chat that never identified: longer each time."""
    ASK = "ask"
    """The identity question is asked."""


class BillStatus(StrEnum):
    """State of a bill as its page shows it."""

    TO_PAY = "to_pay"
    ON_PLAN = "on_plan"
    SETTLED = "settled"
    COLLECTOR = "collector"
    RESTING = "resting"
    """A hold or stop is active: no payment is asked for meanwhile."""


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """The result of opening a link: what is shown, the link, and the customer it was made for."""

    access: Access
    link: Link | None = None
    person: Customer | None = None
    postal_code: bool = False
    """Whether the postal code is asked for too."""
    goes_on: bool = False
    """Whether a device that has passed the check goes on: what others guess meanwhile does not shut it."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that a page shows of one bill to its guarantor."""

    invoice: Invoice
    status: BillStatus
    language: str
    late: bool
    barred: bool
    """Whether it is past its limitation date."""
    channel: Channel
    """Channel of the contact point that the link was sent to."""
    today: date
    """Local day of the guarantor; of the creditor where no time zone is known."""
    collector: str = ""
    collector_reach: str = ""
    instalment: Money | None = None
    instalment_on: date | None = None
    aid: bool = False
    plan_offered: bool = True


def knock(context: Context, token: str) -> OpenedPage:
    """Check a token without disclosing anything of the bill."""
    link = bill_links.find(context.session, token)
    if link is None:
        return OpenedPage(Access.UNKNOWN)
    if not link.works(context.now):
        return OpenedPage(Access.EXPIRED)
    person = customers.find(context.session, link.person_id)
    assert person is not None
    decision = at_entrance(context, Entrance.PAGE, link.contact_point_id).decision(person)
    if decision is IdentityDecision.LOCKED:
        return OpenedPage(Access.LOCKED, link, person, goes_on=_locked_by_others(context, link, person))
    other = (
        decision is IdentityDecision.OPEN
        and invoices.read(context, link.bill_id).account.guarantor_id != person.id
    )
    if decision is not IdentityDecision.OPEN or other:
        return OpenedPage(Access.CLOSED, link, person)
    asks = "explain_bill" in context.policy.identity.proof_for and bool(person.postal_code)
    return OpenedPage(Access.ASK, link, person, asks, goes_on=True)


def _locked_by_others(context: Context, link: Link, person: Customer) -> bool:
    """Whether the chat of the link's contact point is not locked itself, and the bill still the person's."""
    mine = invoices.read(context, link.bill_id).account.guarantor_id == person.id
    return (
        mine
        and at_entrance(context, Entrance.CHAT, link.contact_point_id).decision(person)
        is IdentityDecision.OPEN
    )


def answer(
    context: Context, token: str, birth_date: date | None, postal_code: str
) -> tuple[OpenedPage, bool]:
    """Check the identity answer; returns the state of the page, and True if it was right.

    Wrong answers count for the person, together with those of every chat that is not verified: a counter for
    each would multiply the guesses.
    """
    found = knock(context, token)
    if found.access is not Access.ASK or found.link is None or found.person is None:
        return found, False
    # Checked again under the lock: a second answer sent at the same moment may have used the last try.
    lock_contact_point(context.session, found.link.contact_point_id)
    lock_customers(context.session, [found.person.id])
    found = knock(context, token)
    if found.access is not Access.ASK or found.link is None or found.person is None:
        return found, False
    right = birth_date is not None and birth_date == found.person.birth_date
    if found.postal_code:
        right = right and identify.same_code(postal_code, found.person.postal_code)
    here = at_entrance(context, Entrance.PAGE, found.link.contact_point_id)
    if right:
        here.right(found.person)
        subject = f"contact_point:{found.link.contact_point_id}"
        entry = AuditEntry(context.now, "customer", "identified_on_page", subject, {})
        staff.write_down(context.session, entry)
        return found, True
    return (OpenedPage(Access.LOCKED) if here.wrong([found.person]) else found), False


def view(context: Context, link: Link) -> View:
    """The bill as an identified guarantor sees it; balances are those of now."""
    found = invoices.read(context, link.bill_id)
    (person,) = snapshot.load(context, [found.account.guarantor_id])
    account = next(one for one in person.accounts if one.account_id == found.account.id)
    today = local_day(context.now, zone_of(person) if person.zones else context.creditor.zone)
    shown = View(
        invoice=found.invoice,
        status=_status(found.invoice, person, account, context.now),
        language=found.person.language,
        late=not found.bill.unsent and found.bill.due_on < today,
        barred=today > last_day_to_demand(context.policy.limitation, found.bill, account),
        channel=contact_points.get(context.session, link.contact_point_id).channel,
        today=today,
        aid=context.policy.aid is not None,
        plan_offered=context.policy.plan.offered,
    )
    return _with_more(context, shown, person, account, today)


def page(context: Context, link: Link, url: str) -> dict[str, Any]:
    """The data of the printed bill (a PDF to download), dated on the day it was issued."""
    return invoices.page(context, link.bill_id, link=url)


def _status(invoice: Invoice, person: PersonSnapshot, account: AccountSnapshot, now: datetime) -> BillStatus:
    bill = next((one for one in account.bills if one.bill_id == invoice.bill_id), None)
    if invoice.owed.minor <= 0 or bill is None:
        return BillStatus.SETTLED if invoice.owed.minor <= 0 else BillStatus.RESTING
    if bill.with_collector:
        return BillStatus.COLLECTOR
    held = strongest(person.holds, account.account_id, bill.bill_id, now)
    if held or registered_stop_of(person, account, local_day(now, zone_of(person))):
        return BillStatus.RESTING
    if account.plan and account.plan.state is PlanState.ACTIVE and bill.bill_id in account.plan.bill_ids:
        return BillStatus.ON_PLAN
    return BillStatus.TO_PAY


def _with_more(
    context: Context, shown: View, person: PersonSnapshot, account: AccountSnapshot, today: date
) -> View:
    """Add the collector of a placed bill, or the next instalment of one on a plan."""
    if shown.status is BillStatus.COLLECTOR:
        (placement,) = placements.away(context.session, [shown.invoice.bill_id])
        collector = at_collector.whose(context.installation.collectors, placement.collector)
        name = collector.name if collector else placement.collector
        return replace(
            shown, collector=name, collector_reach=(collector.phone or collector.email) if collector else ""
        )
    if shown.status is BillStatus.ON_PLAN and account.plan:
        owed = person.owed_on(account.plan.bill_ids)
        progress = plans.progress(account.plan, owed, today, context.policy.plan.grace_days)
        if one := progress.next_instalment:
            amount = Money(progress.missing or one.amount, account.currency)
            return replace(shown, instalment=amount, instalment_on=one.due_on)
    return shown
