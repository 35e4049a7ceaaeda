"""Insert a row unless its unique key exists: how "only once" is ensured on both databases."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningInsert

    from storage.tables import Table


def insert_once(session: Session, table: type[Table], values: Mapping[str, Any]) -> int | None:
    """Insert a row; returns its id, or ``None`` if a row with the same unique key exists."""
    # RETURNING gives no row for a conflict: that is how an existing key is recognised.
    statement = _insert_once(table, session.get_bind().dialect.name)
    found: int | None = session.connection().execute(statement, dict(values)).scalar()
    return found


@cache
def _insert_once(table: type[Table], dialect: str) -> ReturningInsert[Any]:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    key = next(iter(inspect(table).primary_key))
    return insert(table.__table__).on_conflict_do_nothing().returning(key)  # type: ignore[arg-type]


def insert_new(
    session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]], returned: tuple[str, ...]
) -> list[Sequence[Any]]:
    """Insert those of the rows whose unique key does not exist; returns these columns of the new ones."""
    if not rows:
        return []
    statement = _insert_new(table, session.get_bind().dialect.name, returned)
    return [tuple(row) for row in session.connection().execute(statement, [dict(row) for row in rows])]


@cache
def _insert_new(table: type[Table], dialect: str, returned: tuple[str, ...]) -> ReturningInsert[Any]:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    columns = (table.__table__.c[name] for name in returned)
    return insert(table.__table__).on_conflict_do_nothing().returning(*columns)  # type: ignore[arg-type]


def insert_missing(session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of the rows whose unique key does not exist yet."""
    if rows:
        session.execute(_insert(session, table).on_conflict_do_nothing(), list(rows))


def insert_or_change(
    session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]], news: Mapping[str, Any]
) -> None:
    """Insert the rows; those that exist, or are inserted by another process, are updated to ``news``."""
    if rows:
        keys = inspect(table).primary_key
        insert = _insert(session, table).on_conflict_do_update(index_elements=list(keys), set_=dict(news))
        session.execute(insert, list(rows))


def _insert(session: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
