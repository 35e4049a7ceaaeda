"""The reasons behind a message (kvitt explain), and the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.refusals import Refusal
from storage.desk import staff
from storage.dunning import decisions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.desk.staff import AuditEntry
    from storage.dunning.decisions import Decision


class NoSuchMessage(Refusal):
    """No decision is stored that gives the reasons for this message."""

    def __init__(self, message_id: int) -> None:
        super().__init__(f"no decision about a message {message_id}: it does not exist, or was not due yet")


def of_message(session: Session, message_id: int) -> list[Decision]:
    """The reasons for a message: every decision about it, in order.

    Raises:
        NoSuchMessage: no decision is stored about it.
    """
    found = decisions.of_message(session, message_id)
    if not found:
        raise NoSuchMessage(message_id)
    return found


def trail(session: Session, subject: str | None, limit: int) -> list[AuditEntry]:
    """The latest entries of the audit trail, of one subject or all."""
    return staff.trail(session, subject, limit)
