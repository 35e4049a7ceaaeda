"""Forecast of a person's bills under a policy, if nobody pays, answers or decides anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.snapshot import DunningStep, PastMessage, PlacementState, StepState
from billing.calendar import local_day
from billing.dunning import notices
from billing.dunning.blockers import zone_of
from billing.dunning.deadlines import answer_by
from billing.dunning.dunning import UNANSWERED, decide
from billing.dunning.lapses import Lapses, as_of
from billing.dunning.notices import NoticeKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot, Reach
    from billing.dunning.dunning import DunningDecision, Reminder
    from billing.dunning.notices import Notice, Planned
    from billing.plans.plans import Plan
    from billing.policy import Policy

_FEWEST = timedelta(minutes=1)
_MOST_LOOKS = 1000
_PLACEMENT = "placement:"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An expected event at ``at`` (UTC): a message, or a case."""

    at: datetime
    person_id: str
    what: str
    """The name of the level, the kind of the notice, or the reason of the case."""
    bill_ids: tuple[str, ...]
    reach: Reach | None = None
    """Contact point of a message; None for a case."""
    level: int | None = None
    """The number of a reminder's level; empty for a notice."""
    day: date | None = None
    """The local day a notice names."""

    @property
    def flags(self) -> bool:
        """Whether a bill would be flagged for placement."""
        return self.reach is None and self.what == UNANSWERED


def forecast(
    person: PersonSnapshot, policy: Policy, available: frozenset[Channel], start: datetime, until: datetime
) -> list[Foreseen]:
    """Expected events from ``start`` to ``until`` (UTC), in order.

    Uses the rules of a real run on a clock of its own: each message counts as arrived when it is due, each
    case as opened, plans and promises lapse. Two policies can be compared on live accounts that way. Fees
    do not count towards limits such as the smallest amount to place.
    """
    found: list[Foreseen] = []
    now = start
    for _ in range(_MOST_LOOKS):
        person = as_of(person, policy, now, Lapses())
        decision, planned = _look(person, policy, available, now)
        found += _happening(decision, planned, person, policy, now)
        person = _after(person, policy, decision, planned, now)
        following = _next_look(person, policy, available, now)
        if following is None or following > until:
            break
        now = following
    return found


def _look(
    person: PersonSnapshot, policy: Policy, available: frozenset[Channel], now: datetime
) -> tuple[DunningDecision, Planned]:
    planned = notices.plan(person, policy, available, now)
    return notices.along(decide(person, policy, available, now), planned, policy, now), planned


def _happening(
    decision: DunningDecision, planned: Planned, person: PersonSnapshot, policy: Policy, now: datetime
) -> Iterator[Foreseen]:
    seen: set[str] = set()
    for verdict in decision.verdicts:
        if verdict.case and verdict.case not in seen:
            seen.add(verdict.case)
            yield Foreseen(now, person.person_id, verdict.reason, (verdict.bill_id,), level=verdict.level)
    reminder, notice = decision.reminder, planned.notice
    if reminder:
        bills = tuple(verdict.bill_id for verdict in reminder.verdicts)
        name = policy.level(reminder.level).name
        yield Foreseen(now, person.person_id, name, bills, reminder.reach, reminder.level)
    if notice:
        kind = notice.kind.value
        yield Foreseen(now, person.person_id, kind, notice.bill_ids, planned.reach, day=notice.day)


def _after(
    person: PersonSnapshot, policy: Policy, decision: DunningDecision, planned: Planned, now: datetime
) -> PersonSnapshot:
    """The person after everything decided has happened."""
    reminder, notice = decision.reminder, planned.notice
    cases = frozenset(verdict.case for verdict in decision.verdicts if verdict.case)
    flagged = {case.removeprefix(_PLACEMENT) for case in cases if case.startswith(_PLACEMENT)}
    said = frozenset(verdict.bill_id for verdict in reminder.verdicts) if reminder else frozenset[str]()
    step = _heard(reminder, person, policy, now) if reminder else None
    noticed = said | frozenset(notice.bill_ids if notice else ())
    accounts = tuple(
        replace(
            account,
            plan=_caught_up(account.plan, notice),
            bills=tuple(
                _bill(bill, step if bill.bill_id in said else None, notice, flagged=bill.bill_id in flagged)
                for bill in account.bills
            ),
        )
        for account in person.accounts
    )
    past = (*person.past, PastMessage(now, noticed)) if noticed else person.past
    return replace(person, accounts=accounts, past=past, cases=person.cases | cases)


def _heard(reminder: Reminder, person: PersonSnapshot, policy: Policy, now: datetime) -> DunningStep:
    final = policy.level(reminder.level).final
    today = local_day(now, zone_of(person))
    by = answer_by(policy, today, reminder.reach.channel) if final else None
    return DunningStep(reminder.level, StepState.HEARD, now, answer_by=by)


def _bill(
    bill: BillSnapshot, step: DunningStep | None, notice: Notice | None, *, flagged: bool
) -> BillSnapshot:
    if flagged:
        return replace(bill, placement=PlacementState.FLAGGED)
    if notice and bill.bill_id in notice.bill_ids:
        bill = replace(bill, noticed=bill.noticed | {notice.mark})
    if step is None:
        return bill
    others = tuple(one for one in bill.steps if one.level != step.level)
    return replace(bill, steps=(*others, step))


def _caught_up(plan: Plan | None, notice: Notice | None) -> Plan | None:
    """The plan with the extended day of a notice about a missed instalment."""
    if plan is None or notice is None or notice.kind is not NoticeKind.INSTALMENT_MISSED:
        return plan
    instalments = tuple(
        replace(one, until=notice.day) if (plan.id, one.number) == (notice.plan_id, notice.number) else one
        for one in plan.instalments
    )
    return replace(plan, instalments=instalments)


def _next_look(
    person: PersonSnapshot, policy: Policy, available: frozenset[Channel], now: datetime
) -> datetime | None:
    """When the person would be checked again after what was decided has happened."""
    decision, planned = _look(person, policy, available, now)
    times = [verdict.next_at for verdict in decision.verdicts if verdict.next_at]
    times += planned.times.values()
    times += [now] if planned.notice else []
    # At least a minute later: a rule that asks to be checked at once must not loop for ever.
    return max(min(times), now + _FEWEST) if times else None
