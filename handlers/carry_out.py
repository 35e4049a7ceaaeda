"""An outcome becomes entries, after looking again: what was agreed must still be true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from billing import outcomes
from billing.facts import Saying
from billing.plans import Review
from handlers import answers, handover, offers
from handlers.consent import withdraw_queued
from handlers.reply import Reply, say
from handlers.wake import wake
from storage import contact_points, escalations, plans, staff
from storage.escalations import Case
from storage.staff import Deed

if TYPE_CHECKING:
    from collections.abc import Callable

    from billing.facts import Facts
    from billing.money import Money
    from billing.picture import PersonPicture
    from handlers.flows.payment_plan import PlanOffer
    from handlers.flows.promise import PromiseOffer
    from handlers.offers import Offer
    from handlers.reply import Turn
    from storage.customers import Customer


Quoting = TypeVar("Quoting", bound="PlanOffer | PromiseOffer")


class FactsChanged(Exception):
    """The world changed while we talked: the conversation goes on with this new offer."""

    def __init__(self, offer: Offer, saying: Saying) -> None:
        super().__init__(saying.key)
        self.offer = offer
        self.saying = saying


def carry_out(turn: Turn, customer: Customer, outcome: outcomes.Outcome) -> Reply:
    """Do what a conversation decided.

    Raises:
        FactsChanged: a balance is no longer what was quoted.
    """
    reply: Reply
    match outcome:
        case outcomes.OpenPlan():
            reply = _open_plan(turn, customer, outcome)
        case outcomes.MakePromise():
            reply = _promise(turn, customer, outcome)
        case outcomes.ExplainBill(bill_id):
            reply = say(answers.explained(turn, bill_id))
        case outcomes.ConfirmDetails():
            reply = _confirm_details(turn, customer)
        case outcomes.ChangeDetail(what, _):
            reply = _change_detail(turn, customer, what)
        case outcomes.LeaveAsIs(key):
            reply = say(Saying(key))
        case outcomes.HandToPerson(reason):
            reply = _hand_over(turn, reason)
        case _:
            raise TypeError(f"{outcome} is settled before it is carried out")
    return reply


def _hand_over(turn: Turn, reason: str) -> Reply:
    saying = "talk.handed_over" if reason == "misread" else "person.coming"
    return handover.to_a_person(turn, reason, saying)


def _open_plan(turn: Turn, customer: Customer, agreed: outcomes.OpenPlan) -> Reply:
    person = turn.person(customer)
    offer = _still(turn, person, offers.payment_plan, "payment_plan.changed", agreed.quoted)
    if isinstance(offer, Saying):
        return say(offer)
    total = sum(instalment.amount for instalment in agreed.instalments)
    assert total == agreed.quoted.minor
    bills, review = offers.plannable(turn, person)
    if review is Review.NONE and len(agreed.instalments) > turn.house.policy.plan.credit_above:
        review = Review.CREDIT
    covered = [bill.bill_id for bill in bills]
    account_id = _account_of(person, covered)
    plan_id = plans.open_plan(
        turn.session, account_id, agreed.quoted, agreed.instalments, covered, review, turn.now
    )
    detail = {"amount": total, "instalments": len(agreed.instalments)}
    proposed = review is Review.LIMITATION
    action = "plan_proposed" if proposed else "plan_opened"
    if review is not Review.NONE:
        _have_reviewed(turn, customer, plan_id, review)
    _settled(turn, customer, action, f"plan:{plan_id}", detail)
    if proposed:
        return say(Saying("payment_plan.proposed", {"hours": turn.house.creditor.hours}))
    first = agreed.instalments[0]
    facts: Facts = {
        "count": len(agreed.instalments),
        "amount": replace(agreed.quoted, minor=first.amount),
        "due_on": first.due_on,
        "total": agreed.quoted,
    }
    return say(Saying("payment_plan.opened", facts))


def _have_reviewed(turn: Turn, customer: Customer, plan_id: int, review: Review) -> None:
    """Put the plan before the desk: to decide about it, or only to know of it."""
    decides = review is Review.LIMITATION
    why = (
        "a plan over bills near or past their limitation date: approve or refuse it"
        if decides
        else "a plan of so many instalments that it may count as a credit: have a look"
    )
    case = Case(
        key=f"plan:{plan_id}",
        kind=review.value,
        reason=why,
        deadline=turn.now + timedelta(hours=turn.house.policy.talk.person_within_hours),
        severity=2 if decides else 3,
        customer_id=customer.id,
        contact_point_id=turn.point.id,
    )
    escalations.open_case(turn.session, case, turn.now)


def _promise(turn: Turn, customer: Customer, given: outcomes.MakePromise) -> Reply:
    person = turn.person(customer)
    offer = _still(turn, person, offers.promise, "payment_plan.changed", given.quoted)
    if isinstance(offer, Saying):
        return say(offer)
    account_id = _account_of(person, [bill.bill_id for bill in person.payable])
    promise_id = plans.make_promise(
        turn.session, account_id, given.amount.minor, given.due_on, person.to_pay, turn.now
    )
    _settled(turn, customer, "promise_made", f"promise:{promise_id}", {"amount": given.amount.minor})
    return say(Saying("promise.made", {"amount": given.amount, "due_on": given.due_on}))


def _still(
    turn: Turn,
    person: PersonPicture,
    offered: Callable[[Turn, PersonPicture], Quoting | Saying],
    changed: str,
    quoted: Money,
) -> Quoting | Saying:
    """The offer as it would be made now; a balance that is not what was quoted re-opens the talk."""
    offer = offered(turn, person)
    if not isinstance(offer, Saying) and offer.balance != quoted:
        raise FactsChanged(offer, Saying(changed, {"balance": offer.balance}))
    return offer


def _account_of(person: PersonPicture, bill_ids: list[str]) -> str:
    """The account an agreement is kept on: the one with its first bill."""
    return next(
        account.account_id
        for account in person.accounts
        if any(bill.bill_id in bill_ids for bill in account.bills)
    )


def _settled(turn: Turn, customer: Customer, action: str, subject: str, detail: dict[str, int]) -> None:
    staff.write_down(turn.session, Deed(turn.now, "customer", action, subject, dict(detail)))
    withdraw_queued(turn.session, [customer.id], action, turn.now)
    wake(turn.session, turn.house, [customer.id], turn.now)


def _confirm_details(turn: Turn, customer: Customer) -> Reply:
    contact_points.confirm(turn.session, turn.point.id, turn.now)
    deed = Deed(turn.now, "customer", "details_confirmed", f"customer:{customer.id}", {})
    staff.write_down(turn.session, deed)
    return say(Saying("contact_details.confirmed"))


def _change_detail(turn: Turn, customer: Customer, what: str) -> Reply:
    """A new address is checked by a person; what it is stands in the inbox, not in the case."""
    case = Case(
        key=f"contact_details:{customer.id}:{what}:{turn.inbound.id}",
        kind="contact_details",
        reason=f"the customer gave a new {what}: check it and change the register",
        deadline=turn.now + timedelta(hours=turn.house.policy.talk.person_within_hours),
        severity=3,
        customer_id=customer.id,
        contact_point_id=turn.point.id,
    )
    escalations.open_case(turn.session, case, turn.now)
    return say(Saying("contact_details.noted"))
