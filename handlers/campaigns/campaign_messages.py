"""A campaign's message to one person: rendered when queued, checked again when it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from billing.calendar import start_of_day
from billing.campaigns import campaigns as rules
from billing.campaigns.audience import CampaignMessage, mark_of
from billing.dunning.blockers import zone_of
from billing.facts import Saying
from billing.policy import ContentClass
from handlers.campaigns import audience
from handlers.dunning import unsolicited
from handlers.dunning.unsolicited import CountedNotice
from messages.refusals import UnknownMessage
from messages.writing import catalogue
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignState
from storage.delivery import drafts
from storage.dunning import notices

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.snapshot import PersonSnapshot
    from billing.campaigns.audience import Look
    from billing.campaigns.campaigns import Arm, Campaign
    from handlers.context import Context
    from handlers.outgoing import GateFacts
    from storage.campaigns.campaigns import CampaignRecord
    from storage.delivery.outbox import Message

_KNOWN_FACTS = frozenset({"count"})
"""What a campaign can say of anybody: how many bills, and nothing of what is on them."""


def check_message(name: str, key: str) -> None:
    """Refuse a message that a campaign cannot say.

    Raises:
        rules.NotForCampaigns: there is none, it is never sent unsolicited, or it says more than a notice.
    """
    try:
        declared = catalogue.message(key)
    except UnknownMessage:
        known = ", ".join(sorted(one for one in catalogue.catalogue() if one.startswith("campaign.")))
        raise rules.NotForCampaigns(name, key, f"there is no such message; write one of {known}") from None
    if not declared.out or declared.paper:
        raise rules.NotForCampaigns(name, key, "it only answers somebody; nobody is sent it unsolicited")
    if declared.content > ContentClass.NOTICE:
        raise rules.NotForCampaigns(name, key, "it says an amount, and nobody has shown who they are")
    unknown = declared.facts.keys() - _KNOWN_FACTS
    if unknown:
        why = f"it names {', '.join(sorted(unknown))}, which a campaign does not know; the notices say that"
        raise rules.NotForCampaigns(name, key, why)


def campaign_of(kept: CampaignRecord) -> Campaign:
    """The rules of a stored campaign."""
    return rules.Campaign.model_validate(kept.rules)


def saying(campaign: Campaign, arm: Arm | None, count: int) -> Saying:
    """What the campaign message of an arm says of so many bills."""
    key = campaign.message_of(arm)
    return Saying(key, {"count": count} if "count" in catalogue.message(key).facts else {})


def queue(
    context: Context, kept: CampaignRecord, arm: Arm, person: PersonSnapshot, found: Look, at: datetime
) -> int | None:
    """Queue a campaign's one message to a person, to leave at ``at`` (UTC); None if it was queued before."""
    assert found.reach
    campaign = campaign_of(kept)
    said = saying(campaign, arm, len(found.bill_ids))
    to = (found.reach.channel, found.reach.contact_point_id)
    until = start_of_day(campaign.window.last_day + timedelta(days=1), zone_of(person))
    draft = unsolicited.notice(
        context.installation, person, to, f"{rules.MARK}{kept.id}:{person.person_id}", said, at, until
    )
    outbox_id = drafts.queue(context.session, draft, context.now)
    if outbox_id is not None:
        notices.save_notice(context.session, outbox_id, mark_of(kept.id), found.bill_ids)
    return outbox_id


class OutgoingCampaignMessage(CountedNotice):
    """A campaign's message; the gate asks whether its recipient still belongs to the campaign."""

    names: ClassVar = (rules.MARK.removesuffix(":"),)
    reason: ClassVar = "answers.why_campaign"
    reason_and_balance: ClassVar = True

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """The recipient, the bills it was queued for, and the campaign as it is now."""
        facts = super().look_again(context, message)
        return replace(facts, **_campaign_facts(context, facts))

    def delivered(self, context: Context, message: Message) -> None:
        """The result of the campaign counts who got it."""
        campaigns.delivered(context.session, message.id, context.now)


def _campaign_facts(context: Context, facts: GateFacts) -> dict[str, Any]:
    """What the message is part of, and why that is over; nothing for a recipient that is gone."""
    if facts.person is None or not facts.notice:
        return {}
    kept = campaigns.get(context.session, int(facts.notice.removeprefix(rules.MARK)))
    assert kept is not None
    arm = campaigns.arm_of(context.session, kept.id, facts.person.person_id)
    halted = any(one.arm == arm for one in campaigns.halts(context.session, kept.id))
    over = "campaign_stopped" if kept.state is CampaignState.STOPPED else "arm_stopped" if halted else ""
    campaign = campaign_of(kept)
    message = CampaignMessage(
        campaign=campaign,
        campaign_id=kept.id,
        arm=campaign.arm(arm),
        candidate=next(iter(audience.of_snapshots(context, [facts.person]))),
        paused=kept.state is CampaignState.PAUSED,
    )
    return {"campaign": message, "over": over}
