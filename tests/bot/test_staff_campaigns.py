"""The staff chat hears of a campaign's batch that waits until somebody lets it leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.campaigns.campaigns import read
from billing.gate import SendingSwitch
from handlers.campaigns import campaign_run
from handlers.campaigns import campaigns as desk
from handlers.clock import staff_news
from tests.bot.staff_rig import ANNAS_OWN, staffed

if TYPE_CHECKING:
    from tests.bot.staff_rig import StaffRig
    from tests.world import World

CAMPAIGN = {
    "name": "spring",
    "message": "campaign.plan",
    "window": {"first_day": "2026-03-02", "last_day": "2026-03-06"},
    "pace": {"per_hour": 60},
}


def _sent_texts(rig: StaffRig) -> list[str]:
    rig.run_until_quiet()
    return [sent.text for sent in rig.server.sent if "spring" in sent.text]


def test_a_batch_that_waits_is_told_once(world: World) -> None:
    """Which campaign, which batch, how many, and what to type; after the approval nothing more is said."""
    world.installation = replace(world.installation, sending=SendingSwitch.APPROVE)
    for number in range(2):
        world.customer(f"p{number}", phone=f"+1503555{1000 + number}")
        world.bill(f"B{number}", f"p{number}", due=world.now.date() + timedelta(days=20))
    with staffed(world, ANNAS_OWN) as rig:
        with world.database.write() as session:
            desk.create(world.context(session), read(CAMPAIGN, "spring.toml"), "Anna")
            desk.start(world.context(session), "spring", "Anna")
        assert _sent_texts(rig) == []
        assert campaign_run.run(world.database, world.installation, world.clock) == 2
        (said,) = _sent_texts(rig)
        assert "batch 1 waits for approval: 2 messages" in said
        assert "kvitt campaigns approve spring" in said
        staff_news.post_news(world.database, world.installation, world.clock)
        assert len(_sent_texts(rig)) == 1
        with world.database.write() as session:
            desk.approve(world.context(session), "spring", None, "Anna")
        assert len(_sent_texts(rig)) == 1
