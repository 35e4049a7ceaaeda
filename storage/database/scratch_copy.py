"""A copy of a database in memory: whoever works on it changes nothing, and it is gone with its process."""

from __future__ import annotations

import itertools
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, Text, bindparam, cast, delete, insert, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import TypeDecorator

from storage import tables
from storage.database import schema
from storage.database.transaction import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Connection, Table

_AT_ONCE: Final = 1000
"""Rows that are copied at once."""
_LAST: Final = ("closed_periods", "desk_changes")
"""Copied last: a trigger refuses entries of the periods closed, and others note what is copied."""
_numbers = itertools.count(1)


@contextmanager
def scratch_copy(original: Database) -> Iterator[Database]:
    """A copy of all that is committed in a database, as SQLite in memory; gone afterwards."""
    name = f"file:kvitt-copy-{next(_numbers)}?mode=memory&cache=shared&uri=true"
    copy = Database(f"sqlite:///{name}", original.keys)
    try:
        with copy.engine.connect():  # as long as one connection is open, the memory is kept
            _fill(copy, original)
            yield copy
    finally:
        copy.close()


def _fill(copy: Database, original: Database) -> None:
    if original.engine.dialect.name == "sqlite":
        with original.engine.connect() as here, copy.engine.connect() as there:
            source: Any = here.connection.driver_connection
            source.backup(there.connection.driver_connection)
        return
    schema.ensure(copy.engine)
    with original.engine.connect() as here, copy.engine.connect() as there:
        driver: Any = there.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")  # a guarantor may come after the child
        here.execution_options(isolation_level="REPEATABLE READ", stream_results=True)
        with there.begin():
            for table in _tables():
                _copy(here, there, table)
        driver.execute("PRAGMA foreign_keys = ON")


def _tables() -> list[Table]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # that tables refer to each other does not matter here
        found = tables.Table.metadata.sorted_tables
    return sorted(found, key=lambda table: table.name in _LAST)


def _copy(here: Connection, there: Connection, table: Table) -> None:
    there.execute(delete(table))  # what a new schema begins with
    columns = table.columns.items()  # a sealed column and the plain one before it can share a name
    # JSON is taken as the text it is: otherwise "nothing" and the JSON value "null" are the same.
    wanted = [cast(column, Text) if _is_json(column) else column for _, column in columns]
    values = {
        key: bindparam(key, type_=Text() if _is_json(column) else column.type) for key, column in columns
    }
    keys = list(values)
    for rows in here.execute(select(*wanted)).partitions(_AT_ONCE):
        there.execute(insert(table).values(values), [dict(zip(keys, row, strict=True)) for row in rows])


def _is_json(column: Column[Any]) -> bool:
    kind = column.type
    return isinstance(kind.impl_instance if isinstance(kind, TypeDecorator) else kind, JSON)
