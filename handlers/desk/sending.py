"""Stop all sending, and let it begin again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.rights import DeskRefusal
from storage.delivery import sending
from storage.desk import staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.delivery.sending import SendingStop

_SUBJECT = "sending"


class StoppedAlready(DeskRefusal):
    """All sending is stopped already: whoever was quicker is named."""

    def __init__(self, stop: SendingStop) -> None:
        super().__init__(f"all sending was stopped by {stop.by} on {stop.at:%Y-%m-%d %H:%MZ} ({stop.reason})")


class NotStopped(DeskRefusal):
    """There is no stop to end."""

    def __init__(self) -> None:
        super().__init__("nothing is stopped here: what leaves is what KVITT_SENDING says")


class NoReasonToStop(DeskRefusal):
    """A stop without a reason helps nobody who finds it."""

    def __init__(self) -> None:
        super().__init__("--reason is empty: say why all sending stops, for whoever finds it stopped")


def state(session: Session) -> SendingStop | None:
    """The stop that stands, if there is one."""
    return sending.current_stop(session)


def stop(session: Session, by: str, reason: str, now: datetime) -> None:
    """Nothing leaves from the next dispatch on, in every process; what is queued stays queued.

    Raises:
        rights.NotAllowed: whoever acts may only look.
        NoReason: nobody says why.
        StoppedAlready: somebody was quicker.
    """
    by = rights.check(session, by, Right.WORK)
    if not reason.strip():
        raise NoReasonToStop
    sending.hold(session)
    if not sending.stop(session, by, reason.strip(), now):
        found = sending.current_stop(session)
        assert found is not None
        raise StoppedAlready(found)
    staff.write_down(session, AuditEntry(now, by, "sending_stopped", _SUBJECT, {"reason": reason.strip()}))


def resume(session: Session, by: str, now: datetime) -> int:
    """Let things leave again as the setting says; how many messages the stop had put off.

    Raises:
        rights.NotAllowed: they may not approve.
        NotStopped: no stop stands.
    """
    by = rights.check(session, by, Right.APPROVE)
    sending.hold(session)
    if not sending.resume(session, by, now):
        raise NotStopped
    freed = sending.release(session, now)
    staff.write_down(session, AuditEntry(now, by, "sending_resumed", _SUBJECT, {"messages": freed}))
    return freed
