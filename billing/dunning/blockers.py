"""Blockers of a reminder: checked when a run plans it, and again just before it leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from billing.accounts.account_state import registered_stop_of
from billing.accounts.holds import HoldKind, strongest
from billing.calendar import local_day, start_of_day
from billing.dunning import good_faith
from billing.dunning.limitation import last_day_to_demand
from billing.dunning.quiet_hours import first_open
from billing.ledger.money import minor_units
from billing.plans import plans, promises
from billing.plans.plans import PlanState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, Reach
    from billing.payers.obligations import Topic
    from billing.policy import Caps, Policy


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a bill is not reminded. ``until`` (UTC) is when to check again; None if only an event ends it."""

    verdict: str
    reason: str
    until: datetime | None = None


_UNANSWERED = tuple((kind.value, f"{kind.value}:") for kind in HoldKind if kind.traits.waits_for_desk)
"""Cases that a rep must close before any reminder (docs/proof.md, invariant 37)."""
PERSON_FIRST = "person_first"
"""Why a bill rests while somebody is to find out who answers at a number."""
_ASKED_FOR_A_PERSON = "person:"
"""While such a case is open there is no reminder, even if the bot answers again (invariant 52)."""


def zone_of(person: PersonSnapshot) -> ZoneInfo:
    """The time zone that reminders to a person follow; UTC if none is known."""
    return _zone(person.zones)


@lru_cache(maxsize=1024)
def _zone(zones: frozenset[str]) -> ZoneInfo:
    # Any zone would do, but it must be the same one every time: a set has no order.
    return ZoneInfo(min(zones)) if zones else ZoneInfo("UTC")


def agreeing(person: PersonSnapshot, topic: Topic) -> PersonSnapshot:
    """The person with those contact points only whose consent covers the reminder's topic."""
    return replace(person, reaches=tuple(one for one in person.reaches if one.agreed_to(topic)))


def to_bill(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> Blocker | None:
    """The blocker of any reminder of this bill, by any channel; ``None`` if there is none.

    The order is from what never changes to what ends by itself, so that the reason stored is the lasting one.
    """
    today = local_day(now, zone_of(person))
    if bill.owed <= 0:
        return Blocker("excluded", "paid")
    return (
        _of_life(person, account, today)
        or _of_the_bill(account, bill, policy, today)
        or _of_estimate(person, account, bill, policy, today)
        or _of_agreements(person, account, bill, policy, today)
        or _of_holds(person, account, bill, now)
        or _of_small_sum(account, bill.owed, policy)
    )


def to_notice(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> Blocker | None:
    """The blocker of a notice about a bill's instalments: all blockers of reminders but the plan itself."""
    return (
        _of_life(person, account, local_day(now, zone_of(person)))
        or _of_the_bill(account, bill, policy, local_day(now, zone_of(person)))
        or _of_promise(person, account, policy)
        or _of_holds(person, account, bill, now)
    )


def to_bill_itself(
    person: PersonSnapshot, bill_ids: Iterable[str], policy: Policy, now: datetime
) -> Blocker | None:
    """The blocker of sending the bill itself: ``excluded`` for good, or ``held`` for a time.

    A bill is no reminder yet, so an agreement about other bills does not block it.
    """
    wanted, today = set(bill_ids), local_day(now, zone_of(person))
    for account in person.accounts:
        for bill in account.bills:
            if bill.bill_id in wanted and bill.owed > 0:
                sent = replace(bill, unsent=False)
                return (
                    _of_life(person, account, today)
                    or _of_the_bill(account, sent, policy, today)
                    or _of_holds(person, account, bill, now)
                )
    return Blocker("excluded", "paid")


def _of_life(person: PersonSnapshot, account: AccountSnapshot, today: date) -> Blocker | None:
    stop = registered_stop_of(person, account, today)
    return Blocker("excluded", stop.excluded_as) if stop else None


def _of_the_bill(account: AccountSnapshot, bill: BillSnapshot, policy: Policy, today: date) -> Blocker | None:
    if bill.with_collector:
        return Blocker("excluded", "placed")
    if bill.unsent:
        return Blocker("held", "not_sent")
    if today > last_day_to_demand(policy.limitation, bill, account):
        return Blocker("excluded", "time_barred")
    return None


def small_sum(policy: Policy, currency: str) -> int:
    """Less than so many minor units draws no reminder, fee or demand, and breaks no plan or promise."""
    return minor_units(policy.small_sums.minimum, currency)


def _of_small_sum(account: AccountSnapshot, rest: int, policy: Policy) -> Blocker | None:
    small = rest < small_sum(policy, account.currency)
    return Blocker("excluded", "below_minimum") if small else None


def _of_estimate(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, today: date
) -> Blocker | None:
    """A bill far above its estimate is not reminded before the customer is notified that it can be disputed.

    45 CFR 149.620; docs/proof.md, invariant 45. If no notice can reach the customer, a rep notifies them.
    """
    if good_faith.NOTICE in bill.noticed:
        return None
    if not good_faith.disputable(policy.good_faith, bill, account.currency, today):
        return None
    ways = policy.reminding(policy.notices.channels) if policy.notices else ()
    if not any(reach.usable and reach.channel in ways for reach in person.reaches):
        return Blocker("escalate", good_faith.NOTICE)
    return Blocker("wait", good_faith.NOTICE, start_of_day(today + timedelta(days=1), zone_of(person)))


def _of_agreements(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, today: date
) -> Blocker | None:
    zone = zone_of(person)
    if account.plan and bill.bill_id in account.plan.bill_ids:
        covered = person.owed_on(account.plan.bill_ids)
        grace, small = policy.plan.grace_days, small_sum(policy, account.currency)
        progress = plans.progress(account.plan, covered, today, grace, small)
        again = start_of_day(progress.look_again_on, zone) if progress.look_again_on else None
        if progress.state is not PlanState.BROKEN:
            return Blocker("held", "plan", again)
    return _of_promise(person, account, policy)


def _of_promise(person: PersonSnapshot, account: AccountSnapshot, policy: Policy) -> Blocker | None:
    if account.promise is None:
        return None
    last = promises.last_day(account.promise, policy.promise.grace_days)
    return Blocker("held", "promise", start_of_day(last + timedelta(days=1), zone_of(person)))


def _of_holds(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, now: datetime
) -> Blocker | None:
    hold = strongest(person.holds, account.account_id, bill.bill_id, now) if person.holds else None
    if hold:
        return Blocker("held", hold.kind.value, hold.until)
    if person.with_a_person:
        return Blocker("held", "with_a_person")
    return _of_cases(person) if person.cases else None


def _of_cases(person: PersonSnapshot) -> Blocker | None:
    for kind, key_start in _UNANSWERED:
        if any(key.startswith(key_start) for key in person.cases):
            return Blocker("held", kind)
    if any(key.startswith(_ASKED_FOR_A_PERSON) for key in person.cases):
        return Blocker("held", "with_a_person")
    return None


def to_reaching(
    person: PersonSnapshot,
    channels: Iterable[Channel],
    failed: frozenset[int],
    available: frozenset[Channel],
    *,
    by_law: bool = False,
) -> Reach | Blocker:
    """The first usable contact point by ``channels`` in order of preference; a blocker if there is none.

    A contact point that failed is not tried again, and no channel is used to get round an opt-out: after a
    stop only what the law requires (``by_law``) may still be sent, by letter.
    """
    if person.stopped and not by_law:
        return Blocker("escalate", "stopped")
    for channel in channels:
        if channel not in available or (person.stopped and channel.electronic):
            continue
        for reach in person.reaches:
            if reach.channel is channel and reach.usable and reach.contact_point_id not in failed:
                return reach
    # Somebody is to find out who answers there: until then the bill rests, rather than be called unreachable.
    if unsure_who_answers(person):
        return Blocker("held", PERSON_FIRST)
    return Blocker("escalate", "stopped" if person.stopped else "no_usable_channel")


def unsure_who_answers(person: PersonSnapshot) -> bool:
    """Whether somebody at a contact point of theirs said not to be them, and no person has looked since."""
    return any(reach.not_the_customer for reach in person.reaches)


def unconfirmed(reach: Reach, policy: Policy, now: datetime) -> bool:
    """Whether a number for reminders was not confirmed for too long: carriers reassign numbers.

    12 CFR 1006.6(d)(5) names 60 days; a policy without ``[contact]`` sets no limit.
    """
    if policy.contact is None or not reach.channel.by_phone:
        return False
    return reach.known_at is None or now - reach.known_at > timedelta(days=policy.contact.reverify_days)


def to_pace(person: PersonSnapshot, bill_ids: Iterable[str], caps: Caps, now: datetime) -> Blocker | None:
    """The blocker if the policy's caps are reached: messages to this person, or about one of these bills.

    Massachusetts allows 2 in 7 days per debt (940 CMR 7.04), New York City 3 in 7 days.
    """
    if not person.past:
        return None
    span = timedelta(days=caps.days)
    counted = [message for message in person.past if caps.attempts or not message.failed]
    free = [message.at + timedelta(hours=caps.min_gap_hours) for message in counted if not message.failed]
    free += _over(sorted(message.at for message in counted), caps.per_person, span)
    for bill_id in bill_ids:
        about = sorted(message.at for message in counted if bill_id in message.bill_ids)
        free += _over(about, caps.per_bill, span)
    until = max(free, default=now)
    return Blocker("wait", "contact_cap", until) if until > now else None


def _over(times: list[datetime], most: int, span: timedelta) -> list[datetime]:
    """When the sliding window has room again after messages at ``times`` (UTC, sorted)."""
    return [times[-most] + span] if len(times) >= most else []


def to_hour(person: PersonSnapshot, policy: Policy, now: datetime) -> Blocker | None:
    """The blocker outside the person's contact hours, or where no time zone is known."""
    opens = first_open(policy.window, person.zones, now, person.prefers)
    if opens is None:
        return Blocker("escalate", "unknown_zone")
    return Blocker("wait", "quiet_hours", opens) if opens > now else None
