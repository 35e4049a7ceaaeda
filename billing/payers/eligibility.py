"""Eligibility: answers about a coverage, their source, and when they become stale."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from billing.payers.coverage import Covered


REGISTER: Final = "register"
"""The source of an answer that nobody but our own register gave."""


class EligibilityResult(StrEnum):
    """Result of an eligibility check."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    """The payer does not know the member, or did not say."""
    FAILED = "failed"
    """Nobody answered, or what came could not be read: nothing is known that was not known before."""


@dataclass(frozen=True, slots=True)
class Found:
    """An eligibility answer. ``detail`` has what else was said, such as a deductible's rest (minor units)."""

    result: EligibilityResult
    source: str
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CoverageQuestion:
    """What a payer is asked: does this coverage of this member hold on this day?"""

    covered: Covered
    payer_id: str
    payer_name: str
    name: str
    """The member's."""
    birth_date: date | None
    day: date


class Asks(Protocol):
    """A way to ask about eligibility. It never raises: a failure is an answer too (``Result.FAILED``)."""

    def __call__(self, question: CoverageQuestion) -> Found | None:
        """The answer; nothing where it will come later, by a file."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it stands in a file. ``trace`` is what it is called there; the payer repeats it."""

    trace: str
    payer_name: str
    payer_number: str
    member_id: str
    person_id: str
    name: str
    birth_date: date | None
    day: date


@dataclass(frozen=True, slots=True)
class FiledAnswer:
    """An eligibility answer out of a file. ``trace`` is the name of its question that it repeats.

    ``submitted`` is the name of whatever was sent with it, where that is all that comes back. ``source_id``
    is its own name, by which it counts once; ``where`` is its place in the file.
    """

    trace: str
    submitted: str
    source_id: str
    member_id: str
    found: Found
    where: str = ""
    starts_on: date | None = None
    ends_on: date | None = None

    def on(self, day: date) -> Found:
        """What it says of a day: a coverage that is active holds within the period that the payer names."""
        if self.found.result is not EligibilityResult.ACTIVE:
            return self.found
        if self.starts_on and day < self.starts_on:
            return replace(
                self.found, result=EligibilityResult.INACTIVE, reason=f"it begins on {self.starts_on}"
            )
        if self.ends_on and day > self.ends_on:
            return replace(
                self.found, result=EligibilityResult.INACTIVE, reason=f"it ended on {self.ends_on}"
            )
        return self.found


def register_says(question: CoverageQuestion) -> Found:
    """The way that asks nobody: whether our own register was told that the coverage holds on the day."""
    covered, day = question.covered, question.day
    if covered.on(day):
        return Found(EligibilityResult.ACTIVE, REGISTER)
    when = "has ended" if covered.starts_on <= day else "has not begun"
    return Found(EligibilityResult.INACTIVE, REGISTER, f"by the register it {when} on {day.isoformat()}")


def stale(checked_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether an answer about eligibility is too old to be believed, or there is none."""
    return checked_at is None or now - checked_at > timedelta(days=days)
