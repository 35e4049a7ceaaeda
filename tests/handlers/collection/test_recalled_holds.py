"""What a hold means for a bill that a collector has, for every kind as the table of kinds says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from billing.accounts.holds import HoldKind
from billing.collection.collectors import Collector, Rate
from billing.collection.placement import RECALL_REASONS, PassingReason
from handlers.collection import collector
from handlers.desk import holding
from storage.dunning import holds
from tests.world import an_installation, flagged

if TYPE_CHECKING:
    from tests.world import World

FAIR = Collector(id="fair", name="Fair Collect", statement_of_work="SOW-1", rates=(Rate(Decimal(20)),))


@pytest.fixture
def placed(world: World) -> World:
    """A clinic whose collector has Ada's bill."""
    world.installation = an_installation(collectors=(FAIR,))
    world.customer(address="1 Elm Street", postal_code="97201", city="Portland", email="ada@example.org")
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    world.deliver()
    with world.database.write() as session:
        flagged(session, "B1", 60000, world.now)
    world.later(hours=1)
    with world.database.write() as session:
        collector.approve(world.context(session), "B1", "kim", "")
    return world


@pytest.mark.parametrize("kind", HoldKind)
def test_a_hold_asks_for_a_placed_bill_back_where_its_kind_says_so(placed: World, kind: HoldKind) -> None:
    """The desk reads why, in the words of the table; of any other kind a collector learns nothing."""
    with placed.database.write() as session:
        ada = holding.of_customer(session, "ada")
        holding.place(placed.context(session), ada, kind, "a call", None, "kim")
    asked = [case.reason for case in placed.queue() if case.kind == "recall"]
    words = f"{kind.traits.calls_back}, and a collector has it: kvitt placements recall B1-P1"
    assert asked == ([words] if kind.traits.calls_back else [])


def test_a_reason_of_a_recall_is_a_kind_of_hold_or_passes_by_itself() -> None:
    """Reps give them by name, in commands that stay as they are."""
    names = ["payment", "dispute", "hardship", "legal", "deceased", "minor", "agreement", "error"]
    assert [name for name in RECALL_REASONS if name in names] == names
    assert all(name == reason.value for name, reason in RECALL_REASONS.items())


@pytest.mark.parametrize("name", RECALL_REASONS)
def test_a_recalled_bill_rests_under_the_hold_of_the_reason(placed: World, name: str) -> None:
    """A reason that passes rests the bill for some days; any other until a person lifts its hold."""
    reason = RECALL_REASONS[name]
    with placed.database.write() as session:
        collector.recall(placed.context(session), "B1-P1", "kim", reason, "")
        (hold,) = holds.active_holds(session, ["ada"], placed.now)["ada"]
    passing = isinstance(reason, PassingReason)
    assert hold.kind is (HoldKind.MANUAL if passing else reason)
    assert (hold.until is not None) is passing
