"""Where the events of a timeline come from: each source is a statement with the same columns.

A new kind of event is one more line in :data:`SOURCES`. Its place in the list orders what happened at the
same moment; new ones are added at the end, so that pages that are open go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, Text, and_, cast, literal, null, or_, select, type_coerce

from storage import tables
from storage.database.id_lists import one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select


VIEWED: Final = "person_viewed"
"""What the audit trail calls that a user looked at a customer's page."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The ids of what a timeline is about."""

    customer_id: str
    accounts: tuple[str, ...]
    bills: tuple[str, ...]
    points: tuple[int, ...]
    """Contact points that reach the customer now."""
    cases: tuple[int, ...]
    claims: tuple[str, ...]
    subjects: tuple[str, ...]
    """What the audit trail calls all of these."""


class TimelineSource(NamedTuple):
    """One kind of events: its name, and all of them of a scope, with the columns of :func:`event`."""

    name: str
    events: Callable[[Scope], Select[Any]]


def event(
    at: Any,
    number: Any,
    *,
    ref: Any = None,
    actor: Any = "",
    what: Any = "",
    words: Any = None,
    detail: Any = None,
    amount: Any = None,
    currency: Any = None,
    state: Any = None,
    bill_id: Any = None,
    day: Any = None,
    about: Any = None,
    level: Any = None,
) -> Select[Any]:
    """A statement with the columns of every source; sealed values are opened once the page is chosen.

    ``number`` orders what one source has of one moment; ``ref`` is the id as text, the number unless given;
    ``about`` is a channel, a kind of case, a claim or a subject; ``level`` that of a reminder, or the case.
    """
    return select(
        at.label("at"),
        cast(number, BigInteger).label("number"),
        cast(number if ref is None else ref, Text).label("ref"),
        _text(actor).label("actor"),
        _text(what).label("what"),
        _text(words).label("words"),
        (cast(null(), Text) if detail is None else cast(detail, Text)).label("detail"),
        (cast(null(), BigInteger) if amount is None else cast(amount, BigInteger)).label("amount"),
        _text(currency).label("currency"),
        _text(state).label("state"),
        _text(bill_id).label("bill_id"),
        (cast(null(), Text) if day is None else cast(day, Text)).label("day"),
        _text(about).label("about"),
        (cast(null(), BigInteger) if level is None else cast(level, BigInteger)).label("level"),
    )


def _text(value: Any) -> Any:
    if value is None:
        return cast(null(), Text)
    return cast(literal(value), Text) if isinstance(value, str) else type_coerce(value, Text)


def _came_in(scope: Scope) -> Select[Any]:
    row = tables.Inbox
    found = event(row.received_at, row.id, actor="customer", what=row.kind, words=row.text, state=row.state)
    return found.where(one_of(row.contact_point_id, scope.points))


def _went_out(scope: Scope) -> Select[Any]:
    row = tables.Outbox
    found = event(
        row.created_at,
        row.id,
        actor=row.approved_by,
        what=row.purpose,
        words=row.text,
        state=row.state,
        about=row.channel,
        level=row.level,
    )
    whose = or_(
        row.customer_id == scope.customer_id,
        and_(row.customer_id.is_(None), one_of(row.contact_point_id, scope.points)),
    )
    return found.where(whose)


def _entries(scope: Scope) -> Select[Any]:
    row = tables.Entry
    found = event(
        row.recorded_at,
        row.id,
        what=row.kind,
        words=row.rule,
        amount=row.amount,
        currency=row.currency,
        bill_id=row.bill_id,
        day=row.booked_on,
    )
    return found.where(one_of(row.account_id, scope.accounts))


def _decisions(scope: Scope) -> Select[Any]:
    row = tables.Decision
    found = event(
        row.at,
        row.id,
        actor=row.made_by,
        what=row.verdict,
        words=row.reason,
        detail=row.inputs,
        bill_id=row.bill_id,
        level=row.level,
    )
    return found.where(or_(row.customer_id == scope.customer_id, one_of(row.bill_id, scope.bills)))


def _holds(scope: Scope) -> Select[Any]:
    row = tables.Hold
    found = event(
        row.placed_at,
        row.id,
        actor=row.placed_by,
        what=row.kind,
        words=row.reason,
        bill_id=row.bill_id,
        day=row.until,
    )
    return found.where(row.customer_id == scope.customer_id)


def _holds_lifted(scope: Scope) -> Select[Any]:
    row = tables.Hold
    found = event(row.lifted_at, row.id, actor=row.lifted_by, what=row.kind, bill_id=row.bill_id)
    return found.where(row.customer_id == scope.customer_id, row.lifted_at.is_not(None))


def _plans(scope: Scope) -> Select[Any]:
    row = tables.Plan
    found = event(
        row.agreed_at, row.id, what=row.review, amount=row.amount, currency=row.currency, state=row.state
    )
    return found.where(one_of(row.account_id, scope.accounts))


def _plans_ended(scope: Scope) -> Select[Any]:
    row = tables.Plan
    found = event(row.ended_at, row.id, amount=row.amount, currency=row.currency, state=row.state)
    return found.where(one_of(row.account_id, scope.accounts), row.ended_at.is_not(None))


def _promises(scope: Scope) -> Select[Any]:
    row, account = tables.Promise, tables.Account
    found = event(
        row.made_at, row.id, amount=row.amount, currency=account.currency, state=row.state, day=row.due_on
    )
    return found.join(account, account.id == row.account_id).where(one_of(row.account_id, scope.accounts))


def _promises_ended(scope: Scope) -> Select[Any]:
    row, account = tables.Promise, tables.Account
    found = event(row.ended_at, row.id, amount=row.amount, currency=account.currency, state=row.state)
    return found.join(account, account.id == row.account_id).where(
        one_of(row.account_id, scope.accounts), row.ended_at.is_not(None)
    )


def _claims(scope: Scope) -> Select[Any]:
    row = tables.Claim
    found = event(
        row.created_at,
        row.number,
        ref=row.key,
        what=row.payer_id,
        words=row.reason,
        amount=row.amount,
        currency=row.currency,
        state=row.state,
        bill_id=row.bill_id,
    )
    return found.where(one_of(row.key, scope.claims))


def _claim_answers(scope: Scope) -> Select[Any]:
    row, claim = tables.ClaimAnswer, tables.Claim
    found = event(
        row.recorded_at,
        row.id,
        actor=claim.payer_id,
        what=row.verdict,
        about=row.claim_key,
        amount=row.paid,
        currency=claim.currency,
        bill_id=claim.bill_id,
        day=row.answered_on,
    )
    return found.join(claim, claim.key == row.claim_key).where(one_of(row.claim_key, scope.claims))


def _case_events(scope: Scope) -> Select[Any]:
    row, case = tables.CaseEvent, tables.Escalation
    found = event(
        row.at,
        row.id,
        actor=row.actor,
        what=row.what,
        words=case.reason,
        detail=row.detail,
        about=case.kind,
        level=row.escalation_id,
        bill_id=case.bill_id,
    )
    return found.join(case, case.id == row.escalation_id).where(one_of(row.escalation_id, scope.cases))


def _audit(scope: Scope) -> Select[Any]:
    row = tables.Audit
    found = event(row.at, row.id, actor=row.actor, what=row.action, about=row.subject, detail=row.detail)
    # Who looked is asked for in the audit trail: here it would bury what happened.
    return found.where(one_of(row.subject, scope.subjects), row.action != VIEWED)


def _notes(scope: Scope) -> Select[Any]:
    row = tables.Note
    found = event(
        row.written_at, row.id, actor=row.written_by, what=row.kind, words=row.text, state=row.acted
    )
    return found.where(row.customer_id == scope.customer_id)


SOURCES: Final[list[TimelineSource]] = [
    TimelineSource("came_in", _came_in),
    TimelineSource("went_out", _went_out),
    TimelineSource("entry", _entries),
    TimelineSource("decision", _decisions),
    TimelineSource("hold", _holds),
    TimelineSource("hold_lifted", _holds_lifted),
    TimelineSource("plan", _plans),
    TimelineSource("plan_ended", _plans_ended),
    TimelineSource("promise", _promises),
    TimelineSource("promise_ended", _promises_ended),
    TimelineSource("claim", _claims),
    TimelineSource("claim_answer", _claim_answers),
    TimelineSource("case", _case_events),
    TimelineSource("audit", _audit),
    TimelineSource("note", _notes),
]
"""Every source; the names are what pages and filters call them."""
