"""Plans and promises: agreed, kept, broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from billing.plans import Instalment, Plan, PlanState
from billing.promises import Promise, PromiseState
from storage import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.money import Money


def open_plan(
    session: Session,
    account_id: str,
    amount: Money,
    instalments: Sequence[Instalment],
    bill_ids: Collection[str],
    now: datetime,
) -> int:
    """Keep an agreed plan; the database refuses a second active one on the account."""
    plan = tables.Plan(
        account_id=account_id,
        state=PlanState.ACTIVE.value,
        amount=amount.minor,
        currency=amount.currency,
        agreed_at=now,
    )
    session.add(plan)
    session.flush()
    session.add_all(
        tables.Instalment(plan_id=plan.id, number=one.number, due_on=one.due_on, amount=one.amount)
        for one in instalments
    )
    session.add_all(tables.PlanBill(plan_id=plan.id, bill_id=bill_id) for bill_id in sorted(set(bill_ids)))
    session.flush()
    return plan.id


def active(session: Session, account_ids: Collection[str]) -> dict[str, Plan]:
    """The active plan of each account that has one."""
    rows = session.execute(
        select(tables.Plan.id, tables.Plan.account_id, tables.Plan.amount).where(
            tables.Plan.account_id.in_(account_ids), tables.Plan.state == PlanState.ACTIVE.value
        )
    ).all()
    ids = [plan_id for plan_id, _, _ in rows]
    instalments, bills = _instalments(session, ids), _bill_ids(session, ids)
    return {
        account_id: Plan(plan_id, account_id, amount, tuple(instalments[plan_id]), tuple(bills[plan_id]))
        for plan_id, account_id, amount in rows
    }


def end_plan(session: Session, plan_id: int, state: PlanState, now: datetime) -> None:
    """A plan was completed, broken or cancelled."""
    plan = tables.Plan
    session.execute(update(plan).where(plan.id == plan_id).values(state=state.value, ended_at=now))


def make_promise(
    session: Session, account_id: str, amount: int, due_on: date, balance_then: int, now: datetime
) -> int:
    """Keep a promise; an open one on the account is replaced. Amounts in minor units."""
    promise = tables.Promise
    session.execute(
        update(promise)
        .where(promise.account_id == account_id, promise.state == PromiseState.OPEN.value)
        .values(state=PromiseState.REPLACED.value, ended_at=now)
    )
    row = tables.Promise(
        account_id=account_id,
        state=PromiseState.OPEN.value,
        amount=amount,
        due_on=due_on,
        balance_then=balance_then,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def open_promises(session: Session, account_ids: Collection[str]) -> dict[str, Promise]:
    """The open promise of each account that has one."""
    promise = tables.Promise
    rows = session.execute(
        select(promise.id, promise.account_id, promise.amount, promise.due_on, promise.balance_then).where(
            promise.account_id.in_(account_ids), promise.state == PromiseState.OPEN.value
        )
    )
    return {row.account_id: Promise(*row) for row in rows}


def promises_since(session: Session, account_id: str, since: datetime) -> int:
    """How many promises were made on an account since then."""
    promise = tables.Promise
    found = select(func.count()).where(promise.account_id == account_id, promise.made_at >= since)
    return session.scalar(found) or 0


def end_promise(session: Session, promise_id: int, state: PromiseState, now: datetime) -> None:
    """A promise was kept or broken."""
    promise = tables.Promise
    session.execute(update(promise).where(promise.id == promise_id).values(state=state.value, ended_at=now))


def _instalments(session: Session, plan_ids: Collection[int]) -> dict[int, list[Instalment]]:
    row = tables.Instalment
    found: dict[int, list[Instalment]] = {plan_id: [] for plan_id in plan_ids}
    for plan_id, number, due_on, amount in session.execute(
        select(row.plan_id, row.number, row.due_on, row.amount)
        .where(row.plan_id.in_(plan_ids))
        .order_by(row.plan_id, row.number)
    ):
        found[plan_id].append(Instalment(number, due_on, amount))
    return found


def _bill_ids(session: Session, plan_ids: Collection[int]) -> dict[int, list[str]]:
    row = tables.PlanBill
    found: dict[int, list[str]] = {plan_id: [] for plan_id in plan_ids}
    for plan_id, bill_id in session.execute(
        select(row.plan_id, row.bill_id).where(row.plan_id.in_(plan_ids)).order_by(row.bill_id)
    ):
        found[plan_id].append(bill_id)
    return found
