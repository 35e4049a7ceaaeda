"""Small simulated worlds for tests: chosen people, chosen faults, judged at the end."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from bot.simulate.carriers import Faults
from bot.simulate.chance import Luck, by_seed
from bot.simulate.doors import Doors
from bot.simulate.houses import house_for
from bot.simulate.invariants import EVERY, find
from bot.simulate.people import Kind
from bot.simulate.places import scene_of
from bot.simulate.population import Population
from bot.simulate.reading_tables import everything
from bot.simulate.simulation import START
from bot.simulate.throwaway import throwaway
from bot.simulate.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bot.simulate.evidence import Evidence
    from bot.simulate.invariants import Finding
    from bot.simulate.people import Person
    from handlers.installation import House
    from storage.database.transaction import Database

NO_FAULTS = Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def people_of(policy: str, kinds: Iterable[Kind], days: int, seed: int = 1) -> dict[str, Person]:
    """One person of each kind, each with bills that come up soon, no children, no shared phones."""
    chance, scene = by_seed("rig", seed), scene_of(policy)
    population = Population(scene, chance, START.date(), days)
    found: dict[str, Person] = {}
    for number, kind in enumerate(kinds, 1):
        person = population.of_kind(number, kind)
        found[person.id] = person
    return found


def play(
    policy: str = "us",
    kinds: Iterable[Kind] = (Kind.IGNORES,),
    days: int = 75,
    *,
    database: Database | None = None,
    house: House | None = None,
    judged_by: House | None = None,
    doors: Doors | None = None,
    faults: Faults = NO_FAULTS,
    seed: int = 1,
    change: Callable[[dict[str, Person]], None] = lambda _: None,
) -> Evidence:
    """Play a small world to its end; ``house`` is the one at work, judged by the sound one of the policy.

    ``judged_by`` is another sound house, which is at work where ``house`` names none.
    """
    people = people_of(policy, kinds, days, seed)
    change(people)
    sound = judged_by or _house(policy)
    with _given(database) as at_work:
        world = World(
            at_work,
            house or sound,
            people,
            Luck("play", seed),
            START,
            days,
            currency=scene_of(policy).currency,
            faults=faults,
            doors=doors or Doors(),
            judged_by=sound,
        )
        seen = world.run()
        seen.tables = everything(at_work)
    return seen


def judged(number: int, seen: Evidence) -> Finding:
    """What one judge finds."""
    return find(next(one for one in EVERY if one.number == number), seen)


def broken(seen: Evidence) -> dict[int, tuple[str, ...]]:
    """Every invariant that does not hold, with what is wrong."""
    findings = (find(one, seen) for one in EVERY)
    return {one.number: one.violations for one in findings if one.violations}


def sound_house(policy: str) -> House:
    """The house of a policy, as it should be."""
    return _house(policy)


def due_soon(people: dict[str, Person]) -> None:
    """Every bill of everybody falls due within the first week."""
    for person in people.values():
        for number, bill in enumerate(person.bills):
            due = START.date() + timedelta(days=1 + number)
            person.bills[number] = bill.due(due)


@cache
def _house(policy: str) -> House:
    return house_for(policy)


@contextmanager
def _given(database: Database | None) -> Iterator[Database]:
    if database is not None:
        yield database
        return
    with throwaway() as fresh:
        yield fresh
