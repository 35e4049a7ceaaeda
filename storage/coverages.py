"""Who covers a customer: payers and coverages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from storage import tables
from storage.among import among
from storage.once import insert_missing, insert_once

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Payer:
    """An insurer, agency, employer or other who takes over a part."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """One customer's coverage by one payer; the payer is kept with it."""

    id: str
    customer_id: str
    payer: Payer
    member_id: str
    priority: int
    starts_on: date
    ends_on: date | None = None


def keep_payer(session: Session, payer: Payer) -> bool:
    """Keep a payer; whether it was new."""
    return insert_once(session, tables.Payer, asdict(payer)) is not None


def save(session: Session, coverage: Coverage) -> bool:
    """Keep a coverage; whether it was new."""
    insert_missing(session, tables.Payer, [asdict(coverage.payer)])
    if session.get(tables.Coverage, coverage.id):
        return False
    session.add(
        tables.Coverage(
            id=coverage.id,
            customer_id=coverage.customer_id,
            payer_id=coverage.payer.id,
            member_id=coverage.member_id,
            priority=coverage.priority,
            starts_on=coverage.starts_on,
            ends_on=coverage.ends_on,
        )
    )
    session.flush()
    return True


def names(session: Session, payer_ids: Collection[str]) -> dict[str, str]:
    """The names of these payers, as far as they are known."""
    row = tables.Payer
    rows = session.execute(select(row.id, row.name).where(among(row.id, payer_ids)))
    return {payer_id: name for payer_id, name in rows}  # noqa: C416 - typed rows


def payers_of(session: Session, customer_ids: Collection[str], day: date) -> dict[str, set[str]]:
    """The ids of the payers that cover each customer on a day."""
    row = tables.Coverage
    found: dict[str, set[str]] = {}
    rows = session.execute(
        select(row.customer_id, row.payer_id).where(
            among(row.customer_id, customer_ids),
            row.starts_on <= day,
            or_(row.ends_on.is_(None), row.ends_on >= day),
        )
    )
    for customer_id, payer_id in rows:
        found.setdefault(customer_id, set()).add(payer_id)
    return found
