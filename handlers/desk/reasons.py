"""Why something was or was not sent, and who did what."""

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
    """A message is named about which nothing was ever decided."""

    def __init__(self, message_id: int) -> None:
        super().__init__(
            f"nothing was decided about a message {message_id}: it does not exist, or has not come up"
        )


def of_message(session: Session, message_id: int) -> list[Decision]:
    """Every verdict about a message, in order.

    Raises:
        NoSuchMessage: nothing was decided about it.
    """
    found = decisions.of_message(session, message_id)
    if not found:
        raise NoSuchMessage(message_id)
    return found


def trail(session: Session, subject: str | None, limit: int) -> list[AuditEntry]:
    """The latest audit entries, of one subject or all."""
    return staff.trail(session, subject, limit)
