"""Forecast of tomorrow's messages, one by one with their reasons; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.snapshot import StepState
from billing.calendar import local_day, start_of_day
from billing.campaigns.audience import look, mark_of
from billing.campaigns.campaigns import HOLDOUT
from billing.dunning.blockers import zone_of
from billing.dunning.forecast import forecast
from billing.gate import SendingSwitch
from handlers import snapshot
from handlers.campaigns import audience, campaign_messages, lifecycle, sending_switch
from handlers.dunning import lapses
from storage.campaigns import campaigns
from storage.ledger import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot, Reach
    from billing.campaigns.audience import AudienceCandidate
    from billing.campaigns.campaigns import Campaign
    from billing.dunning.forecast import Foreseen
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.campaigns.campaigns import CampaignRecord, Member

BATCH = 500


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A message forecast to leave at ``at`` (UTC): a ``reminder``, ``notice`` or one of a ``campaign``."""

    at: datetime
    person_id: str
    what: str
    name: str
    """The level, the kind of notice, or the campaign and its arm."""
    bill_ids: tuple[str, ...]
    level: int | None
    channel: Channel | None
    why: str


def span(context: Context) -> tuple[datetime, datetime]:
    """The day of the forecast: begin and end (UTC) of tomorrow in the creditor's time zone."""
    zone = context.creditor.zone
    day = local_day(context.now, zone) + timedelta(days=1)
    return start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)


def leaving(context: Context) -> list[PlannedMessage]:
    """Forecast of the messages that leave tomorrow if nobody pays, answers or decides anything, by time.

    In shadow mode or while sending is stopped: as if it were allowed from tomorrow on, with everything held
    back so far. A person with a reminder or notice gets no campaign message on the same day here.
    """
    begins, ends = span(context)
    shut = sending_switch.effective(context) in {SendingSwitch.SHADOW, SendingSwitch.STOPPED}
    start = begins if shut else context.now
    found: list[PlannedMessage] = []
    for people in accounts.people(context.session, BATCH):
        for person in snapshot.load(context, people):
            seen = lapses.as_of(person, context.policy, start, lapses.Lapses())
            found += [
                one for one in _of_person(seen, context.installation, start, ends) if begins <= one.at < ends
            ]
    busy = {one.person_id for one in found}
    for kept in campaigns.running(context.session):
        mine = list(_of_campaign(context, kept, busy, begins, ends))
        busy |= {one.person_id for one in mine}
        found += mine
    return sorted(found, key=lambda one: (one.at, one.person_id))


def _of_person(
    person: PersonSnapshot, installation: Installation, now: datetime, ends: datetime
) -> Iterator[PlannedMessage]:
    """The person's reminders, and the notices that precede them."""
    for one in forecast(person, installation.policy, installation.available, now, ends):
        if one.reach is not None:
            yield _notice(one, one.reach) if one.level is None else _reminder(person, one, one.reach)


def _notice(one: Foreseen, reach: Reach) -> PlannedMessage:
    why = f"names {one.day}"
    return PlannedMessage(one.at, one.person_id, "notice", one.what, one.bill_ids, None, reach.channel, why)


def _reminder(person: PersonSnapshot, one: Foreseen, reach: Reach) -> PlannedMessage:
    bills = [bill for account in person.accounts for bill in account.bills if bill.bill_id in one.bill_ids]
    why = "; ".join(_why(person, bill, one) for bill in bills)
    return PlannedMessage(
        one.at, one.person_id, "reminder", one.what, one.bill_ids, one.level, reach.channel, why
    )


def _why(person: PersonSnapshot, bill: BillSnapshot, one: Foreseen) -> str:
    zone = zone_of(person)
    days = (local_day(one.at, zone) - bill.due_on).days
    due = f"{bill.bill_id} was due {bill.due_on}, {days} days before"
    if days <= 0:
        due = f"{bill.bill_id} is due {bill.due_on}"
    heard = [step for step in bill.steps if step.state is StepState.HEARD and step.at]
    last = max(heard, key=lambda step: step.level, default=None)
    if last is None or last.at is None:
        return f"{due}, and nothing was heard about it"
    return f"{due}, and level {last.level} was heard {local_day(last.at, zone)}"


def _of_campaign(
    context: Context, kept: CampaignRecord, busy: set[str], begins: datetime, ends: datetime
) -> Iterator[PlannedMessage]:
    """The members whom the campaign would write to tomorrow, at its pace."""
    campaign = campaign_messages.campaign_of(kept)
    most = int((ends - begins) / lifecycle.gap(campaign)) * 2
    members = [
        one
        for one in campaigns.waiting(context.session, kept.id, ends, most)
        if one.customer_id not in busy and one.arm != HOLDOUT
    ]
    people = [member.customer_id for member in members]
    known = {one.person.person_id: one for one in audience.candidates(context.as_of(begins), people)}
    ready = sorted(
        (at, index, member)
        for index, member in enumerate(members)
        if (at := _ready(context.installation, kept, campaign, member, known[member.customer_id], begins))
    )
    free = max(begins, kept.next_batch_at or begins)
    for at, _, member in ready:
        leaves = max(at, free)
        found = look(
            known[member.customer_id],
            campaign,
            campaign.arm(member.arm),
            context.policy,
            context.installation.available,
            leaves,
            mark=mark_of(kept.id),
        )
        if leaves >= ends or found.verdict != "write" or found.reach is None:
            continue
        free = leaves + lifecycle.gap(campaign)
        name, why = f"{kept.name}:{member.arm}", f"campaign {kept.name}, arm {member.arm}"
        yield PlannedMessage(
            leaves, member.customer_id, "campaign", name, found.bill_ids, None, found.reach.channel, why
        )


def _ready(
    installation: Installation,
    kept: CampaignRecord,
    campaign: Campaign,
    member: Member,
    candidate: AudienceCandidate,
    begins: datetime,
) -> datetime | None:
    """The earliest time (UTC) for a member's message; None if never."""
    arm = campaign.arm(member.arm)
    found = look(
        candidate, campaign, arm, installation.policy, installation.available, begins, mark=mark_of(kept.id)
    )
    return begins if found.verdict == "write" else found.until
