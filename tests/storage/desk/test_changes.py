"""The live feed: what changed is named once, in the order of commits, whoever commits late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from storage import tables
from storage.desk import changes, escalations
from storage.desk.changes import UnknownPosition
from storage.desk.escalations import Case

if TYPE_CHECKING:
    from storage.desk.changes import Changes
    from tests.world import World

pytestmark = pytest.mark.both_databases


def _changes(world: World, after: str) -> Changes:
    with world.database.read() as session:
        return changes.changes(session, after)


def test_every_kind_of_change_is_named(world: World) -> None:
    """A text, an answer, a payment, a case: with the customer whose page is out of date."""
    world.customer()
    world.bill()
    here = _changes(world, "0.0").position
    assert not _changes(world, here).any
    world.says("What do I owe?")
    found = _changes(world, here)
    assert len(found.came_in) == 1
    assert len(found.went_out) == 1
    assert found.customers == {"ada"}
    world.pays("B1", 100)
    paid = _changes(world, found.position)
    assert paid.customers == {"ada"}
    assert not paid.came_in
    with world.database.write() as session:
        case = escalations.open_case(session, Case("k", "person", "why", world.now), world.now)
    opened = _changes(world, paid.position)
    assert opened.cases == {case}
    with world.database.write() as session:
        assert case is not None
        escalations.close(session, case, "ada", "done", world.now)
    assert _changes(world, opened.position).cases == {case}
    assert not _changes(world, _changes(world, opened.position).position).any


def test_who_commits_late_is_not_passed_over(world: World) -> None:
    """A change made before another and committed after it is shown by the next look, once."""
    world.customer("ada")
    world.customer("bo", phone="+15035550199")
    here = _changes(world, "0.0").position
    if world.database.engine.dialect.name == "sqlite":
        with world.database.write() as session:
            session.execute(update(tables.Customer).where(tables.Customer.id == "ada").values(name="New"))
            assert not _changes(world, here).any
        assert _changes(world, here).customers == {"ada"}
        return
    with world.database.write() as session:
        session.execute(update(tables.Customer).where(tables.Customer.id == "ada").values(name="New"))
        session.flush()
        with world.database.write() as other:
            other.execute(update(tables.Customer).where(tables.Customer.id == "bo").values(name="Other"))
        between = _changes(world, here)
    after = _changes(world, between.position)
    assert between.customers | after.customers == {"ada", "bo"}
    assert not between.customers & after.customers
    assert not _changes(world, after.position).any


def test_a_flood_is_one_word(world: World) -> None:
    """More changes than a page could fetch: everything may have changed."""
    here = _changes(world, "0.0").position
    with world.database.write() as session:
        cases = [Case(f"c{one}", "copy", "why", world.now, 3) for one in range(changes.MOST + 1)]
        escalations.open_all(session, cases, world.now)
    found = _changes(world, here)
    assert found.everything
    assert not found.cases
    assert not _changes(world, found.position).any


@pytest.mark.parametrize("after", ["", "x", "1", "1.x", "-1.2", "9" * 50 + ".1"])
def test_a_position_that_is_none_is_refused(world: World, after: str) -> None:
    """What a browser gives back is checked before it is asked with."""
    with pytest.raises(UnknownPosition):
        _changes(world, after)
