"""How a message travels: never into the night, and never as free text where WhatsApp takes none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from handlers.delivery import dispatch, results
from handlers.people.register import Consent
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState
from tests.world import World, an_installation

if TYPE_CHECKING:
    from handlers.delivery.dispatch import Ready
    from storage.database.transaction import Database

SIGNED = date(2026, 1, 1)


def _ready(world: World, outbox_id: int = 1) -> Ready:
    with world.database.write() as session:
        found = dispatch.look_again(world.context(session), outbox_id)
    assert found is not None
    return found


def test_a_reminder_is_valid_until_the_customers_hours_are_over(world: World) -> None:
    """At ten in California it may still arrive until the policy's evening there, and no later."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    hours = world.installation.policy.window.mon
    assert hours is not None
    until = _ready(world).options.valid_until
    assert until is not None
    assert timedelta(hours=hours[1].hour - 10) == until - world.now


def test_a_reply_is_valid_as_long_as_it_makes_sense(world: World) -> None:
    """Whoever asks at night is answered at night; half a day later the answer would only confuse."""
    world.customer()
    world.arrives(world.phones[Channel.SMS].says("+15035550142", "hello", world.now))
    assert _ready(world).options.valid_until == world.now + timedelta(hours=12)


def test_a_stop_is_confirmed_within_minutes_or_not_at_all(world: World) -> None:
    """The one confirmation may be queued for five minutes only."""
    world.customer()
    world.arrives(world.phones[Channel.SMS].says("+15035550142", "stop", world.now))
    assert _ready(world).options.valid_until == world.now + timedelta(minutes=5)


def test_a_message_knows_what_a_template_of_it_is_filled_with(world: World) -> None:
    """The facts of a reminder travel beside its text, as people write them."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    options = _ready(world).options
    assert (options.key, options.values, options.heard_at) == ("reminder.friendly", ("1",), None)


def test_whatsapp_without_a_template_gives_way_to_the_next_channel(database: Database) -> None:
    """A reminder that WhatsApp certainly would not take goes by SMS instead, at the same level."""
    both = frozenset({Channel.SMS, Channel.WHATSAPP})
    installation = an_installation(available=both)
    level = installation.policy.levels[0].model_copy(update={"channels": (Channel.WHATSAPP, Channel.SMS)})
    content = installation.policy.content.model_copy(update={"whatsapp_reminders": True})
    policy = installation.policy.model_copy(
        update={"levels": (level, *installation.policy.levels[1:]), "content": content}
    )
    world = World(database, an_installation(available=both, policy=policy))
    given = tuple(Consent(channel, SIGNED, "signed form") for channel in (Channel.SMS, Channel.WHATSAPP))
    world.customer(consent=False, consents=given)
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    assert _ready(world).message.channel is Channel.WHATSAPP
    with world.database.write() as session:
        results.refused(world.context(session), 1, "window", "no_template")
    world.run()
    with world.database.read() as session:
        second = outbox.get(session, 2)
        assert outbox.get(session, 1).state is OutboxState.FAILED
    assert (second.channel, second.level) == (Channel.SMS, 1)


def test_the_moment_somebody_wrote_is_the_moment_it_arrived(world: World) -> None:
    """WhatsApp's day counts from the message, not from when it was got round to."""
    world.customer()
    arrival = world.phones[Channel.SMS].says("+15035550142", "hello", world.now)
    before = world.now
    world.later(hours=1)
    world.arrives(arrival)
    assert _ready(world).options.heard_at == before
