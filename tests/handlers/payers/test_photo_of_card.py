"""A photo of an insurance card: a person finds it by the id of its message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from handlers.arrivals import ArrivalKind
from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

PHONE = "+15035550142"


def _photo(world: World) -> str:
    world.later(seconds=20)
    said = replace(world.phones[Channel.SMS].says(PHONE, "x", world.now), kind=ArrivalKind.MEDIA, text="")
    world.arrives(said)
    world.deliver()
    return said.provider_id


def test_a_photo_of_the_card_stands_in_the_case(database: Database) -> None:
    """It answers what was asked, and the case names the message it came in."""
    world = World(database)
    world.customer(phone=PHONE)
    world.says("I have new insurance", PHONE)
    world.says("Green Valley Mutual", PHONE)
    provider_id = _photo(world)
    world.says("since March", PHONE)
    (case,) = world.queue()
    assert case.kind == "new_insurance"
    assert case.detail["member_id"] == f"photo {provider_id}"


def test_any_other_photo_is_not_opened(database: Database) -> None:
    """Without a question about the card a photo is answered with how to go on."""
    world = World(database)
    world.customer(phone=PHONE)
    _photo(world)
    assert "can't open pictures" in world.screen(PHONE)[-1].text
