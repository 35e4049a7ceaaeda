"""What a conversation may agree to, taken from the facts when it begins; or why it cannot begin."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from billing.facts import Saying
from billing.limitation import limitation_date
from billing.money import Money, minor_units
from billing.plans import PlanState, Review
from handlers import answers
from handlers.flows.contact_details import DetailsOffer
from handlers.flows.explain_bill import BillLine, ExplainOffer
from handlers.flows.payment_plan import PlanOffer
from handlers.flows.promise import PromiseOffer
from storage import contact_points, customers, plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.picture import BillPicture, PersonPicture
    from handlers.reply import Turn

NEAR_LIMITATION = timedelta(days=90)

Offer: TypeAlias = "PlanOffer | PromiseOffer | DetailsOffer | ExplainOffer"


def agreeable(turn: Turn, person: PersonPicture) -> list[BillPicture]:
    """The bills an agreement may be made about by the machine alone.

    A part payment may restart a period of limitation, so near its end and after it a person has to look
    (COMPLIANCE.md, invariant 47).
    """
    soon, rules = turn.today(person) + NEAR_LIMITATION, turn.house.policy.limitation
    return [
        bill
        for account in person.accounts
        for bill in account.bills
        if bill in person.payable
        and limitation_date(rules, bill.issued_on, bill.due_on, account.country, account.region) > soon
    ]


def payment_plan(turn: Turn, person: PersonPicture) -> PlanOffer | Saying:
    """How a balance may be paid off under the policy."""
    rules, currency = turn.house.policy.plan, answers.currency_of(turn, person)
    running = answers.running_plan(person)
    if running and running.state is PlanState.PROPOSED:
        return Saying("payment_plan.proposed_already")
    if running:
        return Saying("payment_plan.running", answers.next_instalment(turn, person, running))
    if person.to_pay <= 0:
        return Saying("payment_plan.nothing_owed")
    smallest = minor_units(rules.smallest, currency)
    covered, review = plannable(turn, person)
    owed = sum(bill.owed for bill in covered)
    if not rules.offered or owed < 2 * smallest:
        return Saying("payment_plan.not_offered")
    looked_at = review is Review.LIMITATION
    return PlanOffer(
        Money(owed, currency), Money(smallest, currency), rules.longest, turn.today(person), looked_at
    )


def plannable(turn: Turn, person: PersonPicture) -> tuple[Sequence[BillPicture], Review]:
    """The bills a plan would be about: all of them, for a person to see, if none may be agreed alone."""
    fresh = agreeable(turn, person)
    return (fresh, Review.NONE) if fresh else (person.payable, Review.LIMITATION)


def promise(turn: Turn, person: PersonPicture) -> PromiseOffer | Saying:
    """Until when, and how often, somebody may promise to pay."""
    rules, currency = turn.house.policy.promise, answers.currency_of(turn, person)
    account = next((account for account in person.accounts if account.promise), None)
    if account and account.promise:
        amount = Money(account.promise.amount, currency)
        return Saying("promise.running", {"amount": amount, "due_on": account.promise.due_on})
    if person.to_pay <= 0:
        return Saying("promise.nothing_owed")
    since = turn.now - timedelta(days=rules.most_days)
    made = sum(plans.promises_since(turn.session, account.account_id, since) for account in person.accounts)
    owed = sum(bill.owed for bill in agreeable(turn, person))
    if not rules.offered or made >= rules.most or answers.running_plan(person) or not owed:
        return Saying("promise.not_offered")
    today = turn.today(person)
    return PromiseOffer(Money(owed, currency), today + timedelta(days=rules.longest_days), today)


def contact_details(turn: Turn, person: PersonPicture) -> DetailsOffer | Saying:
    """What we have on file about how to reach somebody."""
    customer = customers.find(turn.session, person.person_id)
    assert customer is not None
    ways = contact_points.reaches(turn.session, [person.person_id]).get(person.person_id, [])
    known = {reach.channel.value: reach.address for reach, _ in ways}
    town = f"{customer.postal_code} {customer.city}".strip()
    address = ", ".join(filter(None, (customer.address, town)))
    return DetailsOffer(known.get("sms", ""), known.get("email", ""), address, customer.country)


def explain_bill(turn: Turn, person: PersonPicture) -> ExplainOffer | Saying:
    """Which bills can be explained."""
    if not person.payable:
        return Saying("explain_bill.nothing")
    currency = answers.currency_of(turn, person)
    return ExplainOffer(
        tuple(BillLine(bill.bill_id, Money(bill.owed, currency), bill.due_on) for bill in person.payable)
    )
