"""What is away is said once, and once when it is back."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import capture_logs

from bot.outages import Outage, code, log_failure, say_when_away
from storage import tables
from storage.database.health import QUIET
from storage.database.transaction import Database
from tests.keys import KEYS

if TYPE_CHECKING:
    from tests.conftest import Databases

MARK = "Zebulon Quist"


def test_an_outage_is_two_lines_however_often_it_is_tried() -> None:
    """It is said when it begins and when it is over, and what always worked is never mentioned."""
    outage = Outage("mailbox.trouble", "mailbox.back")
    with capture_logs() as logs:
        outage.worked()
        for _ in range(500):
            outage.failed(why="timeout")
        outage.worked()
        outage.worked()
    assert [line["event"] for line in logs] == ["mailbox.trouble", "mailbox.back"]


def test_a_busy_provider_that_takes_every_second_message_is_one_line() -> None:
    """As long as it fails now and then it is not back."""
    outage = Outage("channel.trouble", "channel.back", 30.0, channel="sms")
    with capture_logs() as logs:
        for _ in range(50):
            outage.failed(code="429")
            outage.worked()
    assert [line["event"] for line in logs] == ["channel.trouble"]
    assert (logs[0]["channel"], logs[0]["code"]) == ("sms", "429")


def test_what_is_no_code_is_not_written() -> None:
    """A provider, or whoever answers in its place, can send anything as its code."""
    assert code("20429") == "20429"
    assert code("ReadTimeout") == "ReadTimeout"
    assert code(f"{MARK} said no") == "unreadable"


def test_a_busy_database_is_two_lines_for_all_who_work_with_it(sqlite_databases: Databases) -> None:
    """Every failing transaction is noticed, one line is written; a write that goes through ends it."""
    url = sqlite_databases()
    database = Database(f"{url}?timeout=0.01", KEYS)
    say_when_away(database)
    with capture_logs() as logs:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
            raw.execute("BEGIN IMMEDIATE")
            for _ in range(20):
                with pytest.raises(OperationalError) as raised, database.write() as session:
                    session.execute(text("SELECT 1"))
                log_failure("clock.failed", raised.value, job="run")
            with database.read() as session:
                session.execute(text("SELECT 1"))
            raw.execute("ROLLBACK")
        failed = time.monotonic()
        while time.monotonic() < failed + QUIET + 0.1:
            with database.write() as session:
                session.execute(text("SELECT 1"))
        log_failure("clock.failed", KeyError(MARK), job="run")
    database.close()
    assert [line["event"] for line in logs] == ["database.trouble", "database.back", "clock.failed"]
    assert "is busy" in logs[0]["why"]
    assert (logs[2]["error"], logs[2]["job"]) == ("KeyError", "run")
    assert MARK not in str(logs)


@pytest.mark.both_databases
def test_an_error_of_a_statement_holds_no_values(database: Database) -> None:
    """Neither SQLAlchemy's parameters nor the row or key that PostgreSQL quotes are in what is raised."""
    row = {"id": MARK, "name": MARK, "language": "en", "created_at": None}
    for statement, values in (
        (insert(tables.Customer), row),
        (text("INSERT INTO customers (id, name) VALUES (:id, :name)"), {"id": MARK, "name": MARK}),
        (text("INSERT INTO bills (id, number) VALUES (:id, :name)"), {"id": MARK, "name": MARK}),
        (text("SELECT no_such_function(:id)"), {"id": MARK}),
    ):
        with pytest.raises(DBAPIError) as raised, database.write() as session:
            session.execute(statement, values).scalar_one()
        assert MARK not in str(raised.value) + repr(raised.value) + repr(raised.value.orig)
    assert database.health.trouble is None
