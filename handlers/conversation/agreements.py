"""Payment plans and promises to pay, agreed in a conversation.

The offer is computed again before anything is written: minutes may lie between the quote and the yes, and a
payment, fee or new bill in between changes the balance that the customer agreed to.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from billing.facts import Saying
from billing.plans.plans import PlanState, Review, paused
from handlers.conversation import offers, running_plans
from handlers.dunning.reschedule import reschedule_in_turn
from handlers.people.consent import withdraw_in_turn
from handlers.turn_context import Reply, say
from storage import plans
from storage.bills import bills
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Facts
    from billing.ledger.money import Money
    from billing.outcomes import EndPlan, MakePromise, OpenPlan, PausePlan
    from billing.plans.plans import Plan
    from handlers.flows.payment_plan import PlanOffer
    from handlers.flows.promise import PromiseOffer
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

Quoting = TypeVar("Quoting", bound="PlanOffer | PromiseOffer")


class FactsChanged(Exception):
    """The balance changed since it was quoted: the conversation goes on with ``offer``, after ``saying``."""

    def __init__(self, offer: PlanOffer | PromiseOffer, saying: Saying) -> None:
        super().__init__(saying.key)
        self.offer = offer
        self.saying = saying


def open_plan(turn: Turn, customer: Customer, agreed: OpenPlan) -> Reply:
    """Open the plan that was agreed; one that needs a person's approval is only proposed.

    Raises:
        FactsChanged: the balance is no longer what was quoted.
    """
    person = turn.person(customer)
    offering = offers.changed_plan if agreed.replaces else offers.payment_plan
    offer = _still(turn, person, offering, agreed.quoted)
    if isinstance(offer, Saying):
        return say(offer)
    assert sum(one.amount for one in agreed.instalments) == agreed.quoted.minor
    if agreed.replaces:
        # The old plan ends first: an account has one running plan at a time.
        plans.end_plan(turn.context.session, agreed.replaces, PlanState.CANCELLED, turn.context.now)
    covered, review = offers.plannable(turn, person, agreed.replaces)
    # Sweden: a deferral in instalments can be a consumer credit (2010:1846, 2 §). The policy says from how
    # many instalments a person checks that.
    if review is Review.NONE and len(agreed.instalments) > turn.context.policy.plan.credit_above:
        review = Review.CREDIT
    plan_id = _open_plan(turn, person, agreed, [bill.bill_id for bill in covered], review)
    if review is not Review.NONE:
        _have_reviewed(turn, customer, plan_id, review)
    proposed = review.decides
    detail = {"amount": agreed.quoted.minor, "instalments": len(agreed.instalments)}
    _settled(turn, customer, "plan_proposed" if proposed else "plan_opened", f"plan:{plan_id}", detail)
    if proposed:
        return say(Saying("payment_plan.proposed", {"hours": turn.context.creditor.hours_in(turn.language)}))
    return say(_receipt(agreed))


def pause_plan(turn: Turn, customer: Customer, wanted: PausePlan) -> Reply:
    """Pause a payment plan by a month: every unpaid instalment moves, as often as the policy allows."""
    person = turn.person(customer)
    plan = _running(person, wanted.plan_id)
    if plan is None:
        return say(Saying("change_plan.gone"))
    if plan.pauses >= turn.context.policy.plan.pauses:
        return say(Saying("change_plan.no_pause"))
    plans.pause(turn.context.session, plan.id, paused(plan, person.owed_on(plan.bill_ids)))
    _settled(turn, customer, "plan_paused", f"plan:{plan.id}", {})
    # Read again: the plan in ``person`` still has the old days.
    again = turn.person(customer)
    moved = running_plans.running_plan(again)
    assert moved is not None
    return say(Saying("change_plan.paused", running_plans.next_instalment(turn, again, moved)))


def end_plan(turn: Turn, customer: Customer, wanted: EndPlan) -> Reply:
    """End a payment plan: its bills are owed in full, and reminders start again at the first level."""
    plan = _running(turn.person(customer), wanted.plan_id)
    if plan is None:
        return say(Saying("change_plan.gone"))
    plans.end_plan(turn.context.session, plan.id, PlanState.CANCELLED, turn.context.now)
    # A new episode: the levels reached before the plan must not lead straight to a final notice.
    bills.new_episode(turn.context.session, plan.bill_ids, turn.context.now)
    _settled(turn, customer, "plan_cancelled", f"plan:{plan.id}", {})
    return say(Saying("change_plan.ended"))


def promise(turn: Turn, customer: Customer, given: MakePromise) -> Reply:
    """Record a customer's promise to pay an amount by a day; an overdue instalment is given until then.

    Raises:
        FactsChanged: the balance is no longer what was quoted.
    """
    person = turn.person(customer)
    offer = _still(turn, person, offers.promise, given.quoted)
    if isinstance(offer, Saying):
        return say(offer)
    account_id = _account_of(person, [bill.bill_id for bill in person.payable])
    promise_id = plans.make_promise(
        turn.context.session, account_id, given.amount.minor, given.due_on, person.to_pay, turn.context.now
    )
    late = running_plans.missed(turn, person, plan := running_plans.running_plan(person))
    if plan and late:
        # A promise about a late instalment keeps the plan alive: else the plan would lapse before the
        # promised day.
        arrives = given.due_on + timedelta(days=turn.context.policy.promise.grace_days)
        until = max(arrives, late[0].until or arrives)
        plans.allow_until(turn.context.session, plan.id, late[0].number, until)
    _settled(turn, customer, "promise_made", f"promise:{promise_id}", {"amount": given.amount.minor})
    return say(Saying("promise.made", {"amount": given.amount, "due_on": given.due_on}))


def _still(
    turn: Turn,
    person: PersonSnapshot,
    offering: Callable[[Turn, PersonSnapshot], Quoting | Saying],
    quoted: Money,
) -> Quoting | Saying:
    """The offer as it would be made now, or the reply that says why there is none any more.

    Raises:
    FactsChanged: the balance is no longer what was quoted.
    """
    offer = offering(turn, person)
    if not isinstance(offer, Saying) and offer.balance != quoted:
        raise FactsChanged(offer, Saying("payment_plan.changed", {"balance": offer.balance}))
    return offer


def _open_plan(
    turn: Turn, person: PersonSnapshot, agreed: OpenPlan, bill_ids: list[str], review: Review
) -> int:
    account_id = _account_of(person, bill_ids)
    return plans.open_plan(
        turn.context.session,
        account_id,
        agreed.quoted,
        agreed.instalments,
        bill_ids,
        review,
        turn.context.now,
    )


def _receipt(agreed: OpenPlan) -> Saying:
    first = agreed.instalments[0]
    facts: Facts = {
        "count": len(agreed.instalments),
        "amount": replace(agreed.quoted, minor=first.amount),
        "due_on": first.due_on,
        "total": agreed.quoted,
    }
    return Saying("payment_plan.opened", facts)


def _have_reviewed(turn: Turn, customer: Customer, plan_id: int, review: Review) -> None:
    """Open a case at the desk: to approve the plan, or only to check it afterwards."""
    decides = review.decides
    why = (
        "a plan over bills near or past their limitation date: approve or refuse it"
        if decides
        else "a plan of so many instalments that it may count as a credit: have a look"
    )
    case = Case(
        key=f"plan:{plan_id}",
        kind=review.value,
        reason=why,
        deadline=turn.context.answer_by(),
        severity=2 if decides else 3,
        customer_id=customer.id,
        contact_point_id=turn.point.id,
    )
    escalations.open_case(turn.context.session, case, turn.context.now)


def _running(person: PersonSnapshot, plan_id: int) -> Plan | None:
    plan = running_plans.running_plan(person)
    return plan if plan and plan.id == plan_id else None


def _account_of(person: PersonSnapshot, bill_ids: list[str]) -> str:
    """The account that an agreement is stored on: the first that holds one of its bills."""
    return next(
        account.account_id
        for account in person.accounts
        if any(bill.bill_id in bill_ids for bill in account.bills)
    )


def _settled(turn: Turn, customer: Customer, action: str, subject: str, detail: dict[str, int]) -> None:
    staff.write_down(
        turn.context.session, AuditEntry(turn.context.now, "customer", action, subject, dict(detail))
    )
    # A reminder queued before the agreement would contradict it; what is due next is computed without it.
    withdraw_in_turn(turn, [customer], action)
    reschedule_in_turn(turn, [customer])
