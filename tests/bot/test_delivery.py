"""Delivery: what is due leaves once; failures, doubts and dead senders are settled rightly."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from billing.accounts.channels import Channel
from bot.channel import RefusalReason
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception
from handlers.delivery import dispatch
from storage import tables
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from bot.channels.phone import PhoneMessage
    from tests.world import World

NUMBER = "+15035550142"


def _delivery(world: World) -> Delivery:
    return Delivery(world.database, world.installation, world.phones, world.clock)


def _owing(world: World) -> None:
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()


def _state(world: World, outbox_id: int = 1) -> OutboxState:
    with world.database.read() as session:
        return outbox.get(session, outbox_id).state


def test_what_is_due_leaves_once(world: World) -> None:
    """Two deliveries at once send one message."""
    _owing(world)

    async def both() -> tuple[int, int]:
        return await asyncio.gather(_delivery(world).deliver_due(), _delivery(world).deliver_due())

    assert sum(asyncio.run(both())) == 1
    assert len(world.screen()) == 1
    assert _state(world) is OutboxState.SENT


def test_a_dead_sender_leaves_a_doubt_that_is_cleared(world: World) -> None:
    """A message committed as sending whose process died is asked about, and not sent again."""
    _owing(world)
    with world.database.write() as session:
        ready = dispatch.look_again(world.context(session), 1)
    assert ready is not None
    asyncio.run(world.phones[Channel.SMS].send(world.envelope(ready)))
    assert asyncio.run(_delivery(world).deliver_due()) == 0
    world.later(minutes=5)
    asyncio.run(_delivery(world).deliver_due())
    assert _state(world) is OutboxState.SENT
    assert len(world.screen()) == 1


def test_a_sender_that_died_before_sending_is_made_good(world: World) -> None:
    """What the provider never saw is sent, once."""
    _owing(world)
    with world.database.write() as session:
        assert dispatch.look_again(world.context(session), 1)
    world.later(minutes=5)
    delivery = _delivery(world)
    asyncio.run(delivery.deliver_due())
    asyncio.run(delivery.deliver_due())
    assert _state(world) is OutboxState.SENT
    assert len(world.screen()) == 1


def test_a_busy_provider_is_asked_again_later(world: World) -> None:
    """Too many requests is no failure."""
    _owing(world)
    carrier = world.phones[Channel.SMS].carrier
    carrier.busy(NUMBER)
    asyncio.run(_delivery(world).deliver_due())
    assert _state(world) is OutboxState.QUEUED
    carrier.fix(NUMBER)
    world.later(minutes=1)
    assert asyncio.run(_delivery(world).deliver_due()) == 1


def test_wrong_credentials_are_a_case_and_lose_nothing(world: World) -> None:
    """When a provider refuses us the message waits, and the desk is told once."""
    _owing(world)
    world.phones[Channel.SMS].carrier.refuse(NUMBER, RefusalReason.CONFIGURATION, "20003")
    for _ in range(2):
        asyncio.run(_delivery(world).deliver_due())
        world.later(minutes=20)
    assert _state(world) is OutboxState.QUEUED
    assert [case.kind for case in world.queue()] == ["channel_down"]


def test_a_channel_that_is_not_there_keeps_its_messages(world: World) -> None:
    """A message for a channel nobody set up waits for the operator."""
    _owing(world)
    alone = Delivery(world.database, world.installation, {}, world.clock)
    assert asyncio.run(alone.deliver_due()) == 0
    assert _state(world) is OutboxState.QUEUED


def test_a_message_that_cannot_be_looked_at_is_one_case_and_leaves_once_it_can(world: World) -> None:
    """The others leave; look after look it is one case, and it leaves after its data was put right."""
    _owing(world)
    world.customer("bo", phone="+15035550143")
    world.bill("B2", "bo", due=world.now.date() - timedelta(days=5))
    world.run()
    zone = update(tables.Customer).where(tables.Customer.id == "ada")
    with world.database.write() as session:
        session.execute(zone.values(timezone="Aether/Olympus"))
    for _ in range(3):
        asyncio.run(_delivery(world).deliver_due())
        world.later(minutes=15)
    assert len(world.screen("+15035550143")) == 1
    assert not world.screen()
    (case,) = world.queue()
    assert (case.kind, case.customer_id) == ("set_aside", "ada")
    with world.database.write() as session:
        session.execute(zone.values(timezone=None))
    asyncio.run(_delivery(world).deliver_due())
    assert len(world.screen()) == 1


def test_the_clock_runs_answers_and_delivers(world: World) -> None:
    """What waits in the inbox is answered, what is due is reminded, and both are delivered."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    arrival = world.phones[Channel.SMS].says("+15035550177", "hello", world.now)

    async def everything() -> None:
        both_arrived, delivery = asyncio.Event(), _delivery(world)

        def seen(_address: str, _message: PhoneMessage) -> None:
            if len(world.screen()) + len(world.screen("+15035550177")) == 1 + 1:
                both_arrived.set()

        world.phones[Channel.SMS].on_message = seen
        reception = Reception(world.database, world.installation, world.clock, delivery)
        clockwork = Clockwork(world.database, world.installation, world.clock, reception, delivery)
        clockwork.start()
        await reception.receive(arrival)
        await reception.finish()
        await clockwork.run()
        await clockwork.expire()
        await clockwork.reschedule_all()
        await clockwork.catch_up()
        stop = asyncio.Event()
        running = asyncio.create_task(delivery.run(stop))
        await both_arrived.wait()
        stop.set()
        delivery.nudge()
        await running
        clockwork.stop()

    asyncio.run(asyncio.wait_for(everything(), 30))
    assert len(world.screen()) == 1
    assert len(world.screen("+15035550177")) == 1
