"""A whole simulation: its people in parts, each with a database of its own, over several processes."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from bot.simulate import outcomes
from bot.simulate.chance import Luck, by_seed
from bot.simulate.installations import installation_for
from bot.simulate.invariants import EVERY, NOT_CHECKED, check_one
from bot.simulate.outcomes import Outcomes
from bot.simulate.places import setting_of
from bot.simulate.population import Population
from bot.simulate.reading_tables import everything
from bot.simulate.throwaway import throwaway
from bot.simulate.world import World
from handlers import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.simulate.invariants import CheckResult

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday; the year after it holds both changes of the clock, Easter, Midsummer and Christmas."""
PART: Final = 50
"""So many people share a database: the same whatever the number of processes."""
MOST_SHOWN: Final = 20
"""The most violations of one invariant that are described; all are counted."""


class Result(StrEnum):
    """The result of a simulation for one invariant."""

    OK = "ok"
    VIOLATED = "violated"
    NOT_EXERCISED = "not_exercised"
    """No case came up that could have violated it, so nothing is known about it."""
    NOT_CHECKED = "not_checked"

    @property
    def words(self) -> str:
        """The same for people."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Cohort:
    """Some of the people of a simulation."""

    policy: str
    people_of: str
    """Whose people they are: two policies are compared on the same."""
    count: int
    days: int
    seed: int
    number: int


@dataclass(frozen=True, slots=True)
class CheckedCohort:
    """One part of a simulation, played to its end and checked."""

    number: int
    version: str
    outcomes: Outcomes
    findings: tuple[CheckResult, ...]
    refused: Counter[str]


@dataclass(slots=True)
class Simulation:
    """The results of a simulation under one policy."""

    policy: str
    version: str
    customers: int
    days: int
    seed: int
    outcomes: Outcomes
    cases: Counter[int] = field(default_factory=Counter)
    violations: dict[int, list[str]] = field(default_factory=dict)
    violated: Counter[int] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        """Whether any invariant was broken."""
        return bool(self.violated.total())

    def result(self, number: int) -> Result:
        """The result of an invariant that is checked."""
        if self.violated[number]:
            return Result.VIOLATED
        return Result.OK if self.cases[number] else Result.NOT_EXERCISED

    @property
    def not_exercised(self) -> list[int]:
        """The numbers of the invariants that met no case."""
        return [one.number for one in EVERY if self.result(one.number) is Result.NOT_EXERCISED]

    def as_json(self) -> dict[str, Any]:
        """One object, for a program to read."""
        return {
            "policy": self.policy,
            "version": self.version,
            "customers": self.customers,
            "days": self.days,
            "seed": self.seed,
            "outcomes": self.outcomes.as_json(),
            "invariants": [
                {
                    "number": one.number,
                    "name": one.name,
                    "says": one.says,
                    "checked": True,
                    "cases": self.cases[one.number],
                    "violations": self.violated[one.number],
                    "result": self.result(one.number).value,
                }
                for one in EVERY
            ]
            + [
                {"number": number, "checked": False, "why": why, "result": Result.NOT_CHECKED.value}
                for number, why in sorted(NOT_CHECKED.items())
            ],
            "violations": [
                {"number": number, "what": what}
                for number, sentences in sorted(self.violations.items())
                for what in sentences
            ],
        }


def simulate(
    policy: str,
    customers: int,
    days: int,
    seed: int,
    *,
    people_of: str = "",
    processes: int | None = None,
    show: Callable[[int, int], None] = lambda _done, _total: None,
) -> Simulation:
    """Play so many days with so many customers; the seed decides everything.

    Raises:
        BadPolicy: the policy cannot be used.
    """
    installation_for(policy)  # refused here, before anything is started
    parts = [
        Cohort(policy, people_of or policy, min(PART, customers - first), days, seed, number)
        for number, first in enumerate(range(0, customers, PART))
    ]
    checked = []
    for one in _played(parts, processes or os.cpu_count() or 1):
        checked.append(one)
        show(sum(parts[done.number].count for done in checked), customers)
    return _together(policy, customers, days, seed, sorted(checked, key=lambda one: one.number))


def play(part: Cohort) -> CheckedCohort:
    """Play one part of a simulation to its end, and run every invariant check on it."""
    setting, chance = setting_of(part.people_of), by_seed(part.seed, part.number)
    people = Population(setting, chance, START.date(), part.days).draw(part.count)
    installation = installation_for(part.policy, setting)
    with throwaway() as database:
        luck = Luck(part.seed, part.number)
        world = World(database, installation, people, luck, START, part.days, currency=setting.currency)
        if part.number == 0:
            world.roll_call()
        seen = world.run()
        seen.tables = everything(database)
    findings = tuple(check_one(one, seen) for one in EVERY)
    return CheckedCohort(part.number, installation.policy.version, outcomes.of(seen), findings, world.refused)


def _played(parts: list[Cohort], processes: int) -> Iterable[CheckedCohort]:
    if processes == 1 or len(parts) == 1:
        yield from map(play, parts)
        return
    spawn = multiprocessing.get_context("spawn")
    many = min(processes, len(parts))
    with ProcessPoolExecutor(many, mp_context=spawn, initializer=logs.to_stderr) as pool:
        for done in as_completed([pool.submit(play, part) for part in parts]):
            yield done.result()


def _together(policy: str, customers: int, days: int, seed: int, checked: list[CheckedCohort]) -> Simulation:
    found = Simulation(
        policy, checked[0].version, customers, days, seed, Outcomes(checked[0].outcomes.currency)
    )
    for part in checked:
        found.outcomes.add(part.outcomes)
        found.refused += part.refused
        for one in part.findings:
            found.cases[one.number] += one.cases
            found.violated[one.number] += len(one.violations)
            sentences = found.violations.setdefault(one.number, [])
            sentences += [f"part {part.number}: {what}" for what in one.violations][
                : MOST_SHOWN - len(sentences)
            ]
    return found
