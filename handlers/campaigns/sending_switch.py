"""What may leave now: a stop that somebody made, and below it the operator's setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.gate import Sending
from storage.delivery import sending

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.installation import House


def standing(session: Session, house: House) -> Sending:
    """How the switch stands: a stop outranks ``KVITT_SENDING``."""
    return Sending.STOPPED if house.heeds_stop and sending.standing(session) else house.sending


def at_dispatch(session: Session, house: House) -> Sending:
    """The same for a message about to leave: nobody can stop between this look and its commit.

    Call it before any other lock is taken.
    """
    if house.heeds_stop:
        sending.hold_shared(session)
    return standing(session, house)
