"""What an invariant is: a number, a name, a sentence, and a check of the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.simulate.evidence import Evidence

Check = Callable[[Evidence], Iterator[str]]
"""A check goes through every case and yields an empty text if it is fine, else a sentence about its fault.

A case is something that could have violated the invariant. If none came up the check yields nothing, so that
an invariant that was never put to the test is not reported as kept.
"""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One invariant, by its number in docs/proof.md."""

    number: int
    name: str
    says: str
    check: Check


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check: the number of cases, and a sentence for each violation."""

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
