"""Many rows at once, and one of many ids: the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.id_lists import one_of

if TYPE_CHECKING:
    from storage.database.transaction import Database

pytestmark = pytest.mark.both_databases

AT = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
NAMES = ("at", "actor", "action", "subject", "detail")
ODD = 'a\tb\\c\n"d" å \U0001f44d'


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    """Moments, odd letters and packed values survive, and the ids come in the order of the rows."""
    rows = [(AT, ODD, f"deed {number}", "s", {"n": number, "odd": ODD, "none": None}) for number in range(50)]
    with database.write() as session:
        ids = insert_rows(session, tables.Audit, NAMES, rows)
    with database.read() as session:
        found = session.scalars(select(tables.Audit).order_by(tables.Audit.id)).all()
        assert ids == [row.id for row in found]
        assert rows == [(row.at, row.actor, row.action, row.subject, row.detail) for row in found]


def test_no_rows_cost_nothing(database: Database) -> None:
    """An empty batch writes nothing and gives no ids."""
    with database.write() as session:
        assert insert_rows(session, tables.Audit, NAMES, []) == []


def test_ids_go_on_after_a_batch(database: Database) -> None:
    """What is added one by one after a batch gets the next id, and never one that is taken."""
    with database.write() as session:
        (last,) = insert_rows(session, tables.Audit, NAMES, [(AT, "a", "b", "c", {})])
        row = tables.Audit(at=AT, actor="a", action="b", subject="c", detail={})
        session.add(row)
        session.flush()
        assert row.id > last


def test_one_of_many_finds_just_those(database: Database) -> None:
    """Texts and numbers, odd ones too, are found among many; among none nothing is."""
    odd = [
        "plain",
        "with, comma",
        "with 'quote'",
        '{"brace"}',
        "å",
        "unit\x1fseparator",
        "tab\there",
        "back\\slash",
    ]
    with database.write() as session:
        ids = insert_rows(session, tables.Audit, NAMES, [(AT, "a", "b", subject, {}) for subject in odd])
    with database.read() as session:
        query = select(tables.Audit.subject).order_by(tables.Audit.id)
        assert odd[1:] == list(session.scalars(query.where(one_of(tables.Audit.subject, odd[1:]))))
        assert odd[:2] == list(session.scalars(query.where(one_of(tables.Audit.id, ids[:2]))))
        assert list(session.scalars(query.where(one_of(tables.Audit.subject, [])))) == []
        assert list(session.scalars(query.where(one_of(tables.Audit.id, [])))) == []


def test_an_empty_text_is_found_among_others(database: Database) -> None:
    """An empty text is a text like any other, alone or where there are several."""
    with database.write() as session:
        insert_rows(session, tables.Audit, NAMES, [(AT, "a", "b", subject, {}) for subject in ("", "x")])
    with database.read() as session:
        found = session.scalars(select(tables.Audit.subject).where(one_of(tables.Audit.subject, ["", "x"])))
        assert {"", "x"} == set(found)
        alone = session.scalars(select(tables.Audit.subject).where(one_of(tables.Audit.subject, [""])))
        assert list(alone) == [""]
