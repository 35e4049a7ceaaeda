"""Columns that can hold what people wrote: each is known, and none takes a card number."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import JSON, Text, insert, select
from sqlalchemy.types import TypeDecorator

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.changes import add
from storage.database.insert_once import insert_once
from storage.tables.written import Written, is_written

if TYPE_CHECKING:
    from storage.database.transaction import Database

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARD = "my card: 4242  4242  4242  4242 y 123"
MASKED = "my card: ****4242 y 123"
PLAIN = Path(__file__).with_name("plain_columns.txt")


def _plain() -> tuple[set[str], set[str]]:
    """The names of columns that are plain in any table, and the columns that are, by table."""
    names, columns = set(), set()
    for line in PLAIN.read_text(encoding="utf-8").splitlines():
        table, colon, listed = line.partition(":")
        if colon and not line.startswith("#"):
            columns |= {f"{table}.{name}" for name in listed.split()}
        elif not line.startswith("#"):
            names.add(line)
    return names, columns


def _columns() -> list[Any]:
    tables.load_all()
    return [column for table in tables.Table.metadata.sorted_tables for column in table.columns]


def _holds_text(kind: Any) -> bool:
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return isinstance(plain, Text | JSON)


def test_somebody_decided_about_every_text_column() -> None:
    """A new column with text is one for what people write, or plain_columns.txt says that it is none."""
    texts = [one for one in _columns() if _holds_text(one.type) and not is_written(one.type)]
    names, plain = _plain()
    undecided = [
        str(one) for one in texts if one.name not in names and str(one) not in plain and not one.foreign_keys
    ]
    assert undecided == []
    assert plain - {str(one) for one in _columns()} == set(), "no such column any more"


def test_every_such_column_masks_what_it_is_given(database: Database) -> None:
    """The type of each column masks a text, and every text and name in a JSON value."""
    found = [one for one in _columns() if is_written(one.type)]
    assert len(found) > 40
    for column in found:
        kind = getattr(column.type, "inner", None) or column.type
        given = CARD if isinstance(kind, Written) else {"a": [{CARD: CARD}], "n": 42}
        kept = kind.process_bind_param(given, database.engine.dialect)
        assert "4242  4242" not in str(kept), column
        assert "****4242" in str(kept), column


CASE = {
    "key": "k", "kind": "person", "severity": 2, "reason": CARD, "detail": {"said": CARD}, "opened_at": NOW,
    "deadline": NOW, "stale": False, "outcome": "",
}  # fmt: skip


@pytest.mark.both_databases
def test_every_way_to_write_goes_through_the_types(database: Database) -> None:
    """One row, a row once, many rows and many rows in bulk: none stores the number."""
    row = tables.Escalation
    with database.write() as session:
        add(session, row, **CASE)
        insert_once(session, row, CASE | {"key": "once"})
        session.add(row(**(CASE | {"key": "orm"})))
        session.flush()
        session.execute(insert(row), [CASE | {"key": "two"}, CASE | {"key": "three"}])
        names = tuple(CASE)
        insert_rows(session, row, names, [tuple((CASE | {"key": f"b{one}"}).values()) for one in range(3)])
    with database.read() as session:
        kept = session.execute(select(row.reason, row.detail)).all()
    assert [tuple(one) for one in kept] == [(MASKED, {"said": MASKED})] * 8


@pytest.mark.both_databases
def test_a_reference_of_ours_is_stored_as_it_is(database: Database) -> None:
    """A bill may be called by a number that would pass as a card's: in a text about it, it remains."""
    with database.write() as session:
        add(
            session, tables.Customer, id="1", name="A", language="en", country="", region="", address="",
            postal_code="", city="", note="", created_at=NOW,
        )  # fmt: skip
        add(
            session,
            tables.Account,
            id="A",
            customer_id="1",
            guarantor_id="1",
            currency="USD",
            policy_version="",
        )
        add(
            session, tables.Bill, id="4242424242424242", number=1, account_id="A", issued_on=NOW.date(),
            due_on=NOW.date(), currency="USD", amount=1, description="", fee_agreed=False, episode=1,
        )  # fmt: skip
        said = "I paid 4242 4242 4242 4242 and not 4111 1111 1111 1111"
        rows = [tuple((CASE | {"key": f"b{one}", "reason": said}).values()) for one in range(2)]
        insert_rows(session, tables.Escalation, tuple(CASE), rows)
        add(session, tables.Escalation, **(CASE | {"reason": said}))
    with database.read() as session:
        kept = set(session.scalars(select(tables.Escalation.reason)))
    assert kept == {"I paid 4242 4242 4242 4242 and not ****1111"}
