"""A rest that is too small to write about costs and stops nobody; a day's demands cost one fee."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from billing import policy
from billing.collection.placement import PlacementBlocked
from billing.ledger.ledger import EntryKind
from billing.plans import plans
from billing.plans.plans import PlanState
from billing.policy import Fee
from handlers.collection import collector
from handlers.delivery import letters
from storage.ledger import ledger
from tests.letters import AT_HOME, a_writing_installation, owes
from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

DEMAND = Fee(
    source="an act",
    id="demand",
    kind="demand",
    amount=18,
    at_most=18,
    currency="USD",
    authority="Fees Act 3",
    needs=("complete_demand",),
)


def _writing(database: Database, **fee: Any) -> World:
    installation = a_writing_installation()
    final = installation.policy.levels[-1].model_copy(update={"fee": "demand"})
    rules = installation.policy.model_copy(
        update={"levels": (final,), "fees": (DEMAND.model_copy(update=fee),)}
    )
    return World(database, replace(installation, policy=rules))


def _fees(world: World, *bill_ids: str) -> dict[str, int]:
    with world.database.read() as session:
        booked = ledger.of_bills(session, bill_ids)
    kinds = {EntryKind.FEE, EntryKind.REVERSAL}
    return {one: sum(e.amount.minor for e in found if e.kind in kinds) for one, found in booked.items()}


def _owes_twice(world: World) -> None:
    """One customer, two bills due on the same day, both ready for their demand."""
    world.customer(**AT_HOME)
    for bill_id in ("B-ada", "B-2"):
        world.bill(bill_id, "ada", due=world.now.date() - timedelta(days=5))
    world.run()


def _post(world: World) -> None:
    with world.database.write() as session:
        letters.gather(world.context(session), world.now.date(), "desk")


@pytest.mark.parametrize(("rest", "verdict"), [(50, "excluded"), (499, "excluded"), (500, "remind")])
def test_a_small_rest_draws_no_reminder(world: World, rest: int, verdict: str) -> None:
    """Below the policy's minimum nothing is written and nothing flagged, however long it stands."""
    world.customer()
    world.bill(amount=60000, due=world.now.date() - timedelta(days=10))
    world.pays("B1", 60000 - rest)
    assert [one.verdict for one in world.preview()] == [verdict]
    world.live(5)
    assert bool(world.screen()) == (verdict == "remind")


def test_a_rest_that_became_small_is_not_demanded_any_more(world: World) -> None:
    """Paid but for fifty cents between planning and sending: the reminder is not sent."""
    world.customer()
    world.bill(amount=60000, due=world.now.date() - timedelta(days=10))
    world.run()
    world.pays("B1", 59950)
    world.deliver()
    assert not world.screen()


def test_a_demand_over_a_small_rest_has_no_fee(database: Database) -> None:
    """The letter for a rest of fifty cents is never printed, and nothing is added to it."""
    world = _writing(database)
    owes(world)
    world.pays("B-ada", world.owed("B-ada") - 50)
    _post(world)
    assert _fees(world, "B-ada") == {"B-ada": 0}
    assert world.owed("B-ada") == 50


@pytest.mark.parametrize(("each", "fees"), [("day", [0, 1800]), ("bill", [1800, 1800])])
def test_what_is_demanded_on_one_day_has_one_fee(database: Database, each: str, fees: list[int]) -> None:
    """Two bills due on one day draw one fee, unless the authority allows each bill its own."""
    world = _writing(database, each=each)
    _owes_twice(world)
    _post(world)
    assert sorted(_fees(world, "B-ada", "B-2").values()) == fees


def test_the_fee_moves_to_the_bill_that_is_still_demanded(database: Database) -> None:
    """The bill that bore the fee is paid before the letter leaves again: the other one bears it, once."""
    world = _writing(database)
    _owes_twice(world)
    with world.database.write() as session:
        batch = letters.gather(world.context(session), world.now.date(), "desk")
        assert batch
        letters.printed(world.context(session), batch, "desk")
        letters.withdraw(world.context(session), batch, (), "desk")
    assert _fees(world, "B-ada", "B-2") == {"B-ada": 0, "B-2": 0}
    world.pays("B-2", world.owed("B-2"))
    _post(world)
    assert _fees(world, "B-ada", "B-2") == {"B-ada": 1800, "B-2": 0}


def test_a_plan_short_by_little_is_kept() -> None:
    """An instalment paid but for fifty cents breaks no plan; one of which five dollars are missing does."""
    made = plans.Plan(1, "a", 10000, plans.spread(10000, 2, 25, date(2026, 1, 30)), ("B1",))
    late = date(2026, 3, 20)
    assert plans.progress(made, 5050, late, 5, 500).state is PlanState.ACTIVE
    assert plans.progress(made, 5500, late, 5, 500).state is PlanState.BROKEN
    assert plans.progress(made, 50, late, 5, 500).state is PlanState.COMPLETED


def test_a_flagged_bill_paid_down_below_the_minimum_is_not_placed(world: World) -> None:
    """What the policy would not flag is not placed either, though it was flagged when more was owed."""
    assert world.installation.policy.placement.minimum > world.installation.policy.small_sums.minimum
    world.customer()
    world.bill(amount=60000, due=world.now.date() - timedelta(days=10))
    world.live(120)
    world.pays("B1", 58000)
    with world.database.write() as session, pytest.raises(PlacementBlocked, match="below minimum"):
        collector.approve(world.context(session), "B1", "desk", "")


@pytest.mark.parametrize("name", policy.names())
def test_every_policy_has_a_minimum_with_a_source(name: str) -> None:
    """Each policy shipped says what is too little to write about, and why."""
    rules = policy.load(name).small_sums
    assert rules.minimum >= 1
    assert rules.source
