"""Handover of a conversation to a person, and holds that last until a person has checked."""

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
"""Intents acted on even in the middle of a conversation about a dispute or hardship."""

_SEVERITY = {"crisis": 1, "deceased": 2, "legal": 2, "minor": 2, "wrong_number": 3}
_WHY = {
    "crisis": "words of a crisis: call the customer, automation is off",
    "deceased": "somebody says the customer has died",
    "legal": "a lawyer or a bankruptcy was named",
    "minor": "whoever writes says to be a minor",
    "wrong_number": "whoever writes says that the number is not the customer's",
    "dispute": "the customer says a bill is wrong",
    "hardship": "the customer says that they cannot pay",
}


def to_a_person(turn: Turn, reason: str, saying: str = "person.coming") -> Reply:
    """Open a case and stop automatic replies until a rep hands the conversation back."""
    open_case(turn, "person", reason)
    conversations.close(turn.session, turn.point.id, "left")
    contact_points.take_over(turn.session, turn.point.id, turn.now)
    _reschedule(turn)
    facts = {"hours": turn.installation.creditor.hours} if saying == "person.coming" else {}
    return say(Saying(saying, facts))


def while_with_a_person(turn: Turn) -> Reply:
    """The reply to a message after handover to a person: that the text was noted, or none."""
    since = turn.point.person_since
    assert since is not None
    first = inbox.count_since(turn.session, turn.point.id, since) <= 1
    return say(Saying("person.noted")) if first else SILENCE


def hold_for(turn: Turn, intent: str) -> Reply:
    """Place the hold of an intent on all customers concerned and open its case.

    A crisis also ends automatic replies; a wrong number is unlinked from its customers.
    """
    kind = STATES[intent]
    concerned = hold_and_notify(turn, intent)
    conversations.close(turn.session, turn.point.id, "left")
    if kind is HoldKind.CRISIS:
        contact_points.take_over(turn.session, turn.point.id, turn.now)
    if kind is HoldKind.WRONG_NUMBER:
        for customer in turn.people:
            # At once: any further message there would disclose the bill to a third party (12 CFR 1006.6(d)).
            contact_points.unlink(turn.session, customer.id, turn.point.id, turn.now)
    entry = AuditEntry(turn.now, "customer", f"held_{kind.value}", f"contact_point:{turn.point.id}", {})
    staff.write_down(turn.session, entry)
    reschedule(turn.session, turn.installation, [customer.id for customer in concerned], turn.now)
    return say(Saying(f"stop_states.{intent}"))


def hold_and_notify(turn: Turn, intent: str) -> list[Customer]:
    """Place the hold, withdraw queued messages, open the case; returns the customers concerned.

    Without identification all customers of the contact point: better one hold too many than one missing.
    """
    kind = STATES[intent]
    concerned = [turn.identified] if turn.identified else list(turn.people)
    for customer in concerned:
        hold = Hold(kind, f"said so on {turn.now.date().isoformat()}")
        holds.place(turn.session, customer.id, hold, "customer", turn.now)
    withdraw_queued(turn.session, [customer.id for customer in concerned], kind.value, turn.now)
    open_case(turn, intent, _WHY[intent], _SEVERITY.get(intent, 2))
    return concerned


def open_case(turn: Turn, kind: str, why: str, severity: int = 2) -> None:
    """Open a case about this contact point, unless one of its kind is open."""
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
    """A case about this contact point, and its customer if identified or the only one."""
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
    """Hold reminders for ``already_paid_days`` until a rep has found the payment a customer says is made.

    Payments take 1 to 3 bank days to be posted (Inkassonämnden 250-2021). The case opens in any event, for a
    rep to find the payment before reminders go on.
    """
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
