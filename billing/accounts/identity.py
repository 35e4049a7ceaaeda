"""Who may be taken for a customer at a contact point: the one rule that every entrance asks.

An entrance is any place where somebody could learn something about a customer: the chat, the second question,
a bill's page, a deep link, a payment link, enrolment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

QUIET: Final = timedelta(days=90)
"""After so long without a wrong answer (and without a lock) earlier ones are forgotten: our choice."""
SITTING: Final = timedelta(hours=1)
"""A right answer takes back the wrong ones given at the same contact point within so long before it."""
LONGEST_LOCK: Final = timedelta(days=365)


class Entrance(StrEnum):
    """Where somebody wants to be taken for a customer, or to learn something of theirs."""

    CHAT = "chat"
    """The identity question, and whatever an identified chat goes on to hear."""
    SECOND_ANSWER = "second_answer"
    PAGE = "page"
    """A bill's page: whoever holds the link answers the questions there."""
    DEEP_LINK = "deep_link"
    """A link or a shared number that connects a chat to a customer."""
    PAYMENT = "payment"
    """The checkout page, which names an amount."""
    ENROLMENT = "enrolment"
    """Somebody new registers, who would be reached there beside others."""
    NEW_NUMBER = "new_number"
    """A number where others are reached says that it is somebody's as well."""

    @property
    def anybody(self) -> bool:
        """Whether whoever holds a link stands there, also where the contact point itself is verified."""
        return self is Entrance.PAGE


class IdentityDecision(StrEnum):
    """What an entrance does."""

    OPEN = "open"
    """The question may be asked, and an answer is compared."""
    PERSON_FIRST = "person_first"
    """Somebody who said not to be the customer wrote there: a person looks before anything else."""
    CLOSED = "closed"
    """This customer is not spoken with there: unlinked, dead, a minor, or without a birth date."""
    LOCKED = "locked"
    """Too many wrong answers: none is compared until the lock is over."""


class IdentityRules(Protocol):
    """What the rule needs of a policy's ``[identity]``."""

    @property
    def tries(self) -> int:
        """Wrong answers before the first lock."""

    @property
    def lock_hours(self) -> int:
        """Hours of the first lock."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """One wrong answer (UTC), and since when a person has looked at the lock it led to."""

    at: datetime
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What wrong answers add up to: how many count, how many locks they made, until when the last one is."""

    wrong: int = 0
    """Since the last quiet time, those that made locks included."""
    locks: int = 0
    locked_until: datetime | None = None
    left: int = 0
    """Wrong answers until the next lock."""

    def locked(self, now: datetime) -> bool:
        """Whether no answer is compared now (UTC)."""
        return self.locked_until is not None and now < self.locked_until


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """What is known of a contact point where somebody may be taken for one customer."""

    linked: bool
    """The customer is reached there."""
    verified: bool
    """And has identified there before."""
    not_the_customer: bool
    """Somebody said there not to be the customer, and no person has looked since."""
    whose_unclear: bool = False
    """A text there left open whose bill is talked about: the chat asks that before the birth date."""
    alive: bool = True
    """Neither the register nor the desk says that the customer has died."""
    said_dead: bool = False
    """Somebody said so by text, and no person has looked since."""
    of_age: bool = True
    """The customer is an adult with a birth date on file."""
    own: tuple[WrongAnswer, ...] = ()
    """Wrong answers about this customer at this contact point, while it was verified."""
    shared: tuple[WrongAnswer, ...] = ()
    """Wrong answers about this customer at all unverified contact points and on pages."""


def budget(rules: IdentityRules, answers: Iterable[WrongAnswer]) -> Budget:
    """Add up wrong answers: ``rules.tries`` of them lock, after that each one does, twice as long each time.

    Five a day for ever would reach any birth date of a known year within two months.
    """
    wrong = locks = since_lock = 0
    until: datetime | None = None
    last: datetime | None = None
    for answer in sorted(answers, key=lambda one: one.at):
        if last is not None and answer.at - max(last, until or last) > QUIET:
            wrong = locks = since_lock = 0
            until = None
        wrong, since_lock, last = wrong + 1, since_lock + 1, answer.at
        if since_lock >= _allowed(rules, locks):
            locks, since_lock = locks + 1, 0
            until = answer.at + _length(rules, locks)
            if answer.looked_at is not None:
                until = min(until, answer.looked_at)
    return Budget(wrong, locks, until, _allowed(rules, locks) - since_lock)


def decide(rules: IdentityRules, claim: IdentityClaim, entrance: Entrance, now: datetime) -> IdentityDecision:
    """Whether somebody at an entrance may be taken for one customer now (UTC)."""
    if claim.not_the_customer:
        return IdentityDecision.PERSON_FIRST
    # Only the chat can ask whose bill it is; a page behind a link in that chat could not tell who reads it.
    if claim.whose_unclear and entrance.anybody:
        return IdentityDecision.PERSON_FIRST
    # A chat that identified before is not closed by what somebody else says elsewhere; a death that is
    # registered closes everything.
    dead = not claim.alive or (claim.said_dead and (entrance.anybody or not claim.verified))
    # Before a deep link is followed its chat is nobody's, and afterwards it has to identify like any other.
    unfit = entrance is not Entrance.DEEP_LINK and not (claim.linked and claim.of_age)
    if dead or unfit:
        return IdentityDecision.CLOSED
    counted: list[Sequence[WrongAnswer]] = []
    if claim.verified:
        counted.append(claim.own)
    if entrance.anybody or not claim.verified:
        counted.append(claim.shared)
    locked = any(budget(rules, answers).locked(now) for answers in counted)
    return IdentityDecision.LOCKED if locked else IdentityDecision.OPEN


def _allowed(rules: IdentityRules, locks: int) -> int:
    return 1 if locks else rules.tries


def _length(rules: IdentityRules, locks: int) -> timedelta:
    doublings = min(locks - 1, 20)
    hours: int = rules.lock_hours * 2**doublings
    return min(timedelta(hours=hours), LONGEST_LOCK)
