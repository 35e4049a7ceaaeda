"""Rows of earlier releases are sealed where they are, and say the same afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Boolean, Date, DateTime, MetaData, String, Time, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from storage import tables
from storage.database import schema, sealed_rows, sealing_keys
from storage.database.transaction import Database
from storage.sealing.keys import MARK, FixedKeys, Keys, KeyTexts, KeyUnknown, new_text
from storage.sealing.types import Sealed, SealedDate, SealedJson
from tests.keys import KEY, KEYS, STOPS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Engine

pytestmark = pytest.mark.both_databases

RELEASE_0_1_0: Final = "0016"
BEFORE: Final = "0023"
BORN: Final = date(1980, 2, 28)


@pytest.fixture
def emptied(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    url = f"sqlite:///{tmp_path / 'old.db'}" if database_url.startswith("sqlite") else database_url
    found = Database(url, KEYS)
    if not url.startswith("sqlite"):
        with found.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield found
    found.close()


def test_a_filled_database_of_the_first_release_is_sealed_and_balances_are_equal(emptied: Database) -> None:
    """Each sealed column says what it said, nothing plain is left, and the ledger is the same."""
    engine = emptied.engine
    _migrate(engine, RELEASE_0_1_0)
    _fill(engine)
    before = _balances(engine)
    schema.upgrade(engine)
    assert _balances(engine) == before != []
    assert _read(engine) >= _MARKED
    assert [value for value in _raw(engine) if not str(value).startswith(MARK)] == []
    assert "mark-inbox-text" not in _bytes(engine)
    assert "1980-02-28" not in _bytes(engine)
    schema.ensure(engine)
    with pytest.raises(DBAPIError, match="appended"), emptied.write() as session:
        session.execute(text("UPDATE audit SET actor = 'x'"))


def test_the_release_before_works_on_the_new_schema_until_its_rows_are_sealed(emptied: Database) -> None:
    """After the additive step it reads and writes as it did; what it wrote is sealed with the rest."""
    engine = emptied.engine
    _migrate(engine, BEFORE)
    _fill(engine)
    old = _reflected(engine)
    schema.upgrade(engine, additive=True)
    with engine.begin() as connection:
        people = old.tables["customers"]
        assert connection.scalar(select(people.c.birth_date)) == BORN
        again = dict(connection.execute(select(people)).one()._mapping) | {"id": "c2", "birth_date": BORN}
        connection.execute(insert(people).values(again))
        wrote = old.tables["inbox"]
        assert connection.scalar(select(wrote.c.text)) == "mark-inbox-text"
    with pytest.raises(sealing_keys.NotSealed, match="kvitt db upgrade"):
        schema.ensure(engine)
    schema.upgrade(engine)
    with emptied.read() as session:
        assert list(session.scalars(select(tables.Customer.birth_date))) == [BORN, BORN]
        assert session.scalars(select(tables.Customer.birth_plain)).all() == [None, None]
        assert session.scalar(select(tables.Inbox.text)) == "mark-inbox-text"


def test_a_second_upgrade_seals_nothing_again(emptied: Database) -> None:
    """What is sealed stays as it is."""
    _migrate(emptied.engine, BEFORE)
    _fill(emptied.engine)
    schema.upgrade(emptied.engine)
    first = _raw(emptied.engine)
    assert sealed_rows.seal_rows(emptied.engine) == 0
    assert _raw(emptied.engine) == first


def test_a_text_that_begins_like_a_sealed_value_is_sealed_as_any_other(emptied: Database) -> None:
    """A customer who writes the mark cannot stop an upgrade, nor make their text unreadable."""
    written = f"{MARK}{KEYS.newest.id}:AAAA"
    _migrate(emptied.engine, BEFORE)
    _fill(emptied.engine)
    with emptied.engine.begin() as connection:
        connection.execute(text("UPDATE inbox SET text = :text"), {"text": written})
    schema.upgrade(emptied.engine)
    with emptied.read() as session:
        assert session.scalar(select(tables.Inbox.text)) == written


def test_an_upgrade_that_ended_on_the_way_goes_on(emptied: Database) -> None:
    """Some rows are sealed and some are not: the next upgrade seals the rest, and reads all of them."""
    _migrate(emptied.engine, BEFORE)
    _fill(emptied.engine)
    schema.upgrade(emptied.engine, additive=True)
    sealing_keys.begin(emptied.engine)
    with pytest.raises(RuntimeError):
        sealed_rows.seal_rows(emptied.engine, _stops_after(3))
    with pytest.raises(sealing_keys.NotSealed):
        schema.ensure(emptied.engine)
    schema.upgrade(emptied.engine)
    assert _read(emptied.engine) >= _MARKED


def test_rows_get_a_new_key_and_say_the_same(emptied: Database) -> None:
    """The new key alone opens every row, member numbers are found, and the old key is refused."""
    _migrate(emptied.engine, BEFORE)
    _fill(emptied.engine)
    schema.upgrade(emptied.engine)
    new = new_text()
    url = emptied.engine.url.render_as_string(hide_password=False)
    both = Database(url, Keys(FixedKeys(KeyTexts((new, KEY), STOPS_KEY))))
    schema.seal(both.engine)
    both.close()
    alone = Database(url, Keys(FixedKeys(KeyTexts((new,), STOPS_KEY))))
    schema.ensure(alone.engine)
    assert _read(alone.engine) >= _MARKED
    assert {str(value)[: len(alone.keys.newest.prefix)] for value in _raw(alone.engine)} == {
        alone.keys.newest.prefix
    }
    with alone.read() as session:
        found = tables.Coverage.member_index == alone.keys.index("member", "mark-coverages-member_id")
        assert session.scalar(select(func.count()).where(found)) == 1
    alone.close()
    with pytest.raises(KeyUnknown, match=alone.keys.newest.id):
        schema.ensure(emptied.engine)


def _stops_after(batches: int) -> sealed_rows.Progress:
    left = [batches]

    def progress(_table: str, done: int, _total: int) -> None:
        left[0] -= bool(done)
        if left[0] < 0:
            raise RuntimeError

    return progress


def _migrate(engine: Engine, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def _reflected(engine: Engine) -> MetaData:
    found = MetaData()
    found.reflect(engine)
    return found


def _fill(engine: Engine) -> None:
    """One row in every table, each text of it marked with the names of its table and column."""
    known = _reflected(engine)
    ids: dict[str, Any] = {}
    with engine.begin() as connection:
        for table in known.sorted_tables:
            if table.name in {"alembic_version", "sealing_keys"} or table.name in _LEFT_OUT:
                continue
            row = {column.name: _value(column, ids) for column in table.c}
            connection.execute(insert(table).values(row))
            for column in table.primary_key.columns:
                ids[f"{table.name}.{column.name}"] = row[column.name]


_LEFT_OUT: Final = {
    "closed_periods", "erasures", "open_item_lists", "credit_notes", "moved_due_days", "notes", "desk_logins",
    "desk_drafts",
}  # fmt: skip
"""The first would close the day of the entry, the others were in no release before."""
_LATER: Final = {"conversations.agenda"}
"""Columns that no release before had."""


def _value(column: Column[Any], ids: dict[str, Any]) -> Any:
    for key in column.foreign_keys:
        return ids.get(key.target_fullname) if key.column.table is not column.table else None
    if column.name in _KNOWN:
        return _KNOWN[column.name]
    mark = f"mark-{column.table.name}-{column.name}"
    if isinstance(column.type, JSON):
        return {"said": mark}
    if isinstance(column.type, String):
        return mark
    return next((value for kind, value in _OF_KIND if isinstance(column.type, kind)), 1)


_KNOWN: Final = {"currency": "USD", "birth_date": BORN}
_OF_KIND: Final[tuple[tuple[type[Any], Any], ...]] = (
    (DateTime, datetime(2026, 1, 1, tzinfo=UTC)),
    (Date, date(2026, 1, 1)),
    (Time, time(9)),
    (Boolean, False),
)


def _sealed() -> Iterator[tuple[Any, Any]]:
    for table in tables.Table.metadata.sorted_tables:
        for column in table.c:
            left_out = table.name in _LEFT_OUT or str(column) in _LATER
            if isinstance(column.type, Sealed | SealedDate | SealedJson) and not left_out:
                yield table, column


def _read(engine: Engine) -> set[str]:
    """Every sealed value, as it is read."""
    with engine.connect() as connection:
        return {str(one) for table, column in _sealed() for one in connection.scalars(select(column))}


_MARKED: Final = {
    str(BORN) if column.name == "birth_sealed"
    else str({"said": f"mark-{table.name}-{column.name}"}) if isinstance(column.type, SealedJson)
    else f"mark-{table.name}-{column.name}"
    for table, column in _sealed()
}  # fmt: skip


def _raw(engine: Engine) -> list[str]:
    """Every sealed value, as it is kept; a JSON string without its quotation marks."""
    with engine.connect() as connection:
        return [
            str(one).strip('"')
            for table, column in _sealed()
            for (one,) in connection.exec_driver_sql(f'SELECT "{column.name}" FROM {table.name}')  # noqa: S608
        ]


def _balances(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        found = text(
            "SELECT account_id, bill_id, currency, sum(amount) FROM entries GROUP BY 1, 2, 3 ORDER BY 1"
        )
        return [tuple(row) for row in connection.execute(found)]


def _bytes(engine: Engine) -> str:
    """All that SQLite keeps on disk: the file with its free pages, and its log; nothing on PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return ""
    name = str(engine.url.database)
    files = [Path(name + end) for end in ("", "-wal") if Path(name + end).exists()]
    return "".join(file.read_bytes().decode("latin-1") for file in files)
