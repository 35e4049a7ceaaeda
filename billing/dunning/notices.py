"""Notices: before a due date, after a missed instalment or agreement, about a bill above its estimate.

A notice demands nothing. Each is sent once, and only as long as it is true.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.calendar import local_day, start_of_day
from billing.dunning import blockers, good_faith
from billing.dunning.blockers import Blocker, zone_of
from billing.dunning.quiet_hours import first_open
from billing.plans import plans
from billing.plans.lapse import LapseKind
from billing.plans.plans import PlanState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date, datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, Reach
    from billing.dunning.dunning import DunningDecision
    from billing.plans.plans import Instalment, Plan
    from billing.policy import Notices, Policy


class NoticeKind(StrEnum):
    """Kind of a notice; if several are ready, the first in this order is sent."""

    ESTIMATE_EXCEEDED = good_faith.NOTICE
    """A bill is so far above its estimate that it may be disputed; sent before any reminder of it."""
    PLAN_ENDED = "plan_ended"
    """A plan ended because an instalment had not come; said before reminders begin again."""
    PROMISE_BROKEN = "promise_broken"
    INSTALMENT_MISSED = "instalment_missed"
    INSTALMENT_DUE = "instalment_due"
    PAYMENT_DUE_SOON = "payment_due_soon"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, true from the start of ``opens_on`` to the end of ``last_on`` (local days)."""

    kind: NoticeKind
    mark: str
    """With the bill a unique key: one notice per bill and mark, ever. An instalment moved to another day
    has another mark."""
    account_id: str
    bill_ids: tuple[str, ...]
    opens_on: date
    last_on: date
    day: date
    """The day it names: the due date, the last day to catch up, or the day an agreement ended."""
    plan_id: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """The one notice to send now with its contact point, and when (UTC) each account is checked again."""

    notice: Notice | None = None
    reach: Reach | None = None
    times: Mapping[str, datetime] = field(default_factory=dict)


def valid_notices(person: PersonSnapshot, policy: Policy, today: date) -> list[Notice]:
    """Every notice that is true now or will become so by present facts, sent or not."""
    rules = policy.notices
    if rules is None:
        return []
    planned = {bill for account in person.accounts if account.plan for bill in account.plan.bill_ids}
    found = [
        *_of_estimates(person, policy),
        *_of_lapses(person, today),
        *_of_plans(person, policy, rules, today),
        *_of_bills(person, rules, planned),
    ]
    order = list(NoticeKind)
    return sorted(
        (notice for notice in found if today <= notice.last_on),
        key=lambda notice: (order.index(notice.kind), notice.last_on, notice.mark),
    )


def plan(person: PersonSnapshot, policy: Policy, available: Collection[Channel], now: datetime) -> Planned:
    """The notice to send now, if any; computed from facts alone, like every decision of a run."""
    rules = policy.notices
    if rules is None or not _any(person, policy, rules):
        return _NOTHING
    today = local_day(now, zone_of(person))
    times: dict[str, datetime] = {}
    chosen: Planned | None = None
    for notice in valid_notices(person, policy, today):
        fresh = _unsaid(person, notice)
        reach = _reach(person, policy, available) if fresh else None
        at = _when(person, policy, fresh, now) if fresh and reach else None
        if at is None or fresh is None:
            continue
        if at <= now and chosen is None:
            chosen = Planned(fresh, reach)
            continue
        gap = now + timedelta(hours=max(policy.caps.min_gap_hours, 1))
        again = at if at > now else gap
        times[notice.account_id] = min(again, times.get(notice.account_id, again))
    return replace(chosen or Planned(), times=times)


_NOTHING = Planned()


def _any(person: PersonSnapshot, policy: Policy, rules: Notices) -> bool:
    """Whether any notice is possible; a short cut for most people."""
    if rules.due_soon_days or any(account.plan or account.lapse for account in person.accounts):
        return True
    return policy.good_faith is not None and any(
        bill.estimate is not None for account in person.accounts for bill in account.bills
    )


def along(decision: DunningDecision, planned: Planned, policy: Policy, now: datetime) -> DunningDecision:
    """The decision with the notice added; a reminder waits, because a notice is tied to its day."""
    if planned.notice is None:
        return decision
    gap = now + timedelta(hours=max(policy.caps.min_gap_hours, 1))
    verdicts = [
        replace(verdict, verdict="wait", reason="one_message_at_a_time", at=gap, next_at=gap)
        if verdict.verdict == "remind"
        else verdict
        for verdict in decision.verdicts
    ]
    notices = tuple(
        replace(
            verdict,
            verdict="notice",
            reason=planned.notice.kind.value,
            level=None,
            at=now,
            reach=planned.reach,
        )
        if verdict.bill_id in planned.notice.bill_ids
        else verdict
        for verdict in verdicts
    )
    return replace(decision, verdicts=notices, reminder=None)


def earliest(*times: datetime | None) -> datetime | None:
    """The earliest of several times, some of which may be None."""
    return min((at for at in times if at), default=None)


def still(
    person: PersonSnapshot, policy: Policy, mark: str, bill_ids: Collection[str], now: datetime
) -> tuple[tuple[str, ...], str]:
    """The bills of a notice that still apply just before it leaves, and the reason if one does not."""
    today, reason = local_day(now, zone_of(person)), "no_longer_true"
    kept: list[str] = []
    for notice in valid_notices(person, policy, today):
        mine = tuple(bill_id for bill_id in notice.bill_ids if bill_id in bill_ids)
        if notice.mark != mark or not mine or notice.opens_on > today:
            continue
        if notice.plan_id:
            blocker = _blocker(person, policy, notice, now)
            return ((), blocker.reason) if blocker else (mine, "")
        for bill_id in mine:
            blocker = _blocker(person, policy, replace(notice, bill_ids=(bill_id,)), now)
            reason = blocker.reason if blocker else reason
            kept += [] if blocker else [bill_id]
    return tuple(kept), reason


def _of_plans(person: PersonSnapshot, policy: Policy, rules: Notices, today: date) -> Iterator[Notice]:
    grace = policy.plan.grace_days
    for account in person.accounts:
        agreed = account.plan
        if agreed is None or agreed.state is not PlanState.ACTIVE:
            continue
        owed, small = person.owed_on(agreed.bill_ids), blockers.small_sum(policy, account.currency)
        progress = plans.progress(agreed, owed, today, grace, small)
        one = progress.next_instalment
        if progress.state is not PlanState.ACTIVE or one is None:
            continue
        before = one.due_on - timedelta(days=rules.instalment_due_days)
        if rules.instalment_due_days and _agreed_before(person, agreed, before):
            kind = NoticeKind.INSTALMENT_DUE
            yield _of_instalment(kind, account.account_id, agreed, one, before, one.due_on, one.due_on)
        if rules.instalment_missed_days:
            opens, last = (
                one.due_on + timedelta(days=rules.instalment_missed_days),
                plans.last_day(one, grace),
            )
            day = one.until or max(last, today + timedelta(days=rules.catch_up_days))
            kind = NoticeKind.INSTALMENT_MISSED
            yield _of_instalment(kind, account.account_id, agreed, one, opens, last, day)


def _of_instalment(
    kind: NoticeKind, account_id: str, agreed: Plan, one: Instalment, opens: date, last: date, day: date
) -> Notice:
    mark = f"{kind.value}:plan:{agreed.id}:{one.number}:{one.due_on.isoformat()}"
    return Notice(kind, mark, account_id, agreed.bill_ids, opens, last, day, agreed.id, one.number)


def _agreed_before(person: PersonSnapshot, agreed: Plan, day: date) -> bool:
    """Whether the plan was agreed before ``day``: a new plan needs no notice of its first instalment."""
    return agreed.agreed_at is None or local_day(agreed.agreed_at, zone_of(person)) < day


NOTICE_WITHIN = timedelta(days=14)
"""So long after an agreement ended its notice may leave: caps and closed days may keep it waiting."""


def _of_lapses(person: PersonSnapshot, today: date) -> Iterator[Notice]:
    """One notice that a plan or promise ended, while no other agreement and no reminder has followed it."""
    account = next((one for one in person.accounts if one.lapse), None)
    if account is None or account.lapse is None or account.plan or account.promise:
        return
    lapse = account.lapse
    if lapse.made_good(person.to_pay):
        return
    of_plan = lapse.kind is LapseKind.PLAN
    found = sorted(
        (bill.bill_id, one.account_id)
        for one in person.accounts
        for bill in one.bills
        if bill.owed > 0
        and bill.placement is None
        and (bill.bill_id in lapse.bill_ids if of_plan else bill.late(today))
        and not any(step.at and step.at > lapse.ended_at for step in bill.steps)
    )
    if found:
        kind = NoticeKind.PLAN_ENDED if of_plan else NoticeKind.PROMISE_BROKEN
        ended_on = local_day(lapse.ended_at, zone_of(person))
        mark, bills = f"{kind.value}:{lapse.kind.value}:{lapse.id}", tuple(bill for bill, _ in found)
        named = lapse.promise.due_on if lapse.promise else ended_on
        yield Notice(kind, mark, found[0][1], bills, ended_on, ended_on + NOTICE_WITHIN, named)


def _of_estimates(person: PersonSnapshot, policy: Policy) -> Iterator[Notice]:
    """One notice for all bills of a person that may be disputed until the same day."""
    rules, kind = policy.good_faith, NoticeKind.ESTIMATE_EXCEEDED
    if rules is None:
        return
    issued: dict[date, list[tuple[str, str]]] = defaultdict(list)
    for account in person.accounts:
        for bill in account.bills:
            above = good_faith.exceeds(rules, bill.amount, bill.estimate, account.currency)
            if above and bill.owed > 0 and bill.placement is None:
                issued[bill.issued_on].append((bill.bill_id, account.account_id))
    for day, found in issued.items():
        last, bills = good_faith.dispute_until(rules, day), tuple(bill for bill, _ in sorted(found))
        yield Notice(kind, kind.value, found[0][1], bills, day, last, last)


def _of_bills(person: PersonSnapshot, rules: Notices, planned: Collection[str]) -> Iterator[Notice]:
    """One notice for all bills due on the same day."""
    if not rules.due_soon_days:
        return
    kind = NoticeKind.PAYMENT_DUE_SOON
    due: dict[date, list[tuple[str, str]]] = defaultdict(list)
    for account in person.accounts:
        for bill in account.bills:
            if bill.owed > 0 and bill.placement is None and bill.bill_id not in planned:
                due[bill.due_on].append((bill.bill_id, account.account_id))
    for day, found in due.items():
        opens = day - timedelta(days=rules.due_soon_days)
        yield Notice(kind, kind.value, found[0][1], tuple(bill for bill, _ in sorted(found)), opens, day, day)


def _unsaid(person: PersonSnapshot, notice: Notice) -> Notice | None:
    """The notice without bills it was sent for; for a plan it was sent for all or for none."""
    said = {bill.bill_id for _, bill in _bills(person, notice) if notice.mark in bill.noticed}
    if notice.plan_id:
        return None if said else notice
    left = tuple(bill_id for bill_id in notice.bill_ids if bill_id not in said)
    return replace(notice, bill_ids=left) if left else None


def _reach(person: PersonSnapshot, policy: Policy, available: Collection[Channel]) -> Reach | None:
    assert policy.notices
    ways = policy.reminding(policy.notices.channels)
    found = blockers.to_reaching(person, ways, frozenset(), frozenset(available))
    return None if isinstance(found, Blocker) else found


def _when(person: PersonSnapshot, policy: Policy, notice: Notice, now: datetime) -> datetime | None:
    """When the notice may be sent (UTC): now or later; None if not by present facts."""
    zone = zone_of(person)
    start = start_of_day(notice.opens_on, zone)
    opens = first_open(policy.window, person.zones, start, person.prefers) or start
    if opens > now:
        return opens
    obstacle = (
        _blocker(person, policy, notice, now)
        or blockers.to_hour(person, policy, now)
        or blockers.to_pace(person, notice.bill_ids, policy.caps, now)
    )
    at = obstacle.until if obstacle else now
    return at if at and local_day(at, zone) <= notice.last_on else None


def _blocker(person: PersonSnapshot, policy: Policy, notice: Notice, now: datetime) -> Blocker | None:
    """The blocker of a notice: as for a reminder, except the agreement that the notice is about."""
    itself = notice.plan_id or notice.kind is NoticeKind.ESTIMATE_EXCEEDED
    asked = blockers.to_notice if itself else blockers.to_bill
    for account, bill in _bills(person, notice):
        found = asked(person, account, bill, policy, now) if bill.owed > 0 else None
        if bill.flagged:
            found = Blocker("held", "flagged")
        if found:
            return found
    return None


def _bills(person: PersonSnapshot, notice: Notice) -> Iterator[tuple[AccountSnapshot, BillSnapshot]]:
    for account in person.accounts:
        for bill in account.bills:
            if bill.bill_id in notice.bill_ids:
                yield account, bill
