"""Preview of a campaign: audience, exclusions, sample messages, cost; nothing is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.campaigns.audience import look
from billing.campaigns.campaigns import HOLDOUT
from handlers import rendering
from handlers.campaigns import audience, campaign_messages
from messages.writing.fit import segments

if TYPE_CHECKING:
    from billing.accounts.channels import Channel
    from billing.campaigns.campaigns import Campaign
    from handlers.campaigns.audience import Chosen, Selection
    from handlers.context import Context
    from storage.campaigns.campaigns import CampaignRecord

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A sample message in a campaign's preview; it identifies no customer."""

    arm: str
    channel: Channel
    language: str
    text: str
    segments: int
    """SMS segments; none on other channels."""


@dataclass(slots=True)
class Preview:
    """An audience, and what writing to it would cost."""

    kept: CampaignRecord
    campaign: Campaign
    selection: Selection
    arms: Counter[str] = field(default_factory=Counter)
    """How many fall into each arm, and into the holdout."""
    later: Counter[str] = field(default_factory=Counter)
    """Numbers of members who cannot be written to now, by reason."""
    channels: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    examples: list[Example] = field(default_factory=list)


def look_at(context: Context, kept: CampaignRecord) -> Preview:
    """What a campaign would do if it began now; nothing is written."""
    campaign = campaign_messages.campaign_of(kept)
    found = Preview(kept, campaign, audience.select(context, campaign, kept.id))
    seen: set[str] = set()
    spare: list[Example] = []
    for one in found.selection.members:
        found.arms[one.arm] += 1
        if one.arm == HOLDOUT:
            continue
        example, reason = _written(context, campaign, one)
        if reason:
            found.later[reason] += 1
        found.channels[example.channel.value] += 1
        found.segments += example.segments
        fresh = example.text not in seen
        seen.add(example.text)
        kept_in = found.examples if fresh else spare
        if len(kept_in) < EXAMPLES:
            kept_in.append(example)
    found.examples += spare[: EXAMPLES - len(found.examples)]
    return found


def _written(context: Context, campaign: Campaign, one: Chosen) -> tuple[Example, str]:
    """A member's message, and the reason if it may not be sent now."""
    arm = campaign.arm(one.arm)
    seen = look(one.candidate, campaign, arm, context.policy, context.installation.available, context.now)
    assert seen.reach
    channel, language = seen.reach.channel, one.person.language
    said = campaign_messages.saying(campaign, arm, len(seen.bill_ids))
    text = rendering.write(context.installation, [said], language, channel)
    parts = segments(text) if channel.capabilities.costs_per_segment else 0
    return Example(one.arm, channel, language, text, parts), seen.reason if seen.verdict == "later" else ""
