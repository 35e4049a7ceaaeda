"""Databases of both kinds: empty ones, copies of a book, and what must be in them when all is over."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import JSON, Text, cast, create_engine, func, insert, make_url, null, select, update

from benchmarks.keys import KEYS
from benchmarks.server import postgres
from benchmarks.turns.conversation import TURNS
from billing.gate import Purpose
from storage import tables
from storage.database import schema
from storage.database.engine import open_engine
from storage.database.transaction import Database
from storage.tables.base import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROWS: Final = 5000


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of a file that is not there yet."""
    with tempfile.TemporaryDirectory(prefix="kvitt-bench-") as folder:
        yield f"sqlite:///{folder}/kvitt.db"


EMPTY: Final = {"sqlite": sqlite, "postgresql": postgres}


def copy(url: str, name: str) -> str:
    """The URL of a second database with the same rows; nobody may be connected to the first."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        second = parsed.set(database=str(Path(parsed.database or "").with_name(f"{name}.db")))
        shutil.copy(parsed.database or "", second.database or "")
        return second.render_as_string(hide_password=False)
    engine = create_engine(parsed, isolation_level="AUTOCOMMIT")
    # A template may have no other session, ours included.
    with create_engine(
        parsed.set(database="template1"), isolation_level="AUTOCOMMIT"
    ).connect() as connection:
        engine.dispose()
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{parsed.database}"')
    return parsed.set(database=name).render_as_string(hide_password=False)


def fill(url: str, source: str) -> None:
    """Fill an empty database with all rows of another, of whichever kind."""
    into, out_of = open_engine(url, KEYS), open_engine(source, KEYS)
    schema.ensure(into)
    with out_of.connect() as reading, into.begin() as writing:
        for table in Table.metadata.sorted_tables:
            for rows in reading.execute(select(table)).mappings().partitions(_ROWS):
                writing.execute(insert(table), [dict(row) for row in rows])
            for column in table.columns:
                if isinstance(column.type, JSON) and column.nullable:
                    # None is written as JSON's null, which is not the database's.
                    packed = cast(column, Text) == "null"
                    writing.execute(update(table).where(packed).values({column.name: null()}))
    into.dispose()
    out_of.dispose()


def missing(url: str, count: int) -> list[str]:
    """What is not there: a plan for everybody who wrote, and every text stored, done and replied to."""
    plan, inbox, outbox = tables.Plan, tables.Inbox, tables.Outbox
    texts = count * len(TURNS)
    sent = (outbox.purpose == Purpose.REPLY.value, outbox.provider_id.is_not(None))
    questions = (
        ("plans", select(func.count()).select_from(plan).where(plan.state == "active"), count),
        ("texts answered", select(func.count()).select_from(inbox).where(inbox.state == "done"), texts),
        ("replies sent", select(func.count()).select_from(outbox).where(*sent), texts),
    )
    database = Database(url, KEYS)
    with database.read() as session:
        found = [(what, session.scalar(question), wanted) for what, question, wanted in questions]
    database.close()
    return [f"{what}: {are} where {wanted} should be" for what, are, wanted in found if are != wanted]
