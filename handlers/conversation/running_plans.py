"""The payment plan that runs for somebody: its next instalment, and what of it is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.dunning import blockers
from billing.ledger.money import Money
from billing.plans import plans
from billing.plans.plans import PlanState
from handlers.conversation import currencies

if TYPE_CHECKING:
    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Facts
    from billing.plans.plans import Instalment, Plan
    from handlers.turn_context import Turn


def running_plan(person: PersonSnapshot) -> Plan | None:
    """The active or proposed payment plan of a person who asks; None if there is none."""
    return next((account.plan for account in person.accounts if account.plan), None)


def next_instalment(turn: Turn, person: PersonSnapshot, plan: Plan) -> Facts:
    """A payment plan's next unpaid instalment: amount, what of it is ``missing``, due date.

    It is the last one where all are paid.
    """
    grace, currency = turn.context.policy.plan.grace_days, currencies.currency_of(turn, person)
    progress = plans.progress(plan, person.owed_on(plan.bill_ids), turn.today(person), grace)
    instalment = progress.next_instalment or plan.instalments[-1]
    missing = min(progress.missing or instalment.amount, instalment.amount)
    return {
        "amount": Money(instalment.amount, currency),
        "missing": Money(missing, currency),
        "due_on": instalment.due_on,
    }


def on_time(turn: Turn, person: PersonSnapshot) -> bool:
    """Whether a payment plan runs, and no instalment of it is overdue."""
    plan = running_plan(person)
    return plan is not None and plan.state is PlanState.ACTIVE and missed(turn, person, plan) is None


def missed(turn: Turn, person: PersonSnapshot, plan: Plan | None) -> tuple[Instalment, int] | None:
    """A payment plan's overdue instalment and what it lacks in minor units; None where it is on time."""
    if plan is None or plan.state is not PlanState.ACTIVE:
        return None
    today, grace = turn.today(person), turn.context.policy.plan.grace_days
    small = blockers.small_sum(turn.context.policy, currencies.currency_of(turn, person))
    progress = plans.progress(plan, person.owed_on(plan.bill_ids), today, grace, small)
    one = progress.next_instalment
    return (one, progress.missing) if one and progress.late(today) else None
