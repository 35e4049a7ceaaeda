"""Steps of a campaign shared by the clock and the desk: withdraw, wait for approval, pace."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.gate import SendingSwitch
from handlers.campaigns import campaign_messages, sending_switch
from storage.campaigns import campaigns
from storage.database.transaction import lock_customers
from storage.delivery import outbox
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts

if TYPE_CHECKING:
    from datetime import datetime

    from billing.campaigns.campaigns import Campaign
    from handlers.context import Context
    from storage.campaigns.campaigns import CampaignBatch, CampaignRecord


def subject(kept: CampaignRecord) -> str:
    """How the audit trail calls a campaign."""
    return f"campaign:{kept.name}"


def withdraw(context: Context, kept: CampaignRecord, arm: str | None, by: str, reason: str) -> int:
    """Take back what waits of a campaign or of one arm; how many messages had been queued."""
    campaigns.halt_waiting(context.session, kept.id, arm)
    queued = campaigns.queued(context.session, kept.id, arm)
    found = [outbox.get(context.session, outbox_id).customer_id for outbox_id in queued]
    people = {one for one in found if one}
    lock_customers(context.session, people)
    for outbox_id in queued:
        outbox.drop(context.session, outbox_id, "arm_stopped" if arm else "campaign_stopped", context.now)
    accounts.look_again(context.session, people, context.now)
    action = "campaign_arm_stopped" if arm else "campaign_stopped"
    detail = {"reason": reason, "messages": len(queued)} | ({"arm": arm} if arm else {})
    staff.write_down(context.session, AuditEntry(context.now, by, action, subject(kept), detail))
    return len(queued)


def waits_for_approval(context: Context, kept: CampaignRecord) -> bool:
    """Whether a campaign's batch must be approved before the next is made."""
    return bool(waiting_batches(context, kept))


def waiting_batches(context: Context, kept: CampaignRecord) -> list[tuple[CampaignBatch, int]]:
    """A campaign's batches that wait for an approval, with the number of messages of each."""
    if sending_switch.effective(context) is not SendingSwitch.APPROVE:
        return []
    unapproved = [one for one in campaigns.batches(context.session, kept.id) if one.approved_at is None]
    found = [(one, len(campaigns.queued(context.session, kept.id, batch=one.number))) for one in unapproved]
    return [(one, count) for one, count in found if count]


def gap(campaign: Campaign) -> timedelta:
    """The time between two messages of a campaign."""
    return timedelta(hours=1) / campaign.pace.per_hour


def spread(context: Context, kept: CampaignRecord, ids: list[int], by: str | None) -> datetime:
    """Schedule messages one after another at the campaign's pace; returns when (UTC) the last leaves."""
    apart = gap(campaign_messages.campaign_of(kept))
    campaigns.release(
        context.session, {one: context.now + index * apart for index, one in enumerate(ids)}, by
    )
    return context.now + len(ids) * apart
