"""Whole small simulations: sound, the same whatever the processes, on PostgreSQL too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.simulate import simulation
from bot.simulate.carriers import Faults
from bot.simulate.evidence import Evidence
from bot.simulate.invariants import EVERY, check_one
from bot.simulate.people import Behaviour
from bot.simulate.simulation import Simulation
from storage.database.transaction import Database
from tests.keys import KEYS
from tests.simulate.mutants import old_bills, young
from tests.simulate.rig import broken, due_soon, play, sound_installation

if TYPE_CHECKING:
    from bot.simulate.invariants import Invariant
    from tests.conftest import Databases

pytestmark = pytest.mark.slow

SOME = [
    Behaviour.PAYS_WHEN_REMINDED,
    Behaviour.IGNORES,
    Behaviour.KEEPS_PLANS,
    Behaviour.BREAKS_PROMISES,
    Behaviour.STOPS_AND_STARTS,
    Behaviour.DISPUTES,
    Behaviour.CHOOSES_HOURS,
    Behaviour.CARD,
    Behaviour.BOUNCES,
    Behaviour.DIES,
]


@pytest.mark.parametrize("policy", ["generic", "se", "us+nyc", "us+ca_hospital"])
def test_a_sound_installation_breaks_no_promise(policy: str) -> None:
    """Under every kind of policy the invariant checks find nothing, carriers and people being as they are."""
    seen = play(policy, SOME, 70, change=due_soon, faults=Faults())

    assert broken(seen) == {}
    assert seen.outs


def test_a_sound_installation_breaks_no_promise_on_postgresql(postgres_databases: Databases) -> None:
    """The same on PostgreSQL, to the last message."""
    database = Database(postgres_databases(), KEYS)
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
    spoilt = next(one for one in spoiled.as_json()["invariants"] if one["number"] == 14)
    assert (spoilt["violations"], spoilt["result"]) == (1, "violated")


@pytest.mark.parametrize("policy", ["generic", "se", "us+ca_hospital", "us+care"])
def test_where_nothing_happens_nothing_is_exercised(policy: str) -> None:
    """No person, no message, no row: no check counts a case, under any kind of policy."""
    installation, end = sound_installation(policy), simulation.START + timedelta(days=365)
    nothing = Evidence(installation.policy, installation.creditor, "USD", simulation.START, end, {})

    assert {one.number: one.cases for one in (check_one(each, nothing) for each in EVERY) if one.cases} == {}


def test_only_what_could_break_a_promise_is_a_case() -> None:
    """One adult who ignores reminders tries the hours, and nothing that takes a stop, a plan or a child."""
    seen = play("us", [Behaviour.IGNORES], 25, change=due_soon)
    cases = {one.number: check_one(one, seen).cases for one in EVERY}

    assert {number for number in (1, 11, 19, 25, 32, 41, 51) if not cases[number]} == set()
    assert {number for number in (2, 6, 9, 12, 13, 17, 33, 34, 38, 40, 47, 48, 54) if cases[number]} == set()


def test_a_child_a_barred_bill_and_an_unsafe_number_are_cases() -> None:
    """What must not be done is exercised by whoever it could be done to, though nothing is done."""
    assert check_one(_numbered(40), play("us", [Behaviour.IGNORES], 5, change=young)).cases == 1
    assert check_one(_numbered(47), play("us", [Behaviour.IGNORES], 5, change=old_bills)).cases >= 1
    assert check_one(_numbered(17), play("us", [Behaviour.UNSAFE], 5, change=due_soon)).cases == 1


def _numbered(number: int) -> Invariant:
    return next(one for one in EVERY if one.number == number)
