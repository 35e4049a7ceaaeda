"""A person takes over, and hands back; and what must be held until a person has looked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.cases import answer_by
from billing.accounts.holds import Hold, HoldKind
from billing.facts import Saying
from handlers.dunning.reschedule import reschedule
from handlers.people.consent import withdraw_queued
from handlers.turn_context import SILENCE, Reply, say
from storage.conversation import conversations, inbox
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.people import contact_points

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.turn_context import Turn
    from storage.people.customers import Customer

STATES = {
    "crisis": HoldKind.CRISIS,
    "deceased": HoldKind.DECEASED,
    "legal": HoldKind.LEGAL,
    "minor": HoldKind.MINOR,
    "wrong_number": HoldKind.WRONG_NUMBER,
    "dispute": HoldKind.DISPUTE,
    "hardship": HoldKind.HARDSHIP,
}
"""Words that hold everything in the same turn, until a person has answered (COMPLIANCE.md section 2)."""

GRAVEST = frozenset({"crisis", "deceased", "legal", "minor"})
"""Words that are heard even while somebody tells what is wrong, or what would help."""

_SEVERITY = {"crisis": 1, "deceased": 2, "legal": 2, "minor": 2, "wrong_number": 3}
_WHY = {
    "crisis": "words of a crisis: call the customer, automation is off",
    "deceased": "somebody says the customer has died",
    "legal": "a lawyer or a bankruptcy was named",
    "minor": "whoever writes says to be a minor",
    "wrong_number": "the number belongs to somebody else",
    "dispute": "the customer says a bill is wrong",
    "hardship": "the customer cannot pay",
}


def to_a_person(turn: Turn, reason: str, saying: str = "person.coming") -> Reply:
    """Put the conversation before the desk and be quiet until somebody hands it back."""
    open_case(turn, "person", reason)
    conversations.close(turn.session, turn.point.id, "left")
    contact_points.take_over(turn.session, turn.point.id, turn.now)
    _reschedule(turn)
    facts = {"hours": turn.installation.creditor.hours} if saying == "person.coming" else {}
    return say(Saying(saying, facts))


def while_with_a_person(turn: Turn) -> Reply:
    """The machine keeps quiet, but says once that what was written is noted."""
    since = turn.point.person_since
    assert since is not None
    first = inbox.count_since(turn.session, turn.point.id, since) <= 1
    return say(Saying("person.noted")) if first else SILENCE


def hold_for(turn: Turn, intent: str) -> Reply:
    """Hold everything about everybody concerned, in this turn, and ask a person to look."""
    kind = STATES[intent]
    concerned = hold_and_notify(turn, intent)
    conversations.close(turn.session, turn.point.id, "left")
    if kind is HoldKind.CRISIS:
        contact_points.take_over(turn.session, turn.point.id, turn.now)
    if kind is HoldKind.WRONG_NUMBER:
        for customer in turn.people:
            contact_points.unlink(turn.session, customer.id, turn.point.id, turn.now)
    entry = AuditEntry(turn.now, "customer", f"held_{kind.value}", f"contact_point:{turn.point.id}", {})
    staff.write_down(turn.session, entry)
    reschedule(turn.session, turn.installation, [customer.id for customer in concerned], turn.now)
    return say(Saying(f"stop_states.{intent}"))


def hold_and_notify(turn: Turn, intent: str) -> list[Customer]:
    """Hold what these words hold, take back what was queued, and have a case open; whom it concerns."""
    kind = STATES[intent]
    concerned = [turn.identified] if turn.identified else list(turn.people)
    for customer in concerned:
        hold = Hold(kind, f"said so on {turn.now.date().isoformat()}")
        holds.place(turn.session, customer.id, hold, "customer", turn.now)
    withdraw_queued(turn.session, [customer.id for customer in concerned], kind.value, turn.now)
    open_case(turn, intent, _WHY[intent], _SEVERITY.get(intent, 2))
    return concerned


def open_case(turn: Turn, kind: str, why: str, severity: int = 2) -> None:
    """Put a case about this contact point before the desk, unless one of its kind is open."""
    by = answer_by(severity, turn.installation.policy.talk.person_within_hours, turn.now)
    escalations.open_case(turn.session, case_about(turn, kind, why, severity, by), turn.now)


def case_about(
    turn: Turn,
    kind: str,
    why: str,
    severity: int,
    by: datetime,
    detail: dict[str, str] | None = None,
    customer: Customer | None = None,
) -> Case:
    """A case about this contact point, and about the customer where it is clear who that is."""
    about = customer or turn.identified or (turn.people[0] if len(turn.people) == 1 else None)
    return Case(
        key=f"{kind}:{about.id if customer and about else turn.point.id}",
        kind=kind,
        reason=why,
        deadline=by,
        severity=severity,
        customer_id=about.id if about else None,
        contact_point_id=turn.point.id,
        detail=detail or {},
    )


def pause_for_payment(turn: Turn) -> None:
    """Somebody says it is paid: demands rest for the policy's days, and a person looks before any threat."""
    rules = turn.installation.policy.holds
    until = turn.now + timedelta(days=rules.already_paid_days)
    concerned = [turn.identified] if turn.identified else list(turn.people)
    for customer in concerned:
        hold = Hold(HoldKind.ALREADY_PAID, f"said so on {turn.now.date().isoformat()}", until)
        holds.place(turn.session, customer.id, hold, "customer", turn.now)
    withdraw_queued(turn.session, [customer.id for customer in concerned], "already_paid", turn.now)
    case = case_about(turn, "already_paid", "the customer says it is paid: find the payment", 2, until)
    escalations.open_case(turn.session, case, turn.now)
    reschedule(turn.session, turn.installation, [customer.id for customer in concerned], turn.now)


def _reschedule(turn: Turn) -> None:
    reschedule(turn.session, turn.installation, [customer.id for customer in turn.people], turn.now)
