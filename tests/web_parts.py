"""The parts of a web process in a world: a real database, simulated phones, Telegram as it is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from bot import processes, wiring
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception

if TYPE_CHECKING:
    from bot.settings import Settings
    from tests.world import World


def parts_of(world: World, settings: Settings) -> processes.Parts:
    """What ``bot/processes.py: application`` is made of."""
    telegram = wiring.telegram_channel(settings)
    assert telegram is not None
    delivery = Delivery(world.database, world.installation, world.phones, world.clock)
    reception = Reception(world.database, world.installation, world.clock, delivery)
    clockwork = Clockwork(world.database, world.installation, world.clock, reception, delivery)
    return processes.Parts(
        settings=settings,
        database=world.database,
        installation=world.installation,
        channels={Channel.TELEGRAM: telegram},
        delivery=delivery,
        reception=reception,
        clockwork=clockwork,
        clock=world.clock,
    )
