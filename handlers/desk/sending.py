"""Stops and resumes all sending of the installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.rights import DeskRefusal
from storage.delivery import sending
from storage.desk import staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.delivery.sending import SendingStop

_SUBJECT = "sending"


class StoppedAlready(DeskRefusal):
    """All sending is stopped already; who and when is named."""

    def __init__(self, stop: SendingStop) -> None:
        super().__init__(f"all sending was stopped by {stop.by} on {stop.at:%Y-%m-%d %H:%MZ} ({stop.reason})")


class NotStopped(DeskRefusal):
    """Sending is not stopped, so it cannot be resumed."""

    def __init__(self) -> None:
        super().__init__("nothing is stopped here: what leaves is what KVITT_SENDING says")


class StopsMissing(DeskRefusal):
    """A restored database misses the stops of customers that came after the backup."""

    def __init__(self, restore: SendingStop) -> None:
        super().__init__(
            f"the database was restored from the backup of {restore.at:%Y-%m-%d %H:%MZ}: whoever sent STOP "
            "since would be written to; give their addresses with kvitt sending stops FILE, or a reason with "
            "--no-stops-since"
        )


class NoReasonToStop(DeskRefusal):
    """A stop of sending needs a reason, for the colleague who finds it."""

    def __init__(self) -> None:
        super().__init__(
            "--reason is empty: say why all sending stops, for the colleague who finds it stopped"
        )


def state(session: Session) -> SendingStop | None:
    """The active stop of all sending; None if there is none."""
    return sending.current_stop(session)


def stop(context: Context, by: str, reason: str) -> None:
    """Stop sending from the next dispatch on, in every process; queued messages stay queued.

    Raises:
        rights.NotAllowed: the user may only look.
        NoReasonToStop: the reason is empty.
        StoppedAlready: a stop is active already.
    """
    by = rights.check(context.session, by, Right.WORK)
    if not reason.strip():
        raise NoReasonToStop
    sending.hold(context.session)
    # Under the lock no dispatch is between its check and its commit: nothing leaves afterwards.
    if not sending.stop(context.session, by, reason.strip(), context.now):
        found = sending.current_stop(context.session)
        assert found is not None
        raise StoppedAlready(found)
    staff.write_down(
        context.session, AuditEntry(context.now, by, "sending_stopped", _SUBJECT, {"reason": reason.strip()})
    )


def resume(context: Context, by: str) -> int:
    """Resume sending; returns how many messages the stop had postponed.

    Stopping takes the right to work, resuming the right to approve: a wrong stop does less harm.

    Raises:
        rights.NotAllowed: the user may not approve.
        NotStopped: no stop is active.
        StopsMissing: the database was restored, and nobody has given the stops that came after the backup.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    sending.hold(context.session)
    if (restore := sending.stops_missing(context.session)) is not None:
        raise StopsMissing(restore)
    if not sending.resume(context.session, by, context.now):
        raise NotStopped
    freed = sending.release(context.session, context.now)
    staff.write_down(
        context.session, AuditEntry(context.now, by, "sending_resumed", _SUBJECT, {"messages": freed})
    )
    return freed
