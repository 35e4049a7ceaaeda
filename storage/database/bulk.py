"""Bulk inserts: what a run writes costs one round trip per batch, not per row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_json
from sqlalchemy import JSON, insert, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.database import changes
from storage.sealing.types import Sealed, SealedDate, SealedJson
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection
    from sqlalchemy.orm import Session

    from storage.tables import Table

_IDS = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")


def insert_rows(
    session: Session, table: type[Table], names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> list[int]:
    """Insert rows in bulk, as tuples in the order of ``names``; returns their new ids, in the same order.

    A table whose key is not ``id`` returns no ids. No row may conflict with another: this is for rows that
    are certainly new, under a lock that keeps it so. PostgreSQL takes them by COPY, SQLite one by one.
    """
    if not rows:
        return []
    numbered = table.__table__.primary_key.columns.keys() == ["id"]  # type: ignore[attr-defined]
    if session.get_bind().dialect.name == "sqlite":
        return _one_by_one(session, table, names, rows, numbered=numbered)
    if not numbered:
        _copy(session, table, names, rows)
        return []
    wanted = {"table": table.__tablename__, "count": len(rows)}
    # COPY returns nothing, so the ids are drawn from the sequence first and written with the rows.
    ids = list(session.connection().execute(_IDS, wanted).scalars().all())
    _copy(session, table, ("id", *names), [(new, *row) for new, row in zip(ids, rows, strict=True)])
    return ids


def _copy(
    session: Session, table: type[Table], names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    kinds = [table.__table__.c[name].type for name in names]
    moments = [place for place, kind in enumerate(kinds) if isinstance(kind, UtcDateTime)]
    packs = [place for place, kind in enumerate(kinds) if isinstance(kind, JSON | JSONB | SealedJson)]
    dialect = session.get_bind().dialect
    sealers = [
        (place, kind.process_bind_param)
        for place, kind in enumerate(kinds)
        if isinstance(kind, Sealed | SealedDate | SealedJson)
    ]
    known: dict[int, str] = {}  # a value shared by many rows is converted once
    changes.note(session, table)
    # COPY exists only on the driver; what it writes is part of the session's transaction all the same.
    driver = cast("Connection[Any]", session.connection().connection.driver_connection)
    columns = ", ".join(table.__table__.c[name].name for name in names)
    statement = f"COPY {table.__tablename__} ({columns}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            values = list(row)
            for place in moments:
                moment = values[place]
                if moment is not None:
                    values[place] = known.get(id(moment)) or known.setdefault(id(moment), str(moment))
            for place, seal in sealers:
                values[place] = seal(values[place], dialect)
            for place in packs:
                pack = values[place]
                values[place] = known.get(id(pack)) or known.setdefault(id(pack), to_json(pack).decode())
            copy.write_row(values)


def _one_by_one(
    session: Session,
    table: type[Table],
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    numbered: bool,
) -> list[int]:
    statement = insert(table.__table__)  # type: ignore[arg-type]
    named = [dict(zip(names, row, strict=True)) for row in rows]
    if not numbered:
        session.connection().execute(statement, named)
        return []
    returning = statement.returning(table.__table__.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(returning, named).scalars())
