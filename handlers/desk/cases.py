"""A rep looks at what needs a person: takes, answers, puts off, gives back, closes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from billing.accounts.cases import GRAVEST
from billing.accounts.holds import HoldKind
from billing.accounts.roles import Right
from billing.calendar import local_day, start_of_day
from billing.facts import Saying
from handlers import rights
from handlers.desk import holding
from handlers.desk.answering import queue_message
from handlers.dunning.reschedule import reschedule
from handlers.rights import DeskRefusal
from messages.understanding import redaction
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import case_events, escalations, staff
from storage.desk.case_events import CaseEvent, What
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.installation import Installation
    from storage.desk.escalations import Escalation

LONGEST_ANSWER = 1500
"""Characters: what every channel carries in one message."""
LONGEST_SNOOZE = timedelta(days=30)

FOUND_NOTHING_DAYS = 180
"""Where the policy does not say after how long a number is to be confirmed anew."""

_HOLD_OF = {kind.value: kind for kind in HoldKind}


class NoSuchCase(DeskRefusal):
    """An escalation is named that never was."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"no open escalation {escalation_id}: see kvitt escalations list")


class CaseIsClosed(DeskRefusal):
    """Somebody was quicker: the case is closed."""

    def __init__(self, case: Escalation) -> None:
        assert case.closed_at is not None
        super().__init__(f"case {case.id} was closed by {case.closed_by} on {case.closed_at:%Y-%m-%d %H:%MZ}")


class TakenAlready(DeskRefusal):
    """Somebody was quicker: the case is theirs."""

    def __init__(self, case: Escalation, at: datetime | None) -> None:
        since = f" on {at:%Y-%m-%d %H:%MZ}" if at else ""
        super().__init__(f"case {case.id} was taken by {case.owner}{since}")


class NobodyHasIt(DeskRefusal):
    """A case was to be given back that nobody has taken."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"case {escalation_id} is in the queue already: nobody has taken it")


class NobodyToAnswer(DeskRefusal):
    """An escalation has no contact point that an answer could go to."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(
            f"escalation {escalation_id} did not come from a chat: there is nobody to answer by text"
        )


class NothingToSay(DeskRefusal):
    """An answer is empty, or longer than one message."""

    def __init__(self, escalation_id: int, length: int) -> None:
        why = f"has {length} characters, at most {LONGEST_ANSWER} fit" if length else "is empty"
        super().__init__(f"the answer to case {escalation_id} {why}: nothing was sent")


class NobodyToHold(DeskRefusal):
    """A case is about nobody in particular, so nothing can be held."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(f"case {escalation_id} is about no customer in particular: there is nothing to hold")


class NotToBeSnoozed(DeskRefusal):
    """A case was to be put off that may not be, or not for so long."""

    def __init__(self, escalation_id: int, why: str) -> None:
        super().__init__(f"case {escalation_id} cannot be put off: {why}")


class PlacementNeedsDecision(DeskRefusal):
    """A case about a placement is closed by deciding about the bill."""

    def __init__(self, escalation_id: int) -> None:
        super().__init__(
            f"case {escalation_id} is closed by deciding about its bill: kvitt placements approve, or return"
        )


def take(session: Session, escalation_id: int, by: str, now: datetime) -> Escalation:
    """Make a case somebody's own.

    Raises:
        rights.NotAllowed: they may only look.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        TakenAlready: somebody has it; nothing is changed.
    """
    by = rights.check(session, by, Right.WORK)
    case = hold(session, escalation_id)
    if case.owner is not None:
        raise _taken(session, case)
    _happened(session, case, CaseEvent(now, by, What.TAKEN), owner=by, snoozed_until=None)
    return case


def answer(
    session: Session,
    installation: Installation,
    escalation_id: int,
    by: str,
    text: str,
    now: datetime,
    *,
    and_close: bool = False,
) -> None:
    """Write to the customer in a case, which makes it one's own; the conversation stays with the desk.

    ``and_close`` closes the case and hands the conversation back. Card numbers are masked.

    Raises:
        rights.NotAllowed: they may only look.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        TakenAlready: somebody else has it; nothing is said.
        NobodyToAnswer: it did not come from a chat.
        NothingToSay: the text is empty, or too long for one message.
    """
    by = rights.check(session, by, Right.WORK)
    case = _mine(session, escalation_id, by)
    if case.contact_point_id is None:
        raise NobodyToAnswer(escalation_id)
    text = redaction.mask_codes(redaction.mask_cards(redaction.clean(text, 2 * LONGEST_ANSWER)))
    if not 0 < len(text) <= LONGEST_ANSWER:
        raise NothingToSay(escalation_id, len(text))
    said = Saying("person.says", {"text": text})
    _happened(session, case, CaseEvent(now, by, What.ANSWERED, {"text": text}), owner=by, snoozed_until=None)
    key = f"answer:{escalation_id}:{case_events.newest(session, escalation_id)}"
    queue_message(session, installation, case.contact_point_id, key, [said], now)
    contact_points.take_over(session, case.contact_point_id, now)
    staff.write_down(session, AuditEntry(now, by, "case_answered", f"escalation:{escalation_id}", {}))
    if and_close:
        close(session, installation, escalation_id, by, "answered", now, lift=False)


def snooze(
    session: Session, installation: Installation, escalation_id: int, by: str, days: int, now: datetime
) -> datetime:
    """Put a case off for so many days of the creditor's; until when (UTC).

    Raises:
        rights.NotAllowed: they may only look.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        TakenAlready: somebody else has it.
        NotToBeSnoozed: it is too grave, or that is too long.
    """
    by = rights.check(session, by, Right.WORK)
    case = _mine(session, escalation_id, by)
    until = start_of_day(
        local_day(now, installation.creditor.zone) + timedelta(days=days), installation.creditor.zone
    )
    if case.severity <= GRAVEST:
        raise NotToBeSnoozed(escalation_id, "a person may be in danger")
    if not now < until <= now + LONGEST_SNOOZE:
        raise NotToBeSnoozed(escalation_id, f"at most {LONGEST_SNOOZE.days} days, at least one")
    event = CaseEvent(now, by, What.SNOOZED, {"until": until.isoformat()})
    _happened(session, case, event, snoozed_until=until, deadline=max(case.deadline, until))
    return until


def give_back(session: Session, escalation_id: int, by: str, why: str, now: datetime) -> None:
    """Return a case to the queue; who may approve may return a colleague's.

    Raises:
        rights.NotAllowed: they may only look.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        NobodyHasIt: it is in the queue.
        TakenAlready: a colleague has it.
    """
    by = rights.check(session, by, Right.WORK)
    case = _mine(session, escalation_id, by, or_may=Right.APPROVE)
    if case.owner is None:
        raise NobodyHasIt(escalation_id)
    _happened(session, case, CaseEvent(now, by, What.RETURNED, {"why": why}), owner=None)


def rest(
    session: Session, installation: Installation, escalation_id: int, by: str, days: int, now: datetime
) -> datetime:
    """Let nothing be demanded for so many days on the bill of a case, or of its customer; until when.

    Raises:
        rights.NotAllowed: they may only look.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        TakenAlready: somebody else has it.
        NobodyToHold: it is about no customer in particular.
        holding.HeldAlready: it rests already.
    """
    by = rights.check(session, by, Right.WORK)
    case = _mine(session, escalation_id, by)
    if case.bill_id:
        subject = holding.of_bill(session, case.bill_id)
    elif case.customer_id:
        subject = holding.of_customer(session, case.customer_id)
    else:
        raise NobodyToHold(escalation_id)
    until = start_of_day(
        local_day(now, installation.creditor.zone) + timedelta(days=days), installation.creditor.zone
    )
    reason = f"case {escalation_id}"
    holding.place(session, installation, subject, HoldKind.MANUAL, reason, until, by, now)
    _happened(session, case, CaseEvent(now, by, What.HELD, {"until": until.isoformat()}))
    return until


def close(
    session: Session,
    installation: Installation,
    escalation_id: int,
    by: str,
    outcome: str,
    now: datetime,
    *,
    lift: bool,
) -> None:
    """Close a case and hand the conversation back to the bot once nothing else is open there.

    ``lift`` also lifts the hold the case stands for (dispute, hardship, legal …). Who may approve may
    close a colleague's. That nothing reaches a customer is not raised again until a way to reach them
    changes, or the policy's days to confirm a number are over.

    Raises:
        rights.NotAllowed: they may only look, or the hold is a stop state.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        TakenAlready: a colleague has it.
        PlacementNeedsDecision: it is about a placement.
    """
    by = rights.check(session, by, Right.WORK)
    case = _mine(session, escalation_id, by, or_may=Right.APPROVE)
    if case.kind == "placement" and case.bill_id:
        raise PlacementNeedsDecision(escalation_id)
    kind = _HOLD_OF.get(case.kind) if lift else None
    if kind and kind.is_stop_state:
        rights.check(session, by, Right.APPROVE)
    escalations.close(session, escalation_id, by, outcome, now)
    if case.kind == "no_usable_channel":
        escalations.rest(session, escalation_id, now + timedelta(days=_rests_days(installation)))
    people = _people(session, case)
    for customer_id in people if kind else ():
        holds.lift(session, customer_id, [kind] if kind else [], by, now)
    if case.contact_point_id and not escalations.open_at(session, case.contact_point_id):
        contact_points.hand_back(session, case.contact_point_id)
    staff.write_down(
        session, AuditEntry(now, by, "case_closed", f"escalation:{escalation_id}", {"outcome": outcome})
    )
    reschedule(session, installation, people, now)


def _rests_days(installation: Installation) -> int:
    """For how many days nobody is asked again to find a way to a customer, if nothing changes."""
    return installation.policy.contact.reverify_days if installation.policy.contact else FOUND_NOTHING_DAYS


def decidable(session: Session, escalation_id: int, by: str) -> Escalation:
    """An open case that somebody is about to decide, held; who may approve may decide a colleague's.

    Raises:
        rights.NotAllowed: they may only look.
        NoSuchCase, CaseIsClosed: there is no open case with this number.
        TakenAlready: a colleague has it.
    """
    return _mine(session, escalation_id, rights.check(session, by, Right.WORK), or_may=Right.APPROVE)


def hold(session: Session, escalation_id: int) -> Escalation:
    """An open case, with everybody it concerns, held until the transaction ends.

    Raises:
        NoSuchCase: there never was one with this number.
        CaseIsClosed: somebody closed it; they and the moment are named.
    """
    case = escalations.find(session, escalation_id)
    if case is None:
        raise NoSuchCase(escalation_id)
    if case.contact_point_id:
        lock_contact_point(session, case.contact_point_id)
    lock_customers(session, _people(session, case))
    case = escalations.lock(session, escalation_id)
    assert case is not None
    if case.closed_at:
        raise CaseIsClosed(case)
    return case


def _mine(session: Session, escalation_id: int, by: str, or_may: Right | None = None) -> Escalation:
    """An open case that nobody else has, held; with ``or_may``, a colleague's too for who has that right."""
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
    return sorted(found)
