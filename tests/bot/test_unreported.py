"""A message on which no report came: its provider is asked what became of it, and not for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from bot.channels.twilio import TwilioChannel
from bot.delivery import Delivery
from storage import tables
from tests.fakes.twilio_server import TwilioServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    """A Twilio that never calls back."""
    with TwilioServer() as server:
        yield server


def _deliver(world: World, twilio: TwilioServer) -> None:
    async def deliver() -> None:
        channel = TwilioChannel(
            Channel.SMS,
            twilio.account_sid,
            twilio.auth_token,
            twilio.number,
            status_url=None,
            api_url=twilio.url,
        )
        await Delivery(world.database, world.installation, {Channel.SMS: channel}, world.clock).deliver_due()
        await channel.close()

    asyncio.run(deliver())


def _row(world: World) -> Any:
    with world.database.read() as session:
        found = session.scalars(select(tables.Outbox)).one()
        session.expunge_all()
    return found


def _reminded(world: World, twilio: TwilioServer) -> str:
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    _deliver(world, twilio)
    assert _row(world).state == "sent"
    return twilio.messages[0].sid


def test_a_failure_that_nobody_reported_is_found(world: World, twilio: TwilioServer) -> None:
    """Twilio is asked after hours: the number was gone, so that it does not count as heard."""
    twilio.set_status(_reminded(world, twilio), "undelivered", 30005)
    world.later(hours=5)
    _deliver(world, twilio)
    assert _row(world).state == "sent"
    world.later(hours=2)
    _deliver(world, twilio)
    assert (_row(world).state, _row(world).code) == ("failed", "30005")
    assert [case.kind for case in world.queue()] == ["no_usable_channel"]


def test_a_delivery_that_nobody_reported_ends_the_question(world: World, twilio: TwilioServer) -> None:
    """Once it is known to have arrived nobody asks again."""
    twilio.set_status(_reminded(world, twilio), "delivered")
    world.later(hours=7)
    _deliver(world, twilio)
    assert (_row(world).state, _row(world).ask_at) == ("sent", None)


def test_nobody_asks_for_ever(world: World, twilio: TwilioServer) -> None:
    """Asked three times within three days, it counts as sent in the end."""
    _reminded(world, twilio)
    asked = []
    while (at := _row(world).ask_at) is not None:
        world.now = at
        _deliver(world, twilio)
        asked.append(at - _row(world).sent_at)
    assert asked == [timedelta(hours=6), timedelta(hours=30), timedelta(hours=72)]
    assert _row(world).state == "sent"
