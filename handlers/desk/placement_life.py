"""The life of a placement on one page: who did what, why, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billing.picture import PlacementState
from handlers.desk.collector import NoSuchPlacement
from storage import collector_files, ledger, placements, remittances, staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.placements import Placement
    from storage.remittances import Remittance
    from storage.staff import Deed

_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A placement with what is owed on its bill now, in minor units, and what the desk should do."""

    placement: Placement
    owed: int
    handed_over_in: int | None
    untold: int
    """How many events its collector has not been told of."""

    @property
    def next_step(self) -> str:
        """What it waits for, in a word or two."""
        state = self.placement.state
        if self.untold:
            return "report"
        if state.undecided:
            return "approve or return"
        if state.with_collector and self.owed <= 0:
            return "close as paid"
        if state is PlacementState.PLACED:
            return "acknowledge" if self.handed_over_in else "export"
        return ""


@dataclass(frozen=True, slots=True)
class Life:
    """Everything about one placement."""

    line: Line
    deeds: list[Deed]
    remittances: list[Remittance]
    told: list[dict[str, Any]]
    """What its collector was told, event by event."""


def lines(session: Session, *, everything: bool) -> list[Line]:
    """The placements that wait or are with a collector; or all there ever were."""
    states = [state for state in PlacementState if everything or state.undecided or state.with_collector]
    found = placements.every(session, states)
    handed = collector_files.handed_over(session, [one.id for one in found])
    untold = [one.placement_id for one in collector_files.untold_entries(session)]
    return [Line(one, owed(session, one), handed.get(one.id), untold.count(one.id)) for one in found]


def life(session: Session, key: str) -> Life:
    """One placement from its flag to its end.

    Raises:
        NoSuchPlacement: there is none with this key.
    """
    kept = placements.with_key(session, key)
    if kept is None:
        raise NoSuchPlacement(key)
    untold = [one for one in collector_files.untold_entries(session) if one.placement_id == kept.id]
    handed = collector_files.handed_over(session, [kept.id]).get(kept.id)
    return Life(
        line=Line(kept, owed(session, kept), handed, len(untold)),
        deeds=staff.trail(session, kept.subject, _LONGEST),
        remittances=remittances.of_placement(session, kept.id),
        told=collector_files.reported(session, kept.id),
    )


def owed(session: Session, one: Placement) -> int:
    """What is left to pay on the bill, in minor units."""
    return sum(entry.amount.minor for entry in ledger.of_bill(session, one.bill_id))
