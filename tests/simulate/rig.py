"""Small simulated worlds for tests: chosen people and faults, checked at the end."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from bot.simulate.carriers import Faults
from bot.simulate.chance import Luck, by_seed
from bot.simulate.entry_points import EntryPoints
from bot.simulate.installations import installation_for
from bot.simulate.invariants import EVERY, check_one
from bot.simulate.people import Behaviour
from bot.simulate.places import setting_of
from bot.simulate.population import Population
from bot.simulate.reading_tables import everything
from bot.simulate.simulation import START
from bot.simulate.throwaway import throwaway
from bot.simulate.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.simulate.evidence import Evidence
    from bot.simulate.invariants import CheckResult
    from bot.simulate.people import SimulatedPerson
    from handlers.installation import Installation
    from storage.database.transaction import Database

NO_FAULTS = Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def people_of(
    policy: str, kinds: Iterable[Behaviour], days: int, seed: int = 1
) -> dict[str, SimulatedPerson]:
    """One person of each kind, each with bills due soon; no children, no shared phones."""
    chance, setting = by_seed("rig", seed), setting_of(policy)
    population = Population(setting, chance, START.date(), days)
    found: dict[str, SimulatedPerson] = {}
    for number, kind in enumerate(kinds, 1):
        person = population.of_kind(number, kind)
        found[person.id] = person
    return found


def play(
    policy: str = "us",
    kinds: Iterable[Behaviour] = (Behaviour.IGNORES,),
    days: int = 75,
    *,
    database: Database | None = None,
    installation: Installation | None = None,
    checked_by: Installation | None = None,
    entry_points: EntryPoints | None = None,
    faults: Faults = NO_FAULTS,
    seed: int = 1,
    change: Callable[[dict[str, SimulatedPerson]], None] = lambda _: None,
) -> Evidence:
    """Simulate a small world to its end; ``installation`` is the one in use, checked against the sound one.

    ``checked_by`` is another sound installation; it is in use where ``installation`` is not given.
    """
    people = people_of(policy, kinds, days, seed)
    change(people)
    sound = checked_by or _installation(policy)
    with _given(database) as at_work:
        world = World(
            at_work,
            installation or sound,
            people,
            Luck("play", seed),
            START,
            days,
            currency=setting_of(policy).currency,
            faults=faults,
            entry_points=entry_points or EntryPoints(),
            checked_by=sound,
        )
        seen = world.run()
        seen.tables = everything(at_work)
    return seen


def check_all(number: int, seen: Evidence) -> CheckResult:
    """The result of one check."""
    return check_one(next(one for one in EVERY if one.number == number), seen)


def broken(seen: Evidence) -> dict[int, tuple[str, ...]]:
    """Every invariant that is broken, with the violations."""
    findings = (check_one(one, seen) for one in EVERY)
    return {one.number: one.violations for one in findings if one.violations}


def sound_installation(policy: str) -> Installation:
    """The installation of a policy without faults."""
    return _installation(policy)


def due_soon(people: dict[str, SimulatedPerson]) -> None:
    """Make every bill fall due within the first week."""
    for person in people.values():
        for number, bill in enumerate(person.bills):
            due = START.date() + timedelta(days=1 + number)
            person.bills[number] = bill.due(due)


@cache
def _installation(policy: str) -> Installation:
    return installation_for(policy)


@contextmanager
def _given(database: Database | None) -> Iterator[Database]:
    if database is not None:
        yield database
        return
    with throwaway() as fresh:
        yield fresh
