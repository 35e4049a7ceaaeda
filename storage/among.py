"""One of many ids, as one parameter: the statement's text never grows with the batch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ColumnElement, Dialect
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql.compiler import SQLCompiler


class _Listed(UserDefinedType[list[Any]]):
    """A list of ids: an array for PostgreSQL, JSON text for SQLite."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[list[Any] | None], Any]:
        """How a list is handed to the driver."""
        return json.dumps if dialect.name == "sqlite" else (lambda value: value)


class _Among(FunctionElement[bool]):
    """Compiles to ``= ANY`` or to ``IN`` over the list's values."""

    type = Boolean()
    inherit_cache = True
    name = "among"


def among(
    column: InstrumentedAttribute[Any] | ColumnElement[Any], values: Iterable[str] | Iterable[int]
) -> ColumnElement[bool]:
    """Whether a column is one of many values.

    ``IN`` with a parameter each makes another statement for each number of values, to be written, parsed
    and planned anew; a list is one parameter and one statement.
    """
    return _Among(column, bindparam(None, list(values), type_=_Listed(), unique=True))


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **more)} = ANY({compiler.process(values, **more)})"


@compiles(_Among, "sqlite")
def _in(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, values = element.clauses
    listed = compiler.process(values, **more)
    return f"{compiler.process(column, **more)} IN (SELECT value FROM json_each({listed}))"  # noqa: S608
