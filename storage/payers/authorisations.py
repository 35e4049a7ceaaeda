"""Payers' prior authorisations of services: requested, granted, denied, expired."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, true, update

from billing.payers.claims import Code
from storage import tables
from storage.database.constants import fixed
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session


class AuthorisationState(StrEnum):
    """The state of an authorisation."""

    REQUESTED = "requested"
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    """Its last day has passed, or it was not decided and is no longer needed."""


@dataclass(frozen=True, slots=True)
class Authorisation:
    """One authorisation. Moments are UTC, days local to the creditor."""

    id: int
    key: str
    customer_id: str
    coverage_id: str
    code_system: str
    code: str
    description: str
    urgent: bool
    state: str
    asked_at: datetime
    asked_by: str
    answer_by: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    number: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    reason: str = ""


_FIELDS = tuple(Authorisation.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a payer is asked to authorise."""

    customer_id: str
    coverage_id: str
    code: Code
    description: str
    urgent: bool
    answer_by: datetime

    @property
    def key(self) -> str:
        """Coverage and service: one request per key is open at a time."""
        return f"{self.coverage_id}:{self.code.system}:{self.code.code}"


def ask(session: Session, request: Request, by: str, now: datetime) -> int | None:
    """Record a request for prior authorisation; returns its id, or ``None`` when the same one is open."""
    values = {
        "key": request.key,
        "customer_id": request.customer_id,
        "coverage_id": request.coverage_id,
        "code_system": request.code.system,
        "code": request.code.code,
        "description": request.description,
        "urgent": request.urgent,
        "state": AuthorisationState.REQUESTED.value,
        "asked_at": now,
        "asked_by": by,
        "answer_by": request.answer_by,
        "number": "",
        "reason": "",
    }
    return insert_once(session, tables.Authorisation, values)


def decide(
    session: Session,
    authorisation_id: int,
    state: AuthorisationState,
    by: str,
    now: datetime,
    *,
    number: str = "",
    valid: tuple[date, date] | None = None,
    reason: str = "",
) -> bool:
    """Record a payer's decision; returns whether the request was still open."""
    row = tables.Authorisation
    valid_from, valid_to = valid or (None, None)
    decided = session.scalar(
        update(row)
        .where(row.id == authorisation_id, row.state == fixed(AuthorisationState.REQUESTED))
        .values(
            state=state.value,
            decided_at=now,
            decided_by=by,
            number=number,
            valid_from=valid_from,
            valid_to=valid_to,
            reason=reason,
        )
        .returning(row.id)
    )
    return decided is not None


def find(session: Session, authorisation_id: int) -> Authorisation | None:
    """One authorisation; ``None`` if it does not exist."""
    row = session.get(tables.Authorisation, authorisation_id, populate_existing=True)
    return _authorisation(row) if row else None


def open_one(session: Session, key: str) -> Authorisation | None:
    """The open request for prior authorisation with this key."""
    row = tables.Authorisation
    found = session.scalar(
        select(row).where(row.key == key, row.state == fixed(AuthorisationState.REQUESTED))
    )
    return _authorisation(found) if found else None


def every(session: Session, *, only_open: bool) -> list[Authorisation]:
    """All authorisations, or only open requests; the earliest deadline first."""
    row = tables.Authorisation
    query = select(row).order_by(row.answer_by, row.id)
    if only_open:
        query = query.where(row.state == fixed(AuthorisationState.REQUESTED))
    return [_authorisation(one) for one in session.scalars(query)]


def overdue(session: Session, now: datetime, limit: int) -> list[Authorisation]:
    """Open requests past the payer's deadline, oldest first."""
    row = tables.Authorisation
    query = (
        select(row)
        .where(row.state == fixed(AuthorisationState.REQUESTED), row.answer_by <= now)
        .order_by(row.answer_by, row.id)
        .limit(limit)
    )
    return [_authorisation(one) for one in session.scalars(query)]


def put_off(session: Session, ids: Iterable[int], until: datetime) -> None:
    """Check these authorisations again at a moment (UTC): the desk has a case about them."""
    row = tables.Authorisation
    session.execute(update(row).where(row.id.in_(list(ids))).values(answer_by=until))


def numbers(session: Session, customer_id: str, day: date, coverage_id: str | None = None) -> dict[Code, str]:
    """The authorisation number for each service granted on a day, of all coverages or one."""
    row = tables.Authorisation
    found = session.execute(
        select(row.code_system, row.code, row.number)
        .where(row.customer_id == customer_id, row.state == AuthorisationState.GRANTED.value)
        .where(true() if coverage_id is None else row.coverage_id == coverage_id)
        .where(or_(row.valid_from.is_(None), row.valid_from <= day))
        .where(or_(row.valid_to.is_(None), row.valid_to >= day))
        .order_by(row.id)
    )
    return {Code(system, code): number for system, code, number in found}


def _authorisation(row: tables.Authorisation) -> Authorisation:
    return Authorisation(**{name: getattr(row, name) for name in _FIELDS})
