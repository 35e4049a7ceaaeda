"""Lists of ids as one parameter: the text of a statement stays the same whatever the size of the batch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Integer, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from sqlalchemy import ColumnElement, Dialect, Select
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.operators import OperatorType

    Column = InstrumentedAttribute[Any] | ColumnElement[Any]
    Scope = Callable[[Select[*tuple[Any, ...]], Column], Select[*tuple[Any, ...]]]
    """Keeps a query to the rows that it is about, by the column that names their owner."""


class _Listed(UserDefinedType[list[Any]]):
    """A list of ids as one JSON text, which both databases can take apart, whatever letters the ids have."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[list[Any] | None], Any]:  # noqa: ARG002
        """The function that converts a list for the driver."""
        return json.dumps


class _OneOf(FunctionElement[bool]):
    """Compiles to ``= ANY`` on PostgreSQL and to ``IN`` over the list's values on SQLite."""

    type = Boolean()
    inherit_cache = True
    name = "one_of"

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002
        """The element as it is.

        SQLAlchemy would write ``(column IN ...) = 1`` for SQLite, which has no booleans; no index fits that.
        """
        return self


class _OneOfHashed(_OneOf):
    """Compiles to ``IN`` over the list's values on both databases."""

    inherit_cache = True
    name = "one_of_hashed"


def one_of(
    column: InstrumentedAttribute[Any] | ColumnElement[Any], values: Iterable[str] | Iterable[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many values.

    ``IN`` with one parameter per value makes a different statement for each number of values, each to be
    compiled, parsed and planned; a list is one parameter and one statement.
    """
    return _OneOf(column, bindparam(None, list(values), type_=_Listed(), unique=True))


def one_of_ids(column: InstrumentedAttribute[Any] | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column is one of the ``ids`` that the statement is executed with.

    For statements that are built once and cached: building one costs more than running it.
    """
    return _OneOf(column, bindparam("ids", type_=_Listed()))


def of_ids(query: Select[*tuple[Any, ...]], column: Column) -> Select[*tuple[Any, ...]]:
    """Keep a query to the rows whose column is one of the ``ids`` that it is executed with."""
    return query.where(one_of_ids(column))


def of_ids_of_few(query: Select[*tuple[Any, ...]], column: Column) -> Select[*tuple[Any, ...]]:
    """Like :func:`of_ids`, for a table that is mostly small (see :func:`one_of_ids_of_few`)."""
    return query.where(one_of_ids_of_few(column))


def one_of_ids_of_few(column: InstrumentedAttribute[Any] | ColumnElement[Any]) -> ColumnElement[bool]:
    """Like :func:`one_of_ids`, for a table that is mostly small.

    PostgreSQL reads such a table in full, and ``= ANY`` would search the list for each of its rows; ``IN``
    hashes it.
    """
    return _OneOfHashed(column, bindparam("ids", type_=_Listed()))


@compiles(_OneOfHashed, "postgresql")
def _in_hashed(element: _OneOfHashed, compiler: SQLCompiler, **more: Any) -> str:
    column, values = element.clauses
    listed = f"json_array_elements_text(CAST({compiler.process(values, **more)} AS json))"
    return f"{compiler.process(column, **more)} IN (SELECT value FROM {listed} AS given(value))"  # noqa: S608


@compiles(_OneOf, "postgresql")
def _any(element: _OneOf, compiler: SQLCompiler, **more: Any) -> str:
    column, values = element.clauses
    kind = "bigint" if isinstance(column.type, Integer) else "text"
    listed = f"json_array_elements_text(CAST({compiler.process(values, **more)} AS json))"
    # An array is computed once per statement, and ``= ANY`` of it can use the column's index.
    ids = f"ARRAY(SELECT CAST(value AS {kind}) FROM {listed} AS given(value))"  # noqa: S608
    return f"{compiler.process(column, **more)} = ANY({ids})"


@compiles(_OneOf, "sqlite")
@compiles(_OneOfHashed, "sqlite")
def _in(element: _OneOf, compiler: SQLCompiler, **more: Any) -> str:
    column, values = element.clauses
    listed = compiler.process(values, **more)
    return f"{compiler.process(column, **more)} IN (SELECT value FROM json_each({listed}))"  # noqa: S608
