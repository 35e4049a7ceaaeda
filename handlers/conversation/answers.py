"""One-turn replies: what is owed, by when, how to pay, what a bill is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.bills.invoice import kind_of
from billing.calendar import local_day
from billing.dunning.fees import fee_to_agree
from billing.dunning.limitation import last_day_to_demand
from billing.facts import Saying
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.plans import plans
from billing.plans.plans import PlanState
from billing.policy import ContentClass
from handlers import outgoing
from handlers.bills import bill_links, invoices
from handlers.bills.disclosure import services_shown
from handlers.conversation import currencies, running_plans
from handlers.conversation.paying import link as card_link
from handlers.desk import handover
from handlers.dunning import at_collector
from storage.bills import bills
from storage.delivery import lookups
from storage.ledger import ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot
    from billing.facts import Facts
    from billing.plans.plans import Plan
    from handlers.turn_context import Turn

PLAIN = {
    "greeting": "answers.greeting",
    "help": "answers.help",
    "thanks": "answers.thanks",
    "goodbye": "answers.goodbye",
    "bot_question": "answers.bot_question",
    "yes": "answers.all_right",
    "no": "answers.all_right",
    "who_are_you": "answers.who_are_you",
    "consequences": "answers.consequences",
}
"""Intents with one fixed answer, and its saying; no account is read, so no identity is needed."""

_ADJUSTING = {EntryKind.ADJUSTMENT, EntryKind.WRITE_OFF, EntryKind.ROUNDING, EntryKind.ELSEWHERE}
_FEES = {EntryKind.FEE, EntryKind.INTEREST}
_MOST_PROMISES = 3


def balance(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer what is left to pay, bill by bill, with any running plan, promise, hold or collector."""
    plan = running_plans.running_plan(person)
    if plan and plan.state is PlanState.PROPOSED:
        # A proposed plan binds nobody yet: the bills are still owed one by one.
        plan = None
    loose = [bill for bill in person.payable if not (plan and bill.bill_id in plan.bill_ids)]
    said = _on_plan(turn, person, plan) if plan else lapsed(turn, person)
    if loose:
        said += [_owing(turn, person, loose), *_barred(turn, person, loose)]
    elif not plan:
        said += _nothing(turn, person)
    if running_plans.running_plan(person) and not plan:
        said.append(Saying("payment_plan.proposed_already"))
    if loose and (promised := _promised(person)):
        said.append(promised)
    if person.holds and loose:
        said.append(Saying("answers.on_hold"))
    return said + (at_collector.referral(turn.context, person) if person.payable else [])


def lapsed(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer which plan or promise ended and why, while a bill of it is unpaid and nothing new is agreed."""
    lapse = next((account.lapse for account in person.accounts if account.lapse), None)
    if lapse is None or lapse.made_good(person.to_pay):
        return []
    ended_on = local_day(lapse.ended_at, turn.zone(person))
    if lapse.promise:
        return [Saying("answers.promise_broken", {"due_on": lapse.promise.due_on, "ended_on": ended_on})]
    unpaid = any(bill.bill_id in lapse.bill_ids for bill in person.payable)
    return [Saying("answers.plan_ended", {"ended_on": ended_on})] if unpaid else []


def due_date(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer when each open bill is due, or the next instalment of a running plan."""
    plan = running_plans.running_plan(person)
    if plan and plan.state is not PlanState.PROPOSED:
        return _on_plan(turn, person, plan)
    if not person.payable:
        return _nothing(turn, person)
    facts: Facts = {"bills": _rows(turn, person, person.payable), "ways": _ways(turn)}
    return [Saying("answers.due_date", facts), *_barred(turn, person, person.payable)]


def why(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Why we wrote last: the reason of the last message that was not a reply."""
    last = lookups.last_unsolicited(turn.context.session, person.person_id)
    if last is None or not last.sayings:
        return [Saying("answers.why_nothing"), *balance(turn, person)]
    sent_on = local_day(last.begun_at or turn.context.now, turn.zone(person))
    kind = outgoing.kind_of(turn.context.installation, last)
    reason = kind.why(turn.context.installation, last, sent_on)
    return [reason, *(balance(turn, person) if kind.reason_and_balance else [])]


def how_to_pay(turn: Turn, person: PersonSnapshot | None) -> Saying:
    """Answer with every way to pay; an identified ``person`` also gets a card link and a bill's reference."""
    offered = turn.context.creditor.ways_in(turn.language)
    ways = [{"name": way.name, "details": way.details} for way in offered]
    url = card_link(turn.context.installation, person, turn.point.id) if person else ""
    if url:
        ways.insert(
            0,
            {
                "name": turn.context.installation.words.say("payment.by_card", turn.language, {}),
                "details": url,
            },
        )
    oldest = min(person.payable, key=lambda bill: bill.due_on, default=None) if person else None
    kept = bills.find(turn.context.session, oldest.bill_id) if oldest else None
    return Saying(
        "answers.how_to_pay",
        {"ways": ways, "reference": invoices.reference(turn.context.installation, kept) if kept else ""},
    )


def bill_page(turn: Turn, person_id: str, bill_id: str) -> list[Saying]:
    """Answer with the link to a bill's page; empty where the installation has no pages."""
    link = bill_links.make(turn.context, bill_id, person_id, turn.point.id)
    return [Saying("bill.page", {"link": link})] if link else []


def paying(turn: Turn, person: PersonSnapshot | None) -> list[Saying]:
    """Answer how to pay; an identified ``person`` also gets discounts and the oldest bill's page."""
    oldest = min(person.payable, key=lambda bill: bill.due_on, default=None) if person else None
    page = bill_page(turn, person.person_id, oldest.bill_id) if person and oldest else []
    left = _left_on_plan(turn, person) if person else []
    return [*left, how_to_pay(turn, person), *(promptly(turn, person) if person else []), *page]


def _left_on_plan(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """What is left on a running plan: who wants to pay it off early need not wait for its days."""
    plan = running_plans.running_plan(person)
    if plan is None or plan.state is not PlanState.ACTIVE:
        return []
    left = Money(person.owed_on(plan.bill_ids), currencies.currency_of(turn, person))
    return [Saying("change_plan.pay_off", {"balance": left})]


def promptly(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer which prompt-payment discounts can still be earned: the amount, and the last local day."""
    today, owed = turn.today(person), {bill.bill_id: bill.owed for bill in person.payable}
    found = bills.by_id(turn.context.session, owed).values()
    return [
        Saying(
            "payment.promptly",
            {
                "amount": Money(owed[bill.id] - bill.promised.off, bill.currency),
                "off": Money(bill.promised.off, bill.currency),
                "until": bill.promised.until,
            },
        )
        for bill in found
        if bill.promised and today <= bill.promised.until and bill.promised.off < owed[bill.id]
    ][:_MOST_PROMISES]


def cheaper(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer what makes a bill cheaper: a discount for paying early, if any, and help with the cost."""
    if not person.payable:
        return _nothing(turn, person)
    early = promptly(turn, person) or [Saying("answers.no_discount")]
    return [*_left_on_plan(turn, person), *early, Saying("answers.help_with_cost")]


def consequences(turn: Turn, person: PersonSnapshot | None) -> list[Saying]:
    """Answer what happens without payment by the policy; to an identified ``person`` also what rests now."""
    fee = fee_to_agree(turn.context.policy) or Money(0, currencies.home_currency(turn))
    collector = bool(turn.context.installation.collectors)
    general = Saying("answers.consequences", {"fee": fee, "collector": collector})
    if person is None:
        return [general]
    if not person.payable:
        return _nothing(turn, person)
    plan, promised = running_plans.running_plan(person), _promised(person)
    if plan and plan.state is not PlanState.PROPOSED:
        return [*_on_plan(turn, person, plan), Saying("answers.plan_kept"), general]
    if promised:
        return [promised, Saying("answers.as_agreed"), general]
    return [*([Saying("answers.on_hold")] if person.holds else []), general]


def credit(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer what a person has with us that no bill has used."""
    kept = sum(account.credit for account in person.accounts)
    if not kept:
        return [Saying("answers.no_credit")]
    return [Saying("answers.credit", {"amount": Money(kept, currencies.currency_of(turn, person))})]


def fees(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Answer how much of what is left to pay are fees and interest."""
    charged = sum(
        min(bill.owed, sum(one.amount.minor for one in entries if one.kind in _FEES))
        for bill in person.payable
        for entries in [ledger.of_bill(turn.context.session, bill.bill_id)]
    )
    if charged <= 0:
        return [Saying("answers.no_fee")]
    return [Saying("answers.fee", {"amount": Money(charged, currencies.currency_of(turn, person))})]


def explained(turn: Turn, person: PersonSnapshot, bill_id: str) -> Saying:
    """Answer what a bill is made of, in minor units: lines, what payers took over, what was paid, is left.

    A channel that may not carry service lines under the policy gets the amounts alone, and so does the
    guarantor of an adult: a line can disclose the kind of care (HIPAA minimum necessary, 45 CFR 164.502(b)).
    """
    bill = bills.find(turn.context.session, bill_id)
    assert bill is not None
    entries = ledger.of_bill(turn.context.session, bill_id)
    kinds = {entry.id: entry.kind for entry in entries}
    sums: dict[EntryKind, int] = {}
    for entry in entries:
        kind = kind_of(entry, kinds)
        sums[kind] = sums.get(kind, 0) + entry.amount.minor
    total = sums.get(EntryKind.CHARGE, 0)

    def money(minor: int) -> Money:
        return Money(minor, bill.currency)

    account = next((one for one in person.accounts if one.account_id == bill.account_id), None)
    facts: Facts = {
        "whose": first_names(turn, person).get(account.customer_id, "") if account else "",
        "due_on": bill.due_on,
        "total": money(total),
        "payer": money(-sums.get(EntryKind.PAYER, 0)),
        "asked": money(-sums.get(EntryKind.CLAIM, 0)),
        "taken_off": money(-sum(sums.get(kind, 0) for kind in _ADJUSTING)),
        "fees": money(sum(sums.get(kind, 0) for kind in _FEES)),
        "paid": money(-sum(sums.get(kind, 0) for kind in _PAYING)),
        "owed": money(sum(sums.values())),
    }
    most = turn.context.policy.content.most(turn.point.channel, identified=True)
    if most < ContentClass.LINE_ITEMS or not may_see_services(turn, person, bill.account_id):
        return Saying("answers.explained_amounts", facts)
    lines: list[Facts] = [
        {"text": charge.description, "amount": money(charge.amount)}
        for charge in bills.charges_of(turn.context.session, bill_id)
    ]
    lines = lines or [{"text": bill.description or bill.id, "amount": money(total)}]
    return Saying("answers.explained", {**facts, "issued_on": bill.issued_on, "lines": lines})


def may_see_services(turn: Turn, person: PersonSnapshot, account_id: str) -> bool:
    """Whether an account's services may be named to this person."""
    account = next((one for one in person.accounts if one.account_id == account_id), None)
    return account is not None and services_shown(
        turn.context, account.customer_id, account.birth_date, person.person_id
    )


_PAYING = {EntryKind.PAYMENT, EntryKind.REFUND, EntryKind.REVERSAL}


def _on_plan(turn: Turn, person: PersonSnapshot, plan: Plan) -> list[Saying]:
    currency = currencies.currency_of(turn, person)
    left, late = Money(person.owed_on(plan.bill_ids), currency), running_plans.missed(turn, person, plan)
    if late is None:
        return [
            Saying("answers.on_plan", {"balance": left, **running_plans.next_instalment(turn, person, plan)})
        ]
    one, missing = late
    until = max(plans.last_day(one, turn.context.policy.plan.grace_days), turn.today(person))
    facts: Facts = {
        "balance": left,
        "missing": Money(missing, currency),
        "due_on": one.due_on,
        "until": until,
        "ways": _ways(turn),
    }
    return [Saying("answers.on_plan_late", facts)]


def _owing(turn: Turn, person: PersonSnapshot, owed: Sequence[BillSnapshot]) -> Saying:
    currency, today = currencies.currency_of(turn, person), turn.today(person)
    late = sum(bill.owed for bill in owed if bill.late(today))
    facts: Facts = {
        "balance": Money(sum(bill.owed for bill in owed), currency),
        "count": len(owed),
        "overdue": Money(late, currency),
        "bills": _rows(turn, person, owed),
        "ways": _ways(turn),
    }
    return Saying("answers.balance", facts)


def _ways(turn: Turn) -> bool:
    """Whether ways to pay are named: not while it is open whether anything is to be paid."""
    return not handover.asks_person_to_pay(turn)


def _barred(turn: Turn, person: PersonSnapshot, owed: Sequence[BillSnapshot]) -> list[Saying]:
    """What of it is past its limitation date, as statements on paper mark it."""
    today, rules = turn.today(person), turn.context.policy.limitation
    lost = sum(
        bill.owed
        for account in person.accounts
        for bill in account.bills
        if bill in owed and today > last_day_to_demand(rules, bill, account)
    )
    return (
        [Saying("answers.barred", {"amount": Money(lost, currencies.currency_of(turn, person))})]
        if lost
        else []
    )


def _rows(turn: Turn, person: PersonSnapshot, owed: Sequence[BillSnapshot]) -> list[Facts]:
    currency, today, names = (
        currencies.currency_of(turn, person),
        turn.today(person),
        first_names(turn, person),
    )
    whose = {one.bill_id: names.get(each.customer_id, "") for each in person.accounts for one in each.bills}
    return [
        {
            "amount": Money(bill.owed, currency),
            "due_on": bill.due_on,
            "overdue": bill.late(today),
            "whose": whose.get(bill.bill_id, ""),
        }
        for bill in sorted(owed, key=lambda bill: (bill.due_on, bill.bill_id))
    ]


def first_names(turn: Turn, person: PersonSnapshot) -> dict[str, str]:
    """The first names of the others whose bills come to a person, by their ids."""
    others = {one.customer_id for one in person.accounts if one.bills} - {person.person_id}
    found = customers.by_id(turn.context.session, others) if others else {}
    return {one.id: next(iter(one.name.split()), "") for one in found.values()}


def _promised(person: PersonSnapshot) -> Saying | None:
    account = next((account for account in person.accounts if account.promise), None)
    if account is None or account.promise is None:
        return None
    promise = account.promise
    amount = Money(promise.amount, account.currency)
    return Saying("answers.promised", {"amount": amount, "due_on": promise.due_on})


def _nothing(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Nothing is owed here; for bills with a collector only the referral is given.

    Money that no bill has used is told: who paid too much need not ask for it.
    """
    kept = credit(turn, person) if any(account.credit for account in person.accounts) else []
    return at_collector.referral(turn.context, person) or [Saying("answers.nothing_owed"), *kept]


def referred(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """The collector to turn to where every open bill is with one; empty otherwise."""
    return [] if person.payable else at_collector.referral(turn.context, person)
