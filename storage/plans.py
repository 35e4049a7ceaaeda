"""Payment plans and promises to pay: opened, changed, ended."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.plans.plans import Instalment, Plan, PlanState, Review
from billing.plans.promises import PromiseState
from storage import tables
from storage.database.constants import any_fixed, fixed
from storage.database.id_lists import of_ids, one_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from billing.ledger.money import Money
    from storage.database.id_lists import Scope
    from storage.database.together import Rows

_OPEN_STATES = (PlanState.ACTIVE.value, PlanState.PROPOSED.value)


def open_plan(
    session: Session,
    account_id: str,
    amount: Money,
    instalments: Sequence[Instalment],
    bill_ids: Collection[str],
    review: Review,
    now: datetime,
    agreed_by: str = "",
) -> int:
    """Save an agreed plan and return its id; ``agreed_by`` is who of the staff agreed it.

    The unique index refuses a second running plan on the account, with an ``IntegrityError``.
    """
    state = PlanState.PROPOSED if review.decides else PlanState.ACTIVE
    plan = tables.Plan(
        account_id=account_id,
        state=state.value,
        review=review.value,
        pauses=0,
        amount=amount.minor,
        currency=amount.currency,
        agreed_at=now,
        agreed_by=agreed_by,
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


def running(session: Session, account_ids: Collection[str]) -> dict[str, Plan]:
    """The plan of each account that has one, active or waiting for a person's approval."""
    rows = session.connection().execute(running_on(of_ids), {"ids": list(account_ids)}).all()
    return by_account(_plans(session, rows))


def by_account(plans: Iterable[Plan]) -> dict[str, Plan]:
    """The plan of each account."""
    return {plan.account_id: plan for plan in plans}


@cache
def running_on(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The plans on some accounts that are active or proposed."""
    plan = tables.Plan
    return scope(selected().where(plan.state.in_(any_fixed(_OPEN_STATES))), plan.account_id)


def proposed(session: Session) -> list[Plan]:
    """Every plan that waits for a person's approval, oldest first."""
    waiting = selected().where(tables.Plan.state == fixed(PlanState.PROPOSED))
    return _plans(session, session.execute(waiting).all())


def agreed_by(session: Session, plan_id: int) -> str:
    """Who of the staff agreed a plan; empty where the customer did it in a chat."""
    return session.scalar(select(tables.Plan.agreed_by).where(tables.Plan.id == plan_id)) or ""


def selected() -> Select[*tuple[Any, ...]]:
    """Plans, as :func:`assembled` takes them, in their order."""
    plan = tables.Plan
    return select(plan.id, plan.account_id, plan.amount, plan.state, plan.pauses, plan.agreed_at).order_by(
        plan.id
    )


def _plans(session: Session, rows: Rows) -> list[Plan]:
    if not rows:
        return []
    wanted, ask = {"ids": [row[0] for row in rows]}, session.connection().execute
    instalments, bills = (
        ask(instalments_of(of_ids), wanted).all(),
        ask(bills_on(of_ids), wanted).all(),
    )
    return assembled(rows, instalments, bills)


def assembled(rows: Rows, instalments: Rows, bills: Rows) -> list[Plan]:
    """The plans, from the rows of :func:`running_on`, :func:`instalments_of` and :func:`bills_on`."""
    parts: dict[int, list[Instalment]] = defaultdict(list)
    for plan_id, *instalment in instalments:
        parts[plan_id].append(Instalment(*instalment))
    covered: dict[int, list[str]] = defaultdict(list)
    for plan_id, bill_id in bills:
        covered[plan_id].append(bill_id)
    return [
        Plan(
            plan_id,
            account_id,
            amount,
            tuple(parts[plan_id]),
            tuple(covered[plan_id]),
            PlanState(state),
            pauses,
            agreed_at,
        )
        for plan_id, account_id, amount, state, pauses, agreed_at in rows
    ]


@cache
def instalments_of(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The instalments of some plans."""
    row = tables.Instalment
    columns = (row.plan_id, row.number, row.due_on, row.amount, row.until)
    return scope(select(*columns), row.plan_id).order_by(row.plan_id, row.number)


@cache
def bills_on(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The bills that some plans cover."""
    row = tables.PlanBill
    return scope(select(row.plan_id, row.bill_id), row.plan_id).order_by(row.bill_id)


def last_broken(session: Session, account_ids: Collection[str]) -> frozenset[str]:
    """Those of these accounts whose latest plan was broken."""
    plan = tables.Plan
    rows = session.execute(
        select(plan.account_id, plan.state).where(one_of(plan.account_id, account_ids)).order_by(plan.id)
    )
    latest = {account_id: state for account_id, state in rows}  # noqa: C416 - rows are no pairs to mypy
    return frozenset(one for one, state in latest.items() if state == PlanState.BROKEN.value)


def pause(session: Session, plan_id: int, instalments: Sequence[Instalment]) -> None:
    """Move a plan's instalments to later days, and count the pause."""
    plan = tables.Plan
    session.execute(update(plan).where(plan.id == plan_id).values(pauses=plan.pauses + 1))
    move(session, plan_id, instalments)


def begin(session: Session, plan_id: int, instalments: Sequence[Instalment]) -> None:
    """Start a proposed plan that was approved, with these instalment days."""
    plan = tables.Plan
    session.execute(update(plan).where(plan.id == plan_id).values(state=PlanState.ACTIVE.value))
    move(session, plan_id, instalments)


def move(session: Session, plan_id: int, instalments: Sequence[Instalment]) -> None:
    """Give a plan's instalments these days and amounts."""
    row = tables.Instalment
    for one in instalments:
        session.execute(
            update(row)
            .where(row.plan_id == plan_id, row.number == one.number)
            .values(due_on=one.due_on, amount=one.amount, until=one.until)
        )


def allow_until(session: Session, plan_id: int, number: int, until: date) -> None:
    """Store a plan's local day until which a missed instalment may be paid, as the customer was notified."""
    row = tables.Instalment
    session.execute(update(row).where(row.plan_id == plan_id, row.number == number).values(until=until))


def end_plan(session: Session, plan_id: int, state: PlanState, now: datetime) -> None:
    """End a plan as completed, broken or cancelled."""
    plan = tables.Plan
    session.execute(update(plan).where(plan.id == plan_id).values(state=state.value, ended_at=now))


def make_promise(
    session: Session, account_id: str, amount: int, due_on: date, balance_then: int, now: datetime
) -> int:
    """Save a promise and return its id; an open one on the account becomes ``replaced``.

    Amounts are in minor units, ``due_on`` is a local day of the customer.
    """
    promise = tables.Promise
    session.execute(
        update(promise)
        .where(promise.account_id == account_id, promise.state == fixed(PromiseState.OPEN))
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


def promises_since(session: Session, account_id: str, since: datetime) -> int:
    """The number of promises made on an account since a moment (UTC)."""
    promise = tables.Promise
    found = select(func.count()).where(promise.account_id == account_id, promise.made_at >= since)
    return session.scalar(found) or 0


def end_promise(session: Session, promise_id: int, state: PromiseState, now: datetime) -> None:
    """End a promise as kept or broken."""
    promise = tables.Promise
    session.execute(update(promise).where(promise.id == promise_id).values(state=state.value, ended_at=now))
