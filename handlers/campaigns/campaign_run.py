"""Queues the next batch of running campaigns, waits for approval, and stops one that does harm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.campaigns.audience import look, mark_of
from billing.campaigns.campaigns import HOLDOUT, MEASURES
from billing.campaigns.stop_rule import too_much
from billing.gate import SendingSwitch
from handlers import set_aside
from handlers.campaigns import audience, campaign_messages, lifecycle, results, sending_switch
from handlers.context import Context
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignState, Halt, MemberState
from storage.database.transaction import lock_customers
from storage.desk import escalations
from storage.desk.escalations import BY_ITSELF, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.campaigns.audience import AudienceCandidate
    from billing.campaigns.campaigns import Campaign
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.campaigns.campaigns import CampaignRecord, Member
    from storage.database.transaction import Database

MOST = 500
"""Members checked in one transaction."""
AGAIN = timedelta(minutes=5)
"""When a campaign is checked again that waits for approval, or for its last messages to leave."""
SHORTEST = timedelta(seconds=30)


def run(database: Database, installation: Installation, clock: Clock) -> int:
    """Stop harmful campaigns, then queue the next batch of each due one; returns the number of messages.

    A transaction a campaign. In shadow mode, and while all sending is stopped, nothing is queued.
    """
    now = clock()
    with database.read() as session:
        context = Context(session, installation, clock)
        if sending_switch.effective(context) in {SendingSwitch.SHADOW, SendingSwitch.STOPPED}:
            return 0
        harmful = [kept.id for kept in campaigns.running(session) if list(_harm(context, kept))]
    named = "campaign {}".format
    set_aside.one_by_one(database, installation, clock, "campaigns", harmful, _stop_harm, named)
    with database.read() as session:
        due = campaigns.due(session, now)
    return sum(set_aside.one_by_one(database, installation, clock, "campaigns", due, _turn, named))


def _turn(context: Context, campaign_id: int) -> int:
    claimed = campaigns.claim(context.session, campaign_id, context.now)
    return _next_batch(context, claimed) if claimed else 0


def _next_batch(context: Context, kept: CampaignRecord) -> int:
    campaign = campaign_messages.campaign_of(kept)
    if lifecycle.waits_for_approval(context, kept):
        campaigns.look_next(context.session, kept.id, context.now + AGAIN)
        return 0
    members = campaigns.waiting(context.session, kept.id, context.now, min(MOST, campaign.pace.per_hour))
    if not members:
        _rest(context, kept)
        return 0
    people = [member.customer_id for member in members]
    # A member may opt out while the batch is queued: the lock makes one come after the other.
    lock_customers(context.session, people)
    known = {one.person.person_id: one for one in audience.candidates(context, people)}
    batch = _Batch(context, kept, campaign, campaigns.add_batch(context.session, kept.id, context.now))
    for member in members:
        batch.take(member, known[member.customer_id])
    campaigns.fill_batch(context.session, kept.id, batch.number, batch.queued)
    campaigns.look_next(
        context.session, kept.id, context.now + max(batch.queued * lifecycle.gap(campaign), SHORTEST)
    )
    return batch.queued


@dataclass(slots=True)
class _Batch:
    """A batch being filled, one member's turn after the other."""

    context: Context
    kept: CampaignRecord
    campaign: Campaign
    number: int
    queued: int = 0

    def take(self, member: Member, candidate: AudienceCandidate) -> None:
        """Queue one member's message if it may be sent now; at most once."""
        arm, installation = self.campaign.arm(member.arm), self.context.installation
        mark = mark_of(self.kept.id)
        found = look(
            candidate,
            self.campaign,
            arm,
            self.context.policy,
            installation.available,
            self.context.now,
            mark=mark,
        )
        if found.verdict == "later" and found.until:
            campaigns.put_off(self.context.session, member.id, found.until, found.reason)
        elif found.verdict != "write":
            campaigns.set_member_state(self.context.session, member.id, MemberState.LEFT_OUT, found.reason)
        elif arm is None:
            campaigns.set_member_state(
                self.context.session, member.id, MemberState.HELD_OUT, turn_at=self.context.now
            )
        else:
            at = self.context.now + self.queued * lifecycle.gap(self.campaign)
            outbox_id = campaign_messages.queue(self.context, self.kept, arm, candidate.person, found, at)
            campaigns.written(self.context.session, member.id, at, self.number, outbox_id)
            self.queued += 1


def _rest(context: Context, kept: CampaignRecord) -> None:
    """No member can be written to now: set the next check, or end the campaign if none is left."""
    following = campaigns.next_look(context.session, kept.id)
    if following is not None:
        campaigns.look_next(context.session, kept.id, max(following, context.now + SHORTEST))
    elif campaigns.queued(context.session, kept.id):
        campaigns.look_next(context.session, kept.id, context.now + AGAIN)
    else:
        campaigns.move(
            context.session, kept.id, [CampaignState.RUNNING], CampaignState.FINISHED, ended_at=context.now
        )


def _harm(context: Context, kept: CampaignRecord) -> Iterator[Halt]:
    """The arms that do too much harm and still run, each with the first measure that shows it."""
    campaign = campaign_messages.campaign_of(kept)
    halted = {one.arm for one in campaigns.halts(context.session, kept.id)}
    for result in results.results(context.session, kept):
        if result.arm == HOLDOUT or result.arm in halted or result.sent < campaign.harm.at_least:
            continue
        for measure in MEASURES:
            harmed = result.harmed[measure]
            if too_much(harmed, result.sent, campaign.limit(measure)):
                yield Halt(result.arm, measure, result.sent, harmed, context.now)
                break


def _stop_harm(context: Context, campaign_id: int) -> None:
    """Stop every arm that does too much harm, and the campaign with its last."""
    kept = campaigns.lock(context.session, campaign_id)
    if kept is None or kept.state is not CampaignState.RUNNING:
        return
    for halted in list(_harm(context, kept)):
        if campaigns.halt(context.session, kept.id, halted):
            _halt(context, kept, halted)
    stopped = {one.arm for one in campaigns.halts(context.session, kept.id)}
    if stopped.issuperset(arm.name for arm in campaign_messages.campaign_of(kept).drawn):
        campaigns.halt_waiting(context.session, kept.id)
        why = "every arm did harm"
        campaigns.move(
            context.session,
            kept.id,
            [CampaignState.RUNNING],
            CampaignState.STOPPED,
            why,
            ended_at=context.now,
        )


def _halt(context: Context, kept: CampaignRecord, halted: Halt) -> None:
    """Withdraw an arm's queued messages and open a case."""
    what = halted.measure.replace("_", " ")
    why = f"{halted.harmed} of {halted.sent} people: the {what} rate is above what the campaign allows"
    lifecycle.withdraw(context, kept, halted.arm, BY_ITSELF, why)
    case = Case(
        key=f"campaign_harm:{kept.id}:{halted.arm}",
        kind="campaign_harm",
        reason=f"campaign {kept.name}, arm {halted.arm} stopped by itself: {why}",
        deadline=context.as_of(halted.at).answer_by(),
        detail={"campaign": kept.name, "arm": halted.arm, "measure": halted.measure},
    )
    escalations.open_case(context.session, case, halted.at)
