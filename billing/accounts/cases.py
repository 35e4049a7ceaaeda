"""Cases at the desk: what is at stake, what comes first, and by when it is answered.

What is at stake never changes with time. That a case is late is worked out from its deadline, and stored
nowhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.accounts.opening_hours import after_open_hours

if TYPE_CHECKING:
    from billing.accounts.creditor import Creditor

GRAVEST = 1
"""A person may be in danger: never snoozed, answered before everything else, at any hour."""
WAITS = 2
_SOONER = 4


class Urgency(IntEnum):
    """The groups of the queue, the first one first."""

    DANGER = 0
    WAITING = 1
    """A person waits for an answer."""
    GRAVE = 2
    REST = 3


_GRAVE: Final = {
    HoldKind.DECEASED.value: 0,
    HoldKind.LEGAL.value: 1,
    HoldKind.BANKRUPTCY.value: 1,
    HoldKind.MORATORIUM.value: 1,
    HoldKind.MINOR.value: 2,
    **{kind.traits.register.excluded_as: 2 for kind in (HoldKind.MINOR,) if kind.traits.register},
    HoldKind.HARDSHIP.value: 3,
    HoldKind.DISPUTE.value: 4,
    HoldKind.GFE_DISPUTE.value: 4,
}
"""Kinds of cases about something grave, in their order: death, law, minor, hardship, dispute."""

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def urgency(kind: str, severity: int, unanswered_since: datetime | None) -> Urgency:
    """The group of the queue that a case belongs to."""
    if severity <= GRAVEST:
        return Urgency.DANGER
    if unanswered_since is not None:
        return Urgency.WAITING
    return Urgency.GRAVE if kind in _GRAVE else Urgency.REST


def place_in_queue(
    kind: str, severity: int, unanswered_since: datetime | None, deadline: datetime
) -> tuple[Urgency, int, datetime, datetime]:
    """The sort key of a case: its group, how grave, who waits longest, then the deadline. Moments are UTC."""
    group = urgency(kind, severity, unanswered_since)
    grave = _GRAVE[kind] if group is Urgency.GRAVE else 0
    waits = unanswered_since if unanswered_since and group is Urgency.WAITING else _LONG_AGO
    return group, grave, waits, deadline


PLACES_APART = 100
"""What separates the groups of the queue in the number of a case's place."""


def grave_rank(kind: str) -> int | None:
    """How grave what a case is about is, 0 for the gravest; None for what is not grave."""
    return _GRAVE.get(kind)


def place_number(severity: int, grave: int | None, *, waits: bool) -> int:
    """The group of a case as a number that can be stored and sorted by: see :func:`place_in_queue`."""
    if severity <= GRAVEST:
        return Urgency.DANGER * PLACES_APART
    if waits:
        return Urgency.WAITING * PLACES_APART
    return (Urgency.REST if grave is None else Urgency.GRAVE) * PLACES_APART + (grave or 0)


def answer_by(
    severity: int, within_hours: int, now: datetime, creditor: Creditor, eves: tuple[str, ...] = ()
) -> datetime:
    """When a case of this severity is to be answered (UTC).

    ``within_hours`` is the policy's ``[talk] person_within_hours``, and counts while the creditor is open.
    Danger has a quarter of that, at least an hour (our choice), and every hour of day and night counts.
    """
    if severity <= GRAVEST:
        return now + timedelta(hours=max(1, within_hours // _SOONER))
    return after_open_hours(within_hours, now, creditor.opening, creditor.zone, creditor.country, eves)
