"""Payers, and the coverages of customers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from billing.payers.coverage import Covered, PayerTerms
from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing, insert_once
from storage.payers import terms as packed
from storage.sealing import vault
from storage.sealing.keys import MEMBER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payers.coverage import Ceiling


@dataclass(frozen=True, slots=True)
class Payer:
    """An insurer, agency, employer or other that pays a part of bills."""

    id: str
    name: str
    kind: str
    terms: PayerTerms = field(default_factory=PayerTerms)


@dataclass(frozen=True, slots=True)
class Coverage:
    """One customer's coverage by one payer; the payer is saved with it."""

    id: str
    customer_id: str
    payer: Payer
    member_id: str
    priority: int
    starts_on: date
    ends_on: date | None = None
    kind: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    """What it leaves to the person, as ``storage.payers.terms`` packs it; empty where unknown."""


def keep_payer(session: Session, payer: Payer) -> bool:
    """Insert a payer; returns whether it did not exist."""
    return insert_once(session, tables.Payer, _payer_row(payer)) is not None


def payer(session: Session, payer_id: str) -> Payer | None:
    """One payer; ``None`` if it does not exist."""
    return payers(session, [payer_id]).get(payer_id)


def payers(session: Session, payer_ids: Collection[str] | None = None) -> dict[str, Payer]:
    """These payers, or all, by id."""
    row = tables.Payer
    query = select(row.id, row.name, row.kind, row.terms).order_by(row.id)
    if payer_ids is not None:
        query = query.where(one_of(row.id, payer_ids))
    return {
        one.id: Payer(one.id, one.name, one.kind, packed.unpack_payer(one.terms))
        for one in session.execute(query)
    }


def set_payer_terms(session: Session, payer_id: str, terms: PayerTerms) -> bool:
    """Save how a payer wants to be billed; returns whether the payer exists."""
    row = tables.Payer
    changed = update(row).where(row.id == payer_id).values(terms=packed.pack_payer(terms)).returning(row.id)
    return session.scalar(changed) is not None


def covering(session: Session, customer_ids: Collection[str]) -> dict[str, list[Covered]]:
    """Every coverage of each customer, past and future ones too."""
    row = tables.Coverage
    found: dict[str, list[Covered]] = {}
    for one in session.scalars(select(row).where(one_of(row.customer_id, customer_ids)).order_by(row.id)):
        found.setdefault(one.customer_id, []).append(_covered(one, ()))
    return found


def payer_names(session: Session, payer_ids: Collection[str]) -> dict[str, str]:
    """The names of these payers, by id."""
    row = tables.Payer
    rows = session.execute(select(row.id, row.name).where(one_of(row.id, payer_ids)))
    return {payer_id: name for payer_id, name in rows}  # noqa: C416 - rows are no pairs to mypy


def save(session: Session, coverage: Coverage) -> str:
    """Save a coverage: returns ``new``, ``changed`` (its end, kind or terms), or ``same``.

    Kind and terms stay as they are where the given ones are empty.
    """
    insert_missing(session, tables.Payer, [_payer_row(coverage.payer)])
    row = tables.Coverage
    news = {"ends_on": coverage.ends_on, "kind": coverage.kind, "terms": dict(coverage.terms)}
    values = {
        "id": coverage.id,
        "customer_id": coverage.customer_id,
        "payer_id": coverage.payer.id,
        "member_id": coverage.member_id,
        "member_index": vault.index(session, MEMBER, coverage.member_id),
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


def of_customer(
    session: Session, customer_id: str, by_law: tuple[Ceiling, ...] = ()
) -> list[tuple[Covered, Payer]]:
    """Every coverage of a customer with its payer, past ones too, in the order in which payers are asked.

    ``by_law`` are the amounts of the legal ceiling, for coverages that have it.
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
    """One coverage, its payer, and the customer's id."""
    row = session.get(tables.Coverage, coverage_id)
    payer = session.get(tables.Payer, row.payer_id) if row else None
    if row is None or payer is None:
        return None
    return _covered(row, ()), Payer(payer.id, payer.name, payer.kind), row.customer_id


def of_member(session: Session, member_id: str) -> list[str]:
    """The ids of the coverages with a member number."""
    row = tables.Coverage
    theirs = row.member_index.in_(vault.indexes(session, MEMBER, member_id))
    return list(session.scalars(select(row.id).where(theirs).order_by(row.id)))


def holding(session: Session, day: date) -> list[tuple[Covered, Payer, str]]:
    """Every coverage valid on a day, with its payer and the customer's id."""
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
        terms=packed.unpack(row.terms, by_law),
        known=bool(row.terms),
    )


def payers_of(session: Session, customer_ids: Collection[str], day: date) -> dict[str, set[str]]:
    """The ids of the payers that cover each customer on a day."""
    row = tables.Coverage
    found: dict[str, set[str]] = {}
    rows = session.execute(
        select(row.customer_id, row.payer_id).where(
            one_of(row.customer_id, customer_ids),
            row.starts_on <= day,
            or_(row.ends_on.is_(None), row.ends_on >= day),
        )
    )
    for customer_id, payer_id in rows:
        found.setdefault(customer_id, set()).add(payer_id)
    return found


def _payer_row(payer: Payer) -> dict[str, Any]:
    return asdict(payer) | {"terms": packed.pack_payer(payer.terms)}
