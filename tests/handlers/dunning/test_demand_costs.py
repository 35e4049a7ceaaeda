"""What a demand costs: booked with the message that states it, taken back when nobody heard it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel
from billing.ledger.ledger import EntryKind
from billing.policy import Fee, InterestRules, Policy
from billing.policy.demands import HalfYear
from bot.channel import RefusalReason
from storage.ledger import ledger
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

FEE = Fee(
    source="contract",
    id="reminder",
    kind="reminder",
    amount=5,
    at_most=5,
    currency="USD",
    authority="contract 7",
    needs=("fee_agreed_at_origin",),
)
RATE = HalfYear(since=date(2026, 1, 1), until=date(2026, 12, 31), percent=2, source="bank")
INTEREST = InterestRules(
    source="contract",
    on=True,
    add_percent=8,
    authority="contract 8",
    rates=(RATE,),
)


def _costly(policy: Policy) -> Policy:
    first = policy.levels[0].model_copy(update={"fee": "reminder", "interest": True})
    levels = (first, *policy.levels[1:])
    return policy.model_copy(update={"fees": (FEE,), "interest": INTEREST, "levels": levels})


@pytest.fixture
def costly(database: Database) -> World:
    """A clinic whose first reminder costs five dollars where that was agreed, with interest."""
    installation = an_installation()
    world = World(database, installation=replace(installation, policy=_costly(installation.policy)))
    world.customer()
    return world


def _costs(world: World) -> list[tuple[str, int]]:
    with world.database.read() as session:
        return [
            (entry.kind.value, entry.amount.minor)
            for entry in ledger.of_bill(session, "B1")
            if entry.kind is not EntryKind.CHARGE
        ]


def test_a_fee_and_interest_come_with_the_message(costly: World) -> None:
    """Nothing is booked when a run plans; the fee and what has accrued stand in the ledger once it leaves."""
    costly.bill(amount=73000, due=costly.now.date() - timedelta(days=10), fee_agreed=True)
    costly.run()
    assert _costs(costly) == []
    costly.deliver()
    assert _costs(costly) == [("fee", 500), ("interest", 200)]
    with costly.database.read() as session:
        rules = [entry.rule for entry in ledger.of_bill(session, "B1") if entry.rule]
    assert rules[0] == "contract 7"
    assert rules[1] == "contract 8: 10 % on 730.00 USD from 2026-02-21 to 2026-03-02"


def test_no_fee_that_was_not_agreed(costly: World) -> None:
    """Without an agreement at the origin the reminder is free; interest needs none."""
    costly.bill(amount=73000, due=costly.now.date() - timedelta(days=10))
    costly.run()
    costly.deliver()
    assert _costs(costly) == [("interest", 200)]


def test_no_fee_for_who_has_paid_meanwhile(costly: World) -> None:
    """Paid between planning and sending: nothing is sent, and nothing is charged."""
    costly.bill(amount=73000, due=costly.now.date() - timedelta(days=10), fee_agreed=True)
    costly.run()
    costly.pays("B1", 73000)
    costly.deliver()
    assert not costly.screen()
    assert _costs(costly) == [("payment", -73000)]


def test_what_nobody_heard_costs_nothing(costly: World) -> None:
    """A refused message takes its fee and interest back, to the cent; the next attempt may carry them."""
    costly.bill(amount=73000, due=costly.now.date() - timedelta(days=10), fee_agreed=True)
    phone = costly.phones[Channel.SMS]
    phone.carrier.refuse("+15035550142", RefusalReason.CONTENT, "30007")
    costly.run()
    costly.deliver()
    assert sum(amount for _, amount in _costs(costly)) == 0
    assert [kind for kind, _ in _costs(costly)] == ["fee", "interest", "reversal", "reversal"]
