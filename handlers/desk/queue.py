"""The queue of open cases, and one case with its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from billing.refusals import Refusal
from handlers.rights import DeskRefusal
from storage.desk import case_events, case_queue, escalations
from storage.desk.case_queue import PAGE, BadPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.desk.case_events import CaseEvent
    from storage.desk.case_queue import QueueCounts, QueueFilter, QueuePage
    from storage.desk.escalations import Escalation


class NoSuchCase(DeskRefusal):
    """No case has this number."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"no open escalation {escalation_id}: see kvitt escalations list")


class NoSuchPage(Refusal):
    """A page of the queue is asked for after a place that is none."""

    def __init__(self, after: str) -> None:
        super().__init__(f"no page of the queue begins after {after[:60]!r}: begin with the first")


@dataclass(frozen=True, slots=True)
class CaseStory:
    """A case with all its events."""

    case: Escalation
    events: Sequence[CaseEvent]


def waiting(context: Context) -> list[Escalation]:
    """Open cases: danger, who waits for an answer, what is grave, the rest by deadline; snoozed ones last."""
    return escalations.queue(context.session, context.now)


def page(context: Context, chosen: QueueFilter, after: str = "", limit: int = PAGE) -> QueuePage:
    """A page of the open cases that a filter shows, in the order of :func:`waiting`.

    Raises:
        NoSuchPage: ``after`` is not from a page of the queue.
    """
    try:
        return case_queue.page(context.session, chosen, context.now, after, limit)
    except BadPlace:
        raise NoSuchPage(after) from None


def page_after(context: Context, chosen: QueueFilter, escalation_id: int, limit: int = PAGE) -> QueuePage:
    """The page of the queue that follows a case, which may be closed by now.

    Raises:
        NoSuchCase: no case has this number.
    """
    place = case_queue.place_of(context.session, escalation_id, context.now, chosen)
    if place is None:
        raise NoSuchCase(escalation_id)
    return case_queue.page(context.session, chosen, context.now, place, limit)


def counts(context: Context, owner: str) -> QueueCounts:
    """How many cases each part of the queue has, ``mine`` being those of ``owner``; capped at a thousand."""
    return case_queue.counts(context.session, context.now, owner)


def placements(context: Context, chosen: QueueFilter) -> int:
    """How many bills wait to be placed with a collector, among the cases of a filter: one line of its queue.

    Capped at a thousand.
    """
    only = replace(chosen, kind=case_queue.PLACEMENT, placements=True)
    return case_queue.count(context.session, only, context.now) if chosen.kind is None else 0


def story(session: Session, escalation_id: int) -> CaseStory:
    """One case, open or closed.

    Raises:
        NoSuchCase: no case has this number.
    """
    case = escalations.find(session, escalation_id)
    if case is None:
        raise NoSuchCase(escalation_id)
    return CaseStory(case, case_events.history(session, escalation_id))
