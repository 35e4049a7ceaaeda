"""A person lets a run's messages leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.refusals import Refusal
from storage import outbox, runs, staff
from storage.staff import Deed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.runs import Run

SHOWN = 20


class NoSuchRun(Refusal):
    """A run is named that never was."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"no run {run_id}: see kvitt runs list")


def latest(session: Session) -> list[Run]:
    """The last runs, the newest first."""
    return runs.latest(session, SHOWN)


def approve(session: Session, run_id: int, by: str, now: datetime) -> int:
    """Let everything a run queued leave; how many messages that is.

    Raises:
        NoSuchRun: there is no run with this number.
    """
    if runs.find(session, run_id) is None:
        raise NoSuchRun(run_id)
    count = outbox.approve_run(session, run_id, by, now)
    runs.approve(session, run_id, by, now)
    staff.write_down(session, Deed(now, by, "run_approved", f"run:{run_id}", {"messages": count}))
    return count
