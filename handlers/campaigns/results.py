"""Results of a campaign by arm, compared with the holdout."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.campaigns.campaigns import HOLDOUT, MEASURES
from handlers.campaigns import campaign_messages
from storage.campaigns import campaign_results, campaigns
from storage.campaigns.campaigns import MemberState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from billing.campaigns.campaigns import Campaign
    from storage.campaigns.campaign_results import CampaignEvent, MemberTurn
    from storage.campaigns.campaigns import CampaignBatch, CampaignRecord, Halt


@dataclass(slots=True)
class ArmResult:
    """One arm: people drawn, and what they did within the counted days."""

    arm: str
    turns: int = 0
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Messages that did not leave after all, by reason."""
    replied: int = 0
    paid: int = 0
    amount: Counter[str] = field(default_factory=Counter)
    """What they paid, in minor units, by currency."""
    opt_out: int = 0
    dispute: int = 0
    complaint: int = 0
    harmed: Counter[str] = field(default_factory=Counter)
    """Of those whose message left, how many opted out, disputed, complained."""

    def rate(self, what: str) -> float | None:
        """A share of those drawn; None while there are none."""
        return getattr(self, what) / self.turns if self.turns else None


@dataclass(frozen=True, slots=True)
class Progress:
    """State and results of a campaign."""

    kept: CampaignRecord
    members: Mapping[str, int]
    """By state."""
    left_out: Mapping[str, int]
    """By reason."""
    batches: Sequence[CampaignBatch]
    halts: Sequence[Halt]
    arms: Sequence[ArmResult]


def progress(session: Session, kept: CampaignRecord) -> Progress:
    """State and results of a campaign so far."""
    members: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for (_, state, reason), count in campaigns.counts(session, kept.id).items():
        members[state] += count
        if state == MemberState.LEFT_OUT.value:
            reasons[reason] += count
    return Progress(
        kept,
        dict(members),
        dict(reasons.most_common()),
        campaigns.batches(session, kept.id),
        campaigns.halts(session, kept.id),
        results(session, kept),
    )


def results(session: Session, kept: CampaignRecord) -> list[ArmResult]:
    """Results of each arm, the holdout last.

    People count in the arm they were drawn into, whether their message left or not (intention to treat):
    those who can be reached differ from those who cannot.
    """
    campaign = campaign_messages.campaign_of(kept)
    arms = {name: ArmResult(name) for name in _names(campaign)}
    within = timedelta(days=campaign.counted_days)
    done: defaultdict[str, list[CampaignEvent]] = defaultdict(list)
    for event in campaign_results.events(session, kept.id):
        done[event.customer_id].append(event)
    for turn in campaign_results.turns(session, kept.id):
        mine = [event for event in done[turn.customer_id] if turn.at <= event.at < turn.at + within]
        _count(arms[turn.arm], turn, mine)
    return list(arms.values())


def _names(campaign: Campaign) -> list[str]:
    return [*(arm.name for arm in campaign.drawn), *([HOLDOUT] if campaign.holdout else [])]


def _count(arm: ArmResult, turn: MemberTurn, events: list[CampaignEvent]) -> None:
    arm.turns += 1
    sent = turn.state in {"sent", "sending", "in_doubt", "parked"}
    arm.sent += sent
    arm.queued += turn.state == "queued"
    arm.delivered += turn.delivered
    if turn.state in {"dropped", "failed", "withheld"}:
        arm.dropped[turn.reason or turn.state] += 1
    happened = {event.what for event in events}
    for what in happened:
        setattr(arm, what, getattr(arm, what) + 1)
    for event in events:
        if event.what == "paid":
            arm.amount[event.currency] += event.amount
    if sent:
        arm.harmed.update(happened.intersection(MEASURES))
