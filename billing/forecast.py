"""What would happen to a person's bills under a policy if nobody paid, answered or decided anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.deadlines import answer_by
from billing.dunning import decide
from billing.objections import zone_of
from billing.picture import PastMessage, PlacementState, Step, StepState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from billing.channels import Channel
    from billing.dunning import BillVerdict, Decision, Reminder
    from billing.picture import AccountPicture, BillPicture, PersonPicture
    from billing.policy import Level, Policy

_FEWEST = timedelta(minutes=1)
_MOST_LOOKS = 400


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Something that would happen at ``at`` (UTC): a message at a level, or a case for a person."""

    at: datetime
    person_id: str
    what: str
    """``message`` or the reason a person would be asked."""
    bill_ids: tuple[str, ...]
    level: int | None = None
    name: str = ""
    channel: Channel | None = None
    fee: str = ""
    """The id of the fee that could come with it; whether it may is settled when it leaves."""

    @property
    def flags(self) -> bool:
        """Whether a bill would be put before a person for a collector."""
        return self.what == "unanswered"


def forecast(
    person: PersonPicture, policy: Policy, available: frozenset[Channel], start: datetime, until: datetime
) -> list[Foreseen]:
    """Everything that would happen from ``start`` to ``until`` (UTC), message by message.

    The same :func:`billing.dunning.decide` is asked on a clock of its own: each reminder counts as heard
    when it is due, each case as raised, and nobody does anything. So two policies can be held against
    each other on the live book before one of them is used.
    """
    found: list[Foreseen] = []
    now = start
    for _ in range(_MOST_LOOKS):
        decision = decide(person, policy, available, now)
        found += _raised(decision, person, now)
        if decision.reminder:
            level = policy.level(decision.reminder.level)
            found.append(_message(decision.reminder, person, level, now))
        person = _after(person, policy, decision, now)
        following = _next_look(decision, person, policy, available, now)
        if following is None or following > until:
            break
        now = following
    return found


def _message(reminder: Reminder, person: PersonPicture, level: Level, now: datetime) -> Foreseen:
    return Foreseen(
        at=now,
        person_id=person.person_id,
        what="message",
        bill_ids=tuple(verdict.bill_id for verdict in reminder.verdicts),
        level=reminder.level,
        name=level.name,
        channel=reminder.reach.channel,
        fee=level.fee,
    )


def _raised(decision: Decision, person: PersonPicture, now: datetime) -> Iterator[Foreseen]:
    seen: set[str] = set()
    for verdict in decision.verdicts:
        if verdict.case and verdict.case not in seen:
            seen.add(verdict.case)
            yield Foreseen(now, person.person_id, verdict.reason, (verdict.bill_id,), verdict.level)


def _after(person: PersonPicture, policy: Policy, decision: Decision, now: datetime) -> PersonPicture:
    """The person once everything that was decided has come true."""
    reminder = decision.reminder
    flagged = {verdict.bill_id for verdict in decision.verdicts if verdict.case.startswith("placement:")}
    cases = person.cases | {verdict.case for verdict in decision.verdicts if verdict.case}
    said = frozenset(verdict.bill_id for verdict in reminder.verdicts) if reminder else frozenset[str]()
    step = _heard(reminder, person, policy, now) if reminder else None
    accounts = tuple(
        _account(account, said, step, flagged) if said or flagged else account for account in person.accounts
    )
    past = (*person.past, PastMessage(now, said)) if said else person.past
    return replace(person, accounts=accounts, past=past, cases=cases)


def _heard(reminder: Reminder, person: PersonPicture, policy: Policy, now: datetime) -> Step:
    final = policy.level(reminder.level).final
    today = local_day(now, zone_of(person))
    by = answer_by(policy, today, reminder.reach.channel) if final else None
    return Step(reminder.level, StepState.HEARD, now, answer_by=by)


def _account(
    account: AccountPicture, said: frozenset[str], step: Step | None, flagged: set[str]
) -> AccountPicture:
    return replace(account, bills=tuple(_bill(bill, said, step, flagged) for bill in account.bills))


def _bill(bill: BillPicture, said: frozenset[str], step: Step | None, flagged: set[str]) -> BillPicture:
    if bill.bill_id in flagged:
        return replace(bill, placement=PlacementState.FLAGGED)
    if step is None or bill.bill_id not in said:
        return bill
    others = tuple(one for one in bill.steps if one.level != step.level)
    return replace(bill, steps=(*others, step))


def _next_look(
    decision: Decision, person: PersonPicture, policy: Policy, available: frozenset[Channel], now: datetime
) -> datetime | None:
    """When the account would be looked at again: at once after a change, else when the rules say so."""
    if decision.reminder or any(verdict.case for verdict in decision.verdicts):
        decision = decide(person, policy, available, now)
    times = [at for verdict in decision.verdicts if (at := _at(verdict, now)) is not None]
    return min(times, default=None)


def _at(verdict: BillVerdict, now: datetime) -> datetime | None:
    if verdict.next_at is None:
        return None
    return max(verdict.next_at, now + _FEWEST)
