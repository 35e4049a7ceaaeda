"""A person lets a run's messages leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.rights import DeskRefusal
from storage.delivery import outbox
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.dunning import runs

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.dunning.runs import DunningRun

SHOWN = 20


class NoSuchDunningRun(DeskRefusal):
    """A run is named that never was."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"no run {run_id}: see kvitt runs list")


class ApprovedAlready(DeskRefusal):
    """Somebody was quicker: the run is approved."""

    def __init__(self, run: DunningRun) -> None:
        at = f" on {run.approved_at:%Y-%m-%d %H:%MZ}" if run.approved_at else ""
        super().__init__(f"run {run.id} was approved by {run.approved_by}{at}")


def latest(session: Session) -> list[DunningRun]:
    """The last runs, the newest first."""
    return runs.latest(session, SHOWN)


def approve(session: Session, run_id: int, by: str, now: datetime) -> int:
    """Let everything a run queued leave, once; how many messages that is.

    Raises:
        rights.NotAllowed: they may not approve.
        NoSuchRun: there is no run with this number.
        ApprovedAlready: somebody was quicker; they and the moment are named.
    """
    by = rights.check(session, by, Right.APPROVE)
    if not runs.approve(session, run_id, by, now):
        found = runs.find(session, run_id)
        raise ApprovedAlready(found) if found else NoSuchDunningRun(run_id)
    count = outbox.approve_run(session, run_id, by, now)
    staff.write_down(session, AuditEntry(now, by, "run_approved", f"run:{run_id}", {"messages": count}))
    return count
