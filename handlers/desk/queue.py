"""The queue of open cases, and one case with its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.rights import DeskRefusal
from storage.desk import case_events, escalations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.desk.case_events import CaseEvent
    from storage.desk.escalations import Escalation


class NoSuchCase(DeskRefusal):
    """No case has this number."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"no open escalation {escalation_id}: see kvitt escalations list")


@dataclass(frozen=True, slots=True)
class CaseStory:
    """A case with all its events."""

    case: Escalation
    events: Sequence[CaseEvent]


def waiting(context: Context) -> list[Escalation]:
    """Open cases by severity, then deadline; snoozed ones last."""
    return escalations.queue(context.session, context.now)


def story(session: Session, escalation_id: int) -> CaseStory:
    """One case, open or closed.

    Raises:
        NoSuchCase: no case has this number.
    """
    case = escalations.find(session, escalation_id)
    if case is None:
        raise NoSuchCase(escalation_id)
    return CaseStory(case, case_events.history(session, escalation_id))
