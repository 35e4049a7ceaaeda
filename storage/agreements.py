"""What is agreed on accounts, a plan or a promise, and what lapsed lately."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, or_, select

from billing.plans.lapse import Lapse, LapseKind, later
from billing.plans.plans import Plan, PlanState
from billing.plans.promises import Promise, PromiseState
from storage import plans, tables
from storage.database.constants import any_fixed, fixed
from storage.database.id_lists import of_ids
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import BindParameter, Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows

_RUNNING: Final = (PlanState.ACTIVE, PlanState.PROPOSED)


class Agreements(NamedTuple):
    """By account: its running plan, its open promise, and the plan or promise that lapsed last."""

    plans: dict[str, Plan]
    promises: dict[str, Promise]
    lapses: dict[str, Lapse]


def on_accounts(session: Session, account_ids: Collection[str], lapsed_since: datetime) -> Agreements:
    """What is agreed on these accounts, and what lapsed after a moment (UTC), unless replaced."""
    ask = session.connection().execute
    wanted = {"ids": list(account_ids), "lapsed_since": lapsed_since}
    agreed = ask(last_plans(of_ids), wanted).all()
    of_plans = {"ids": [row[0] for row in agreed]}
    instalments = ask(plans.instalments_of(of_ids), of_plans).all() if agreed else ()
    bills = ask(plans.bills_on(of_ids), of_plans).all() if agreed else ()
    return of_rows(agreed, instalments, bills, ask(last_promises(of_ids), wanted).all())


def of_rows(agreed: Rows, instalments: Rows, bills: Rows, promised: Rows) -> Agreements:
    """The agreements, from rows of :func:`last_plans`, of the plans' parts, and of :func:`last_promises`."""
    ended = {row[0]: row[-1] for row in agreed}
    last = {
        plan.account_id: plan for plan in plans.assembled([row[:-1] for row in agreed], instalments, bills)
    }
    lapses = {
        plan.account_id: Lapse(LapseKind.PLAN, plan.id, ended[plan.id], plan.bill_ids)
        for plan in last.values()
        if plan.state is PlanState.BROKEN
    }
    promises: dict[str, Promise] = {}
    for *fields, state, ended_at in {row[1]: row for row in promised}.values():
        promise = Promise(*fields)
        if state == PromiseState.OPEN:
            promises[promise.account_id] = promise
        elif state == PromiseState.BROKEN:
            lapse = Lapse(LapseKind.PROMISE, promise.id, ended_at, promise=promise)
            lapses[promise.account_id] = later(lapses.get(promise.account_id), lapse) or lapse
    running = {account_id: plan for account_id, plan in last.items() if plan.state in _RUNNING}
    return Agreements(running, promises, lapses)


@cache
def last_plans(scope: Scope) -> Select[*tuple[Any, ...]]:
    """Running plans and those that ended lately: the last row of an account is the one that counts."""
    plan = tables.Plan
    counts = or_(plan.state.in_(any_fixed(_RUNNING)), plan.ended_at > _lapsed_since())
    return scope(plans.selected().add_columns(plan.ended_at).where(counts), plan.account_id)


@cache
def last_promises(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The same of promises, with the fields of one first."""
    row = tables.Promise
    counts = or_(row.state == fixed(PromiseState.OPEN), row.ended_at > _lapsed_since())
    fields = (row.id, row.account_id, row.amount, row.due_on, row.balance_then, row.state, row.ended_at)
    return scope(select(*fields).where(counts), row.account_id).order_by(row.id)


def _lapsed_since() -> BindParameter[datetime]:
    return bindparam("lapsed_since", type_=UtcDateTime())
