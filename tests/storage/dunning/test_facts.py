"""What is known of people: the same, whether one is asked about or many."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from storage.dunning import facts, holds
from storage.people import customers

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.both_databases


def test_one_statement_knows_what_one_for_each_kind_knows(world: World) -> None:
    """A person with bills, a plan, a promise, holds, reminders and a dependant is known alike both ways."""
    _has_lived(world)
    since = world.now - timedelta(days=30)
    with world.database.read() as session:
        people = ("ada", "ben", "cy")
        together = facts.about(session, people, since, world.now)
        for person in people:
            alone = facts.about(session, [person], since, world.now)
            assert [one[0].id for one in alone.people] == [person]
            accounts = {account.id for _, mine in alone.people for account in mine}
            bills = {bill.bill_id for account in accounts for bill in together.owed.get(account, ())}
            liable = {person} | {account.customer_id for _, mine in alone.people for account in mine}
            assert dict(alone.owed) == _only(together.owed, accounts)
            assert alone.credit == _only(together.credit, accounts)
            assert _only(alone.steps, bills) == _only(together.steps, bills)
            assert _only(alone.notices, bills) == _only(together.notices, bills)
            assert alone.agreed.plans == _only(together.agreed.plans, accounts)
            assert alone.agreed.promises == _only(together.agreed.promises, accounts)
            assert alone.agreed.lapses == _only(together.agreed.lapses, accounts)
            assert alone.ways == _only(together.ways, {person})
            assert alone.holds == _only(together.holds, liable)
            assert dict(alone.past) == _only(together.past, {person})
            assert alone.cases == _only(together.cases, {person})
            assert alone.concerns == _only(together.concerns, {person})
            assert alone.placed == together.placed & accounts
            assert alone.unbooked == together.unbooked
        assert together.agreed.plans
        assert together.agreed.promises
        assert together.steps
        assert together.past
        assert together.unbooked


def _only(found: object, keys: set[str]) -> dict[str, object]:
    assert hasattr(found, "items")
    return {key: value for key, value in found.items() if key in keys}


def _has_lived(world: World) -> None:
    world.customer()
    world.customer("ben", phone="+15035550143", name="Ben Ek")
    world.customer("cy", phone="+15035550144", name="Cy Dahl")
    world.customer("kid", phone="+15035550145", name="Kid Ek", guarantor_id="ben", consent=False)
    world.bill()
    world.bill("B2", "ben")
    world.bill("B3", "cy", 9000)
    world.bill("B4", "kid", 700)
    for text in ("What do I owe?", "1980-02-28", "Can I pay in parts?", "50", "1st", "yes"):
        world.says(text)
    world.later(days=10)
    world.run()
    world.deliver()
    for text in ("What do I owe?", "1980-02-28", "I'll pay on friday", "all of it", "yes"):
        world.says(text, "+15035550144")
    world.pays("nobody", 1234)
    with world.database.write() as session:
        until = world.now + timedelta(days=5)
        holds.place(session, "kid", Hold(HoldKind.DISPUTE, "said so"), "test", world.now)
        holds.place(session, "ben", Hold(HoldKind.HARDSHIP, "said so", until), "test", world.now)
        customers.record_concerns(session, "cy", {"unsafe_number": ""}, world.now)
    assert Channel.SMS in world.phones
