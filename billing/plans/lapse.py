"""A plan or promise that ended because the money had not come."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from billing.values import value

if TYPE_CHECKING:
    from datetime import datetime

    from billing.plans.promises import Promise


class LapseKind(StrEnum):
    """What lapsed."""

    PLAN = "plan"
    PROMISE = "promise"


@value(frozen=True, slots=True)
class Lapse:
    """A broken plan or promise that no later agreement has replaced; ``ended_at`` is UTC."""

    kind: LapseKind
    id: int
    ended_at: datetime
    bill_ids: tuple[str, ...] = ()
    """The bills of the plan; empty for a promise, which is about whatever is owed."""
    promise: Promise | None = None
    """What was promised; empty for a plan."""

    def made_good(self, to_pay: int) -> bool:
        """Whether what was promised has come after all; ``to_pay`` is owed now, in minor units."""
        return self.promise is not None and self.promise.kept(to_pay)


def later(*found: Lapse | None) -> Lapse | None:
    """The one that ended last; ``None`` if there is none."""
    return max((one for one in found if one), key=lambda one: one.ended_at, default=None)
