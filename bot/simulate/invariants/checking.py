"""What an invariant is: a number, a name, a sentence, and a check of the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.simulate.evidence import Evidence

Check = Callable[[Evidence], Iterator[str]]
"""Looks at every case there is: an empty text where it held, else a sentence about what did not.

A case is something that could have broken the promise: where nothing of the kind came up the check says
nothing, so that a promise which nothing tried is not taken for one that was kept.
"""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One of COMPLIANCE.md section 5, by its number there."""

    number: int
    name: str
    says: str
    check: Check


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: how many cases were looked at, and what was wrong with which."""

    number: int
    name: str
    cases: int
    violations: tuple[str, ...]


def invariant(number: int, says: str) -> Callable[[Check], Invariant]:
    """Make an invariant of a function; the function's name is the invariant's."""

    def named(check: Check) -> Invariant:
        return Invariant(number, check.__name__.replace("_", " "), says, check)

    return named


def check_one(one: Invariant, seen: Evidence) -> CheckResult:
    """Run one check over all the evidence."""
    verdicts = list(one.check(seen))
    return CheckResult(one.number, one.name, len(verdicts), tuple(verdict for verdict in verdicts if verdict))
