"""What happened to bills before a person decides: reminders that arrived, agreements, closed cases."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from billing.accounts.snapshot import StepState
from billing.plans.plans import PlanState
from billing.plans.promises import PromiseState
from storage import tables
from storage.database.id_lists import one_of
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy.orm import Session


class ArrivedReminder(NamedTuple):
    """A level that a provider accepted and did not report as undelivered; ``at`` is UTC."""

    level: int
    at: datetime
    channel: str


class PastPromise(NamedTuple):
    """A promise that was not kept: the local day it named, and when it was made and ended (UTC)."""

    due_on: date
    made_at: datetime
    ended_at: datetime


class ClosedCase(NamedTuple):
    """A case about the customer that a person has closed; moments are UTC."""

    kind: str
    opened_at: datetime
    closed_at: datetime
    bill_id: str | None


def reminders(session: Session, bill_ids: Collection[str]) -> dict[str, list[ArrivedReminder]]:
    """The reminders of each bill's current episode that arrived, by level."""
    out, step, attempt, bill = tables.Outbox, tables.Step, tables.Attempt, tables.Bill
    rows = session.execute(
        select(step.bill_id, step.level, step.at, out.channel)
        .join(bill, (bill.id == step.bill_id) & (bill.episode == step.episode))
        .join(attempt, attempt.step_id == step.id)
        .join(out, out.id == attempt.outbox_id)
        .where(one_of(step.bill_id, bill_ids), step.state == StepState.HEARD.value, step.level > 0)
        .where(out.state == OutboxState.SENT.value, step.at.is_not(None))
        .order_by(step.bill_id, step.level, out.id)
    )
    found: dict[str, dict[int, ArrivedReminder]] = defaultdict(dict)
    for bill_id, level, at, channel in rows:
        assert at is not None
        found[bill_id][level] = ArrivedReminder(level, at, channel)
    return {bill_id: list(levels.values()) for bill_id, levels in found.items()}


def broken_plans(session: Session, bill_ids: Collection[str]) -> dict[str, list[datetime]]:
    """When (UTC) plans about each bill ended because an instalment had not come, earliest first."""
    plan, about = tables.Plan, tables.PlanBill
    rows = session.execute(
        select(about.bill_id, plan.ended_at)
        .join(plan, plan.id == about.plan_id)
        .where(one_of(about.bill_id, bill_ids), plan.state == PlanState.BROKEN.value)
        .where(plan.ended_at.is_not(None))
        .order_by(plan.id)
    )
    found: dict[str, list[datetime]] = defaultdict(list)
    for bill_id, ended_at in rows:
        assert ended_at is not None
        found[bill_id].append(ended_at)
    return found


def broken_promises(session: Session, account_ids: Collection[str]) -> dict[str, list[PastPromise]]:
    """The promises on each account that were not kept, earliest first."""
    row = tables.Promise
    rows = session.execute(
        select(row.account_id, row.due_on, row.made_at, row.ended_at)
        .where(one_of(row.account_id, account_ids), row.state == PromiseState.BROKEN.value)
        .where(row.ended_at.is_not(None))
        .order_by(row.id)
    )
    found: dict[str, list[PastPromise]] = defaultdict(list)
    for account_id, due_on, made_at, ended_at in rows:
        assert ended_at is not None
        found[account_id].append(PastPromise(due_on, made_at, ended_at))
    return found


def closed_cases(
    session: Session, customer_ids: Collection[str], kinds: Collection[str]
) -> dict[str, list[ClosedCase]]:
    """The cases of these kinds about each customer that were closed, earliest first."""
    row = tables.Escalation
    rows = session.execute(
        select(row.customer_id, row.kind, row.opened_at, row.closed_at, row.bill_id)
        .where(one_of(row.customer_id, customer_ids), one_of(row.kind, kinds))
        .where(row.closed_at.is_not(None))
        .order_by(row.id)
    )
    found: dict[str, list[ClosedCase]] = defaultdict(list)
    for customer_id, kind, opened_at, closed_at, bill_id in rows:
        assert customer_id is not None
        assert closed_at is not None
        found[customer_id].append(ClosedCase(kind, opened_at, closed_at, bill_id))
    return found
