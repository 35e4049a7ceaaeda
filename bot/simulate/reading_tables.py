"""Reads whole tables as plain rows, in plain SQL: invariant checks do not use the code they check."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from bot.simulate.evidence import Row
    from storage.database.transaction import Database

_MOMENTS: Final = frozenset({"at", "not_before", "until", "deadline", "sent_at", "identified_until"})
_PACKED: Final = frozenset(
    {"zones", "sayings", "choices", "inputs", "detail", "counts", "offer", "answers", "terms"}
)
_TEXTS: Final = frozenset({("inbox", "asked_at")})


def everything(database: Database) -> dict[str, list[Row]]:
    """Every row of every table, in the order of their keys."""
    found: dict[str, list[Row]] = {}
    with database.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}" ORDER BY 1'))  # noqa: S608 - our own tables
            found[table] = [_row(table, dict(row)) for row in rows.mappings()]
    return found


def _row(table: str, row: Row) -> Row:
    return {column: _value(table, column, value) for column, value in row.items()}


def _value(table: str, column: str, value: Any) -> Any:
    if value is None or (table, column) in _TEXTS or column.startswith("prefers_"):
        return value
    if column in _PACKED and isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, str):
        if column in _MOMENTS or column.endswith(("_at", "_until", "_since")):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        if column.endswith("_on") or column == "birth_date":
            return date.fromisoformat(value)
    return value
