"""Plays whole turns with hostile texts: received, answered, delivered, in the middle of any conversation."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import structlog

from billing.accounts.channels import Channel
from bot.card_amounts import asked_of_card  # noqa: F401 - loaded before the clock runs
from handlers.arrivals import Arrival, ArrivalKind
from tests.fuzz.hostile import Hostile
from tests.world import World, an_installation

if TYPE_CHECKING:
    from bot.simulate.chance import Chance
    from storage.database.transaction import Database
    from tests.fuzz.counts import Counts

BORN: Final = "28 February 1980"
_OPENINGS: Final = (
    "",
    "what do I owe?",
    "can I pay in parts?",
    "I want to dispute this bill",
    "I already paid",
    "my new number is",
    "I have new insurance",
    "register me",
    "stop",
    "I cannot pay, I lost my job",
    "remind me another time",
    "pay",
    "is this my address?",
    "language",
    "what does an x-ray cost?",
    "I will pay on Friday",
    "let me talk to a person",
)
"""What begins a conversation that asks something back."""
_TALK: Final = 8
"""Turns of one customer before the next begins anew."""
_KINDS: Final = (
    ArrivalKind.TEXT,
    ArrivalKind.MEDIA,
    ArrivalKind.BUTTON,
    ArrivalKind.EDITED,
    ArrivalKind.CONTACT,
    ArrivalKind.LINK,
)
_OFTEN: Final = (20, 1, 2, 1, 1, 1)


def play(database: Database, counts: Counts, chance: Chance, turns: int) -> None:
    """Play so many turns; what fails in one is kept in the counts."""
    world, hostile = World(database, an_installation("us", thanks=True)), Hostile(chance)
    for talk in range(-(-turns // _TALK)):
        _talk(world, hostile, counts, talk, min(_TALK, turns - talk * _TALK))


def _talk(world: World, hostile: Hostile, counts: Counts, number: int, turns: int) -> None:
    phone, channel = f"+1503555{number % 10000:04d}", hostile.chance.choice((Channel.SMS, Channel.TELEGRAM))
    if channel is Channel.SMS and hostile.chance.random() < _KNOWN:
        person = world.customer(f"c{number}", name="Ada Lind", phone=phone, birth_date=date(1980, 2, 28))
        for bill in range(hostile.chance.choice((0, 1, 1, 2))):
            world.bill(f"B{number}-{bill}", person, hostile.chance.choice((1, 999, 60000, 10**9)))
    if hostile.chance.random() < _IDENTIFIED:
        _turn(world, counts, "what do I owe?", phone, channel, ArrivalKind.TEXT)
        _turn(world, counts, BORN, phone, channel, ArrivalKind.TEXT)
    opening = hostile.chance.choice(_OPENINGS)
    said = [opening] if opening else []
    for one in [*said, *(hostile.text() for _ in range(turns - len(said)))]:
        _turn(world, counts, one, phone, channel, hostile.chance.choices(_KINDS, _OFTEN)[0])


def _turn(world: World, counts: Counts, text: str, phone: str, channel: Channel, kind: ArrivalKind) -> None:
    """One text, from its arrival to its delivered answer."""
    counts.tried("turns")
    world.later(seconds=20)
    said = world.phones[channel].says(phone, text, world.now)
    given = Arrival(channel, said.provider_id, phone, text, said.received_at, kind)
    try:
        with structlog.testing.capture_logs() as lines:
            world.arrives(given, world.hand_over)
            world.deliver()
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        counts.failed("turns", error, (kind.value, text))
        return
    for line in lines:
        if line["event"] == "turn.failed":
            counts.raised.setdefault(f"turns: {line['error']}", repr((kind.value, text)))


_KNOWN: Final = 0.8
_IDENTIFIED: Final = 0.6
