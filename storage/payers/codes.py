"""Code systems, codes by day, and crosswalks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, tuple_, update

from billing.payers.claims import Code
from billing.payers.code_forms import CodeForm, CodeSystem
from billing.payers.coding import Crosswalk, KnownCode
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.id_lists import one_of
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_FIELDS = (
    "system", "code", "description", "valid_from", "valid_to", "version", "billable", "unit", "unit_amount",
    "currency",
)  # fmt: skip
_BATCH = 5000


def systems(session: Session) -> dict[str, CodeSystem]:
    """Every system whose codes are loaded, by name."""
    row = tables.CodeSystem
    rows = session.execute(select(row.name, row.form, row.pattern, row.version).order_by(row.name))
    return {name: CodeSystem(name, CodeForm(form), pattern, version) for name, form, pattern, version in rows}


def newest_from(session: Session, name: str) -> date | None:
    """The first day of a code system's newest version; ``None`` if none is loaded."""
    found: date | None = session.scalar(
        select(tables.CodeSystem.valid_from).where(tables.CodeSystem.name == name).with_for_update()
    )
    note_lock(session)
    return found


def keep_system(session: Session, system: CodeSystem, valid_from: date, now: datetime) -> None:
    """Save a code system, or the version of it that was loaded now."""
    session.merge(
        tables.CodeSystem(
            name=system.name,
            form=system.form.value,
            pattern=system.pattern,
            version=system.version,
            valid_from=valid_from,
            imported_at=now,
        )
    )
    session.flush()


def sizes(session: Session) -> dict[str, int]:
    """The number of loaded codes of each system, past ones too."""
    row = tables.Code
    rows = session.execute(select(row.system, func.count()).group_by(row.system))
    return {name: count for name, count in rows}  # noqa: C416 - a row is no pair to a type checker


def every(session: Session, system: str) -> dict[str, list[KnownCode]]:
    """All rows of a system by code, oldest first."""
    row = tables.Code
    found: dict[str, list[KnownCode]] = {}
    for one in session.execute(_chosen().where(row.system == system).order_by(row.code, row.valid_from)):
        found.setdefault(one.code, []).append(_known(one))
    return found


def listed(session: Session, system: str, day: date, like: str, limit: int) -> list[KnownCode]:
    """The codes of a system valid on a day whose code or description contains a text."""
    row = tables.Code
    query = _chosen().where(
        row.system == system, row.valid_from <= day, (row.valid_to.is_(None)) | (row.valid_to >= day)
    )
    if like:
        said = func.lower(row.code + " " + row.description)
        query = query.where(said.contains(like.lower(), autoescape=True))
    return [_known(one) for one in session.execute(query.order_by(row.code).limit(limit))]


def known(session: Session, codes: Collection[Code]) -> dict[Code, tuple[KnownCode, ...]]:
    """The rows of these codes, of every day."""
    row = tables.Code
    found: dict[Code, list[KnownCode]] = {}
    wanted = {(one.system, one.code) for one in codes}
    query = _chosen().where(
        row.system.in_({system for system, _ in wanted}), one_of(row.code, {code for _, code in wanted})
    )
    for one in session.execute(query.order_by(row.valid_from)):
        if (one.system, one.code) in wanted:
            found.setdefault(Code(one.system, one.code), []).append(_known(one))
    return {code: tuple(rows) for code, rows in found.items()}


def add(session: Session, codes: Sequence[KnownCode]) -> None:
    """Insert codes that are certainly new."""
    for start in range(0, len(codes), _BATCH):
        rows = [tuple(getattr(one, name) for name in _FIELDS) for one in codes[start : start + _BATCH]]
        insert_rows(session, tables.Code, _FIELDS, rows)


def update_descriptions(session: Session, codes: Iterable[KnownCode]) -> None:
    """Update the descriptions of codes with the same first day."""
    row = tables.Code
    changed = [{f"new_{name}": value for name, value in asdict(one).items()} for one in codes]
    if changed:
        statement = (
            update(row)
            .where(
                row.system == bindparam("new_system"),
                row.code == bindparam("new_code"),
                row.valid_from == bindparam("new_valid_from"),
            )
            .values({name: bindparam(f"new_{name}") for name in _FIELDS[2:] if name != "valid_from"})
        )
        session.connection().execute(statement, changed)


def end(session: Session, codes: Iterable[KnownCode], first_without: date) -> None:
    """End the validity of codes on the day before ``first_without``."""
    row = tables.Code
    last = first_without - timedelta(days=1)
    ended = [{"of": one.system, "named": one.code, "since": one.valid_from, "last": last} for one in codes]
    if ended:
        statement = (
            update(row)
            .where(
                row.system == bindparam("of"),
                row.code == bindparam("named"),
                row.valid_from == bindparam("since"),
            )
            .values(valid_to=bindparam("last"))
        )
        session.connection().execute(statement, ended)


def crosswalks(session: Session, codes: Collection[Code], payer_id: str | None = None) -> list[Crosswalk]:
    """What these codes are replaced by; with a payer, only what applies to it."""
    row = tables.Crosswalk
    query = select(row).where(one_of(row.from_code, {one.code for one in codes}))
    if payer_id is not None:
        query = query.where(row.payer_id.in_({payer_id, ""}))
    rows = session.scalars(query.order_by(row.id))
    return [found for found in map(_crosswalk, rows) if found.source in codes]


def keep_crosswalk(session: Session, one: Crosswalk) -> str:
    """Save what a payer wants instead of a code; returns ``new``, ``changed`` or ``same``."""
    row = tables.Crosswalk
    found = session.scalar(
        select(row).where(
            tuple_(row.from_system, row.from_code) == (one.source.system, one.source.code),
            row.to_system == one.target.system,
            row.payer_id == one.payer_id,
            row.valid_from == one.valid_from,
        )
    )
    values = _packed(one)
    if found is None:
        session.add(row(**values))
        session.flush()
        return "new"
    if all(getattr(found, name) == value for name, value in values.items()):
        return "same"
    for name, value in values.items():
        setattr(found, name, value)
    session.flush()
    return "changed"


def _chosen() -> Any:
    return select(*(getattr(tables.Code, name) for name in _FIELDS))


def _known(row: Row[Any]) -> KnownCode:
    return KnownCode(**dict(zip(_FIELDS, row, strict=True)))


def _packed(one: Crosswalk) -> dict[str, Any]:
    return {
        "payer_id": one.payer_id,
        "from_system": one.source.system,
        "from_code": one.source.code,
        "to_system": one.target.system,
        "to_code": one.target.code,
        "modifiers": list(one.modifiers),
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
    }


def _crosswalk(row: tables.Crosswalk) -> Crosswalk:
    return Crosswalk(
        payer_id=row.payer_id,
        source=Code(row.from_system, row.from_code),
        target=Code(row.to_system, row.to_code),
        modifiers=tuple(row.modifiers),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
