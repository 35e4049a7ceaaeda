"""Customers who owe something: whom nobody can write to and why, and who cannot show who they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.accounts.snapshot import Reach
from billing.dunning.blockers import to_reaching
from handlers import snapshot
from storage.ledger import accounts

if TYPE_CHECKING:
    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context

BATCH = 200


@dataclass(slots=True)
class Unheard:
    """How many people owe something, and how many of them have no way to hear of it, by what is missing."""

    owing: int = 0
    without_birth_date: int = 0
    """How many have no birth date: they cannot show who they are, and are told nothing of their bills."""
    by_reason: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many have no way."""
        return sum(self.by_reason.values())


def count(context: Context) -> Unheard:
    """Count them by the channels that are set up and by which the policy reminds."""
    found = Unheard()
    named = [channel for level in context.policy.levels for channel in level.channels]
    ways = [channel for channel in dict.fromkeys(named) if channel in context.installation.available]
    for people in accounts.people(context.session, BATCH):
        for person in snapshot.load(context, people):
            if person.to_pay <= 0:
                continue
            found.owing += 1
            found.without_birth_date += person.birth_date is None
            if why := _missing(person, ways):
                found.by_reason[why] = found.by_reason.get(why, 0) + 1
    return found


def _missing(person: PersonSnapshot, ways: list[Channel]) -> str:
    """What is missing for a first message to a person; empty if nothing is."""
    reached = to_reaching(person, ways, frozenset(), frozenset(ways))
    if isinstance(reached, Reach):
        return ""
    if person.stopped:
        return "opted out"
    there = [reach for reach in person.reaches if reach.channel in ways]
    if not there:
        return "no number" if any(way.by_phone for way in ways) else "no address"
    return _closed(there)


def _closed(there: list[Reach]) -> str:
    """Why none of the contact points there are may be used; what is nearest to be put right."""
    if not all(reach.consented for reach in there):
        return "no consent"
    if any(reach.stopped for reach in there):
        return "opted out"
    return "another person answers" if any(reach.not_the_customer for reach in there) else "number fails"
