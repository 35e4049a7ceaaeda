"""Open claims: by bill, and by payer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from billing.payers.claims import ClaimState
from storage import tables
from storage.database.id_lists import one_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy.orm import Session

_OPEN = tuple(state.value for state in ClaimState if state.open)
_ASKED = tuple(state.value for state in ClaimState if state.open and state is not ClaimState.HELD)


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """One claim as the payer sees it; ``amount`` in minor units."""

    key: str
    bill_id: str
    person: str
    member_id: str
    currency: str
    amount: int
    lines: list[dict[str, Any]]
    filed_on: date | None
    answer_by: date | None


def open_on(session: Session, bill_ids: Collection[str]) -> set[str]:
    """Those of these bills on which a payer, or the desk, must still decide."""
    row = tables.Claim
    found = select(row.bill_id).where(one_of(row.bill_id, bill_ids), row.state.in_(_OPEN))
    return set(session.scalars(found))


def of_payer(session: Session, payer_id: str) -> list[OpenClaim]:
    """A payer's open claims, oldest first; without those that it would reject as they are."""
    row, person, coverage = tables.Claim, tables.Customer, tables.Coverage
    rows = session.execute(
        select(
            row.key, row.bill_id, person.name, coverage.member_id, row.currency, row.amount, row.lines,
            row.filed_on, row.answer_by,
        )
        .join(person, person.id == row.customer_id)
        .outerjoin(coverage, coverage.id == row.coverage_id)
        .where(row.payer_id == payer_id, row.state.in_(_ASKED))
        .order_by(row.created_at, row.key)
    )  # fmt: skip
    return [OpenClaim(one.key, one.bill_id, one.name, one.member_id or "", *tuple(one)[4:]) for one in rows]


def payer(session: Session, payer_id: str) -> tuple[str, str, dict[str, Any]] | None:
    """A payer's id, name and terms."""
    row = tables.Payer
    found = session.execute(select(row.id, row.name, row.terms).where(row.id == payer_id)).first()
    return (found.id, found.name, found.terms) if found else None
