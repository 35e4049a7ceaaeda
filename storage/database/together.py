"""Several questions in one statement, for what one person's turn needs: a round trip for all of them.

Each question stays a SELECT; its rows travel as one JSON text, which both databases can build. For many
people a statement for each question is quicker; for one person a statement costs more than its rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Date, Table, Text, Time, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.functions import FunctionElement

from storage.sealing.keys import MARK
from storage.sealing.types import Sealed, SealedDate, SealedJson
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Dialect, Select
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine

    Rows = Sequence[Sequence[Any]]
    """The rows of a question, whether they came by a statement of their own or together with others."""
    _Reader = Callable[[Any], Any]


class _Packed(FunctionElement[str]):
    """All rows of a subquery, each a JSON array of its columns, as one JSON text."""

    type = Text()
    inherit_cache = True
    name = "packed_rows"


@compiles(_Packed, "sqlite")
def _packed_by_sqlite(element: _Packed, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **more)}))"


@compiles(_Packed, "postgresql")
def _packed_by_postgresql(element: _Packed, compiler: SQLCompiler, **more: Any) -> str:
    rows = f"json_agg(json_build_array({compiler.process(element.clauses, **more)}))"
    return f"CAST(coalesce({rows}, '[]') AS text)"


class Together:
    """Questions that are asked in one statement, which is built once."""

    def __init__(self, questions: Mapping[str, Select[*tuple[Any, ...]]]) -> None:
        parts = {name: question.subquery() for name, question in questions.items()}
        self._statement = select(
            *(
                select(_Packed(*part.c)).select_from(part).scalar_subquery().label(name)
                for name, part in parts.items()
            )
        )
        self._columns = {name: [column.type for column in part.c] for name, part in parts.items()}
        self._readers: dict[Dialect, dict[str, list[_Reader | None]]] = {}
        self.tables = frozenset(
            one.name for one in visitors.iterate(self._statement) if isinstance(one, Table)
        )
        """Names of all tables that are read."""
        self._prepared: dict[str, _Prepared] = {}

    def ask(self, session: Session, **wanted: object) -> Answers:
        """The answers, for these parameters of the questions."""
        connection = session.connection()
        prepared = self._prepared.get(connection.dialect.name)
        if prepared is None:
            prepared = self._prepared[connection.dialect.name] = _prepare(self._statement, connection.dialect)
        # SQLAlchemy would look the statement up by its whole structure each time, which takes longer than
        # asking it.
        row = connection.exec_driver_sql(prepared.text, prepared.bound(wanted)).one()
        return Answers(dict(zip(self._columns, row, strict=True)), self._reading(connection.dialect))

    def _reading(self, dialect: Dialect) -> Mapping[str, Sequence[_Reader | None]]:
        """What reads the columns of each question: by dialect, which has the keys of sealed ones."""
        readers = self._readers.get(dialect)
        if readers is None:
            readers = self._readers[dialect] = {
                name: [_reader(kind, dialect) for kind in kinds] for name, kinds in self._columns.items()
            }
        return readers


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as a driver takes it, with its constants and what converts its parameters."""

    text: str
    constants: Mapping[str, Any]
    converters: Mapping[str, Callable[[Any], Any]]

    def bound(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters for the driver."""
        converted = {
            name: self.converters[name](value) if name in self.converters else value
            for name, value in wanted.items()
        }
        return {**self.constants, **converted}


def _prepare(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Prepared:
    # By name a parameter that occurs in many questions is bound once, on both databases.
    named = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
    compiled = statement.compile(dialect=named)
    converters = {
        name: converter
        for name, parameter in compiled.binds.items()
        if (converter := parameter.type.dialect_impl(dialect).bind_processor(dialect))
    }
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return _Prepared(str(compiled), constants, converters)


class Answers:
    """The rows of each question; a question's text is only read when its rows are asked for."""

    def __init__(self, texts: Mapping[str, str], readers: Mapping[str, Sequence[_Reader | None]]) -> None:
        self._texts, self._readers = texts, readers

    def rows(self, name: str) -> Rows:
        """The rows of the question with this name, in its order."""
        rows: list[list[Any]] = json.loads(self._texts[name])
        for place, reader in enumerate(self._readers[name]):
            if reader is not None:
                for row in rows:
                    if row[place] is not None:
                        row[place] = reader(row[place])
        return rows


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Reader | None:
    """What makes the value that a column would give of what JSON gives; None where they are the same."""
    if isinstance(kind, SealedJson):
        return lambda kept: kind.process_result_value(_unpacked(kept), dialect)
    if isinstance(kind, Sealed | SealedDate):
        return lambda kept: kind.process_result_value(kept, dialect)
    for known, reader in _READERS:
        if isinstance(kind, known):
            return reader
    return None


def _moment(text: str) -> datetime:
    """SQLite keeps moments as UTC without saying so, PostgreSQL writes them in the session's zone."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _unpacked(kept: Any) -> Any:
    """SQLite keeps JSON as text; PostgreSQL has put it in as it is, a sealed value as its string."""
    return json.loads(kept) if isinstance(kept, str) and not kept.startswith(MARK) else kept


_READERS: tuple[tuple[type[TypeEngine[Any]], _Reader], ...] = (
    (UtcDateTime, _moment),
    (Date, date.fromisoformat),
    (Time, time.fromisoformat),
    (Boolean, bool),
    (JSON, _unpacked),
)
