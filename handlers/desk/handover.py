"""Handover of a conversation to a person, and holds that last until a person has checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.account_state import registered_stop
from billing.accounts.cases import GRAVEST
from billing.accounts.holds import Hold, HoldKind
from billing.calendar import local_day
from billing.facts import Saying
from billing.gate import Purpose
from handlers.dunning.reschedule import reschedule_in_turn
from handlers.people import identity
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
    from collections.abc import Sequence
    from datetime import datetime

    from handlers.turn_context import Turn
    from storage.people.customers import Customer


def to_a_person(turn: Turn, reason: str, saying: str = "person.coming") -> Reply:
    """Open a case for a rep, and leave the open question.

    Replies go on until a rep has taken or answered the case: only then somebody else really talks.
    """
    again = person_asked_for(turn)
    open_case(turn, "person", reason, waits=True)
    conversations.close(turn.context.session, turn.point.id, "left")
    _reschedule(turn)
    if saying != "person.coming":
        return say(Saying(saying))
    if again:
        return say(Saying("person.noted"))
    return say(Saying(saying, {"hours": turn.context.creditor.hours_in(turn.language)}))


def person_asked_for(turn: Turn) -> bool:
    """Whether a rep was asked to write here, and has not closed the case yet."""
    return any(
        case.kind == "person" and case.contact_point_id == turn.point.id for case in turn.reads.cases()
    )


def while_with_a_person(turn: Turn) -> Reply:
    """The reply to a message after handover to a person: that the text was noted, or none."""
    since = turn.point.person_since
    assert since is not None
    first = inbox.count_since(turn.context.session, turn.point.id, since) <= 1
    return say(Saying("person.noted")) if first else SILENCE


def hold_for(turn: Turn, kinds: Sequence[HoldKind]) -> Reply:
    """Place the holds of a customer's words on all customers concerned, and open the case of each.

    ``kinds`` are in their order, the gravest first: of that one the reply speaks. A crisis also ends
    automatic replies; a wrong number is unlinked from its customers.
    """
    session, now = turn.context.session, turn.context.now
    concerned = _hold(turn, kinds)
    conversations.close(session, turn.point.id, "left")
    if any(kind.traits.takes_over for kind in kinds):
        contact_points.take_over(session, turn.point.id, now)
    if any(kind.traits.unlinks for kind in kinds):
        for customer in turn.people:
            # At once: any further message there would disclose the bill to a third party (12 CFR 1006.6(d)).
            contacts.retire(session, customer.id, [turn.point.id], Retirer.CUSTOMER, now)
    reschedule_in_turn(turn, concerned)
    reply = say(Saying(kinds[0].traits.says))
    return replace(reply, purpose=Purpose.DANGER) if kinds[0].traits.severity <= GRAVEST else reply


def hold_beside(turn: Turn, kinds: Sequence[HoldKind]) -> None:
    """Place the holds of a customer's words, and open the case of each; the open conversation goes on."""
    if kinds:
        reschedule_in_turn(turn, _hold(turn, kinds))


def _hold(turn: Turn, kinds: Sequence[HoldKind]) -> list[Customer]:
    concerned = [customer for kind in kinds for customer in hold_and_notify(turn, kind)]
    for kind in kinds:
        entry = AuditEntry(
            turn.context.now, "customer", f"held_{kind.value}", f"contact_point:{turn.point.id}", {}
        )
        staff.write_down(turn.context.session, entry)
    return concerned


def asks_person_to_pay(turn: Turn) -> bool:
    """Whether a death, a dispute or a lawyer was named: whether something is owed is for a person to say."""
    here = [case for case in turn.reads.cases() if case.contact_point_id == turn.point.id]
    # Who has shown to be the customer, and said that it is their own bill, is alive.
    alive = turn.identified is not None and any(identity.says_alive(case.detail) for case in here)
    kinds = {case.kind for case in here if not identity.says_alive(case.detail)}
    if any(kind.traits.pay_asks_person and kind.value in kinds for kind in HoldKind):
        return True
    now = turn.context.now
    for customer in _meant(turn):
        person = turn.person(customer)
        held = [hold.kind for hold in person.holds if hold.is_active_at(now)]
        stop = registered_stop(person, local_day(now, turn.zone(person)))
        if alive:
            held = [kind for kind in held if kind is not HoldKind.DECEASED]
        if any(kind.traits.pay_asks_person for kind in (*held, *([stop] if stop else []))):
            return True
    return False


def _meant(turn: Turn) -> Sequence[Customer]:
    """The people whose standing a reply may show before the writer has shown who they are.

    Those who have identified there before, so that nobody who was linked to the phone later keeps them out. A
    chat that only a link opened shows nothing of anybody.
    """
    if turn.identified:
        return [turn.identified]
    before = turn.reads.identity().identified
    known = [one for one in turn.people if before.get(one.id)]
    return known or (turn.people if turn.point.channel.by_phone else [])


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


def open_case(
    turn: Turn, kind: str, why: str, severity: int = 2, by: datetime | None = None, *, waits: bool = False
) -> None:
    """Open a case about this contact point, unless one of its kind is open.

    It is to be answered ``by`` (UTC), or in the time that the policy gives for its severity. With ``waits``
    somebody waits for an answer from now on.
    """
    by = by or turn.context.answer_by(severity)
    case = case_about(turn, kind, why, severity, by)
    since = turn.context.now if waits else None
    escalations.open_case(turn.context.session, replace(case, unanswered_since=since), turn.context.now)


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
