"""Prior authorisation: requested of a payer, granted or denied; an overdue one becomes a case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.facts import Saying
from billing.payers.claims import Code
from billing.refusals import Refusal
from handlers.payers import covering
from handlers.payers.estimating import lacking_authorisation, quote
from handlers.people import register
from handlers.turn_context import Reply, say
from storage.costs import prices
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.payers import authorisations
from storage.payers.authorisations import AuthorisationState, Request

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.outcomes import AskAuthorisation
    from billing.payers.coverage import Covered
    from handlers.context import Context
    from handlers.installation import Installation
    from handlers.turn_context import Turn
    from storage.payers.authorisations import Authorisation
    from storage.people.customers import Customer


class NoSuchAuthorisation(Refusal):
    """No authorisation with this number waits for a decision."""

    def __init__(self, authorisation_id: int) -> None:
        super().__init__(
            f"authorisation {authorisation_id} waits for no decision: see kvitt authorisations list"
        )


class NothingToAuthorise(Refusal):
    """No coverage of the customer needs an authorisation of this service that is still missing."""

    def __init__(self, customer_id: str, code: Code) -> None:
        super().__init__(
            f"no coverage of {customer_id!r} asks for an authorisation of {code.system} {code.code} "
            "that is still missing"
        )


def by_chat(turn: Turn, customer: Customer, wanted: AskAuthorisation) -> Reply:
    """Request the authorisation that the customer asked for in the chat, if it is still missing."""
    code = Code(wanted.code_system, wanted.code)
    try:
        found = start(turn.context, customer.id, code, wanted.service_on, "customer")
    except NothingToAuthorise:
        return say(Saying("estimate.no_approval"))
    by = local_day(max(one.answer_by for one in found), turn.zone())
    return say(Saying("estimate.asked_approval", {"by": by}))


def start(
    context: Context, customer_id: str, code: Code, day: date, by: str, *, urgent: bool = False
) -> list[Authorisation]:
    """Request authorisation of a service from every payer that needs one; an open request is not repeated.

    Raises:
        NothingToAuthorise: none is needed, or all are granted.
    """
    found = quote(context, customer_id, [(code, "1")], day)
    lacking = [one for one, missing in lacking_authorisation(found) if missing == code] if found else []
    if found is None:
        lacking = _wanting(context, customer_id, code, day)
    if not lacking:
        raise NothingToAuthorise(customer_id, code)
    return [_ask(context, customer_id, covered, code, by, urgent=urgent) for covered in lacking]


def grant(
    context: Context, authorisation_id: int, number: str, valid: tuple[date, date | None] | None, by: str
) -> Authorisation:
    """Record that the payer granted it, with its number and validity (first and last day).

    Raises:
        NoSuchAuthorisation: it waits for no decision.
    """
    found = _held(context.session, authorisation_id)
    begins, ends = valid or (local_day(context.now, context.creditor.zone), None)
    ends = ends or begins + timedelta(days=context.policy.authorisations.valid_days)
    granted = authorisations.decide(
        context.session,
        found.id,
        AuthorisationState.GRANTED,
        by,
        context.now,
        number=number,
        valid=(begins, ends),
    )
    return _decided(context, found, by, "authorisation_granted", done=granted)


def deny(
    context: Context, authorisation_id: int, reason: str, by: str, *, expired: bool = False
) -> Authorisation:
    """Record that the payer denied it and why, or (``expired``) that it is no longer needed.

    A denial opens a case: an appeal must be decided before the service is given.

    Raises:
        NoSuchAuthorisation: it waits for no decision.
    """
    found = _held(context.session, authorisation_id)
    state = AuthorisationState.EXPIRED if expired else AuthorisationState.DENIED
    denied = authorisations.decide(context.session, found.id, state, by, context.now, reason=reason)
    after = _decided(context, found, by, f"authorisation_{state.value}", done=denied)
    if not expired:
        why = f"a payer denied authorisation {found.id}: appeal, or tell the customer what it costs without"
        case = Case(
            f"authorisation_denied:{found.id}", "authorisation_denied", why,
            context.now + timedelta(days=1), 2, found.customer_id, detail={"reason": reason},
        )  # fmt: skip
        escalations.open_case(context.session, case, context.now)
    return after


def listed(session: Session, *, everything: bool = False) -> list[Authorisation]:
    """Open requests for prior authorisation, or all with ``everything``, the most urgent first."""
    return authorisations.every(session, only_open=not everything)


def chase(context: Context, late: Authorisation) -> None:
    """Open a case for an overdue request for prior authorisation, and check it again after the same time."""
    why = f"a payer has not decided about authorisation {late.id} in time: ask it again"
    by = context.answer_by()
    case = Case(f"authorisation:{late.id}", "authorisation", why, by, 2, late.customer_id)
    escalations.open_case(context.session, case, context.now)
    authorisations.put_off(
        context.session, [late.id], context.now + _time(context.installation, urgent=late.urgent)
    )


def _ask(
    context: Context, customer_id: str, covered: Covered, code: Code, by: str, *, urgent: bool
) -> Authorisation:
    answer_by = context.now + _time(context.installation, urgent=urgent)
    described = next(
        (one.description for one in prices.every(context.session) if one.code == code), code.code
    )
    request = Request(customer_id, covered.coverage_id, code, described, urgent, answer_by)
    new = authorisations.ask(context.session, request, by, context.now)
    found = authorisations.open_one(context.session, request.key)
    assert found
    if new is not None:
        why = f"ask {covered.payer_id} for authorisation {new}: kvitt authorisations list has it"
        due = context.answer_by()
        case = Case(f"authorisation:{new}", "authorisation", why, due, 2 if urgent else 3, customer_id)
        escalations.open_case(context.session, case, context.now)
        staff.write_down(
            context.session, AuditEntry(context.now, by, "authorisation_asked", f"authorisation:{new}", {})
        )
    return found


def _wanting(context: Context, customer_id: str, code: Code, day: date) -> list[Covered]:
    """The coverages that need an authorisation of a service which is on no price list."""
    if code in authorisations.numbers(context.session, customer_id, day):
        return []
    coverages_found = covering.checked_coverages(context, customer_id, day)
    return [one.covered for one in coverages_found if code in one.covered.terms.needs_authorisation]


def _time(installation: Installation, *, urgent: bool) -> timedelta:
    rules = installation.policy.authorisations
    return timedelta(hours=rules.urgent_hours) if urgent else timedelta(days=rules.standard_days)


def _held(session: Session, authorisation_id: int) -> Authorisation:
    found = authorisations.find(session, authorisation_id)
    if found is None or found.state != AuthorisationState.REQUESTED:
        raise NoSuchAuthorisation(authorisation_id)
    register.hold(session, [found.customer_id])
    return found


def _decided(context: Context, found: Authorisation, by: str, action: str, *, done: bool) -> Authorisation:
    if not done:
        raise NoSuchAuthorisation(found.id)
    escalations.close_key(context.session, f"authorisation:{found.id}", by, action, context.now)
    staff.write_down(context.session, AuditEntry(context.now, by, action, f"authorisation:{found.id}", {}))
    after = authorisations.find(context.session, found.id)
    assert after
    return after
