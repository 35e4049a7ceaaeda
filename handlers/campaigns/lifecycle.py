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

    from sqlalchemy.orm import Session

    from billing.campaigns.campaigns import Campaign
    from handlers.installation import Installation
    from storage.campaigns.campaigns import CampaignBatch, CampaignRecord


def subject(kept: CampaignRecord) -> str:
    """How the audit trail calls a campaign."""
    return f"campaign:{kept.name}"


def withdraw(
    session: Session, kept: CampaignRecord, arm: str | None, by: str, reason: str, now: datetime
) -> int:
    """Take back what waits of a campaign or of one arm; how many messages had been queued."""
    campaigns.halt_waiting(session, kept.id, arm)
    queued = campaigns.queued(session, kept.id, arm)
    found = [outbox.get(session, outbox_id).customer_id for outbox_id in queued]
    people = {one for one in found if one}
    lock_customers(session, people)
    for outbox_id in queued:
        outbox.drop(session, outbox_id, "arm_stopped" if arm else "campaign_stopped", now)
    accounts.look_again(session, people, now)
    action = "campaign_arm_stopped" if arm else "campaign_stopped"
    detail = {"reason": reason, "messages": len(queued)} | ({"arm": arm} if arm else {})
    staff.write_down(session, AuditEntry(now, by, action, subject(kept), detail))
    return len(queued)


def waits_for_approval(session: Session, installation: Installation, kept: CampaignRecord) -> bool:
    """Whether a campaign's batch must be approved before the next is made."""
    return bool(waiting_batches(session, installation, kept))


def waiting_batches(
    session: Session, installation: Installation, kept: CampaignRecord
) -> list[tuple[CampaignBatch, int]]:
    """A campaign's batches that wait for an approval, with the number of messages of each."""
    if sending_switch.effective(session, installation) is not SendingSwitch.APPROVE:
        return []
    unapproved = [one for one in campaigns.batches(session, kept.id) if one.approved_at is None]
    found = [(one, len(campaigns.queued(session, kept.id, batch=one.number))) for one in unapproved]
    return [(one, count) for one, count in found if count]


def gap(campaign: Campaign) -> timedelta:
    """The time between two messages of a campaign."""
    return timedelta(hours=1) / campaign.pace.per_hour


def spread(session: Session, kept: CampaignRecord, ids: list[int], by: str | None, now: datetime) -> datetime:
    """Schedule messages one after another at the campaign's pace; returns when (UTC) the last leaves."""
    apart = gap(campaign_messages.campaign_of(kept))
    campaigns.release(session, {one: now + index * apart for index, one in enumerate(ids)}, by)
    return now + len(ids) * apart
