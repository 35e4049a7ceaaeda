"""Decides the next dunning step for every bill of a person, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.snapshot import Reach, StepState
from billing.calendar import local_day, start_of_day
from billing.dunning import blockers, checklist, deadlines
from billing.dunning.blockers import Blocker, zone_of
from billing.dunning.quiet_hours import first_open
from billing.ledger.money import minor_units
from billing.policy import ANNOUNCED
from billing.values import value

if TYPE_CHECKING:
    from datetime import date

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.policy import Level, Policy


UNANSWERED: Final = "unanswered"
"""The reason of the verdict that asks a person about a collector: all levels arrived, the time is over."""


@value(frozen=True, slots=True)
class BillVerdict:
    """The dunning decision about one bill: what happens ``at`` (UTC), to be checked again ``next_at``."""

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
    """For ``escalate``: the key of the case to open; empty if it is open already."""


@value(frozen=True, slots=True)
class Reminder:
    """One message about all of a person's bills at one level, because the caps count messages.

    So a final notice shares its message only with final notices; a letter names each claim (inkassolag 5 §).
    """

    level: int
    reach: Reach
    verdicts: tuple[BillVerdict, ...]


@value(frozen=True, slots=True)
class DunningDecision:
    """Everything decided about one person at one moment."""

    person_id: str
    verdicts: tuple[BillVerdict, ...]
    reminder: Reminder | None

    def next_action_at(self, account_id: str) -> datetime | None:
        """When this account is checked again (UTC); None if only an event can change anything."""
        times = [v.next_at for v in self.verdicts if v.account_id == account_id and v.next_at]
        return min(times, default=None)


def decide(
    person: PersonSnapshot, policy: Policy, available: frozenset[Channel], now: datetime
) -> DunningDecision:
    """Decide about reminders of a person's unpaid bills at ``now`` (UTC), by the ``available`` channels.

    Computed from facts alone, never from an earlier run, so that no level is skipped or repeated however late
    or often a run happens (Kill Bill #2297 is the failure this avoids).
    """
    return DecisionMoment(policy, available, now).decide(person)


def ways_of(policy: Policy, number: int) -> tuple[Channel, ...]:
    """The channels of a level, then those of later levels, of earlier ones, and those that bills come by.

    Whom none of the level's own channels reaches (only an address is known) is written to by the next
    one that does, rather than never. A final notice keeps to its own and to what is in writing before the
    law: the law may say in which form it comes, and paper is the strictest.
    """
    level = policy.level(number)
    last = len(policy.levels)
    others = [policy.level(one) for one in (*range(number + 1, last + 1), *range(number - 1, 0, -1))]
    known = [*level.channels, *(way for one in others for way in one.channels)]
    ways = tuple(dict.fromkeys([*known, *policy.reminding(policy.billing.ways)]))
    if not level.final:
        return ways
    return tuple(way for way in ways if way in level.channels or way.capabilities.written)


@dataclass(slots=True)
class DecisionMoment:
    """One moment (UTC) for many dunning decisions; what all people of a zone share is computed once."""

    policy: Policy
    available: frozenset[Channel]
    now: datetime
    levels: dict[int, Level] = field(init=False)
    """The policy's levels by number, with the announcement of a large bill."""
    ways: dict[int, tuple[Channel, ...]] = field(init=False)
    """By which channels each level goes, the preferred first; see :func:`ways_of`."""
    _openings: dict[tuple[object, ...], datetime] = field(default_factory=dict)
    _hours: dict[tuple[object, ...], Blocker | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = 1 if self.policy.announcement is None else ANNOUNCED
        numbers = range(first, len(self.policy.levels) + 1)
        self.levels = {number: self.policy.level(number) for number in numbers}
        self.ways = {number: ways_of(self.policy, number) for number in numbers}

    def decide(self, person: PersonSnapshot) -> DunningDecision:
        """Decide about every unpaid bill of a person; see :func:`decide`."""
        look = _Look(person, self)
        verdicts = [
            look.at_bill(account, bill)
            for account in person.accounts
            for bill in account.bills
            if bill.owed > 0
        ]
        return _one_message(look, verdicts)

    def opening(self, person: PersonSnapshot, day: date) -> datetime:
        """The first open moment (UTC) of a day that is local to the person."""
        same = (person.zones, person.prefers, day)
        found = self._openings.get(same)
        if found is None:
            start = start_of_day(day, zone_of(person))
            opens = first_open(self.policy.window, person.zones, start, person.prefers)
            found = self._openings[same] = opens or start
        return found

    def closed(self, person: PersonSnapshot) -> Blocker | None:
        """The blocker outside the person's contact hours."""
        same = (person.zones, person.prefers)
        if same not in self._hours:
            self._hours[same] = blockers.to_hour(person, self.policy, self.now)
        return self._hours[same]


@value(frozen=True, slots=True)
class _Look:
    """The decision about one person at one moment."""

    person: PersonSnapshot
    moment: DecisionMoment

    def at_bill(self, account: AccountSnapshot, bill: BillSnapshot) -> BillVerdict:
        policy, now = self.moment.policy, self.moment.now
        blocker = blockers.to_bill(self.person, account, bill, policy, now)
        if blocker:
            return self.blocked(_about(account, bill), blocker, now)
        if bill.flagged:
            return replace(_about(account, bill), verdict="escalate", reason="flagged")
        number = self.next_level(account, bill)
        if number > len(policy.levels):
            return self.after_the_last(_about(account, bill), account, bill)
        pending = bill.step(number)
        if pending and pending.state in _ON_ITS_WAY:
            return replace(_about(account, bill, number), reason=_ON_ITS_WAY[pending.state])
        due = self.level_due(bill, number)
        if due > now:
            return replace(_about(account, bill, number), at=due, next_at=due)
        return self.ready(account, bill, number, pending.failed_on if pending else frozenset(), due)

    def next_level(self, account: AccountSnapshot, bill: BillSnapshot) -> int:
        """The level after the highest that arrived; a large bill is announced before the first."""
        rules = self.moment.policy.announcement
        if rules is None or bill.owed < minor_units(rules.above, account.currency):
            return bill.heard + 1
        said = bill.step(ANNOUNCED)
        untold = said is None or said.state is not StepState.HEARD
        first = bill.episode == 1 and not any(step.level > ANNOUNCED for step in bill.steps)
        # Only in the first episode and before any level: after a broken plan the customer knows of the bill.
        return ANNOUNCED if untold and first else bill.heard + 1

    def unchecked(self, number: int, account: AccountSnapshot, bill: BillSnapshot) -> Blocker | None:
        """The checklist's blocker of the first level."""
        if number != 1:
            return None
        return checklist.blocker(self.person, account, bill, self.moment.policy, self.moment.now)

    def ready(
        self, account: AccountSnapshot, bill: BillSnapshot, number: int, failed: frozenset[int], due: datetime
    ) -> BillVerdict:
        """The verdict for a due level: a channel must be usable, and the message permitted now."""
        policy, now, level = self.moment.policy, self.moment.now, self.moment.levels[number]
        by_law = level.required_by_law and policy.stop.letters
        reach = blockers.to_reaching(
            self.person, self.moment.ways[number], failed, self.moment.available, by_law=by_law
        )
        if isinstance(reach, Blocker):
            return self.blocked(_about(account, bill, number), reach, due)
        # Other levels go to an unconfirmed number without any detail; a final notice has to state the debt.
        if level.final and blockers.unconfirmed(reach, policy, now):
            unsure = Blocker("escalate", "number_unconfirmed")
            return self.blocked(_about(account, bill, number), unsure, due)
        obstacle = (
            self.unchecked(number, account, bill)
            or (self.moment.closed(self.person) if reach.channel.electronic else None)
            or blockers.to_pace(self.person, [bill.bill_id], policy.caps, now)
        )
        if obstacle:
            return self.blocked(replace(_about(account, bill, number), reach=reach), obstacle, due)
        ids = (account.account_id, account.customer_id, bill.bill_id)
        return BillVerdict(*ids, "remind", level.name, number, now, due, reach)

    def blocked(self, about: BillVerdict, blocker: Blocker, due: datetime) -> BillVerdict:
        at = blocker.until if blocker.verdict == "wait" else about.at
        case, next_at = "", blocker.until
        if blocker.verdict == "escalate":
            raised = f"{blocker.reason}:{self.person.person_id}"
            case, next_at = ("", next_at) if raised in self.person.cases else (raised, due)
        ids = (about.account_id, about.customer_id, about.bill_id)
        outcome = (blocker.verdict, blocker.reason, about.level)
        return BillVerdict(*ids, *outcome, at, next_at, about.reach, case)

    def level_due(self, bill: BillSnapshot, number: int) -> datetime:
        """The first permitted moment (UTC) of the day a level is due, after the previous level's wait."""
        if number == ANNOUNCED:
            return self.moment.opening(self.person, bill.issued_on)
        level = self.moment.levels[number]
        anchor = bill.due_on if level.anchor == "due" else bill.issued_on
        day = anchor + timedelta(days=level.after_due_days)
        if bill.episode_since:
            day = max(day, local_day(bill.episode_since, zone_of(self.person)))
        before = bill.step(number - 1)
        if before and before.at:
            wait = timedelta(days=self.moment.policy.level(number - 1).wait_days)
            day = max(day, local_day(before.at, zone_of(self.person)) + wait)
        return self.moment.opening(self.person, day)

    def after_the_last(self, about: BillVerdict, account: AccountSnapshot, bill: BillSnapshot) -> BillVerdict:
        """All levels arrived: wait for the answer time, then open a case to decide about placement.

        While nobody has found out who answers at a number of theirs, the person may not have read a word.
        """
        policy, zone = self.moment.policy, zone_of(self.person)
        last = bill.step(len(policy.levels))
        heard_on = local_day(last.at, zone) if last and last.at else bill.due_on
        stated = last.answer_by if last else None
        day = deadlines.flag_from(policy, heard_on, bill.due_on, bill.issued_on, stated)
        at = start_of_day(day, zone)
        if self.moment.now < at:
            return replace(about, reason="answer_time", at=at, next_at=at)
        # Checked at the end and not before: a small bill is reminded like any other, only never placed.
        if bill.owed < minor_units(policy.placement.minimum, account.currency):
            return replace(about, verdict="excluded", reason="below_minimum")
        if blockers.unsure_who_answers(self.person):
            return replace(about, verdict="held", reason=blockers.PERSON_FIRST)
        case = f"placement:{bill.bill_id}"
        seen = replace(about, verdict="escalate", reason=UNANSWERED, at=at)
        return seen if case in self.person.cases else replace(seen, case=case, next_at=at)


_ON_ITS_WAY = {StepState.QUEUED: "on_its_way", StepState.PARKED: "in_doubt"}


def _about(account: AccountSnapshot, bill: BillSnapshot, level: int | None = None) -> BillVerdict:
    """The verdict to start from: the bill waits and is not due."""
    return BillVerdict(account.account_id, account.customer_id, bill.bill_id, "wait", "not_due", level)


def _one_message(look: _Look, verdicts: list[BillVerdict]) -> DunningDecision:
    """One message for all bills at the highest ready level; the others wait for the policy's gap."""
    person = look.person
    ready = [verdict for verdict in verdicts if verdict.verdict == "remind" and verdict.reach]
    if not ready:
        return DunningDecision(person.person_id, tuple(verdicts), None)
    first = max(ready, key=lambda verdict: verdict.level or 0)
    together = [v for v in ready if (v.level, v.reach) == (first.level, first.reach)]
    assert first.level is not None
    kept = tuple(verdicts)
    if len(together) < len(ready):
        kept = _others_wait(verdicts, together, look.moment)
    assert first.reach
    return DunningDecision(person.person_id, kept, Reminder(first.level, first.reach, tuple(together)))


def _others_wait(
    verdicts: list[BillVerdict], together: list[BillVerdict], moment: DecisionMoment
) -> tuple[BillVerdict, ...]:
    gap = moment.now + timedelta(hours=max(moment.policy.caps.min_gap_hours, 1))
    return tuple(
        replace(v, verdict="wait", reason="one_message_at_a_time", at=gap, next_at=gap)
        if v.verdict == "remind" and v not in together
        else v
        for v in verdicts
    )
