"""Insert a row unless its unique key is taken: how "only once" is kept on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from storage.tables import Table


def insert_once(session: Session, table: type[Table], values: Mapping[str, Any]) -> int | None:
    """The id of the new row; ``None`` when a row with the same unique key was there already."""
    statement = _insert(session, table).values(**values).on_conflict_do_nothing()
    key = next(iter(inspect(table).primary_key))
    found: int | None = session.execute(statement.returning(key)).scalar()
    return found


def insert_missing(session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose unique key is not taken."""
    if rows:
        session.execute(_insert(session, table).on_conflict_do_nothing(), list(rows))


def insert_or_change(
    session: Session, table: type[Table], rows: Sequence[Mapping[str, Any]], news: Mapping[str, Any]
) -> None:
    """Insert the rows; those whose key is taken get the ``news`` instead, whoever is at them meanwhile."""
    if rows:
        keys = inspect(table).primary_key
        insert = _insert(session, table).on_conflict_do_update(index_elements=list(keys), set_=dict(news))
        session.execute(insert, list(rows))


def _insert(session: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
