"""Deadlines of cases, and their escalation when overdue."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

GRAVEST = 1
"""A person may be in danger: never snoozed, answered before everything else."""
_SOONER = 4


def answer_by(severity: int, within_hours: int, now: datetime) -> datetime:
    """When a case of this severity is to be answered (UTC).

    ``within_hours`` is the policy's ``[talk] person_within_hours``; the gravest have a quarter of that, at
    least an hour (our choice).
    """
    hours = max(1, within_hours // _SOONER) if severity <= GRAVEST else within_hours
    return now + timedelta(hours=hours)


def climbed(severity: int) -> int:
    """The severity of a case whose deadline went by unanswered: one step graver, as far as there is one."""
    return max(GRAVEST, severity - 1)
