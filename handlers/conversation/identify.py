"""Identity check: a birth date, a first name where two people share it, a postal code as second proof.

A phone number alone proves nothing: it may be shared or reassigned, and a bill mentioned to the wrong person
is a disclosure (12 CFR 1006.6(d)(1)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.accounts.cases import answer_by
from billing.calendar import is_minor
from handlers.desk.handover import open_case
from messages.understanding.spelling import fold
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.people import contact_points

if TYPE_CHECKING:
    from billing.outcomes import Identify
    from handlers.context import Context
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


class Shown(StrEnum):
    """Result of an answer to the identity question."""

    KNOWN = "known"
    WRONG = "wrong"
    SEVERAL = "several"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """The result of one try, and the customer if it was right."""

    shown: Shown
    customer: Customer | None = None


def check(turn: Turn, answer: Identify) -> IdentityResult:
    """Compare an answer with every customer at this contact point; minors and deceased never match.

    An unknown number gets the same question and the same replies, so that nobody can find out by asking
    whether a number belongs to a customer.
    """
    today = turn.today()
    matching = [
        customer
        for customer in turn.people
        if customer.birth_date == answer.birth_date
        and not is_minor(customer.birth_date, today)
        and customer.died_on is None
        and _name_fits(customer, answer.first_name)
    ]
    if len(matching) == 1:
        return _known(turn, matching[0])
    if len(matching) > 1 and not answer.first_name:
        return IdentityResult(Shown.SEVERAL)
    return _wrong(turn)


def prove(turn: Turn, customer: Customer, postal_code: str) -> Shown:
    """Prove a customer's identity by the postal code on file; wrong ones count like wrong birth dates."""
    if same_code(postal_code, customer.postal_code):
        until = turn.context.now + timedelta(hours=turn.context.policy.identity.lasts_hours)
        contact_points.prove(turn.context.session, turn.point.id, until)
        entry = AuditEntry(turn.context.now, "customer", "proved", f"contact_point:{turn.point.id}", {})
        staff.write_down(turn.context.session, entry)
        return Shown.KNOWN
    return _wrong(turn).shown


def same_code(said: str, kept: str) -> bool:
    """Whether ``said`` is the postal code on file (``kept``), spaces and case aside, as proof of identity."""
    said, kept = _letters(said), _letters(kept)
    return said == kept or (len(kept) > _ZIP and said == kept[:_ZIP])


_ZIP = 5
"""A nine-digit ZIP is often known by its first five digits only."""


def _letters(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _known(turn: Turn, customer: Customer) -> IdentityResult:
    until = turn.context.now + timedelta(hours=turn.context.policy.identity.lasts_hours)
    contact_points.identify(turn.context.session, turn.point.id, customer.id, until)
    entry = AuditEntry(turn.context.now, "customer", "identified", f"contact_point:{turn.point.id}", {})
    staff.write_down(turn.context.session, entry)
    return IdentityResult(Shown.KNOWN, customer)


def _wrong(turn: Turn) -> IdentityResult:
    rules = turn.context.policy.identity
    if contact_points.count_wrong_try(turn.context.session, turn.point.id) < rules.tries:
        return IdentityResult(Shown.WRONG)
    open_case(turn, "identity_locked", _TOO_MANY)
    _lock(turn.context, turn.point.id)
    return IdentityResult(Shown.LOCKED)


def count_wrong(context: Context, contact_point_id: int, customer_id: str) -> Shown:
    """Count a wrong answer on a bill's page against the contact point its link was sent to.

    The last permitted one locks the contact point and opens a case; returns WRONG or LOCKED.
    """
    if contact_points.count_wrong_try(context.session, contact_point_id) < context.policy.identity.tries:
        return Shown.WRONG
    case = Case(
        key=f"identity_locked:{contact_point_id}",
        kind="identity_locked",
        reason=_TOO_MANY,
        deadline=answer_by(2, context.policy.talk.person_within_hours, context.now),
        customer_id=customer_id,
        contact_point_id=contact_point_id,
    )
    escalations.open_case(context.session, case, context.now)
    _lock(context, contact_point_id)
    return Shown.LOCKED


def write_down(context: Context, contact_point_id: int) -> None:
    """Write to the audit trail that a customer was identified on a bill's page."""
    action = AuditEntry(
        context.now, "customer", "identified_on_page", f"contact_point:{contact_point_id}", {}
    )
    staff.write_down(context.session, action)


def _lock(context: Context, contact_point_id: int) -> None:
    until = context.now + timedelta(hours=context.policy.identity.lock_hours)
    contact_points.lock(context.session, contact_point_id, until)
    staff.write_down(
        context.session, AuditEntry(context.now, "kvitt", "locked", f"contact_point:{contact_point_id}", {})
    )


_TOO_MANY = "too many wrong answers to the identity question"


def _name_fits(customer: Customer, first_name: str) -> bool:
    return not first_name or fold(first_name.strip()) in fold(customer.name).split()
