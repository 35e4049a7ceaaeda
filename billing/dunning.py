"""The next action for everything a person owes, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billing import checklist, deadlines, objections
from billing.calendar import local_day, start_of_day
from billing.money import minor_units
from billing.objections import Objection, zone_of
from billing.picture import Reach, StepState
from billing.policy import ANNOUNCED
from billing.quiet_hours import first_open

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from billing.channels import Channel
    from billing.picture import AccountPicture, BillPicture, PersonPicture, Step
    from billing.policy import Policy


@dataclass(frozen=True, slots=True)
class BillVerdict:
    """What is to happen with one bill. ``at`` (UTC) is when; ``next_at`` when to look again."""

    account_id: str
    customer_id: str
    bill_id: str
    verdict: str
    """``remind``, ``wait``, ``held``, ``escalate`` or ``excluded``."""
    reason: str
    level: int | None = None
    at: datetime | None = None
    next_at: datetime | None = None
    reach: Reach | None = None
    case: str = ""
    """For ``escalate``: the key of the case a person must see; empty if it is open already."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message for all of a person's bills at one level; a final notice is about one bill alone."""

    level: int
    reach: Reach
    verdicts: tuple[BillVerdict, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything decided about one person at one moment."""

    person_id: str
    verdicts: tuple[BillVerdict, ...]
    reminder: Reminder | None

    def next_action_at(self, account_id: str) -> datetime | None:
        """When this account is to be looked at again; empty when only an event can change anything."""
        times = [v.next_at for v in self.verdicts if v.account_id == account_id and v.next_at]
        return min(times, default=None)


def decide(person: PersonPicture, policy: Policy, available: frozenset[Channel], now: datetime) -> Decision:
    """What to do about every bill a person has not paid.

    Computed from facts alone, never from an earlier run, so that a level is neither skipped nor
    repeated however late or often it is asked (Kill Bill #2297 is the failure this avoids).
    """
    look = _Look(person, policy, available, now)
    verdicts = [
        look.at_bill(account, bill) for account in person.accounts for bill in account.bills if bill.owed > 0
    ]
    return _one_message(look, verdicts)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one person at one moment."""

    person: PersonPicture
    policy: Policy
    available: frozenset[Channel]
    now: datetime

    def at_bill(self, account: AccountPicture, bill: BillPicture) -> BillVerdict:
        objection = objections.to_bill(self.person, account, bill, self.policy, self.now)
        number = None if objection or bill.flagged else self.next_level(account, bill)
        shown = number if number is not None and number <= len(self.policy.levels) else None
        about = BillVerdict(account.account_id, account.customer_id, bill.bill_id, "wait", "not_due", shown)
        if objection:
            return self.objected(about, objection, self.now)
        if bill.flagged:
            return replace(about, verdict="escalate", reason="flagged")
        assert number is not None
        if shown is None:
            return self.after_the_last(about, account, bill)
        pending = bill.step(number)
        if pending and pending.state in {StepState.QUEUED, StepState.PARKED}:
            return replace(about, reason="on_its_way" if pending.state is StepState.QUEUED else "in_doubt")
        due = self.level_due(bill, number)
        if due > self.now:
            return replace(about, at=due, next_at=due)
        return self.ready(about, account, bill, pending, due)

    def next_level(self, account: AccountPicture, bill: BillPicture) -> int:
        """The level after the highest that was heard; a large bill is announced before the first."""
        rules = self.policy.announcement
        if rules is None or bill.owed < minor_units(rules.above, account.currency):
            return bill.heard + 1
        said = bill.step(ANNOUNCED)
        untold = said is None or said.state is not StepState.HEARD
        first = bill.episode == 1 and not any(step.level > ANNOUNCED for step in bill.steps)
        return ANNOUNCED if untold and first else bill.heard + 1

    def unchecked(self, about: BillVerdict, account: AccountPicture, bill: BillPicture) -> Objection | None:
        """What the checklist finds before the first demand."""
        if about.level != 1:
            return None
        return checklist.objection(self.person, account, bill, self.policy, self.now)

    def ready(
        self,
        about: BillVerdict,
        account: AccountPicture,
        bill: BillPicture,
        pending: Step | None,
        due: datetime,
    ) -> BillVerdict:
        """The level is due: is there a way to say it, and may it be said now?"""
        assert about.level is not None
        level = self.policy.level(about.level)
        failed = pending.failed_on if pending else frozenset[int]()
        by_law = level.required_by_law and self.policy.stop.letters
        reach = objections.to_reaching(self.person, level.channels, failed, self.available, by_law=by_law)
        if isinstance(reach, Objection):
            return self.objected(about, reach, due)
        if level.final and objections.unconfirmed(reach, self.policy, self.now):
            return self.objected(about, Objection("escalate", "number_unconfirmed"), due)
        obstacle = (
            self.unchecked(about, account, bill)
            or (objections.to_hour(self.person, self.policy, self.now) if reach.channel.electronic else None)
            or objections.to_pace(self.person, [about.bill_id], self.policy.caps, self.now)
        )
        if obstacle:
            return self.objected(replace(about, reach=reach), obstacle, due)
        ids = (about.account_id, about.customer_id, about.bill_id)
        return BillVerdict(*ids, "remind", level.name, about.level, self.now, due, reach)

    def objected(self, about: BillVerdict, objection: Objection, due: datetime) -> BillVerdict:
        at = objection.until if objection.verdict == "wait" else about.at
        case, next_at = "", objection.until
        if objection.verdict == "escalate":
            raised = f"{objection.reason}:{self.person.person_id}"
            case, next_at = ("", next_at) if raised in self.person.cases else (raised, due)
        ids = (about.account_id, about.customer_id, about.bill_id)
        told = (objection.verdict, objection.reason, about.level)
        return BillVerdict(*ids, *told, at, next_at, about.reach, case)

    def level_due(self, bill: BillPicture, number: int) -> datetime:
        """The first open moment of the day a level falls due, after the waiting time of the level before."""
        zone = zone_of(self.person)
        if number == ANNOUNCED:
            start = start_of_day(bill.issued_on, zone)
            return first_open(self.policy.window, self.person.zones, start, self.person.prefers) or start
        level = self.policy.level(number)
        anchor = bill.due_on if level.anchor == "due" else bill.issued_on
        day = anchor + timedelta(days=level.after_due_days)
        if bill.episode_since:
            day = max(day, local_day(bill.episode_since, zone))
        before = bill.step(number - 1)
        if before and before.at:
            wait = timedelta(days=self.policy.level(number - 1).wait_days)
            day = max(day, local_day(before.at, zone) + wait)
        start = start_of_day(day, zone)
        return first_open(self.policy.window, self.person.zones, start, self.person.prefers) or start

    def after_the_last(self, about: BillVerdict, account: AccountPicture, bill: BillPicture) -> BillVerdict:
        """Every level was heard: wait for the answer, then let a person decide about a collector."""
        rules, zone = self.policy.placement, zone_of(self.person)
        last = bill.step(len(self.policy.levels))
        heard_on = local_day(last.at, zone) if last and last.at else bill.due_on
        stated = last.answer_by if last else None
        day = deadlines.flag_from(self.policy, heard_on, bill.due_on, bill.issued_on, stated)
        at = start_of_day(day, zone)
        if self.now < at:
            return replace(about, reason="answer_time", at=at, next_at=at)
        if bill.owed < minor_units(rules.minimum, account.currency):
            return replace(about, verdict="excluded", reason="below_minimum")
        case = f"placement:{bill.bill_id}"
        seen = replace(about, verdict="escalate", reason="unanswered", at=at)
        return seen if case in self.person.cases else replace(seen, case=case, next_at=at)


def _one_message(look: _Look, verdicts: list[BillVerdict]) -> Decision:
    """One message for all bills at the highest level that is ready; the others wait for their turn."""
    person = look.person
    ready = [verdict for verdict in verdicts if verdict.verdict == "remind" and verdict.reach]
    if not ready:
        return Decision(person.person_id, tuple(verdicts), None)
    first = max(ready, key=lambda verdict: verdict.level or 0)
    together = [v for v in ready if (v.level, v.reach) == (first.level, first.reach)]
    assert first.level is not None
    if look.policy.level(first.level).final:
        together = [_longest_due(person, together)]
    gap = look.now + timedelta(hours=max(look.policy.caps.min_gap_hours, 1))
    kept = tuple(verdicts) if len(together) == len(ready) else _others_wait(verdicts, together, gap)
    assert first.reach
    return Decision(person.person_id, kept, Reminder(first.level, first.reach, tuple(together)))


def _others_wait(
    verdicts: list[BillVerdict], together: list[BillVerdict], gap: datetime
) -> tuple[BillVerdict, ...]:
    return tuple(
        replace(v, verdict="wait", reason="one_message_at_a_time", at=gap, next_at=gap)
        if v.verdict == "remind" and v not in together
        else v
        for v in verdicts
    )


def _longest_due(person: PersonPicture, verdicts: list[BillVerdict]) -> BillVerdict:
    """A final notice goes alone: the one whose bill was due first."""
    due = {bill.bill_id: bill.due_on for account in person.accounts for bill in account.bills}
    return min(verdicts, key=lambda verdict: (due[verdict.bill_id], verdict.bill_id))


def lines(decisions: Iterable[Decision]) -> Iterator[BillVerdict]:
    """Every bill's verdict, decision by decision."""
    for decision in decisions:
        yield from decision.verdicts
