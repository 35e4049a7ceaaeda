"""Plans and promises that end by themselves, kept or broken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from billing.accounts.holds import strongest
from billing.calendar import local_day
from billing.dunning.blockers import small_sum, zone_of
from billing.plans import plans, promises
from billing.plans.lapse import Lapse, LapseKind, later
from billing.plans.plans import PlanState
from billing.plans.promises import PromiseState

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.plans.plans import Plan
    from billing.policy import Policy


@dataclass(slots=True)
class Lapses:
    """Ended plans and promises by id, and the bills whose reminders start again."""

    plans: dict[int, PlanState] = field(default_factory=dict)
    promises: dict[int, PromiseState] = field(default_factory=dict)
    renewed: list[str] = field(default_factory=list)


def as_of(person: PersonSnapshot, policy: Policy, now: datetime, lapses: Lapses) -> PersonSnapshot:
    """The snapshot with lapsed plans and promises as past ones, which are collected in ``lapses``.

    After a broken plan the reminders of its bills start again at the first level; no plan breaks while one of
    its bills has an active hold.
    """
    if not any(account.plan or account.promise for account in person.accounts):
        return person
    accounts = tuple(_account(account, person, policy, now, lapses) for account in person.accounts)
    return replace(person, accounts=accounts)


def _account(
    account: AccountSnapshot, person: PersonSnapshot, policy: Policy, now: datetime, lapses: Lapses
) -> AccountSnapshot:
    today = local_day(now, zone_of(person))
    plan, promise, renewed = account.plan, account.promise, frozenset[str]()
    lapse, small = account.lapse, small_sum(policy, account.currency)
    if promise:
        outcome = promises.promise_state(promise, person.to_pay, today, policy.promise.grace_days, small)
        if outcome is PromiseState.BROKEN:
            lapse = later(lapse, Lapse(LapseKind.PROMISE, promise.id, now, promise=promise))
        if outcome is not PromiseState.OPEN:
            lapses.promises[promise.id] = outcome
            promise = None
    if plan:
        owed, grace = person.owed_on(plan.bill_ids), policy.plan.grace_days
        state = plans.progress(plan, owed, today, grace, small).state
        if state is PlanState.BROKEN and _held(person, plan, now):
            state = PlanState.ACTIVE  # a customer who waits for our answer must not lose the plan meanwhile
        if state not in {PlanState.ACTIVE, PlanState.PROPOSED}:
            lapses.plans[plan.id] = state
            if state is PlanState.BROKEN:
                renewed = frozenset(plan.bill_ids)
                lapse = Lapse(LapseKind.PLAN, plan.id, now, bill_ids=plan.bill_ids)
            plan = None
    lapses.renewed += sorted(renewed - set(lapses.renewed))
    bills = tuple(_again(bill, now) if bill.bill_id in renewed else bill for bill in account.bills)
    return replace(account, plan=plan, promise=promise, lapse=lapse, bills=bills)


def _held(person: PersonSnapshot, plan: Plan, now: datetime) -> bool:
    return any(
        strongest(person.holds, account.account_id, bill.bill_id, now)
        for account in person.accounts
        for bill in account.bills
        if bill.bill_id in plan.bill_ids
    )


def _again(bill: BillSnapshot, now: datetime) -> BillSnapshot:
    return replace(bill, episode=bill.episode + 1, episode_since=now, steps=())
