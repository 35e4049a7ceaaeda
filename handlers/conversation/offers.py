"""What a conversation may offer, computed from the accounts when it starts; or why it cannot start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeAlias

from billing.accounts.channels import TO_ANY_EMAIL, TO_ANY_PHONE
from billing.dunning.limitation import last_day_to_demand
from billing.facts import Saying
from billing.ledger.money import Money, minor_units
from billing.plans.frequency import frequency_of
from billing.plans.plans import PlanState, Review
from handlers.bills import obligations
from handlers.conversation import answers, currencies, paid, running_plans
from handlers.flows.already_paid import PaidOffer
from handlers.flows.bill_way import BillWayOffer
from handlers.flows.change_plan import RunningPlan
from handlers.flows.contact_details import DetailsOffer, given_in, named_in
from handlers.flows.dispute import DisputeOffer
from handlers.flows.enrolment import EnrolmentOffer
from handlers.flows.explain_bill import ExplainOffer
from handlers.flows.hardship import HardshipOffer
from handlers.flows.new_insurance import InsuranceOffer
from handlers.flows.payment_plan import PlanOffer
from handlers.flows.promise import PromiseOffer
from handlers.flows.receipt import ReceiptOffer
from handlers.issuing import candidates
from handlers.talk import bills as talk_bills
from handlers.talk.bills import BillLine
from handlers.talk.plan_terms import RunningTerms
from handlers.talk.questions import Answer
from storage import plans
from storage.bills import bills
from storage.payments import payments
from storage.people import customers, reachability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot
    from billing.facts import Facts
    from billing.plans.plans import Plan
    from billing.policy import Policy
    from handlers.flows.aid import AidOffer
    from handlers.flows.estimate import EstimateOffer
    from handlers.flows.language import LanguageOffer
    from handlers.flows.legal import LegalOffer
    from handlers.flows.obligations import ObligationsOffer
    from handlers.flows.report import ReportOffer
    from handlers.flows.representative import RepresentativeOffer
    from handlers.turn_context import Turn

NEAR_LIMITATION = timedelta(days=90)

Offer: TypeAlias = (
    "PlanOffer | RunningPlan | PromiseOffer | DetailsOffer | ExplainOffer | DisputeOffer | HardshipOffer | "
    "ReceiptOffer | EnrolmentOffer | PaidOffer | ReportOffer | RepresentativeOffer | LanguageOffer | "
    "EstimateOffer | InsuranceOffer | AidOffer | BillWayOffer | ObligationsOffer | LegalOffer"
)


def agreeable(turn: Turn, person: PersonSnapshot) -> list[BillSnapshot]:
    """The bills that an offered agreement may cover without a person's approval.

    A part payment or an acknowledgment restarts the limitation period in Sweden (1981:130, 5 §) and in most
    US states, so within 90 days of its end and after it a person approves (docs/proof.md, invariant 47).
    """
    return agreeable_on(turn.context.policy, person, turn.today(person))


def agreeable_on(policy: Policy, person: PersonSnapshot, today: date) -> list[BillSnapshot]:
    """The same on a day local to the person, whoever agrees it with them."""
    soon, rules = today + NEAR_LIMITATION, policy.limitation
    return [
        bill
        for account in person.accounts
        for bill in account.bills
        if bill in person.payable and last_day_to_demand(rules, bill, account) > soon
    ]


def payment_plan(turn: Turn, person: PersonSnapshot) -> PlanOffer | Saying:
    """The payment plan on offer under the policy: balance, smallest instalment, longest duration."""
    rules, currency = turn.context.policy.plan, currencies.currency_of(turn, person)
    running = running_plans.running_plan(person)
    if running and running.state is PlanState.PROPOSED:
        return Saying("payment_plan.proposed_already")
    if running:
        return Saying("payment_plan.running", running_plans.next_instalment(turn, person, running))
    if person.to_pay <= 0:
        return _nothing(turn, person, "payment_plan.nothing_owed")
    # Two instalments are the least that is a plan, so less than two smallest ones cannot be split.
    smallest = minor_units(rules.smallest, currency)
    covered, review = plannable(turn, person)
    owed = sum(bill.owed for bill in covered)
    if not rules.offered or owed < 2 * smallest:
        return Saying("payment_plan.not_offered")
    looked_at = review is Review.LIMITATION
    return PlanOffer(
        Money(owed, currency), Money(smallest, currency), rules.longest, turn.today(person), looked_at
    )


def changed_plan(turn: Turn, person: PersonSnapshot) -> PlanOffer | Saying:
    """The bounds of a plan that replaces the running one, over what is left of it and newer bills."""
    rules, currency = turn.context.policy.plan, currencies.currency_of(turn, person)
    running = running_plans.running_plan(person)
    if running is None:
        return payment_plan(turn, person)
    covered, review = plannable(turn, person, running.id)
    owed, smallest = sum(bill.owed for bill in covered), minor_units(rules.smallest, currency)
    if not rules.offered or owed < 2 * smallest:
        return Saying("payment_plan.not_offered")
    return PlanOffer(
        balance=Money(owed, currency),
        smallest=Money(smallest, currency),
        longest=rules.longest,
        today=turn.today(person),
        looked_at=review is Review.LIMITATION,
        replaces=running.id,
        before=_terms_of(running, running_plans.next_instalment(turn, person, running), currency),
    )


def _terms_of(running: Plan, following: Facts, currency: str) -> RunningTerms | None:
    """What the instalments of a running plan have in common; None for days of the customer's own."""
    days = [one.due_on for one in running.instalments]
    often, due_on = frequency_of(days), following["due_on"]
    assert isinstance(due_on, date)
    if often is None:
        return None
    usual = Money(running.instalments[0].amount, currency)
    return RunningTerms(usual, often, max(one.day for one in days), due_on)


def plannable(turn: Turn, person: PersonSnapshot, replaces: int = 0) -> tuple[Sequence[BillSnapshot], Review]:
    """The bills an offered plan covers, and its review: all of them if none may be agreed without approval.

    A plan that replaces another (``replaces``, its id) covers that plan's bills and any issued since.
    """
    fresh = agreeable(turn, person)
    if fresh or not replaces:
        return (fresh, Review.NONE) if fresh else (person.payable, Review.LIMITATION)
    return person.payable, Review.LIMITATION


def running_plan(turn: Turn, person: PersonSnapshot) -> RunningPlan | Saying:
    """The changes on offer for a running payment plan: pause, change or end it."""
    running = running_plans.running_plan(person)
    if running is None:
        return Saying("change_plan.none")
    if running.state is PlanState.PROPOSED:
        return Saying("payment_plan.proposed_already")
    currency = currencies.currency_of(turn, person)
    following = running_plans.next_instalment(turn, person, running)
    amount, due_on, missing = following["amount"], following["due_on"], following["missing"]
    assert isinstance(amount, Money)
    assert isinstance(missing, Money)
    assert isinstance(due_on, date)
    left = Money(person.owed_on(running.bill_ids), currency)
    can_pause = running.pauses < turn.context.policy.plan.pauses
    return RunningPlan(running.id, left, amount, due_on, can_pause, missing)


def dispute(turn: Turn, person: PersonSnapshot | None) -> DisputeOffer:
    """The bills on offer to dispute; none as long as the customer is not identified."""
    if person is None:
        return DisputeOffer()
    open_ = lines(turn, person)
    named = talk_bills.bill_named(open_, said(turn), turn.context.installation.reading) if open_ else None
    return DisputeOffer(open_, named.bill_id if named else "")


def hardship(turn: Turn, person: PersonSnapshot | None) -> HardshipOffer:
    """The relief that may be offered: a plan, a promise, financial assistance."""
    rules = turn.context.policy
    planned = person is not None and running_plans.running_plan(person) is not None
    return HardshipOffer(
        rules.plan.offered and not planned, rules.promise.offered, bool(rules.aid_programmes)
    )


def receipt(turn: Turn, person: PersonSnapshot) -> ReceiptOffer:
    """The receipt on offer: the total paid this calendar year (local to the customer), the last payment."""
    today, currency = turn.today(person), currencies.currency_of(turn, person)
    ids = [account.account_id for account in person.accounts]
    found = payments.of_accounts(turn.context.session, ids, today.replace(month=1, day=1))
    total = Money(sum(payment.amount for payment in found), currency)
    if not found:
        return ReceiptOffer(today.year, total, total)
    return ReceiptOffer(today.year, total, Money(found[0].amount, currency), found[0].paid_on)


def already_paid(turn: Turn, person: PersonSnapshot) -> PaidOffer:
    """What the first words tell of a payment: where they are enough to look it up, nothing is asked."""
    return PaidOffer(words=turn.said if turn.said and paid.enough(turn, person, turn.said) else "")


def enrolment(turn: Turn, person: PersonSnapshot | None) -> EnrolmentOffer:  # noqa: ARG001 - as all offers
    """The enrolment on offer to a new customer, with what is known already: phone number, country."""
    phone = turn.point.address if turn.point.channel.by_phone else ""
    stated = obligations.stated(turn.context.installation)
    payer, member_id = _insurance(turn)
    country = turn.context.creditor.country
    return EnrolmentOffer(phone, country, turn.today(), stated=stated, payer=payer, member_id=member_id)


def new_insurance(turn: Turn, person: PersonSnapshot | None) -> InsuranceOffer:  # noqa: ARG001 - as all offers
    """What a text has named already of a new insurance: the payer and the member number."""
    return InsuranceOffer(*_insurance(turn))


def _insurance(turn: Turn) -> tuple[str, str]:
    found = turn.context.installation.reading.insurance(turn.said, turn.language)
    return found or ("", "")


def bill_way(turn: Turn, person: PersonSnapshot) -> BillWayOffer | Saying:
    """The channels on offer for bills; with one only there is nothing to choose."""
    usable = candidates.usable_ways(turn.context.installation, person)
    ways = tuple(way for way in turn.context.policy.billing.ways if way in usable)
    return BillWayOffer(ways) if len(ways) > 1 else Saying("bill_way.no_other")


def promise(turn: Turn, person: PersonSnapshot) -> PromiseOffer | Saying:
    """The bounds of a promise to pay: amount and last day, or why none is offered (too many, too old)."""
    rules, currency = turn.context.policy.promise, currencies.currency_of(turn, person)
    account = next((account for account in person.accounts if account.promise), None)
    if account and account.promise:
        amount = Money(account.promise.amount, currency)
        return Saying("promise.running", {"amount": amount, "due_on": account.promise.due_on})
    if person.to_pay <= 0:
        return _nothing(turn, person, "promise.nothing_owed")
    since = turn.context.now - timedelta(days=rules.most_days)
    made = sum(
        plans.promises_since(turn.context.session, account.account_id, since) for account in person.accounts
    )
    owed = _promisable(turn, person)
    if not rules.offered or made >= rules.most or not owed:
        return Saying("promise.not_offered")
    today = turn.today(person)
    rest = owed - paid.awaited(turn, person)
    latest = today + timedelta(days=rules.longest_days)
    return PromiseOffer(
        Money(owed, currency), latest, today, Money(rest, currency) if 0 < rest < owed else None
    )


def extension(turn: Turn, person: PersonSnapshot) -> PromiseOffer | Saying:
    """The bounds of a promise to pay, for somebody who asks whether payment can wait."""
    offer = promise(turn, person)
    return offer if isinstance(offer, Saying) else replace(offer, can_wait=True)


def in_time(turn: Turn, person: PersonSnapshot, today: date) -> Saying | None:
    """What is said to a day in time for the next instalment of a running plan; None for a later one."""
    plan = running_plans.running_plan(person)
    on = turn.context.installation.reading.day(turn.said, turn.language, today)
    if plan is None or on is None:
        return None
    following = running_plans.next_instalment(turn, person, plan)
    due_on = following["due_on"]
    assert isinstance(due_on, date)
    return Saying("change_plan.in_time", following) if today <= on <= due_on else None


def _promisable(turn: Turn, person: PersonSnapshot) -> int:
    """The amount that may be promised, in minor units; on a plan only its overdue instalment."""
    plan = running_plans.running_plan(person)
    late = running_plans.missed(turn, person, plan)
    if plan:
        return late[1] if late else 0
    return sum(bill.owed for bill in agreeable(turn, person))


def contact_details(turn: Turn, person: PersonSnapshot) -> DetailsOffer | Saying:
    """The contact details on file that a conversation offers to change."""
    customer = customers.find(turn.context.session, person.person_id)
    assert customer is not None
    ways = reachability.ways(turn.context.session, [person.person_id]).get(person.person_id, [])
    known = {way.reach.channel: way.reach.address for way in ways}
    town = f"{customer.postal_code} {customer.city}".strip()
    address = ", ".join(filter(None, (customer.address, town)))
    on_file = DetailsOffer(
        known.get(TO_ANY_PHONE, ""), known.get(TO_ANY_EMAIL, ""), address, customer.country
    )
    return _with_what_was_said(turn, on_file)


def _with_what_was_said(turn: Turn, on_file: DetailsOffer) -> DetailsOffer:
    """The offer with the new detail that the text of the wish names or holds already: it is not asked for."""
    reading = turn.context.installation.reading
    answer = Answer(turn.said, turn.language, turn.today(), turn.context.now)
    given = given_in(answer, reading, on_file.region) or named_in(answer, reading)
    if given is None or given.value in {on_file.phone, on_file.email, on_file.address} - {""}:
        return on_file
    return replace(on_file, what=given.what, value=given.value)


def explain_bill(turn: Turn, person: PersonSnapshot) -> ExplainOffer | Saying:
    """The open bills on offer to be explained."""
    if not person.payable:
        return _nothing(turn, person, "explain_bill.nothing")
    open_, reading = lines(turn, person), turn.context.installation.reading
    number = reading.number_of_a_bill(turn.said)
    strange = bool(number) and not reading.bills_named(turn.said, [one.numbers for one in open_])
    return ExplainOffer(open_, strange)


def said(turn: Turn) -> Answer:
    """The text that stated the intent, as an answer."""
    return Answer(turn.said, turn.language, turn.today(), turn.context.now)


def _nothing(turn: Turn, person: PersonSnapshot, otherwise: str) -> Saying:
    """Nothing is owed here: the referral if a collector has the bills, else ``otherwise``."""
    return next(iter(answers.referred(turn, person)), Saying(otherwise))


def lines(turn: Turn, person: PersonSnapshot) -> tuple[BillLine, ...]:
    """The open bills with what tells them apart, in the order in which the balance lists them."""
    currency = currencies.currency_of(turn, person)
    oldest = sorted(person.payable, key=lambda bill: (bill.due_on, bill.bill_id))
    accounts = {bill.bill_id: account for account in person.accounts for bill in account.bills}
    kept = bills.by_id(turn.context.session, [bill.bill_id for bill in oldest])
    charged = bills.charges_of_bills(turn.context.session, list(kept)) if len(oldest) > 1 else {}
    names = answers.first_names(turn, person)

    def line(bill: BillSnapshot) -> BillLine:
        account, one = accounts[bill.bill_id], kept[bill.bill_id]
        service = ""
        if answers.may_see_services(turn, person, account.account_id):
            service = " ".join((one.description, *(each.description for each in charged.get(one.id, ()))))
        return BillLine(
            bill.bill_id,
            Money(bill.owed, currency),
            bill.due_on,
            bill.issued_on,
            tuple(dict.fromkeys((one.invoice_number or one.id, one.id, one.reference))),
            names.get(account.customer_id, ""),
            service,
        )

    return tuple(line(bill) for bill in oldest)
