"""The declaration of personal data: every column is decided about, and a person goes from all of them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Integer, Table, insert, make_url, select
from sqlalchemy.types import Time, TypeDecorator

from billing.accounts.personal_marks import PersonalMarks
from storage import tables
from storage.database import leftovers
from storage.privacy import erasing, erasures, identity, person_rows
from storage.privacy.declaration import leads_to, rules, table_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database.transaction import Database

AT: Final = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
BORN: Final = date(1980, 2, 28)
PHONE: Final = "+15035550142"
MARKED: Final = f"Zebrine empty us: Ada Quillfeather, 28.02.1980, call (503) 555-0142 or LIND-77-123 {PHONE}"
SIGNS: Final = ("quillfeather", "5550142", "555-0142", "28.02.1980", "lind-77", "19800228", "1980-02-28")
FIXED: Final = {
    ("customers", "id"): "ada",
    ("customers", "name"): "Ada Quillfeather",
    ("customers", "guarantor_id"): None,
    ("customers", "erased_at"): None,
    ("contact_points", "channel"): "sms",
    ("contact_points", "address"): PHONE,
    ("coverages", "member_id"): "LIND-77-123",
    ("audit", "subject"): "customer:ada",
    ("holds", "kind"): "manual",
    ("forgotten", "kind"): "inbox",
    ("retained", "kind"): "outbox",
    ("outbox", "key"): "reply:1",
    ("outbox", "edits"): None,
    ("search_terms", "customer_id"): "ada",
    ("message_words", "inbox_id"): 1,
    ("closed_periods", "through"): date(2025, 12, 31),
    ("entries", "reverses"): None,
    ("remittances", "reverses"): None,
}
LEFT_OUT: Final = ("erasures", "erased_marks", "erasure_permits", "desk_changes")
"""What is written by an erasure itself, or by triggers."""


def test_every_column_of_every_table_is_decided_about() -> None:
    """A new column fails here until somebody says what becomes of it when a person is erased."""
    tables.load_all()
    found = {name: sorted(table.columns.keys()) for name, table in tables.Table.metadata.tables.items()}
    assert found == {name: sorted(rule.decided) for name, rule in rules().items()}
    for rule in rules().values():
        assert len(set(rule.decided)) == len(rule.decided)
        assert set(rule.hide) <= set(rule.decided)


def test_whose_a_row_is_can_be_followed_to_the_person() -> None:
    """Every column that says whose a row is leads to a table that is somebody's."""
    own = {"customers", "contact_points", "inbox", "outbox", "audit", "forgotten", "retained"}
    for name, rule in rules().items():
        for column in () if name in own else rule.whose:
            other = leads_to(table_of(name).c[column])
            assert other is not None, (name, column)
            assert rules()[other].whose, (name, column)


def test_what_is_emptied_can_be_empty() -> None:
    """No column is to be emptied that must hold a moment or a day."""
    for name, rule in rules().items():
        for column in (*rule.register, *rule.erase, *rule.books):
            erasing.empty(table_of(name).c[column])


@pytest.mark.both_databases
def test_nothing_of_a_person_is_left_in_any_column(database: Database) -> None:
    """One row in every table, marked wherever words are: no mark is left, and keys are as they were."""
    with database.write() as session:
        _fill(session)
    kept = _kept(database)
    with database.write() as session:
        person = person_rows.find(session, "ada")
        known = identity.known_by(session, person)
        erasure = erasures.save(session, "ada", "desk", "", None, AT)
        marks = PersonalMarks.of(known.identity, known.shared, f"[erased {erasure}]")
        mentioned = erasing.mentions(session, marks)
        erasing.erase_rows(session, person, marks)
        erasing.cut_mentions(session, marks, mentioned)
    assert _signs(database) == []
    words = _found(database, "zebrine", lambda rule: (*rule.register, *rule.erase, *rule.prose))
    assert words == [], "what is emptied has no words left"
    left = _kept(database)
    assert {name: rows for name, rows in kept.items() if not rules()[name].delete} == left
    with database.write() as session:
        erasing.erase_books(session, person_rows.find(session, "ada"))
    assert _found(database, "zebrine", lambda rule: rule.books) == []


def test_no_sign_is_left_in_the_file_of_the_database(database: Database) -> None:
    """The file and its log are searched byte by byte: free pages have nothing of the person either."""
    if database.engine.dialect.name != "sqlite":
        return
    test_nothing_of_a_person_is_left_in_any_column(database)
    assert leftovers.clean(database.engine)
    path = str(make_url(str(database.engine.url)).database)
    for end in ("", "-wal"):
        with open(path + end, "rb") as file:  # noqa: PTH123 - the name has an ending put to it
            content = file.read().lower()
        assert [sign for sign in SIGNS if sign.encode() in content] == []


def _fill(session: Session) -> None:
    """One row in every table, each the same person's, or nobody's."""
    tables.load_all()
    made: dict[str, dict[str, Any]] = {}
    for table in tables.Table.metadata.sorted_tables:
        if table.name not in LEFT_OUT:
            row = {column.key: _value(table, column, made) for column in table.columns}
            session.execute(insert(table).values(row))
            made[table.name] = row


def _value(table: Table, column: Column[Any], made: dict[str, dict[str, Any]]) -> Any:
    if (table.name, column.key) in FIXED:
        return FIXED[table.name, column.key]
    for key in column.foreign_keys:
        needed = key.column.table.name
        return made[needed][key.column.key] if needed in made else None
    other = leads_to(column) or ""
    if other in made:
        return made[other]["id"]
    return _plain(table, column, marked=column.key not in rules()[table.name].kept)


def _plain(table: Table, column: Column[Any], *, marked: bool) -> Any:
    kind: Any = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, JSON):
        said = {"said": [MARKED], "code": "A1"} if marked else {"code": "A1"}
        return [said] if not column.nullable and isinstance(erasing.empty(column), list) else said
    if "date" in column.key and marked:
        return BORN
    plain: dict[type, Any] = {Date: AT.date(), Time: time(9), DateTime: AT, Boolean: True, Integer: 1}
    for one, value in plain.items():
        if isinstance(kind, one):
            return value
    return MARKED if marked else f"{table.name}-{column.key}"


def _rows(database: Database) -> list[tuple[str, str, Any]]:
    found = []
    with database.read() as session:
        for table in tables.Table.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                found += [(table.name, column.key, row[column]) for column in table.columns]
    return found


def _signs(database: Database) -> list[tuple[str, str]]:
    return [
        (name, column)
        for name, column, value in _rows(database)
        if any(sign in _text(value) for sign in SIGNS)
    ]


def _found(database: Database, word: str, columns: Any) -> list[tuple[str, str]]:
    return [
        (name, column)
        for name, column, value in _rows(database)
        if name not in LEFT_OUT and column in columns(rules()[name]) and word in _text(value)
    ]


def _kept(database: Database) -> dict[str, list[tuple[str, Any]]]:
    """What is kept, by table; the marks of an erasure itself are left out."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, column, value in _rows(database):
        if (
            name not in LEFT_OUT
            and column in rules()[name].kept
            and column not in {"erased_at", "stopped_at"}
        ):
            found.setdefault(name, []).append((column, value))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str).lower()
