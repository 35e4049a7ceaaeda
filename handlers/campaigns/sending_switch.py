"""What may leave now: a stop that somebody made, and below it the operator's setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.gate import SendingSwitch
from storage.delivery import sending

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.installation import Installation


def effective(session: Session, installation: Installation) -> SendingSwitch:
    """How the switch stands: a stop outranks ``KVITT_SENDING``."""
    return (
        SendingSwitch.STOPPED
        if installation.heeds_stop and sending.current_stop(session)
        else installation.sending
    )


def at_dispatch(session: Session, installation: Installation) -> SendingSwitch:
    """The same for a message about to leave: nobody can stop between this look and its commit.

    Call it before any other lock is taken.
    """
    if installation.heeds_stop:
        sending.hold_shared(session)
    return effective(session, installation)
