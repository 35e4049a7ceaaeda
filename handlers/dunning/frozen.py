"""What a moratorium freezes: fees and interest of a bill on its days, and the days of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.holds import HoldKind
from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.plans.plans import PlanState, resumed
from handlers import snapshot
from handlers.dunning.reschedule import answering_for
from storage import plans
from storage.dunning import holds
from storage.ledger import accounts

if TYPE_CHECKING:
    from datetime import date

    from billing.accounts.holds import Hold
    from handlers.context import Context
    from storage.bills.bills import Bill

_FREEZING = [kind for kind in HoldKind if kind.traits.freezes]


def days(context: Context, bill: Bill) -> tuple[tuple[date, date], ...]:
    """The first and last day of each moratorium that covers or covered a bill, local to the creditor.

    One of the guarantor covers the accounts of whom they answer for.
    """
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    zone = context.creditor.zone
    kept = holds.of_kinds(context.session, {account.customer_id, account.guarantor_id}, _FREEZING)
    return tuple(
        (local_day(one.placed_at, zone), local_day(one.lifted_at or context.now, zone))
        for one in kept
        if one.hold.covers(account.id, bill.id)
    )


def resume_plans(context: Context, customer_id: str, lifted: Hold) -> None:
    """Move what fell due in a moratorium to days to come: a plan does not end the day a person lifts it."""
    for person in snapshot.load(context, answering_for(context.session, [customer_id])):
        today = local_day(context.now, zone_of(person))
        for account in person.accounts:
            plan, theirs = account.plan, customer_id in {account.customer_id, person.person_id}
            if plan is None or plan.state is not PlanState.ACTIVE or not theirs:
                continue
            if any(lifted.covers(account.account_id, bill_id) for bill_id in plan.bill_ids):
                days = resumed(plan, person.owed_on(plan.bill_ids), today)
                plans.move(context.session, plan.id, days)
