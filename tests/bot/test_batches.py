"""What many ask for at once is done together, and one that fails holds up nobody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from bot.batches import Batches
from bot.channels.phone import PhoneChannel
from bot.inbound import Reception
from storage import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storage.database.transaction import Database
    from tests.world import World


def test_what_comes_in_while_one_is_done_is_done_together(database: Database) -> None:
    """Ten who ask at the same moment share two transactions: the first, and the nine that waited for it."""
    batches: list[int] = []

    def double(_: Session, items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        return [2 * item for item in items]

    async def ask() -> list[int]:
        together = Batches(database, double, at_once=64, name="test")
        return list(await asyncio.gather(*(together.do(number) for number in range(10))))

    assert asyncio.run(ask()) == [2 * number for number in range(10)]
    assert sum(batches) == 10
    assert len(batches) <= 2


def test_one_that_fails_fails_alone(database: Database) -> None:
    """Of five at once the third raises: whoever asked for it hears so, the four others get their results."""

    def refuse_three(_: Session, items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise ValueError(3)
        return list(items)

    async def ask() -> list[int | BaseException]:
        together = Batches(database, refuse_three, at_once=64, name="test")
        return list(await asyncio.gather(*(together.do(n) for n in range(1, 6)), return_exceptions=True))

    found = asyncio.run(ask())
    assert [one for one in found if isinstance(one, int)] == [1, 2, 4, 5]
    assert isinstance(found[2], ValueError)


@pytest.mark.both_databases
def test_a_burst_is_stored_in_order_and_once(world: World) -> None:
    """Texts of two people and a replay come in at once: stored once, each person's in order."""
    world.customer()
    phone = PhoneChannel(Channel.SMS, session="burst")
    arrivals = [
        phone.says(address, text, world.now)
        for text in ("one", "two", "three")
        for address in ("+15035550142", "+15035550143")
    ]

    async def burst() -> None:
        reception = Reception(world.database, world.installation, world.clock, None)
        await asyncio.gather(*(reception.receive(one) for one in (*arrivals, arrivals[0])))
        await reception.finish()

    asyncio.run(burst())
    with world.database.read() as session:
        row, point = tables.Inbox, tables.ContactPoint
        kept = session.execute(
            select(point.address, row.text, row.state)
            .join(point, point.id == row.contact_point_id)
            .order_by(row.id)
        ).all()
    for address in ("+15035550142", "+15035550143"):
        assert [one.text for one in kept if one.address == address] == ["one", "two", "three"]
    assert {one.state for one in kept} == {"done"}


def test_a_card_number_split_over_two_texts_of_one_burst_is_masked(world: World) -> None:
    """The two halves come in the same batch: neither is kept."""
    phone = PhoneChannel(Channel.SMS, session="card")
    halves = [phone.says("+15035550142", text, world.now) for text in ("4111 1111 1111", "1111")]

    async def burst() -> None:
        reception = Reception(world.database, world.installation, world.clock, None)
        await asyncio.gather(*(reception.receive(one) for one in halves))
        await reception.finish()

    asyncio.run(burst())
    with world.database.read() as session:
        texts = list(session.scalars(select(tables.Inbox.text).order_by(tables.Inbox.id)))
    assert "4111" not in " ".join(texts)
