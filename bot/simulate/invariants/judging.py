"""What an invariant is: a number, a name, a sentence, and a judge who looks at the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.simulate.evidence import Evidence

Judge = Callable[[Evidence], Iterator[str]]
"""Looks at every case there is: an empty text where it held, else a sentence about what did not.

A case is something that could have broken the promise: where nothing of the kind came up the judge says
nothing, so that a promise which nothing tried is not taken for one that was kept.
"""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One of COMPLIANCE.md section 5, by its number there."""

    number: int
    name: str
    says: str
    judge: Judge


@dataclass(frozen=True, slots=True)
class Finding:
    """What a judge found: how many cases were looked at, and what was wrong with which."""

    number: int
    name: str
    cases: int
    violations: tuple[str, ...]


def invariant(number: int, says: str) -> Callable[[Judge], Invariant]:
    """Make a judge of a function; the function's name is the invariant's."""

    def named(judge: Judge) -> Invariant:
        return Invariant(number, judge.__name__.replace("_", " "), says, judge)

    return named


def find(one: Invariant, seen: Evidence) -> Finding:
    """Let one judge look at everything."""
    verdicts = list(one.judge(seen))
    return Finding(one.number, one.name, len(verdicts), tuple(verdict for verdict in verdicts if verdict))
