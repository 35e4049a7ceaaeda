"""Campaigns at the desk: create, start, pause, resume, end, approve a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.campaigns.campaigns import HOLDOUT, EmptyAudience, check_against
from billing.refusals import Refusal
from handlers import rights
from handlers.campaigns import audience, campaign_messages, lifecycle, sending_switch
from handlers.campaigns.lifecycle import subject
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignState, MemberState
from storage.delivery import sending
from storage.desk import staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.campaigns.campaigns import Campaign
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.campaigns.campaigns import CampaignBatch, CampaignRecord


class NoSuchCampaign(Refusal):
    """A campaign is named that there is none of."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no campaign {name!r}: see kvitt campaigns list")


class CampaignNameTaken(Refusal):
    """There is a campaign of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a campaign {name!r} already: give this one another name")


class WrongMoment(Refusal):
    """The state of the campaign does not allow this."""

    def __init__(self, kept: CampaignRecord, wanted: str) -> None:
        why = f" ({kept.reason})" if kept.reason else ""
        super().__init__(f"campaign {kept.name} is {kept.state.value}{why} and cannot be {wanted}")


class BatchApproved(Refusal):
    """A colleague has approved the campaign's batch already; who and when is named."""

    def __init__(self, name: str, batch: CampaignBatch) -> None:
        at = f" on {batch.approved_at:%Y-%m-%d %H:%MZ}" if batch.approved_at else ""
        super().__init__(f"campaign {name}: batch {batch.number} was approved by {batch.approved_by}{at}")


class NoBatchWaits(Refusal):
    """The campaign has no batch that waits for approval."""

    def __init__(self, name: str, number: int | None) -> None:
        which = f"there is no batch {number}" if number else "no batch waits for approval"
        super().__init__(f"campaign {name}: {which}: see kvitt campaigns progress {name}")


def create(context: Context, campaign: Campaign, by: str) -> CampaignRecord:
    """Save a campaign that passes all checks; nothing is sent by it.

    Raises:
        rights.NotAllowed: the user may only look.
        billing.campaigns.campaigns.NotForCampaigns: a message cannot be what a campaign says.
        billing.campaigns.campaigns.BadCampaign: hours or a channel lie outside the policy.
        billing.campaigns.campaigns.EmptyAudience: no member may be written to.
        NameTaken: there is one of this name.
    """
    by = rights.check(context.session, by, Right.WORK)
    _check(context.installation, campaign)
    number = campaigns.create(
        context.session, campaign.name, campaign.model_dump(mode="json"), by, context.now
    )
    if number is None:
        raise CampaignNameTaken(campaign.name)
    kept = named(context.session, campaign.name)
    found = audience.select(context, campaign, number)
    if not found.members:
        raise EmptyAudience(campaign.name, found.reasons)
    staff.write_down(context.session, AuditEntry(context.now, by, "campaign_created", subject(kept), {}))
    return kept


def every(session: Session) -> list[CampaignRecord]:
    """All campaigns, the newest first."""
    return campaigns.every(session)


def named(session: Session, name: str) -> CampaignRecord:
    """One campaign.

    Raises:
        NoSuchCampaign: no campaign has this name.
    """
    kept = campaigns.named(session, name)
    if kept is None:
        raise NoSuchCampaign(name)
    return kept


def start(context: Context, name: str, by: str) -> int:
    """Select the audience and start the campaign; returns how many may be written to.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchCampaign: no campaign has this name.
        WrongMoment: it was started before.
        billing.campaigns.campaigns.Refusal: policy or book have changed, and it may not be run any more.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    kept = named(context.session, name)
    campaign = campaign_messages.campaign_of(kept)
    _check(context.installation, campaign)
    found = audience.select(context, campaign, kept.id)
    if not found.members:
        raise EmptyAudience(campaign.name, found.reasons)
    draft = [CampaignState.DRAFT]
    _move(
        context.session,
        kept,
        draft,
        CampaignState.RUNNING,
        "started",
        started_at=context.now,
        next_batch_at=context.now,
    )
    inside = [(one.person.person_id, one.arm, MemberState.WAITING, "") for one in found.members]
    outside = [
        (one.person.person_id, one.arm, MemberState.LEFT_OUT, one.look.reason) for one in found.left_out
    ]
    campaigns.add_members(context.session, kept.id, [*inside, *outside], context.now)
    to_write = sum(one.arm != HOLDOUT for one in found.members)
    detail = {"members": len(inside), "left_out": len(outside)}
    staff.write_down(context.session, AuditEntry(context.now, by, "campaign_started", subject(kept), detail))
    return to_write


def pause(context: Context, name: str, by: str) -> None:
    """Pause a campaign from the next dispatch on, until it is resumed.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCampaign: no campaign has this name.
        WrongMoment: it does not run.
    """
    by = rights.check(context.session, by, Right.WORK)
    kept = named(context.session, name)
    sending.hold(context.session)
    _move(context.session, kept, [CampaignState.RUNNING], CampaignState.PAUSED, "paused", f"by {by}")
    staff.write_down(context.session, AuditEntry(context.now, by, "campaign_paused", subject(kept), {}))


def resume(context: Context, name: str, by: str) -> None:
    """Go on; what was queued leaves at the campaign's pace from now.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchCampaign: no campaign has this name.
        WrongMoment: it is not paused.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    kept = named(context.session, name)
    sending.hold(context.session)
    _move(context.session, kept, [CampaignState.PAUSED], CampaignState.RUNNING, "resumed")
    end = lifecycle.spread(context, kept, campaigns.queued(context.session, kept.id), None)
    campaigns.look_next(context.session, kept.id, end)
    staff.write_down(context.session, AuditEntry(context.now, by, "campaign_resumed", subject(kept), {}))


def stop(context: Context, name: str, reason: str, by: str) -> int:
    """End a campaign for good; returns the number of withdrawn messages.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCampaign: no campaign has this name.
        WrongMoment: it is over.
    """
    by = rights.check(context.session, by, Right.WORK)
    kept = named(context.session, name)
    sending.hold(context.session)
    before = [CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED]
    _move(
        context.session,
        kept,
        before,
        CampaignState.STOPPED,
        "stopped",
        reason or f"by {by}",
        ended_at=context.now,
    )
    return lifecycle.withdraw(context, kept, None, by, reason)


def approve(context: Context, name: str, number: int | None, by: str) -> tuple[int, int]:
    """Approve one batch, once; returns its number and how many messages leave at the campaign's pace.

    Without a number it is the oldest that waits.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchCampaign: no campaign has this name.
        NoBatchWaits: there is no such batch, or none waits.
        BatchApproved: a colleague has approved it.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    kept = named(context.session, name)
    waits = [one.number for one in campaigns.batches(context.session, kept.id) if one.approved_at is None]
    wanted = number if number is not None else next(iter(waits), None)
    if wanted is None:
        raise NoBatchWaits(name, None)
    if not campaigns.approve(context.session, kept.id, wanted, by, context.now):
        done = [one for one in campaigns.batches(context.session, kept.id) if one.number == wanted]
        raise BatchApproved(name, done[0]) if done else NoBatchWaits(name, wanted)
    ids = campaigns.queued(context.session, kept.id, batch=wanted)
    end = lifecycle.spread(context, kept, ids, by)
    campaigns.look_next(context.session, kept.id, end)
    detail = {
        "batch": wanted,
        "messages": len(ids),
        "sending": sending_switch.effective(context).value,
    }
    staff.write_down(
        context.session, AuditEntry(context.now, by, "campaign_batch_approved", subject(kept), detail)
    )
    return wanted, len(ids)


def _check(installation: Installation, campaign: Campaign) -> None:
    check_against(campaign, installation.policy)
    for arm in campaign.drawn:
        campaign_messages.check_message(campaign.name, campaign.message_of(arm))


def _move(
    session: Session,
    kept: CampaignRecord,
    before: list[CampaignState],
    after: CampaignState,
    wanted: str,
    reason: str = "",
    **more: object,
) -> None:
    """Change the state; of two at once one succeeds, the other is refused with the present state."""
    if not campaigns.move(session, kept.id, before, after, reason, **more):
        found = campaigns.get(session, kept.id)
        assert found is not None
        raise WrongMoment(found, wanted)
