"""Reads whole tables as plain rows, in plain SQL: invariant checks do not use the code they check."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect, text

from storage.sealing.keys import MARK, of_dialect

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.simulate.evidence import Row
    from storage.database.transaction import Database

_MOMENTS: Final = frozenset({"at", "not_before", "until", "deadline", "sent_at", "identified_until"})
_PACKED: Final = frozenset(
    {"zones", "sayings", "choices", "inputs", "detail", "counts", "offer", "answers", "agenda", "terms"}
)
_PROBES: Final = "sealing_keys"
"""What is sealed there says nothing of anybody, and may be of a key that has been replaced."""
_TEXTS: Final = frozenset({("inbox", "asked_at")})


def everything(database: Database) -> dict[str, list[Row]]:
    """Every row of every table, in the order of their keys."""
    found: dict[str, list[Row]] = {}
    opened = of_dialect(database.engine.dialect).open
    with database.engine.connect() as connection:
        for table in sorted({*inspect(connection).get_table_names()} - {_PROBES}):
            rows = connection.execute(text(f'SELECT * FROM "{table}" ORDER BY 1'))  # noqa: S608 - our own tables
            found[table] = [_row(table, dict(row), opened) for row in rows.mappings()]
    return found


def _row(table: str, row: Row, opened: Callable[[str], str]) -> Row:
    if "birth_sealed" in row:  # the column before it is emptied
        row["birth_date"] = row.pop("birth_sealed")
    return {column: _value(table, column, _plain(value, opened)) for column, value in row.items()}


def _plain(value: Any, opened: Callable[[str], str]) -> Any:
    """A value that was sealed, as it was; a JSON value is sealed as one JSON string."""
    if not isinstance(value, str):
        return value
    sealed = json.loads(value) if value.startswith(f'"{MARK}') else value
    return opened(sealed) if sealed.startswith(MARK) else value


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
