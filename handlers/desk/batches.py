"""Approval of a dunning run: its messages are held until a rep approves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import outgoing, rights
from handlers.rights import DeskRefusal
from storage.delivery import approvals
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.dunning import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.dunning.runs import DunningRun, RunText

SHOWN = 20


class NoSuchDunningRun(DeskRefusal):
    """No dunning run has this number; ``any_yet`` says whether there was one at all."""

    def __init__(self, run_id: int, *, any_yet: bool) -> None:
        where = (
            "see kvitt runs list" if any_yet else "there was none yet; kvitt serve begins one every minute"
        )
        super().__init__(f"no run {run_id}: {where}")


class ApprovedAlready(DeskRefusal):
    """A colleague has approved the dunning run already; who and when is named."""

    def __init__(self, run: DunningRun) -> None:
        at = f" on {run.approved_at:%Y-%m-%d %H:%MZ}" if run.approved_at else ""
        super().__init__(f"run {run.id} was approved by {run.approved_by}{at}")


def latest(session: Session) -> list[DunningRun]:
    """The last 20 dunning runs, the newest first."""
    return runs.latest(session, SHOWN)


def messages_of(session: Session, found: Sequence[DunningRun]) -> dict[int, int]:
    """By run, how many messages it queued: one a person, whatever the number of their bills."""
    return runs.message_counts(session, [one.id for one in found])


def texts(context: Context, run_id: int) -> tuple[DunningRun, list[RunText]]:
    """A dunning run, and every text that it queued or that leaves with its approval.

    Raises:
        NoSuchDunningRun: no run has this number.
    """
    found = runs.find(context.session, run_id)
    if found is None:
        raise _no_such(context, run_id)
    with_it = outgoing.released_with_a_run(context.installation) if found.approved_at is None else []
    return found, runs.texts(context.session, run_id, with_it)


def approve(context: Context, run_id: int, by: str) -> int:
    """Approve the messages of a dunning run, once; returns how many they are.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchDunningRun: no run has this number.
        ApprovedAlready: a colleague has approved it.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    if not runs.approve(context.session, run_id, by, context.now):
        found = runs.find(context.session, run_id)
        raise ApprovedAlready(found) if found else _no_such(context, run_id)
    released = outgoing.released_with_a_run(context.installation)
    count = approvals.approve_run(context.session, run_id, released, by, context.now)
    staff.write_down(
        context.session, AuditEntry(context.now, by, "run_approved", f"run:{run_id}", {"messages": count})
    )
    return count


def _no_such(context: Context, run_id: int) -> NoSuchDunningRun:
    return NoSuchDunningRun(run_id, any_yet=bool(runs.latest(context.session, 1)))
