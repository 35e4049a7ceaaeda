"""Cases at the desk: a rep takes, answers, snoozes, returns or closes one.

Each action locks the case first, so that two reps never both answer a customer; the second learns who has it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.cases import GRAVEST
from billing.accounts.holds import HoldKind
from billing.accounts.roles import Right
from billing.calendar import local_day, start_of_day
from billing.facts import Saying
from handlers import rights
from handlers.delivery import channel_stops
from handlers.desk import hold_fates, holding
from handlers.desk.answering import queue_message
from handlers.desk.queue import NoSuchCase
from handlers.dunning.reschedule import reschedule
from handlers.people import identity
from handlers.rights import DeskRefusal
from messages.understanding import redaction
from storage.bills import references
from storage.conversation import conversations
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import case_events, cases_at, escalations, staff
from storage.desk.case_events import CaseEvent, What
from storage.desk.staff import AuditEntry
from storage.people import contact_points, contacts, customers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from handlers.desk.hold_fates import HoldFate
    from handlers.installation import Installation
    from storage.desk.escalations import Escalation

LONGEST_ANSWER = 1500
"""Characters that every channel carries in one message."""
LONGEST_SNOOZE = timedelta(days=30)

FOUND_NOTHING_DAYS = 180
"""Used where the policy has no ``reverify_days``; the suggested value of a generic policy."""

MACHINE: Final = "machine"
"""Of a contact point where texts tell nothing, and are met with silence."""
_SMALL_QUESTIONS: Final = frozenset({"identity", "doubt", "report", "explain_bill", "receipt"})
"""Conversations in which nothing is lost when a person begins to talk."""
_SILENT: Final = tuple(kind.value for kind in HoldKind if kind.traits.takes_over)
"""Kinds of cases at which the bot is silent, whether a rep has taken them or not."""
_MAY_REST = {"no_usable_channel"} | {
    kind.traits.register.excluded_as for kind in HoldKind if kind.traits.register
}
"""Kinds of cases that are opened anew at each look: not once a person has closed one and nothing changes."""


class CaseIsClosed(DeskRefusal):
    """The case is closed already; who and when is named."""

    def __init__(self, case: Escalation) -> None:
        assert case.closed_at is not None
        super().__init__(f"case {case.id} was closed by {case.closed_by} on {case.closed_at:%Y-%m-%d %H:%MZ}")


class TakenAlready(DeskRefusal):
    """A colleague has taken the case; who and when is named."""

    def __init__(self, case: Escalation, at: datetime | None) -> None:
        since = f" on {at:%Y-%m-%d %H:%MZ}" if at else ""
        super().__init__(f"case {case.id} was taken by {case.owner}{since}")


class NobodyHasIt(DeskRefusal):
    """A case cannot be returned to the queue: nobody has taken it."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"case {escalation_id} is in the queue already: nobody has taken it")


class NobodyToAnswer(DeskRefusal):
    """The case did not come from a chat, so that no answer can be sent."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"case {escalation_id} did not come from a chat: it cannot be answered by text")


class NothingToSay(DeskRefusal):
    """A rep's answer to a case is empty, or longer than one message."""

    def __init__(self, escalation_id: int, length: int) -> None:
        why = f"has {length} characters, at most {LONGEST_ANSWER} fit" if length else "is empty"
        super().__init__(f"the answer to case {escalation_id} {why}: nothing was sent")


class NobodyToHold(DeskRefusal):
    """The case has no customer and no bill, so that no hold can be placed."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"case {escalation_id} has no customer or bill: there is nothing to hold")


class NotToBeSnoozed(DeskRefusal):
    """The case may not be snoozed, or not for so long."""

    def __init__(self, escalation_id: int, why: str) -> None:
        super().__init__(f"case {escalation_id} cannot be snoozed: {why}")


class PlacementNeedsDecision(DeskRefusal):
    """A placement case is closed by approving or returning the bill, not by itself."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(
            f"case {escalation_id} is closed by deciding about its bill: kvitt placements approve, or return"
        )


def take(context: Context, escalation_id: int, by: str) -> Escalation:
    """Take a case: ``by`` becomes its owner. Where the customer asked for a person, the bot is silent now.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCase, CaseIsClosed: no open case has this number.
        TakenAlready: a colleague has it; nothing is changed.
    """
    by = rights.check(context.session, by, Right.WORK)
    case = hold(context.session, escalation_id)
    if case.owner is not None:
        raise _taken(context.session, case)
    _happened(context.session, case, CaseEvent(context.now, by, What.TAKEN), owner=by, snoozed_until=None)
    if case.kind == "person" and case.contact_point_id:
        _talks(context, case.contact_point_id)
    return case


def answer(
    context: Context,
    escalation_id: int,
    by: str,
    text: str,
    *,
    and_close: bool = False,
    fate: HoldFate | None = None,
) -> None:
    """Answer the customer of a case, which also takes it; the conversation stays with the desk.

    ``and_close`` closes the case and hands the conversation back to the bot; ``fate`` as of :func:`close`.
    Card numbers are masked.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCase, CaseIsClosed: no open case has this number.
        TakenAlready: a colleague has it; nothing is sent.
        NobodyToAnswer: it did not come from a chat.
        NothingToSay: the text is empty, or too long for one message.
    """
    by = rights.check(context.session, by, Right.WORK)
    case = _mine(context.session, escalation_id, by)
    if case.contact_point_id is None:
        raise NobodyToAnswer(escalation_id)
    text = redaction.clean(text, 2 * LONGEST_ANSWER)
    text = redaction.mask_codes(redaction.mask_cards(text, references.issued(context.session)))
    if not 0 < len(text) <= LONGEST_ANSWER:
        raise NothingToSay(escalation_id, len(text))
    said = Saying("person.says", {"text": text})
    _happened(
        context.session,
        case,
        CaseEvent(context.now, by, What.ANSWERED, {"text": text}),
        owner=by,
        snoozed_until=None,
        unanswered_since=None,
    )
    # One key an event: a command that is tried again does not send the answer twice.
    key = f"answer:{escalation_id}:{case_events.newest(context.session, escalation_id)}"
    queue_message(context, case.contact_point_id, key, [said])
    _talks(context, case.contact_point_id)
    staff.write_down(
        context.session, AuditEntry(context.now, by, "case_answered", f"escalation:{escalation_id}", {})
    )
    if and_close:
        close(context, escalation_id, by, "answered", fate=fate)


def snooze(context: Context, escalation_id: int, by: str, days: int) -> datetime:
    """Snooze a case for so many days; returns until when (UTC): midnight in the creditor's zone.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCase, CaseIsClosed: no open case has this number.
        TakenAlready: a colleague has it.
        NotToBeSnoozed: it is too grave, or that is too long.
    """
    by = rights.check(context.session, by, Right.WORK)
    case = _mine(context.session, escalation_id, by)
    until = start_of_day(
        local_day(context.now, context.creditor.zone) + timedelta(days=days), context.creditor.zone
    )
    if case.severity <= GRAVEST:
        raise NotToBeSnoozed(escalation_id, "a person may be in danger")
    if not context.now < until <= context.now + LONGEST_SNOOZE:
        raise NotToBeSnoozed(escalation_id, f"at most {LONGEST_SNOOZE.days} days, at least one")
    event = CaseEvent(context.now, by, What.SNOOZED, {"until": until.isoformat()})
    # Not late the moment it comes back, which may be at midnight on a Sunday.
    deadline = max(case.deadline, context.answer_by(case.severity, after=until))
    _happened(context.session, case, event, snoozed_until=until, deadline=deadline)
    return until


def give_back(context: Context, escalation_id: int, by: str, why: str) -> None:
    """Return a case to the queue; a user who may approve can return a colleague's.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCase, CaseIsClosed: no open case has this number.
        NobodyHasIt: it is in the queue.
        TakenAlready: a colleague has it.
    """
    by = rights.check(context.session, by, Right.WORK)
    case = _mine(context.session, escalation_id, by, or_may=Right.APPROVE)
    if case.owner is None:
        raise NobodyHasIt(escalation_id)
    _happened(context.session, case, CaseEvent(context.now, by, What.RETURNED, {"why": why}), owner=None)
    bot_goes_on(context.session, case.contact_point_id)


def rest(context: Context, escalation_id: int, by: str, days: int) -> datetime:
    """Hold the bill of a case, or its customer, for so many days; returns until when (UTC).

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCase, CaseIsClosed: no open case has this number.
        TakenAlready: a colleague has it.
        NobodyToHold: it has no customer and no bill.
        holding.HeldAlready: it is held already.
    """
    by = rights.check(context.session, by, Right.WORK)
    case = _mine(context.session, escalation_id, by)
    if case.bill_id:
        subject = holding.of_bill(context.session, case.bill_id)
    elif case.customer_id:
        subject = holding.of_customer(context.session, case.customer_id)
    else:
        raise NobodyToHold(escalation_id)
    until = start_of_day(
        local_day(context.now, context.creditor.zone) + timedelta(days=days), context.creditor.zone
    )
    reason = f"case {escalation_id}"
    holding.place(context, subject, HoldKind.MANUAL, reason, until, by)
    _happened(context.session, case, CaseEvent(context.now, by, What.HELD, {"until": until.isoformat()}))
    return until


def close(
    context: Context,
    escalation_id: int,
    by: str,
    outcome: str,
    *,
    lift: bool = False,
    fate: HoldFate | None = None,
) -> None:
    """Close a case; the bot takes the conversation over once no other of the contact point is somebody's.

    ``fate`` says what becomes of the hold of the case's kind (dispute, hardship, legal …), if one stands;
    ``lift`` is short for lifting it. A user who may approve can close a colleague's case. A case "no usable
    channel" is not opened again until a contact point of the customer changes, or the policy's days to
    confirm a number are over; the same for what the register says.

    Raises:
        rights.NotAllowed: the user may only look, or the hold is a stop state.
        NoSuchCase, CaseIsClosed: no open case has this number.
        TakenAlready: a colleague has it.
        PlacementNeedsDecision: it is about a placement.
        hold_fates.HoldHangsOnCase: a hold stands, and nothing says what becomes of it.
        hold_fates.KeptTooShort: it is to be kept until a day that has begun.
    """
    by = rights.check(context.session, by, Right.WORK)
    case = _mine(context.session, escalation_id, by, or_may=Right.APPROVE)
    if case.kind == "placement" and case.bill_id:
        raise PlacementNeedsDecision(escalation_id)
    people = _people(context.session, case)
    fate = hold_fates.LIFT if lift else fate
    escalations.close(context.session, escalation_id, by, outcome, context.now)
    hold_fates.decide(context, case, people, fate, by)
    if case.kind == channel_stops.CASE:
        channel_stops.case_closed(context, case.key, by)
    if case.kind in _MAY_REST and case.contact_point_id is None:
        escalations.rest(
            context.session, escalation_id, context.now + timedelta(days=_rests_days(context.installation))
        )
    identity.looked_at(context, case)
    if case.kind in {MACHINE, "person"} and case.contact_point_id:
        # A person has looked: who writes there is answered again.
        contact_points.set_idle(context.session, case.contact_point_id, 0, None, "")
    bot_goes_on(context.session, case.contact_point_id)
    detail = {"outcome": outcome} | ({"hold": fate.words} if fate else {})
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "case_closed", f"escalation:{escalation_id}", detail),
    )
    reschedule(context, people)


def _talks(context: Context, contact_point_id: int) -> None:
    """A rep talks there from now on: a small question of ours is asked no more."""
    contact_points.take_over(context.session, contact_point_id, context.now)
    row = conversations.open_one(context.session, contact_point_id)
    if row is not None and row.flow in _SMALL_QUESTIONS:
        conversations.close(context.session, contact_point_id, "left")


def bot_goes_on(session: Session, contact_point_id: int | None) -> None:
    """Hand a conversation back to the bot, unless a rep has a case of it, or somebody may be in danger."""
    if contact_point_id and not cases_at.talking_at(session, contact_point_id, _SILENT):
        contact_points.hand_back(session, contact_point_id)


def _rests_days(installation: Installation) -> int:
    """Days until a case "no usable channel" may be opened again if nothing changes."""
    return installation.policy.contact.reverify_days if installation.policy.contact else FOUND_NOTHING_DAYS


def decidable(session: Session, escalation_id: int, by: str) -> Escalation:
    """An open case that is about to be decided, locked; a user who may approve can decide a colleague's.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchCase, CaseIsClosed: no open case has this number.
        TakenAlready: a colleague has it.
    """
    return _mine(session, escalation_id, rights.check(session, by, Right.WORK), or_may=Right.APPROVE)


def hold(session: Session, escalation_id: int) -> Escalation:
    """An open case, locked with its contact point and customers until the transaction ends.

    Raises:
        NoSuchCase: no case has this number.
        CaseIsClosed: it is closed already; who and when is named.
    """
    case = escalations.find(session, escalation_id)
    if case is None:
        raise NoSuchCase(escalation_id)
    if case.contact_point_id:
        lock_contact_point(session, case.contact_point_id)
    lock_customers(session, _people(session, case))
    # Last in the order of locks; read again, because a colleague may have acted while we waited.
    case = escalations.lock(session, escalation_id)
    assert case is not None
    if case.closed_at:
        raise CaseIsClosed(case)
    return case


def _mine(session: Session, escalation_id: int, by: str, or_may: Right | None = None) -> Escalation:
    """An open case that no colleague owns, locked; a colleague's too for a user with the right ``or_may``."""
    case = hold(session, escalation_id)
    if case.owner in {None, by} or (or_may and rights.may(session, by, or_may)):
        return case
    raise _taken(session, case)


def _taken(session: Session, case: Escalation) -> TakenAlready:
    taken = case_events.last(session, case.id, What.TAKEN) or case_events.last(
        session, case.id, What.ANSWERED
    )
    return TakenAlready(case, taken.at if taken else None)


def _happened(session: Session, case: Escalation, event: CaseEvent, **values: Any) -> None:
    assert escalations.happened(session, case.id, event, **values)


def _people(session: Session, case: Escalation) -> list[str]:
    found = {case.customer_id} if case.customer_id else set()
    if case.contact_point_id:
        found |= {one.id for one in customers.at_contact_point(session, case.contact_point_id)}
        # A wrong number was unlinked from its customers when the case was opened; their holds hang on it.
        found |= contacts.retired_since(session, case.contact_point_id, case.opened_at)
    return sorted(found)
