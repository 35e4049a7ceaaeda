"""The history of a placement: who did what, why, with what result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.snapshot import PlacementState
from handlers.collection.collector import NoSuchPlacement
from storage.bills import bills
from storage.collection import collector_files, placements, remittances
from storage.desk import staff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from storage.collection.collector_files import Untold
    from storage.collection.placements import Placement
    from storage.collection.remittances import CollectorRemittance
    from storage.desk.staff import AuditEntry

_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class PlacementLine:
    """A placement with what is owed on its bill now, in minor units, and what the desk should do."""

    placement: Placement
    owed: int
    handed_over_in: int | None
    untold: int
    """Number of events not reported to its collector yet."""

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

    line: PlacementLine
    audit_entries: list[AuditEntry]
    remittances: list[CollectorRemittance]
    collector_lines: list[dict[str, Any]]
    """What was reported to its collector, event by event."""


def lines(session: Session, *, everything: bool) -> list[PlacementLine]:
    """The placements that wait for a decision or are with a collector; or all there ever were."""
    states = [state for state in PlacementState if everything or state.undecided or state.with_collector]
    found = placements.every(session, states)
    return _lines(session, found, collector_files.untold_entries(session))


def life(session: Session, key: str) -> Life:
    """One placement from its flag to its end.

    Raises:
        NoSuchPlacement: no placement has this key.
    """
    kept = placements.with_key(session, key)
    if kept is None:
        raise NoSuchPlacement(key)
    bill = bills.find(session, kept.bill_id)
    assert bill is not None
    untold = collector_files.untold_entries_of(session, [bill.account_id])
    return Life(
        line=_lines(session, [kept], untold)[0],
        audit_entries=staff.trail(session, kept.subject, _LONGEST),
        remittances=remittances.of_placement(session, kept.id),
        collector_lines=collector_files.reported(session, kept.id),
    )


def _lines(session: Session, found: Sequence[Placement], untold: Iterable[Untold]) -> list[PlacementLine]:
    handed = collector_files.handed_over(session, [one.id for one in found])
    owed = placements.owed(session, {one.bill_id for one in found})
    events = Counter(one.placement_id for one in untold)
    return [PlacementLine(one, owed.get(one.bill_id, 0), handed.get(one.id), events[one.id]) for one in found]
