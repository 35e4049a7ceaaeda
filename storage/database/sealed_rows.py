"""Seals the rows that are not yet sealed by the newest key: after an upgrade, and when keys are rotated."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json
from sqlalchemy import Column, Date, MetaData, Table, Text, bindparam, func, select, text, update

from storage import tables
from storage.database.engine import for_writing
from storage.sealing.keys import MARK, KeyUnknown, of_dialect
from storage.sealing.types import INDEX_OF, PLAIN_OF, PURPOSE, Sealed, SealedDate, SealedJson
from storage.tables.base import Packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Engine, Row, Update

    from storage.sealing.keys import Keys

    Progress = Callable[[str, int, int], object]
    """Called with a table's name, how many of its rows were looked at, and how many it has."""

BATCH: Final = 500
"""Rows in one transaction: what waits for it waits that long."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as the database has it, without the types that seal."""

    raw: Table
    key: Column[Any]
    sealed: tuple[tuple[str, bool], ...]
    """Each sealed column, and whether it has JSON."""
    indexes: tuple[tuple[str, str, str], ...]
    """Each column of keyed digests, the column that it finds, and its purpose."""
    plain: tuple[tuple[str, str], ...]
    """Each column of the release before with plain values, and the sealed one in its place."""


def seal_rows(engine: Engine, progress: Progress | None = None, batch: int = BATCH) -> int:
    """Seal by the newest key every value that is plain or sealed by another key; returns how many rows.

    In batches, each a transaction: after a kill it goes on where it was. It may run while processes work.
    """
    count = 0
    for one in _tables():
        while True:
            done, passed_over = _seal_table(engine, one, batch, progress)
            count += done
            if not passed_over:
                break
    return count


def _seal_table(engine: Engine, one: _Table, batch: int, progress: Progress | None) -> tuple[int, bool]:
    """Go through a table once; returns how many rows were sealed, and whether some were locked by others."""
    count, passed_over, after, seen = 0, False, None, 0
    with engine.connect() as connection:
        total = connection.scalar(select(func.count()).select_from(one.raw)) or 0
    while True:
        with engine.connect() as connection:
            keys = of_dialect(connection.dialect)
            rows = connection.execute(_page(one, after, batch)).all()
        if not rows:
            return count, passed_over
        after = rows[-1][0]
        wanted = [row[0] for row in rows if _changes(one, row, keys)]
        if wanted:
            done = _seal_some(engine, one, wanted)
            count, passed_over = count + done, passed_over or done < len(wanted)
        seen += len(rows)
        if progress is not None:
            progress(one.raw.name, seen, max(seen, total))


def _page(one: _Table, after: Any, batch: int) -> Any:
    page = select(one.raw).order_by(one.key).limit(batch)
    return page if after is None else page.where(one.key > after)


def _seal_some(engine: Engine, one: _Table, wanted: Sequence[Any]) -> int:
    """Seal these rows but those that others have locked: waiting for them could end in a deadlock."""
    with for_writing(engine).begin() as connection, _without_triggers(connection, one.raw.name):
        keys = of_dialect(connection.dialect)
        chosen = select(one.raw).where(one.key.in_(wanted)).with_for_update(skip_locked=True)
        rows = connection.execute(chosen).all()
        by_columns: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            news = _changes(one, row, keys)
            by_columns[frozenset(news)].append(
                {f"new_{name}": value for name, value in news.items()} | {_KEY: row[0]}
            )
        for names, changed in by_columns.items():
            if names:
                connection.execute(_update(one, names), changed)
    return len(rows)


_KEY: Final = "key_of_row"


def _update(one: _Table, names: Iterable[str]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=one.raw.c[name].type) for name in names}
    return update(one.raw).where(one.key == bindparam(_KEY)).values(values)


def _changes(one: _Table, row: Row[Any], keys: Keys) -> dict[str, Any]:
    """The columns of a row that are not as they should be, as they should be."""
    old: dict[str, Any] = row._asdict()
    new = {name: value for name, value in old.items() if name != one.key.name}
    for plain, sealed in one.plain:
        if new[plain] is not None:
            new[sealed], new[plain] = keys.seal(new[plain].isoformat()), None
    for name, is_json in one.sealed:
        new[name] = _resealed(new[name], keys, is_json=is_json)
    for name, of, purpose in one.indexes:
        value = new[of]
        if new[of] is not old[of] or new[name] is None:
            new[name] = keys.index(purpose, keys.open(value))
    return {name: value for name, value in new.items() if value is not old[name]}


def _resealed(value: Any, keys: Keys, *, is_json: bool) -> Any:
    """A value sealed by the newest key; the same object where it is so already, or empty."""
    if not value:
        return value
    if isinstance(value, str) and value.startswith(MARK):
        # A customer's text may begin like a sealed value: then it is sealed as any other text.
        with suppress(KeyUnknown):
            opened = keys.open(value)
            return value if value.startswith(keys.newest.prefix) else keys.seal(opened)
    return keys.seal(to_json(value).decode() if is_json else value)


def _tables() -> Iterator[_Table]:
    """Every table with sealed columns."""
    for table in tables.Table.metadata.sorted_tables:
        sealed = [column for column in table.c if isinstance(column.type, Sealed | SealedDate | SealedJson)]
        if not sealed:
            continue
        (key,) = table.primary_key.columns
        indexes = [column for column in table.c if INDEX_OF in column.info]
        plain = [column for column in table.c if PLAIN_OF in column.info]
        raw = Table(
            table.name,
            MetaData(),
            Column(key.name, key.type, primary_key=True),
            *(Column(one.name, Packed if isinstance(one.type, SealedJson) else Text) for one in sealed),
            *(Column(one.name, Text) for one in indexes),
            *(Column(one.name, Date) for one in plain),
        )
        yield _Table(
            raw,
            raw.c[key.name],
            tuple((one.name, isinstance(one.type, SealedJson)) for one in sealed),
            tuple((one.name, table.c[one.info[INDEX_OF]].name, one.info[PURPOSE]) for one in indexes),
            tuple((one.name, table.c[one.info[PLAIN_OF]].name) for one in plain),
        )


@contextmanager
def _without_triggers(connection: Connection, table: str) -> Iterator[None]:
    """Lift the triggers of a table for this transaction: those of append-only tables refuse every update.

    What a row says stays the same: only how it is sealed changes.
    """
    if table not in tables.APPEND_ONLY:
        yield
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        return
    named = {"table": table}
    triggers = connection.execute(_TRIGGERS, named).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


_TRIGGERS: Final = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
