"""What stands in the way of a demand: asked when a run plans it, and again when it is about to leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from billing.accounts.account_state import registered_stop_of
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind, strongest
from billing.calendar import local_day, start_of_day
from billing.dunning import good_faith
from billing.dunning.limitation import limitation_date
from billing.dunning.quiet_hours import first_open
from billing.plans import plans, promises
from billing.plans.plans import PlanState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, Reach
    from billing.payers.obligations import Topic
    from billing.policy import Caps, Policy


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a bill is left alone. ``until`` (UTC) is when to look again by ourselves; empty for never."""

    verdict: str
    reason: str
    until: datetime | None = None


EXCLUDED_AS = {HoldKind.DECEASED: "deceased", HoldKind.MINOR: "minor_without_guarantor"}
"""The reason that a verdict gives for each stop state of the register."""
_UNANSWERED = ("already_paid:",)
"""Cases that a person answers before anything is demanded again (COMPLIANCE.md, payment disputes)."""
_ASKED_FOR_A_PERSON = "person:"
"""While such a case is open nothing is demanded, also when the bot answers again (invariant 52)."""


def zone_of(person: PersonSnapshot) -> ZoneInfo:
    """The zone whose calendar counts the person's days; UTC where none is known."""
    return _zone(person.zones)


@lru_cache(maxsize=1024)
def _zone(zones: frozenset[str]) -> ZoneInfo:
    return ZoneInfo(min(zones)) if zones else ZoneInfo("UTC")


def agreeing(person: PersonSnapshot, topic: Topic) -> PersonSnapshot:
    """The person with those ways only whose consent speaks of this."""
    return replace(person, reaches=tuple(one for one in person.reaches if one.agreed_to(topic)))


def to_bill(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> Blocker | None:
    """Why nothing may be demanded on this bill, by any channel; ``None`` if it may.

    The order is from what can never change to what passes by itself.
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
    )


def to_notice(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> Blocker | None:
    """Why not even a notice about its instalments may be said on a bill: all but the plan itself counts."""
    return (
        _of_life(person, account, local_day(now, zone_of(person)))
        or _of_the_bill(account, bill, policy, local_day(now, zone_of(person)))
        or _of_promise(person, account, policy)
        or _of_holds(person, account, bill, now)
    )


def to_bill_itself(
    person: PersonSnapshot, bill_ids: Iterable[str], policy: Policy, now: datetime
) -> Blocker | None:
    """Why a bill may not be sent to the person: what ends it for good is ``excluded``, what rests it is held.

    It is no demand yet, so an agreement about other bills does not stand in its way.
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
    return Blocker("excluded", EXCLUDED_AS[stop]) if stop else None


def _of_the_bill(account: AccountSnapshot, bill: BillSnapshot, policy: Policy, today: date) -> Blocker | None:
    if bill.with_collector:
        return Blocker("excluded", "placed")
    if bill.unsent:
        return Blocker("held", "not_sent")
    last = limitation_date(policy.limitation, bill.issued_on, bill.due_on, account.country, account.region)
    if today > last:
        return Blocker("excluded", "time_barred")
    return None


def _of_estimate(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, today: date
) -> Blocker | None:
    """A bill far above its estimate is not demanded before its customer was told that they may dispute it.

    45 CFR 149.620; COMPLIANCE.md, invariant 45. Whom no notice can reach, a person tells.
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
        progress = plans.progress(account.plan, covered, today, policy.plan.grace_days)
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
    if any(key.startswith(_UNANSWERED) for key in person.cases):
        return Blocker("held", "already_paid")
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
    """The first usable way among ``channels``, in order of preference; a blocker if there is none.

    A way on which an attempt failed is not tried again, and nothing goes round an opt-out: after a stop
    only what the law requires (``by_law``) may still go, by letter.
    """
    if person.stopped and not by_law:
        return Blocker("escalate", "stopped")
    for channel in channels:
        if channel not in available or (person.stopped and channel.electronic):
            continue
        for reach in person.reaches:
            if reach.channel is channel and reach.usable and reach.contact_point_id not in failed:
                return reach
    return Blocker("escalate", "stopped" if person.stopped else "no_usable_channel")


def unconfirmed(reach: Reach, policy: Policy, now: datetime) -> bool:
    """Whether nothing has shown for too long that a number is still theirs: numbers are given to others.

    12 CFR 1006.6(d)(5) speaks of 60 days; a policy without ``[contact]`` trusts for ever.
    """
    if policy.contact is None or reach.channel not in _NUMBERS:
        return False
    return reach.known_at is None or now - reach.known_at > timedelta(days=policy.contact.reverify_days)


_NUMBERS = frozenset({Channel.SMS, Channel.WHATSAPP})


def to_pace(person: PersonSnapshot, bill_ids: Iterable[str], caps: Caps, now: datetime) -> Blocker | None:
    """Why it is too soon after other messages to this person, or about one of these bills."""
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
    """When the sliding window has room again after messages at ``times`` (sorted)."""
    return [times[-most] + span] if len(times) >= most else []


def to_hour(person: PersonSnapshot, policy: Policy, now: datetime) -> Blocker | None:
    """Why this is no hour to write to the person."""
    opens = first_open(policy.window, person.zones, now, person.prefers)
    if opens is None:
        return Blocker("escalate", "unknown_zone")
    return Blocker("wait", "quiet_hours", opens) if opens > now else None
