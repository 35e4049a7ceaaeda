"""Stop all sending, and let it begin again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.rights import DeskRefusal
from storage.delivery import sending
from storage.desk import staff
from storage.desk.staff import Deed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.delivery.sending import Stop

_SUBJECT = "sending"


class StoppedAlready(DeskRefusal):
    """All sending is stopped already: whoever was quicker is named."""

    def __init__(self, standing: Stop) -> None:
        super().__init__(
            f"all sending was stopped by {standing.by} on {standing.at:%Y-%m-%d %H:%MZ} ({standing.reason})"
        )


class NotStopped(DeskRefusal):
    """There is no stop to end."""

    def __init__(self) -> None:
        super().__init__("nothing is stopped here: what leaves is what KVITT_SENDING says")


class NoReason(DeskRefusal):
    """A stop without a reason helps nobody who finds it."""

    def __init__(self) -> None:
        super().__init__("--reason is empty: say why all sending stops, for whoever finds it stopped")


def state(session: Session) -> Stop | None:
    """The stop that stands, if there is one."""
    return sending.standing(session)


def stop(session: Session, by: str, reason: str, now: datetime) -> None:
    """Nothing leaves from the next dispatch on, in every process; what is queued stays queued.

    Raises:
        rights.NotAllowed: whoever acts may only look.
        NoReason: nobody says why.
        StoppedAlready: somebody was quicker.
    """
    by = rights.check(session, by, Right.WORK)
    if not reason.strip():
        raise NoReason
    sending.hold(session)
    if not sending.stop(session, by, reason.strip(), now):
        found = sending.standing(session)
        assert found is not None
        raise StoppedAlready(found)
    staff.write_down(session, Deed(now, by, "sending_stopped", _SUBJECT, {"reason": reason.strip()}))


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
    staff.write_down(session, Deed(now, by, "sending_resumed", _SUBJECT, {"messages": freed}))
    return freed
