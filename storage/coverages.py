"""Who covers a customer: payers and coverages."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from billing.claims import Code
from billing.coverage import Covered, PayerTerms, Terms
from storage import tables
from storage.among import among
from storage.once import insert_missing, insert_once

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Payer:
    """An insurer, agency, employer or other who takes over a part."""

    id: str
    name: str
    kind: str
    terms: PayerTerms = field(default_factory=PayerTerms)


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
    terms: Terms = field(default_factory=Terms)


def keep_payer(session: Session, payer: Payer) -> bool:
    """Keep a payer; whether it was new."""
    return insert_once(session, tables.Payer, _payer_row(payer)) is not None


def payer(session: Session, payer_id: str) -> Payer | None:
    """One payer, if known."""
    return payers(session, [payer_id]).get(payer_id)


def payers(session: Session, payer_ids: Collection[str] | None = None) -> dict[str, Payer]:
    """These payers, or all, by id."""
    row = tables.Payer
    query = select(row.id, row.name, row.kind, row.terms).order_by(row.id)
    if payer_ids is not None:
        query = query.where(among(row.id, payer_ids))
    return {
        one.id: Payer(one.id, one.name, one.kind, payer_terms(one.terms)) for one in session.execute(query)
    }


def set_payer_terms(session: Session, payer_id: str, terms: PayerTerms) -> bool:
    """Write down how a payer wants to be billed; whether it is known."""
    row = tables.Payer
    changed = update(row).where(row.id == payer_id).values(terms=pack_payer_terms(terms)).returning(row.id)
    return session.scalar(changed) is not None


def set_terms(session: Session, coverage_id: str, terms: Terms) -> bool:
    """Write down what a coverage leaves to the person; whether it is known."""
    row = tables.Coverage
    changed = update(row).where(row.id == coverage_id).values(terms=pack_terms(terms)).returning(row.id)
    return session.scalar(changed) is not None


def covering(session: Session, customer_ids: Collection[str]) -> dict[str, list[Covered]]:
    """Every coverage of each customer, whenever it holds or held."""
    row = tables.Coverage
    found: dict[str, list[Covered]] = {}
    for one in session.scalars(select(row).where(among(row.customer_id, customer_ids)).order_by(row.id)):
        covered = Covered(
            one.id,
            one.payer_id,
            one.member_id,
            one.priority,
            one.starts_on,
            one.ends_on,
            unpack_terms(one.terms),
        )
        found.setdefault(one.customer_id, []).append(covered)
    return found


def payer_names(session: Session, payer_ids: Collection[str]) -> dict[str, str]:
    """What these payers are called."""
    row = tables.Payer
    rows = session.execute(select(row.id, row.name).where(among(row.id, payer_ids)))
    return {payer_id: name for payer_id, name in rows}  # noqa: C416 - rows are no pairs to mypy


def save(session: Session, coverage: Coverage) -> bool:
    """Keep a coverage; whether it was new."""
    insert_missing(session, tables.Payer, [_payer_row(coverage.payer)])
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
            kind=coverage.kind,
            terms=pack_terms(coverage.terms),
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


def pack_payer_terms(terms: PayerTerms) -> dict[str, Any]:
    """The terms as JSON keeps them; what is as usual is left out."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in _told(terms).items()}


def payer_terms(packed: Mapping[str, Any]) -> PayerTerms:
    """The terms of a payer, as they were packed."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in packed.items()
    }
    return PayerTerms(**values)


def pack_terms(terms: Terms) -> dict[str, Any]:
    """The terms of a coverage as JSON keeps them; what is as usual is left out."""
    packed = _told(terms)
    for name in _CODES & set(packed):
        packed[name] = sorted([code.system, code.code] for code in packed[name])
    if "allowed" in packed:
        packed["allowed"] = sorted(
            [code.system, code.code, amount] for code, amount in packed["allowed"].items()
        )
    return packed


def unpack_terms(packed: Mapping[str, Any]) -> Terms:
    """The terms of a coverage, as they were packed."""
    values = dict(packed)
    for name in _CODES & set(values):
        values[name] = frozenset(Code(*code) for code in values[name])
    if "allowed" in values:
        values["allowed"] = {Code(system, code): amount for system, code, amount in values["allowed"]}
    return Terms(**values)


_CODES = {"needs_authorisation", "excluded"}


def _told(terms: PayerTerms | Terms) -> dict[str, Any]:
    """What differs from terms that nobody has agreed."""
    usual = type(terms)()
    return {
        one.name: getattr(terms, one.name)
        for one in fields(terms)
        if getattr(terms, one.name) != getattr(usual, one.name)
    }


def _payer_row(payer: Payer) -> dict[str, Any]:
    return asdict(payer) | {"terms": pack_payer_terms(payer.terms)}
