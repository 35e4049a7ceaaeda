"""Handover of a conversation to a person, and holds that last until a person has checked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.cases import answer_by
from billing.accounts.holds import Hold, HoldKind
from billing.facts import Saying
from handlers.dunning.reschedule import reschedule_in_turn
from handlers.people.consent import withdraw_in_turn
from handlers.turn_context import SILENCE, Reply, say
from storage.conversation import conversations, inbox
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.people import contact_points, contacts
from storage.people.contacts import Retirer

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.turn_context import Turn
    from storage.people.customers import Customer


def to_a_person(turn: Turn, reason: str, saying: str = "person.coming") -> Reply:
    """Open a case and stop automatic replies until a rep hands the conversation back."""
    open_case(turn, "person", reason)
    conversations.close(turn.context.session, turn.point.id, "left")
    contact_points.take_over(turn.context.session, turn.point.id, turn.context.now)
    _reschedule(turn)
    facts = {"hours": turn.context.creditor.hours} if saying == "person.coming" else {}
    return say(Saying(saying, facts))


def while_with_a_person(turn: Turn) -> Reply:
    """The reply to a message after handover to a person: that the text was noted, or none."""
    since = turn.point.person_since
    assert since is not None
    first = inbox.count_since(turn.context.session, turn.point.id, since) <= 1
    return say(Saying("person.noted")) if first else SILENCE


def hold_for(turn: Turn, kind: HoldKind) -> Reply:
    """Place the hold of a customer's words on all customers concerned and open its case.

    A crisis also ends automatic replies; a wrong number is unlinked from its customers.
    """
    concerned = hold_and_notify(turn, kind)
    conversations.close(turn.context.session, turn.point.id, "left")
    if kind.traits.takes_over:
        contact_points.take_over(turn.context.session, turn.point.id, turn.context.now)
    if kind.traits.unlinks:
        for customer in turn.people:
            # At once: any further message there would disclose the bill to a third party (12 CFR 1006.6(d)).
            contacts.retire(
                turn.context.session, customer.id, [turn.point.id], Retirer.CUSTOMER, turn.context.now
            )
    entry = AuditEntry(
        turn.context.now, "customer", f"held_{kind.value}", f"contact_point:{turn.point.id}", {}
    )
    staff.write_down(turn.context.session, entry)
    reschedule_in_turn(turn, concerned)
    return say(Saying(kind.traits.says))


def hold_and_notify(turn: Turn, kind: HoldKind, until: datetime | None = None) -> list[Customer]:
    """Place the hold, withdraw queued messages, open the case; returns the customers concerned.

    Without identification all customers of the contact point: better one hold too many than one missing.
    A hold that ends at ``until`` (UTC) gives the desk as long to answer.
    """
    concerned = [turn.identified] if turn.identified else list(turn.people)
    for customer in concerned:
        hold = Hold(kind, f"said so on {turn.context.now.date().isoformat()}", until)
        holds.place(turn.context.session, customer.id, hold, "customer", turn.context.now)
    withdraw_in_turn(turn, concerned, kind.value)
    open_case(turn, kind.value, kind.traits.case, kind.traits.severity, until)
    return concerned


def open_case(turn: Turn, kind: str, why: str, severity: int = 2, by: datetime | None = None) -> None:
    """Open a case about this contact point, unless one of its kind is open.

    It is to be answered ``by`` (UTC), or in the time that the policy gives for its severity.
    """
    by = by or answer_by(severity, turn.context.policy.talk.person_within_hours, turn.context.now)
    escalations.open_case(turn.context.session, case_about(turn, kind, why, severity, by), turn.context.now)


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
    rules = turn.context.policy.holds
    until = turn.context.now + timedelta(days=rules.already_paid_days)
    concerned = hold_and_notify(turn, HoldKind.ALREADY_PAID, until)
    reschedule_in_turn(turn, concerned)


def _reschedule(turn: Turn) -> None:
    reschedule_in_turn(turn, turn.people)
