"""Changes to single rows by statements that are built once, and which tables a transaction has changed."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, event, insert, update

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ClauseElement, Connection, Engine, Insert, Update
    from sqlalchemy.orm import Session

    from storage.tables import Table

_CHANGED = "kvitt_changed"
_ROW = "id_of_the_row"


def change(session: Session, table: type[Table], row_id: int | str, **values: object) -> None:
    """Update columns of the row with this id."""
    session.connection().execute(_change(table), {_ROW: row_id, **values})


@cache
def _change(table: type[Table]) -> Update:
    rows = table.__table__
    # Which columns are set follows from the parameters; each set of them is compiled once.
    return update(rows).where(rows.c.id == bindparam(_ROW))  # type: ignore[arg-type]


def add(session: Session, table: type[Table], **values: object) -> None:
    """Insert one row, whose id nobody asks for."""
    session.connection().execute(_add(table), values)


@cache
def _add(table: type[Table]) -> Insert:
    return insert(table.__table__)  # type: ignore[arg-type]


def watch(engine: Engine) -> None:
    """Count what each transaction of the engine changes, for :func:`count`."""
    event.listen(engine, "begin", _begun)
    event.listen(engine, "before_execute", _executed)


def note(session: Session, table: type[Table]) -> None:
    """Count a change that was made past SQLAlchemy."""
    _counted(session.connection())[table.__tablename__] += 1


def count(session: Session, tables: Collection[str]) -> int:
    """How often this transaction has changed these tables; what was read of them is true until that grows."""
    counted = _counted(session.connection())
    return sum(counted[table] for table in tables)


def _counted(connection: Connection) -> Counter[str]:
    counted: Counter[str] = connection.info[_CHANGED]
    return counted


def _begun(connection: Connection) -> None:
    connection.info[_CHANGED] = Counter()


def _executed(connection: Connection, statement: ClauseElement, *_: Any) -> None:
    if statement.is_dml:
        table: Any = statement.table  # type: ignore[attr-defined]
        _counted(connection)[table.name] += 1
