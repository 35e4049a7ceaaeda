"""Whole small simulations: sound, the same whatever the processes, on PostgreSQL too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.simulate import simulation
from bot.simulate.carriers import Faults
from bot.simulate.people import Kind
from bot.simulate.simulation import Simulation
from storage.transaction import Database
from tests.simulate.rig import broken, due_soon, play

if TYPE_CHECKING:
    from tests.conftest import Databases

pytestmark = pytest.mark.slow

SOME = [
    Kind.PAYS_WHEN_REMINDED,
    Kind.IGNORES,
    Kind.KEEPS_PLANS,
    Kind.BREAKS_PROMISES,
    Kind.STOPS_AND_STARTS,
    Kind.DISPUTES,
    Kind.CHOOSES_HOURS,
    Kind.CARD,
    Kind.BOUNCES,
    Kind.DIES,
]


@pytest.mark.parametrize("policy", ["generic", "se", "us+nyc", "us+ca_hospital"])
def test_a_sound_house_breaks_no_promise(policy: str) -> None:
    """Under every kind of policy the judges find nothing, carriers and people being as they are."""
    seen = play(policy, SOME, 70, change=due_soon, faults=Faults())

    assert broken(seen) == {}
    assert seen.outs


def test_a_sound_house_breaks_no_promise_on_postgresql(postgres_databases: Databases) -> None:
    """The same on PostgreSQL, to the last message."""
    database = Database(postgres_databases())
    there = play("us", SOME[:6], 45, database=database, change=due_soon, faults=Faults())
    here = play("us", SOME[:6], 45, change=due_soon, faults=Faults())
    database.close()

    assert broken(there) == {}
    assert [(one.at, one.address, one.text) for one in here.sent] == [
        (one.at, one.address, one.text) for one in there.sent
    ]


def test_the_seed_decides_whatever_the_processes() -> None:
    """One process or two: the same people do the same, and it comes to the same."""
    count = simulation.PART + 5
    alone = simulation.simulate("generic", count, 8, 5, processes=1)
    together = simulation.simulate("generic", count, 8, 5, processes=2)
    other = simulation.simulate("generic", 10, 8, 6, processes=1)

    assert alone.as_json() == together.as_json()
    assert alone.outcomes.as_json() != other.outcomes.as_json()


def test_a_broken_promise_fails_the_simulation() -> None:
    """One violation is enough."""
    found = simulation.simulate("us", 2, 5, 1, processes=1)
    spoiled = Simulation("us", "1", 2, 5, 1, found.outcomes)
    spoiled.violated[14] += 1

    assert spoiled.failed
    assert next(one for one in spoiled.as_json()["invariants"] if one["number"] == 14)["violations"] == 1
