"""Why nothing may be sent, until when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class HoldKind(StrEnum):
    """The reason of a hold. A stop state is a hold without end that only a person lifts."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    PLAN = "plan"
    HARDSHIP = "hardship"
    ALREADY_PAID = "already_paid"
    LEGAL = "legal"
    DECEASED = "deceased"
    MINOR = "minor"
    WRONG_NUMBER = "wrong_number"
    CRISIS = "crisis"
    CLAIM_OPEN = "claim_open"
    MANUAL = "manual"

    @property
    def is_stop_state(self) -> bool:
        """Whether only a person lifts it."""
        return self in _STOP_STATES


_STOP_STATES = frozenset(
    {HoldKind.LEGAL, HoldKind.DECEASED, HoldKind.MINOR, HoldKind.WRONG_NUMBER, HoldKind.CRISIS}
)


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is demanded while a hold stands; ``until`` (UTC) empty means until a person lifts it.

    A hold covers one bill, or one account, or the whole person, by which of the ids are given.
    """

    kind: HoldKind
    reason: str
    until: datetime | None = None
    account_id: str | None = None
    bill_id: str | None = None
    id: int | None = None

    def covers(self, account_id: str, bill_id: str) -> bool:
        """Whether the hold stands in the way of this bill."""
        return self.account_id in {None, account_id} and self.bill_id in {None, bill_id}

    def stands_at(self, now: datetime) -> bool:
        """Whether the hold has not run out."""
        return self.until is None or now < self.until


def strongest(holds: Iterable[Hold], account_id: str, bill_id: str, now: datetime) -> Hold | None:
    """The hold that keeps a bill longest, if any stands."""
    standing = [hold for hold in holds if hold.covers(account_id, bill_id) and hold.stands_at(now)]
    endless = [hold for hold in standing if hold.until is None]
    if endless:
        return endless[0]
    return max(standing, key=lambda hold: (hold.until, hold.kind), default=None)
