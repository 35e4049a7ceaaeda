"""Who covers a customer: payers and coverages."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from billing.coverage import Covered
from storage import tables, terms
from storage.among import among
from storage.once import insert_missing, insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.coverage import Ceiling


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
    kind: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    """What it leaves to the person, as ``storage.terms`` packs it; empty where nobody told us."""


def keep_payer(session: Session, payer: Payer) -> bool:
    """Keep a payer; whether it was new."""
    return insert_once(session, tables.Payer, asdict(payer)) is not None


def save(session: Session, coverage: Coverage) -> str:
    """Keep a coverage: ``new``, ``changed`` in its end, kind or terms, or ``same`` as it was.

    Kind and terms stay as they are where nothing is told of them.
    """
    insert_missing(session, tables.Payer, [asdict(coverage.payer)])
    row = tables.Coverage
    news = {"ends_on": coverage.ends_on, "kind": coverage.kind, "terms": dict(coverage.terms)}
    values = {
        "id": coverage.id,
        "customer_id": coverage.customer_id,
        "payer_id": coverage.payer.id,
        "member_id": coverage.member_id,
        "priority": coverage.priority,
        "starts_on": coverage.starts_on,
    }
    if insert_once(session, row, values | news) is not None:
        return "new"
    known = session.execute(select(row.ends_on, row.kind, row.terms).where(row.id == coverage.id)).one()
    news = {
        "ends_on": coverage.ends_on,
        "kind": coverage.kind or known[1],
        "terms": news["terms"] or known[2],
    }
    if tuple(known) == tuple(news.values()):
        return "same"
    session.execute(update(row).where(row.id == coverage.id).values(**news))
    return "changed"


def covering(
    session: Session, customer_id: str, by_law: tuple[Ceiling, ...] = ()
) -> list[tuple[Covered, Payer]]:
    """Every coverage of a customer, past ones too, in the order they are asked, with its payer.

    ``by_law`` are the sums of the ceiling that the law sets, for coverages that have it.
    """
    row, payer = tables.Coverage, tables.Payer
    found = session.execute(
        select(row, payer)
        .join(payer, payer.id == row.payer_id)
        .where(row.customer_id == customer_id)
        .order_by(row.priority, row.starts_on, row.id)
    )
    return [(_covered(one, by_law), Payer(by.id, by.name, by.kind)) for one, by in found]


def find(session: Session, coverage_id: str) -> tuple[Covered, Payer, str] | None:
    """One coverage, its payer, and whose it is."""
    row = session.get(tables.Coverage, coverage_id)
    payer = session.get(tables.Payer, row.payer_id) if row else None
    if row is None or payer is None:
        return None
    return _covered(row, ()), Payer(payer.id, payer.name, payer.kind), row.customer_id


def holding(session: Session, day: date) -> list[tuple[Covered, Payer, str]]:
    """Every coverage that holds on a day, with its payer and whose it is."""
    row, payer = tables.Coverage, tables.Payer
    found = session.execute(
        select(row, payer)
        .join(payer, payer.id == row.payer_id)
        .where(row.starts_on <= day, or_(row.ends_on.is_(None), row.ends_on >= day))
        .order_by(row.id)
    )
    return [(_covered(one, ()), Payer(by.id, by.name, by.kind), one.customer_id) for one, by in found]


def _covered(row: tables.Coverage, by_law: tuple[Ceiling, ...]) -> Covered:
    return Covered(
        coverage_id=row.id,
        payer_id=row.payer_id,
        member_id=row.member_id,
        priority=row.priority,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        terms=terms.unpack(row.terms, by_law),
        known=bool(row.terms),
    )


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
