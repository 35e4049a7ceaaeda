"""A payment plan that a rep agrees with a customer, as on a call.

Inside the policy's bounds it runs at once; outside them it is proposed, and a second person approves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.facts import Saying
from billing.ledger.money import Money, minor_units
from billing.plans import bounds
from billing.plans.frequency import Frequency
from billing.plans.plans import Review
from billing.refusals import Refusal
from handlers import rights, snapshot
from handlers.conversation import offers, running_plans
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.payments import telling
from handlers.people.consent import withdraw_queued
from storage import plans
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot
    from billing.facts import Facts
    from billing.plans.plans import Instalment
    from handlers.context import Context


class NoPlan(Refusal):
    """No payment plan can be agreed with a customer now, or not on these terms."""

    def __init__(self, customer_id: str, why: str) -> None:
        super().__init__(f"no payment plan for customer {customer_id!r}: {why}")


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What was agreed: so many ``months``, or an ``amount`` each time; amounts are plain decimals.

    ``pay_day`` is a day of the month, 0 for that of today; ``first`` a larger or smaller first payment.
    """

    months: int = 0
    amount: str = ""
    often: Frequency = Frequency.MONTHLY
    pay_day: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True)
class AgreedPlan:
    """A plan that was agreed: ``outside`` is what a second person has to approve."""

    plan_id: int
    instalments: tuple[Instalment, ...]
    total: Money
    outside: tuple[str, ...]
    proposed: bool


def agree(context: Context, customer_id: str, terms: PlanTerms, by: str) -> AgreedPlan:
    """Agree a payment plan over what a customer owes, and tell them its terms.

    Raises:
        rights.NotAllowed: the user may only look.
        NoPlan: nothing can be split, a plan runs, something is held, or it takes more months than anybody
            may allow.
        billing.refusals.BadAmount: an amount cannot be read.
    """
    session = context.session
    by = rights.check(session, by, Right.WORK)
    lock_customers(session, answering_for(session, [customer_id]))
    person = _person(context, customer_id)
    today = local_day(context.now, zone_of(person))
    covered: Sequence[BillSnapshot] = offers.agreeable_on(context.policy, person, today)
    review = Review.NONE if covered else Review.LIMITATION
    covered = covered or person.payable
    account_id, currency = _account(person, covered)
    owed = sum(bill.owed for bill in covered)
    instalments = _instalments(terms, customer_id, Money(owed, currency), today)
    found = bounds.outside(
        instalments,
        terms.often,
        longest=context.policy.plan.longest,
        smallest=minor_units(context.policy.plan.smallest, currency),
        first_percent=context.policy.desk.down_payment_percent,
    )
    if len(instalments) > terms.often.most(context.policy.desk.plan_longest):
        raise NoPlan(customer_id, f"it takes more than {context.policy.desk.plan_longest} months")
    if review is Review.NONE:
        review = _review(context, found, len(instalments))
    total = Money(owed, currency)
    bill_ids = [bill.bill_id for bill in covered]
    plan_id = plans.open_plan(session, account_id, total, instalments, bill_ids, review, context.now, by)
    made = AgreedPlan(plan_id, instalments, total, found, review.decides)
    withdraw_queued(context, [person.person_id], "plan")
    if review is not Review.NONE:
        _have_reviewed(context, person, made, review, by)
    detail: dict[str, object] = {"amount": owed, "instalments": len(instalments), "outside": list(found)}
    action = "plan_proposed" if made.proposed else "plan_opened"
    staff.write_down(session, AuditEntry(context.now, by, action, f"plan:{plan_id}", detail))
    reschedule(context, [person.person_id])
    if not made.proposed:
        telling.planned(context, person, plan_id, *_terms(made))
    return made


def limit(context: Context) -> str:
    """What a rep may agree alone, in words."""
    rules = context.policy.plan
    first = context.policy.desk.down_payment_percent
    least = f", a first payment of at least {first} %" if first else ""
    return f"up to {rules.longest} months, at least {rules.smallest} a month{least}; more is proposed"


def _person(context: Context, customer_id: str) -> PersonSnapshot:
    person = next(iter(snapshot.load(context, [customer_id])), None)
    if person is None:
        raise NoPlan(customer_id, "nobody of that id is registered")
    if not context.policy.plan.offered:
        raise NoPlan(customer_id, "the policy offers none")
    if running_plans.running_plan(person):
        raise NoPlan(customer_id, "one runs, or waits for approval: see kvitt plans list")
    held = [hold.kind for hold in person.holds if hold.is_active_at(context.now)]
    why = next((kind.value for kind in held if kind.is_stop_state or kind.traits.pay_asks_person), "")
    if why:
        raise NoPlan(customer_id, f"a {why} hold is active: settle that first, see kvitt holds list")
    if not person.payable:
        raise NoPlan(customer_id, "nothing is owed that could be split")
    return person


def _account(person: PersonSnapshot, covered: Sequence[BillSnapshot]) -> tuple[str, str]:
    """The account that the plan is stored on: the first that holds one of its bills."""
    ids = {bill.bill_id for bill in covered}
    found = next(one for one in person.accounts if any(bill.bill_id in ids for bill in one.bills))
    return found.account_id, found.currency


def _instalments(terms: PlanTerms, customer_id: str, owed: Money, today: date) -> tuple[Instalment, ...]:
    each = Money.typed(terms.amount, owed.currency).minor if terms.amount else 0
    first = Money.typed(terms.first, owed.currency).minor if terms.first else 0
    if bool(terms.months) == bool(each):
        raise NoPlan(customer_id, "say over how many months, or how much each time: one of the two")
    if not 0 <= first < owed.minor:
        raise NoPlan(customer_id, f"the first payment has to be less than {owed.plain()} {owed.currency}")
    found = bounds.instalments_of(
        owed.minor,
        terms.often,
        terms.pay_day or today.day,
        today,
        months=terms.months,
        amount=each,
        first=first,
    )
    if any(one.amount <= 0 for one in found) or len(found) < 2:  # noqa: PLR2004 - one payment is no plan
        raise NoPlan(customer_id, "it needs two payments at least, and none of nothing")
    return found


def _review(context: Context, found: tuple[str, ...], count: int) -> Review:
    if found:
        return Review.TERMS
    return Review.CREDIT if count > context.policy.plan.credit_above else Review.NONE


def _terms(made: AgreedPlan) -> tuple[Saying, Saying]:
    """The terms in full, and without amounts."""
    first, count = made.instalments[0], len(made.instalments)
    amount = Money(first.amount, made.total.currency)
    short = Saying("bill.planned_short", {"count": count, "due_on": first.due_on})
    facts: Facts = {"count": count, "amount": amount, "due_on": first.due_on, "total": made.total}
    return Saying("bill.planned", facts), short


_WHY = {
    Review.TERMS: "a plan that {by} agreed outside the policy's bounds ({outside}): approve or refuse it",
    Review.LIMITATION: "a plan over bills near or past their limitation date: approve or refuse it",
    Review.CREDIT: "a plan of so many instalments that it may count as a credit: have a look",
}


def _have_reviewed(
    context: Context, person: PersonSnapshot, made: AgreedPlan, review: Review, by: str
) -> None:
    """Open a case at the desk: to approve the plan, or only to check it afterwards."""
    case = Case(
        key=f"plan:{made.plan_id}",
        kind=review.value,
        reason=_WHY[review].format(by=by, outside=", ".join(made.outside)),
        deadline=context.answer_by(),
        severity=2 if review.decides else 3,
        customer_id=person.person_id,
        contact_point_id=telling.way_to(context, person),
        detail={"proposed by": by},
    )
    escalations.open_case(context.session, case, context.now)
