"""A rep looks at what needs a person: answers, holds, closes, hands back to the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.facts import Saying
from billing.holds import HoldKind
from billing.refusals import Refusal
from handlers.desk.answering import tell
from handlers.wake import wake
from storage import contact_points, customers, escalations, holds, staff
from storage.staff import Deed
from storage.transaction import lock_contact_point, lock_customers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.house import House
    from storage.escalations import Escalation

_HOLD_OF = {kind.value: kind for kind in HoldKind}


class NoSuchCase(Refusal):
    """An escalation is named that is not open."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"no open escalation {escalation_id}: see kvitt escalations list")


class NobodyToAnswer(Refusal):
    """An escalation has no contact point that an answer could go to."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(
            f"escalation {escalation_id} did not come from a chat: there is nobody to answer by text"
        )


class PlacementNeedsDecision(Refusal):
    """A case about a placement is closed by deciding about the bill."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"decide about the bill: kvitt placements approve {bill_id}, or return {bill_id}")


def close(
    session: Session, house: House, escalation_id: int, by: str, outcome: str, now: datetime, *, lift: bool
) -> None:
    """Close a case and hand the conversation back to the bot once nothing else is open there.

    ``lift`` also lifts the hold the case stands for (dispute, hardship, legal …).

    Raises:
        NoSuchCase: there is no open case with this number.
        PlacementNeedsDecision: it is about a placement.
    """
    case = _open(session, escalation_id)
    if case.kind == "placement" and case.bill_id:
        raise PlacementNeedsDecision(case.bill_id)
    escalations.close(session, escalation_id, by, outcome, now)
    people = _people(session, case)
    kind = _HOLD_OF.get(case.kind)
    if lift and kind:
        for customer_id in people:
            holds.lift(session, customer_id, [kind], by, now)
    if case.contact_point_id and not escalations.open_at(session, case.contact_point_id):
        contact_points.hand_back(session, case.contact_point_id)
    staff.write_down(
        session, Deed(now, by, "case_closed", f"escalation:{escalation_id}", {"outcome": outcome})
    )
    wake(session, house, people, now)


def answer(session: Session, house: House, escalation_id: int, by: str, text: str, now: datetime) -> None:
    """Write to the customer in a case; the conversation stays with the desk.

    Raises:
        NoSuchCase: there is no open case with this number.
        NobodyToAnswer: it did not come from a chat.
    """
    case = _open(session, escalation_id)
    if case.contact_point_id is None:
        raise NobodyToAnswer(escalation_id)
    lock_contact_point(session, case.contact_point_id)
    said = Saying("person.says", {"text": text})
    key = f"answer:{escalation_id}:{now.isoformat()}"
    tell(session, house, case.contact_point_id, key, [said], now)
    contact_points.take_over(session, case.contact_point_id, now)
    staff.write_down(session, Deed(now, by, "case_answered", f"escalation:{escalation_id}", {}))


def _open(session: Session, escalation_id: int) -> Escalation:
    case = escalations.find(session, escalation_id)
    if case is None or case.closed_at:
        raise NoSuchCase(escalation_id)
    if case.contact_point_id:
        lock_contact_point(session, case.contact_point_id)
    lock_customers(session, _people(session, case))
    return case


def _people(session: Session, case: Escalation) -> list[str]:
    found = {case.customer_id} if case.customer_id else set()
    if case.contact_point_id:
        found |= {one.id for one in customers.at_contact_point(session, case.contact_point_id)}
    return sorted(found)
