"""Queues the next batch of running campaigns, waits for approval, and stops one that does harm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.campaigns.audience import look, mark_of
from billing.campaigns.campaigns import HOLDOUT, MEASURES
from billing.campaigns.stop_rule import too_much
from billing.gate import SendingSwitch
from handlers.campaigns import audience, campaign_messages, lifecycle, results, sending_switch
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignState, Halt, MemberState
from storage.database.transaction import lock_customers
from storage.desk import escalations
from storage.desk.escalations import BY_ITSELF, Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.campaigns.audience import AudienceCandidate
    from billing.campaigns.campaigns import Campaign
    from handlers.installation import Installation
    from storage.campaigns.campaigns import CampaignRecord, Member
    from storage.database.transaction import Database

MOST = 500
"""Members checked in one transaction."""
AGAIN = timedelta(minutes=5)
"""When a campaign is checked again that waits for approval, or for its last messages to leave."""
SHORTEST = timedelta(seconds=30)


def run(database: Database, installation: Installation, now: datetime) -> int:
    """Stop harmful campaigns, then queue the next batch of each due one; returns the number of messages.

    A transaction a campaign. In shadow mode, and while all sending is stopped, nothing is queued.
    """
    with database.read() as session:
        if sending_switch.effective(session, installation) in {SendingSwitch.SHADOW, SendingSwitch.STOPPED}:
            return 0
        harmful = [kept.id for kept in campaigns.running(session) if list(_harm(session, kept, now))]
    for campaign_id in harmful:
        with database.write() as session:
            _stop_harm(session, installation, campaign_id, now)
    with database.read() as session:
        due = campaigns.due(session, now)
    queued = 0
    for campaign_id in due:
        with database.write() as session:
            claimed = campaigns.claim(session, campaign_id, now)
            queued += _next_batch(session, installation, claimed, now) if claimed else 0
    return queued


def _next_batch(session: Session, installation: Installation, kept: CampaignRecord, now: datetime) -> int:
    campaign = campaign_messages.campaign_of(kept)
    if lifecycle.waits_for_approval(session, installation, kept):
        campaigns.look_next(session, kept.id, now + AGAIN)
        return 0
    members = campaigns.waiting(session, kept.id, now, min(MOST, campaign.pace.per_hour))
    if not members:
        _rest(session, kept, now)
        return 0
    people = [member.customer_id for member in members]
    # A member may opt out while the batch is queued: the lock makes one come after the other.
    lock_customers(session, people)
    known = {one.person.person_id: one for one in audience.candidates(session, installation, people, now)}
    batch = _Batch(session, installation, kept, campaign, campaigns.add_batch(session, kept.id, now), now)
    for member in members:
        batch.take(member, known[member.customer_id])
    campaigns.fill_batch(session, kept.id, batch.number, batch.queued)
    campaigns.look_next(session, kept.id, now + max(batch.queued * lifecycle.gap(campaign), SHORTEST))
    return batch.queued


@dataclass(slots=True)
class _Batch:
    """A batch being filled, one member's turn after the other."""

    session: Session
    installation: Installation
    kept: CampaignRecord
    campaign: Campaign
    number: int
    now: datetime
    queued: int = 0

    def take(self, member: Member, candidate: AudienceCandidate) -> None:
        """Queue one member's message if it may be sent now; at most once."""
        arm, installation = self.campaign.arm(member.arm), self.installation
        mark = mark_of(self.kept.id)
        found = look(
            candidate, self.campaign, arm, installation.policy, installation.available, self.now, mark=mark
        )
        if found.verdict == "later" and found.until:
            campaigns.put_off(self.session, member.id, found.until, found.reason)
        elif found.verdict != "write":
            campaigns.set_member_state(self.session, member.id, MemberState.LEFT_OUT, found.reason)
        elif arm is None:
            campaigns.set_member_state(self.session, member.id, MemberState.HELD_OUT, turn_at=self.now)
        else:
            at = self.now + self.queued * lifecycle.gap(self.campaign)
            outbox_id = campaign_messages.queue(
                self.session, installation, self.kept, arm, candidate.person, found, at, self.now
            )
            campaigns.written(self.session, member.id, at, self.number, outbox_id)
            self.queued += 1


def _rest(session: Session, kept: CampaignRecord, now: datetime) -> None:
    """No member can be written to now: set the next check, or end the campaign if none is left."""
    following = campaigns.next_look(session, kept.id)
    if following is not None:
        campaigns.look_next(session, kept.id, max(following, now + SHORTEST))
    elif campaigns.queued(session, kept.id):
        campaigns.look_next(session, kept.id, now + AGAIN)
    else:
        campaigns.move(session, kept.id, [CampaignState.RUNNING], CampaignState.FINISHED, ended_at=now)


def _harm(session: Session, kept: CampaignRecord, now: datetime) -> Iterator[Halt]:
    """The arms that do too much harm and still run, each with the first measure that shows it."""
    campaign = campaign_messages.campaign_of(kept)
    halted = {one.arm for one in campaigns.halts(session, kept.id)}
    for result in results.results(session, kept):
        if result.arm == HOLDOUT or result.arm in halted or result.sent < campaign.harm.at_least:
            continue
        for measure in MEASURES:
            harmed = result.harmed[measure]
            if too_much(harmed, result.sent, campaign.limit(measure)):
                yield Halt(result.arm, measure, result.sent, harmed, now)
                break


def _stop_harm(session: Session, installation: Installation, campaign_id: int, now: datetime) -> None:
    """Stop every arm that does too much harm, and the campaign with its last."""
    kept = campaigns.lock(session, campaign_id)
    if kept is None or kept.state is not CampaignState.RUNNING:
        return
    for halted in list(_harm(session, kept, now)):
        if campaigns.halt(session, kept.id, halted):
            _halt(session, installation, kept, halted)
    stopped = {one.arm for one in campaigns.halts(session, kept.id)}
    if stopped.issuperset(arm.name for arm in campaign_messages.campaign_of(kept).drawn):
        campaigns.halt_waiting(session, kept.id)
        why = "every arm did harm"
        campaigns.move(session, kept.id, [CampaignState.RUNNING], CampaignState.STOPPED, why, ended_at=now)


def _halt(session: Session, installation: Installation, kept: CampaignRecord, halted: Halt) -> None:
    """Withdraw an arm's queued messages and open a case."""
    what = halted.measure.replace("_", " ")
    why = f"{halted.harmed} of {halted.sent} people: the {what} rate is above what the campaign allows"
    lifecycle.withdraw(session, kept, halted.arm, BY_ITSELF, why, halted.at)
    case = Case(
        key=f"campaign_harm:{kept.id}:{halted.arm}",
        kind="campaign_harm",
        reason=f"campaign {kept.name}, arm {halted.arm} stopped by itself: {why}",
        deadline=halted.at + timedelta(hours=installation.policy.talk.person_within_hours),
        detail={"campaign": kept.name, "arm": halted.arm, "measure": halted.measure},
    )
    escalations.open_case(session, case, halted.at)
