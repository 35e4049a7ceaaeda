"""Dunning history: the reminder levels of each bill, and the messages that carried them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select, update

from billing.accounts.snapshot import DunningStep, PastMessage, StepState
from billing.gate import Purpose
from billing.values import value
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.constants import any_fixed, fixed
from storage.database.id_lists import of_ids, one_of
from storage.database.insert_once import insert_once
from storage.delivery.outbox import OutboxState
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows

_GOING = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.IN_DOUBT, OutboxState.PARKED)


def of_bills(session: Session, bill_ids: Collection[str]) -> dict[str, list[DunningStep]]:
    """The steps of each bill in its current episode, by level."""
    if not bill_ids:
        return {}
    wanted = {"ids": list(bill_ids)}
    rows = session.connection().execute(taken(of_ids), wanted).all()
    unheard = any(state == StepState.UNHEARD.value for _, _, _, state, _, _ in rows)
    failed = session.connection().execute(failures(of_ids), wanted).all() if unheard else ()
    return by_bill(rows, failed)


def by_bill(rows: Rows, failed: Rows) -> dict[str, list[DunningStep]]:
    """The steps of each bill, from the rows of :func:`taken` and :func:`failures`."""
    failed_at: dict[int, set[int]] = defaultdict(set)
    for step_id, point_id in failed:
        failed_at[step_id].add(point_id)
    found: dict[str, list[DunningStep]] = defaultdict(list)
    for step_id, bill_id, level, state, at, answer_by in rows:
        points = frozenset(failed_at.get(step_id, ()))
        found[bill_id].append(DunningStep(level, StepState(state), at, points, answer_by))
    return found


@cache
def taken(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The steps of some bills in their current episode."""
    step, bill = tables.Step, tables.Bill
    query = select(step.id, step.bill_id, step.level, step.state, step.at, step.answer_by).join(
        bill, (bill.id == step.bill_id) & (bill.episode == step.episode)
    )
    return scope(query, step.bill_id).order_by(step.bill_id, step.level)


@cache
def failures(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The contact points where steps of some bills failed; not those from which the customer wrote since."""
    step, attempt, out, point = tables.Step, tables.Attempt, tables.Outbox, tables.ContactPoint
    query = (
        select(attempt.step_id, out.contact_point_id)
        .join(step, step.id == attempt.step_id)
        .join(out, out.id == attempt.outbox_id)
        .join(point, point.id == out.contact_point_id)
        .where(step.state == fixed(StepState.UNHEARD))
        .where(out.state == fixed(OutboxState.FAILED))
        .where(or_(point.last_inbound_at.is_(None), point.last_inbound_at <= out.settled_at))
    )
    return scope(query, step.bill_id)


def take(session: Session, bill_id: str, episode: int, level: int, outbox_id: int) -> None:
    """Record that a message carries this level of this bill: its first attempt, or the next.

    Only a level that was not delivered, or was cancelled, may be taken again.
    """
    step = tables.Step
    step_id = insert_once(
        session,
        step,
        {"bill_id": bill_id, "episode": episode, "level": level, "state": StepState.QUEUED.value},
    )
    if step_id is None:
        step_id = session.execute(
            update(step)
            .where(step.bill_id == bill_id, step.episode == episode, step.level == level)
            .where(step.state.in_([StepState.UNHEARD.value, StepState.CANCELLED.value]))
            .values(state=StepState.QUEUED.value)
            .returning(step.id)
        ).scalar_one()
    attempt = tables.Attempt
    earlier = session.scalar(select(func.count()).where(attempt.step_id == step_id)) or 0
    session.add(tables.Attempt(step_id=step_id, outbox_id=outbox_id, number=earlier + 1))
    session.flush()


@value(frozen=True, slots=True)
class TakenStep:
    """A level of a bill's episode that a message carries. ``again`` when it was tried before."""

    bill_id: str
    episode: int
    level: int
    outbox_id: int
    again: bool


def take_all(session: Session, taken: Sequence[TakenStep]) -> None:
    """Record the levels that many messages carry; first attempts are inserted together."""
    fresh = [one for one in taken if not one.again]
    state = StepState.QUEUED.value
    # Bulk inserts do not check for existing keys: the run has locked the customers, so ``again`` cannot be
    # out of date.
    rows = [(one.bill_id, one.episode, one.level, state) for one in fresh]
    ids = insert_rows(session, tables.Step, ("bill_id", "episode", "level", "state"), rows)
    attempts = [(step_id, one.outbox_id, 1) for step_id, one in zip(ids, fresh, strict=True)]
    insert_rows(session, tables.Attempt, ("step_id", "outbox_id", "number"), attempts)
    for one in taken:
        if one.again:
            take(session, one.bill_id, one.episode, one.level, one.outbox_id)


def state_deadline(session: Session, outbox_id: int, answer_by: date | None) -> None:
    """Save the deadline (a local day) that a dunning message is about to state."""
    step, attempt = tables.Step, tables.Attempt
    of_message = select(attempt.step_id).where(attempt.outbox_id == outbox_id)
    session.execute(update(step).where(step.id.in_(of_message)).values(answer_by=answer_by))


def set_step_state(
    session: Session, outbox_id: int, state: StepState, at: datetime | None = None
) -> list[str]:
    """Set the outcome of the steps that a message carried; returns the bills concerned."""
    return _set_state(session, outbox_id, None, state, at)


def withdraw(session: Session, outbox_id: int, bill_ids: Collection[str]) -> None:
    """Cancel these bills' steps in a message: they were paid, held or placed meanwhile."""
    if bill_ids:
        _set_state(session, outbox_id, bill_ids, StepState.CANCELLED, None)


def bills_of(session: Session, outbox_id: int) -> list[str]:
    """The bills that a dunning message is still about."""
    step, attempt = tables.Step, tables.Attempt
    return list(
        session.scalars(
            select(step.bill_id)
            .join(attempt, attempt.step_id == step.id)
            .where(attempt.outbox_id == outbox_id, step.state != StepState.CANCELLED.value)
            .order_by(step.bill_id)
        )
    )


def past(
    session: Session,
    customer_ids: Collection[str],
    since: datetime,
    now: datetime,
    besides: int | None = None,
) -> dict[str, list[PastMessage]]:
    """Unsolicited messages to each customer since a moment: sent, on their way, or tried and failed.

    A message that is being sent counts as of ``now``, however long ago that began: a printed letter may be
    posted at any time.

    ``besides`` leaves out one message and all that only waits: the gate asks about that one message, and
    compares it with what has really left.
    """
    wanted = {"ids": list(customer_ids), "since": since, "besides": besides or NO_MESSAGE}
    rows = session.connection().execute(written(of_ids, waiting=besides is None), wanted).all()
    return by_customer(rows, now)


def by_customer(rows: Rows, now: datetime) -> dict[str, list[PastMessage]]:
    """The messages to each customer, from the rows of :func:`written`."""
    bills: dict[int, set[str]] = defaultdict(set)
    seen: dict[int, tuple[str, datetime, bool]] = {}
    for outbox_id, customer_id, sent_at, begun_at, not_before, bill_id, state in rows:
        assert customer_id is not None
        at = sent_at or begun_at or not_before
        at = max(at, now) if state == OutboxState.SENDING.value else at
        seen[outbox_id] = (customer_id, at, state == OutboxState.FAILED.value)
        if bill_id:
            bills[outbox_id].add(bill_id)
    found: dict[str, list[PastMessage]] = defaultdict(list)
    for outbox_id, (customer_id, moment, failed) in seen.items():
        found[customer_id].append(PastMessage(moment, frozenset(bills[outbox_id]), failed))
    return found


NO_MESSAGE = 0
"""No message has this id, so that one cached statement serves with a message left out and without."""


@cache
def written(scope: Scope, *, waiting: bool) -> Select[*tuple[Any, ...]]:
    """Unsolicited messages to some customers; ``waiting`` ones count, or only what has really left."""
    out, step, attempt, notice = tables.Outbox, tables.Step, tables.Attempt, tables.Notice
    going = any_fixed(state for state in _GOING if waiting or state is not OutboxState.QUEUED)
    # The best known time of each message: when it left, else when its sending began, else its plan.
    at = func.coalesce(out.sent_at, out.begun_at, out.not_before)
    about = func.coalesce(step.bill_id, notice.bill_id)
    query = (
        select(out.id, out.customer_id, out.sent_at, out.begun_at, out.not_before, about, out.state)
        .outerjoin(attempt, attempt.outbox_id == out.id)
        .outerjoin(notice, notice.outbox_id == out.id)
        .outerjoin(step, step.id == attempt.step_id)
        .where(
            out.purpose == fixed(Purpose.OUT),
            or_(out.state.in_(going), (out.state == fixed(OutboxState.FAILED)) & out.begun_at.is_not(None)),
            out.id != bindparam("besides"),
            or_(at >= bindparam("since", type_=UtcDateTime()), out.state == fixed(OutboxState.SENDING)),
        )
    )
    return scope(query, out.customer_id).order_by(out.id)


def _set_state(
    session: Session,
    outbox_id: int,
    bill_ids: Collection[str] | None,
    state: StepState,
    at: datetime | None,
) -> list[str]:
    step, attempt = tables.Step, tables.Attempt
    steps: Sequence[int] = session.scalars(
        select(attempt.step_id).where(attempt.outbox_id == outbox_id)
    ).all()
    change = (
        update(step)
        .where(step.id.in_(steps), step.state.not_in([StepState.CANCELLED.value]))
        .values(state=state.value, at=at)
        .returning(step.bill_id)
    )
    if bill_ids is not None:
        change = change.where(one_of(step.bill_id, bill_ids))
    return list(session.execute(change).scalars())
