"""Retention of texts: erased once they are old and the people concerned have nothing open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LOOK_AGAIN: Final = timedelta(days=30)
"""What something open keeps is looked at again then."""


@dataclass(frozen=True, slots=True)
class RetentionFacts:
    """State of all people whom a text concerns. Times are UTC.

    ``last_at`` is when anything was last booked on their accounts, written to them unsolicited, or closed
    about them: 12 CFR 1006.100 counts its three years from the last collection activity.
    """

    owes: bool = False
    """A bill is not settled, or they are owed something back."""
    held: bool = False
    """An active hold of any kind: a dispute, a lawyer, a court."""
    in_case: bool = False
    """A case is open at the desk."""
    last_at: datetime | None = None

    def together(self, other: RetentionFacts) -> RetentionFacts:
        """How things stand with both."""
        moments = [at for at in (self.last_at, other.last_at) if at]
        return RetentionFacts(
            self.owes or other.owes,
            self.held or other.held,
            self.in_case or other.in_case,
            max(moments, default=None),
        )


@dataclass(frozen=True, slots=True)
class RetentionReason:
    """Why a text is kept for now, and when to look again (UTC)."""

    why: str
    until: datetime


def retention_reason(
    facts: RetentionFacts, said_at: datetime, days: int, now: datetime
) -> RetentionReason | None:
    """Why a text of ``said_at`` is still kept; None if it is to be erased.

    It is kept for ``days`` from when it was said, and from the last that happened with whoever it concerns;
    and as long as they owe, are under a hold, or have a case open (GDPR 5(1)(e), 12 CFR 1006.100).
    """
    for open_, why in ((facts.owes, "owes"), (facts.held, "held"), (facts.in_case, "in_case")):
        if open_:
            return RetentionReason(why, now + LOOK_AGAIN)
    last = max(said_at, facts.last_at or said_at)
    until = last + timedelta(days=days)
    return RetentionReason("recent", until) if until > now else None
