"""What customers accepted, in the exact words they were shown; appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from billing.payers.obligations import digest
from storage import tables

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.payers.obligations import StatedObligations


REMINDER_FEE: Final = "reminder_fee"
"""The kind of an acceptance that speaks of a reminder fee, and of nothing else."""
OBLIGATIONS: Final = "obligations"
"""The kind of an acceptance that says by its terms what it allows."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a customer accepted, in the words they were shown."""

    text: str
    language: str
    accepted_at: datetime
    version: str = ""
    digest: str = ""
    fee: bool = False
    """Whether it speaks of a reminder fee."""
    days: int | None = None
    """The term that was agreed, in days."""


def of_customer(session: Session, customer_id: str) -> list[Acceptance]:
    """What a customer accepted of payment terms, oldest first."""
    row = tables.Acceptance
    kinds = row.kind.in_([REMINDER_FEE, OBLIGATIONS])
    found = session.scalars(select(row).where(row.customer_id == customer_id, kinds).order_by(row.id))
    return [_acceptance(one) for one in found]


def before(session: Session, customer_id: str, day: date) -> list[Acceptance]:
    """What was accepted before a day, oldest first.

    The day itself does not count: only the day is known of a bill, so which came first would be unknown.
    """
    return [one for one in of_customer(session, customer_id) if one.accepted_at.date() < day]


def fee_before(session: Session, customer_id: str, day: date) -> bool:
    """Whether a reminder fee was accepted before a day."""
    return any(one.fee for one in before(session, customer_id, day))


def save_acceptance(
    session: Session,
    customer_id: str,
    contact_point_id: int | None,
    kind: str,
    text: str,
    language: str,
    now: datetime,
    stated: StatedObligations | None = None,
) -> None:
    """Save that a customer accepted this text, where and when, and the terms they agreed to by it."""
    session.add(
        tables.Acceptance(
            customer_id=customer_id,
            contact_point_id=contact_point_id,
            kind=kind,
            text=text,
            language=language,
            accepted_at=now,
            version=stated.version if stated else "",
            digest=digest([text]),
            terms=_terms(stated) if stated else {},
        )
    )
    session.flush()


def _terms(stated: StatedObligations) -> dict[str, Any]:
    fee = stated.fee
    return {
        "fee": {"minor": fee.minor, "currency": fee.currency} if fee else None,
        "days": stated.days,
        "topics": [topic.value for topic in stated.topics],
    }


def _acceptance(row: tables.Acceptance) -> Acceptance:
    return Acceptance(
        row.text,
        row.language,
        row.accepted_at,
        row.version,
        row.digest,
        fee=row.kind == REMINDER_FEE or bool(row.terms.get("fee")),
        days=row.terms.get("days"),
    )
