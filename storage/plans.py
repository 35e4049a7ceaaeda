"""Payment plans and promises to pay: opened, changed, ended."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, or_, select, update

from billing.plans.lapse import Lapse, LapseKind, later
from billing.plans.plans import Instalment, Plan, PlanState, Review
from billing.plans.promises import Promise, PromiseState
from storage import tables
from storage.database.id_lists import one_of, one_of_ids
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from billing.ledger.money import Money

_OPEN_STATES = (PlanState.ACTIVE.value, PlanState.PROPOSED.value)
_SPEAKING = (*_OPEN_STATES, PlanState.BROKEN.value)


def open_plan(
    session: Session,
    account_id: str,
    amount: Money,
    instalments: Sequence[Instalment],
    bill_ids: Collection[str],
    review: Review,
    now: datetime,
) -> int:
    """Save an agreed plan and return its id.

    The unique index refuses a second running plan on the account, with an ``IntegrityError``.
    """
    state = PlanState.PROPOSED if review is Review.LIMITATION else PlanState.ACTIVE
    plan = tables.Plan(
        account_id=account_id,
        state=state.value,
        review=review.value,
        pauses=0,
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


def running(session: Session, account_ids: Collection[str]) -> dict[str, Plan]:
    """The plan of each account that has one, active or waiting for a person's approval."""
    found = session.connection().execute(_running(), {"ids": list(account_ids)}).all()
    return {one.account_id: one for one in _plans(session, found)}


@cache
def _running() -> Select[*tuple[Any, ...]]:
    plan = tables.Plan
    wanted = (one_of_ids(plan.account_id), plan.state.in_(_OPEN_STATES))
    return select(*plan.__table__.c).where(*wanted).order_by(plan.id)


class Agreements(NamedTuple):
    """By account: its running plan, its open promise, and the plan or promise that lapsed last."""

    plans: dict[str, Plan]
    promises: dict[str, Promise]
    lapses: dict[str, Lapse]


def agreements(session: Session, account_ids: Collection[str], since: datetime) -> Agreements:
    """What is agreed on these accounts, and what lapsed after a moment (UTC), unless replaced."""
    wanted = {"ids": list(account_ids), "since": since}
    last = {row.account_id: row for row in session.connection().execute(_last_plans(), wanted)}
    plans = _plans(session, [row for row in last.values() if row.state in _SPEAKING])
    lapses = {
        one.account_id: Lapse(LapseKind.PLAN, one.id, last[one.account_id].ended_at, one.bill_ids)
        for one in plans
        if one.state is PlanState.BROKEN
    }
    rows = {row.account_id: row for row in session.connection().execute(_last_promises(), wanted)}
    promised = {row.account_id: Promise(*row[: len(_PROMISE)]) for row in rows.values()}
    for account_id, row in rows.items():
        if row.state == PromiseState.BROKEN.value:
            lapse = Lapse(LapseKind.PROMISE, row.id, row.ended_at, promise=promised[account_id])
            lapses[account_id] = later(lapses.get(account_id), lapse) or lapse
    return Agreements(
        {one.account_id: one for one in plans if one.state.value in _OPEN_STATES},
        {one: promised[one] for one, row in rows.items() if row.state == PromiseState.OPEN.value},
        lapses,
    )


_SINCE = bindparam("since", type_=UtcDateTime())


@cache
def _last_plans() -> Select[*tuple[Any, ...]]:
    """Running plans and those that ended lately: the last row of an account is the one that counts."""
    plan = tables.Plan
    wanted = or_(plan.state.in_(_OPEN_STATES), plan.ended_at > _SINCE)
    return select(*plan.__table__.c).where(one_of_ids(plan.account_id), wanted).order_by(plan.id)


_PROMISE = ("id", "account_id", "amount", "due_on", "balance_then")


@cache
def _last_promises() -> Select[*tuple[Any, ...]]:
    """The same of promises, with the fields of one first."""
    row = tables.Promise
    wanted = or_(row.state == PromiseState.OPEN.value, row.ended_at > _SINCE)
    fields = (*(getattr(row, name) for name in _PROMISE), row.state, row.ended_at)
    return select(*fields).where(one_of_ids(row.account_id), wanted).order_by(row.id)


def proposed(session: Session) -> list[Plan]:
    """Every plan that waits for a person's approval, oldest first."""
    plan = tables.Plan
    waiting = plan.state == PlanState.PROPOSED.value
    return _plans(session, session.execute(select(*plan.__table__.c).where(waiting).order_by(plan.id)).all())


def _plans(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Plan]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    instalments, bills = _instalments(session, ids), _bill_ids(session, ids)
    return [
        Plan(
            row.id,
            row.account_id,
            row.amount,
            tuple(instalments[row.id]),
            tuple(bills[row.id]),
            PlanState(row.state),
            row.pauses,
            row.agreed_at,
        )
        for row in rows
    ]


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
    _reschedule(session, plan_id, instalments)


def begin(session: Session, plan_id: int, instalments: Sequence[Instalment]) -> None:
    """Start a proposed plan that was approved, with these instalment days."""
    plan = tables.Plan
    session.execute(update(plan).where(plan.id == plan_id).values(state=PlanState.ACTIVE.value))
    _reschedule(session, plan_id, instalments)


def _reschedule(session: Session, plan_id: int, instalments: Sequence[Instalment]) -> None:
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


def promises_since(session: Session, account_id: str, since: datetime) -> int:
    """The number of promises made on an account since a moment (UTC)."""
    promise = tables.Promise
    found = select(func.count()).where(promise.account_id == account_id, promise.made_at >= since)
    return session.scalar(found) or 0


def end_promise(session: Session, promise_id: int, state: PromiseState, now: datetime) -> None:
    """End a promise as kept or broken."""
    promise = tables.Promise
    session.execute(update(promise).where(promise.id == promise_id).values(state=state.value, ended_at=now))


def _instalments(session: Session, plan_ids: Collection[int]) -> dict[int, list[Instalment]]:
    row = tables.Instalment
    found: dict[int, list[Instalment]] = {plan_id: [] for plan_id in plan_ids}
    for plan_id, number, due_on, amount, until in session.connection().execute(
        select(row.plan_id, row.number, row.due_on, row.amount, row.until)
        .where(one_of(row.plan_id, plan_ids))
        .order_by(row.plan_id, row.number)
    ):
        found[plan_id].append(Instalment(number, due_on, amount, until))
    return found


def _bill_ids(session: Session, plan_ids: Collection[int]) -> dict[int, list[str]]:
    row = tables.PlanBill
    found: dict[int, list[str]] = {plan_id: [] for plan_id in plan_ids}
    for plan_id, bill_id in session.connection().execute(
        select(row.plan_id, row.bill_id).where(one_of(row.plan_id, plan_ids)).order_by(row.bill_id)
    ):
        found[plan_id].append(bill_id)
    return found
