"""Selection of a campaign's audience: members, exclusions, and the earliest time for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from billing.accounts.account_state import registered_stop_of_all
from billing.calendar import local_day, start_of_day
from billing.campaigns.campaigns import MARK, narrowed
from billing.dunning import blockers
from billing.dunning.blockers import Blocker, zone_of
from billing.dunning.quiet_hours import first_open
from billing.ledger.money import minor_units

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, Reach
    from billing.campaigns.campaigns import Arm, Audience, Campaign
    from billing.policy import Policy

PAID: Final = "paid"


@dataclass(frozen=True, slots=True)
class AudienceCandidate:
    """One person with what only audiences ask about."""

    person: PersonSnapshot
    payers: frozenset[str] = frozenset()
    """Payers that cover the person, or a customer they are guarantor of, today."""
    tags: frozenset[str] = frozenset()
    plan_broken: bool = False
    """Whether their latest plan was broken, and none runs."""


@dataclass(frozen=True, slots=True)
class Look:
    """The result of checking one person of a campaign's audience."""

    verdict: Literal["write", "later", "left_out", "outside"]
    reason: str = ""
    until: datetime | None = None
    """When (UTC) to check again, for ``later``."""
    reach: Reach | None = None
    bill_ids: tuple[str, ...] = ()
    """What may be spoken of."""


@dataclass(frozen=True, slots=True)
class CampaignMessage:
    """A campaign's message about to leave: what it is part of, and how that stands."""

    campaign: Campaign
    campaign_id: int
    arm: Arm | None
    candidate: AudienceCandidate
    paused: bool = False


def look(
    candidate: AudienceCandidate,
    campaign: Campaign,
    arm: Arm | None,
    policy: Policy,
    available: Collection[Channel],
    now: datetime,
    *,
    reach: Reach | None = None,
    mark: str = "",
) -> Look:
    """Whether a person may be written to for a campaign now, later or not at all, and why.

    ``reach`` is the way a message that is queued already goes, ``mark`` what it is kept under: a person
    who was written to under it before is left out. The order is from what never changes to what passes.
    """
    person = candidate.person
    left = mismatch(candidate, campaign.audience, local_day(now, zone_of(person)))
    if left:
        return Look("outside", left if left == PAID else f"left_audience:{left}")
    blocker, bill_ids = blocker_to(person, campaign, policy, now)
    if blocker:
        return Look("left_out", blocker.reason)
    if mark and any(mark in bill.noticed for bill in person.payable):
        return Look("left_out", "written_before")
    channels = campaign.channels_of(arm, policy)
    way = reach or blockers.to_reaching(person, channels, frozenset(), frozenset(available))
    if isinstance(way, Blocker):
        return Look("left_out", way.reason)
    if blockers.unconfirmed(way, policy, now):
        return Look("left_out", "number_unconfirmed")
    return _when(person, campaign, arm, policy, now, way, bill_ids)


def mismatch(candidate: AudienceCandidate, audience: Audience, today: date) -> str:
    """The filter that keeps a person out of the audience, or nothing. Who owes nothing is never in it."""
    person = candidate.person
    payable = [bill for bill in _owed(person) if not bill.with_collector] or list(_owed(person))
    if not payable:
        return PAID
    oldest = (today - min(bill.due_on for bill in payable)).days
    sum_owed, unit = sum(bill.owed for bill in payable), minor_units(1, person.accounts[0].currency)
    asked = {
        "balance": audience.balance is None or audience.balance.holds(sum_owed, unit),
        "days_overdue": audience.days_overdue is None or audience.days_overdue.holds(oldest),
        "levels": not audience.levels or max(bill.heard for bill in payable) in audience.levels,
        "payers": not audience.payers or not (candidate.payers or {"none"}).isdisjoint(audience.payers),
        "languages": not audience.languages or person.language in audience.languages,
        "plan": audience.plan is None or _plan_state(candidate) == audience.plan,
        "states": not audience.states or ("overdue" if oldest > 0 else "current") in audience.states,
        "tags": candidate.tags.issuperset(audience.tags),
        "without_tags": candidate.tags.isdisjoint(audience.without_tags),
    }
    return next((name for name, holds in asked.items() if not holds), "")


def blocker_to(
    person: PersonSnapshot, campaign: Campaign, policy: Policy, now: datetime
) -> tuple[Blocker | None, tuple[str, ...]]:
    """Why a person gets no message of a campaign at all; else the bills it may speak of.

    The dead, minors, who wants no messages, who disputes a bill or has one with a collector are left out
    whole, also where another of their bills could be spoken of.
    """
    whole = _whole(person, now)
    if whole:
        return Blocker("excluded", whole), ()
    on_plan = campaign.audience.plan == "active"
    kept, found = [], Blocker("excluded", "settled")
    for account in person.accounts:
        for bill in account.bills:
            if bill.owed <= 0:
                continue
            blocker = _to_bill(person, account, bill, policy, now, on_plan=on_plan)
            if blocker:
                found = blocker
            else:
                kept.append(bill.bill_id)
    return (None, tuple(kept)) if kept else (found, ())


def mark_of(campaign_id: int) -> str:
    """What a campaign's messages are kept under, against the bills they speak of."""
    return f"{MARK}{campaign_id}"


def _whole(person: PersonSnapshot, now: datetime) -> str:
    stop = registered_stop_of_all(person, local_day(now, zone_of(person)))
    if stop:
        return stop.value
    if person.stopped:
        return "stopped"
    if any(bill.with_collector for bill in _owed(person)):
        return "placed"
    if any(hold.kind.traits.dispute and hold.is_active_at(now) for hold in person.holds):
        return "disputed"
    return ""


def _to_bill(
    person: PersonSnapshot,
    account: AccountSnapshot,
    bill: BillSnapshot,
    policy: Policy,
    now: datetime,
    *,
    on_plan: bool,
) -> Blocker | None:
    if bill.flagged:
        return Blocker("held", "flagged")
    asked = blockers.to_notice if on_plan else blockers.to_bill
    return asked(person, account, bill, policy, now)


def _when(
    person: PersonSnapshot,
    campaign: Campaign,
    arm: Arm | None,
    policy: Policy,
    now: datetime,
    reach: Reach,
    bill_ids: tuple[str, ...],
) -> Look:
    """The first moment inside everybody's hours, the campaign's days and the caps."""
    zone, span = zone_of(person), campaign.window
    window = narrowed(policy.window, span.hours, arm.hours if arm else None, person.prefers)
    if window is None:
        return Look("left_out", "hours_never_meet")
    start = max(now, start_of_day(span.first_day, zone))
    pace = blockers.to_pace(person, bill_ids, policy.caps, start)
    at = first_open(window, person.zones, pace.until if pace and pace.until else start)
    if at is None:
        return Look("left_out", "unknown_zone")
    if at >= start_of_day(span.last_day + timedelta(days=1), zone):
        return Look("left_out", "window_over")
    if at > now:
        reason = pace.reason if pace else "not_yet" if start > now else "quiet_hours"
        return Look("later", reason, at, reach, bill_ids)
    return Look("write", "due", None, reach, bill_ids)


def _owed(person: PersonSnapshot) -> tuple[BillSnapshot, ...]:
    return tuple(bill for account in person.accounts for bill in account.bills if bill.owed > 0)


def _plan_state(candidate: AudienceCandidate) -> str:
    if any(account.plan for account in candidate.person.accounts):
        return "active"
    return "broken" if candidate.plan_broken else "none"
