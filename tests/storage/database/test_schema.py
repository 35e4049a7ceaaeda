"""The schema: made whole, and the same as what the migrations make."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage.database import schema, trouble
from storage.database.transaction import Database
from storage.tables import APPEND_ONLY, Table
from tests.keys import KEYS

if TYPE_CHECKING:
    from sqlalchemy import Engine

pytestmark = pytest.mark.both_databases


def _triggers(engine: Engine) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return {name for (name,) in connection.execute(text(query))}


def test_the_migrated_schema_is_the_one_the_tables_describe(database: Database) -> None:
    """Running every migration leaves nothing that a fresh schema would have otherwise."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_fresh_sqlite_schema_has_the_same_indexes_and_triggers(database: Database) -> None:
    """Indexes, unique keys and triggers of the migrated schema are those of a fresh one."""
    fresh = create_engine("sqlite://")
    with fresh.begin() as connection:
        Table.metadata.create_all(connection)
        schema.protect(connection)
        expected = {
            table: {index["name"] for index in inspect(connection).get_indexes(table)}
            for table in Table.metadata.tables
        }
        names = {
            name
            for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        }
    found = inspect(database.engine)
    plain = {
        table: {
            index["name"]
            for index in found.get_indexes(table)
            if not (database.engine.dialect.name == "postgresql" and index.get("duplicates_constraint"))
        }
        for table in Table.metadata.tables
    }
    fresh.dispose()
    assert expected == plain
    assert all(any(table in name for name in names) for table in APPEND_ONLY)
    assert all(any(name.startswith(table) for name in _triggers(database.engine)) for table in APPEND_ONLY)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_is_appended_can_be_neither_changed_nor_deleted(
    database: Database, table: str, change: str
) -> None:
    """A trigger refuses to change or delete an entry, a decision and an audit entry."""
    customer = (
        "INSERT INTO customers (id, name, language, country, region, address, postal_code, city, note, "
        "created_at) VALUES ('1', 'A', 'en', '', '', '', '', '', '', '2026-01-01');"
    )
    placed = (
        "INSERT INTO accounts (id, customer_id, guarantor_id, currency, policy_version) "
        "VALUES ('A-1', '1', '1', 'USD', '');"
        "INSERT INTO bills (id, number, account_id, issued_on, due_on, currency, amount, description, "
        "fee_agreed, episode) VALUES ('B', 1, 'A-1', '2026-01-01', '2026-01-01', 'USD', 1, '', FALSE, 1);"
        "INSERT INTO placements (id, bill_id, number, key, state, amount, currency, flagged_at, collector, "
        "reason) VALUES (1, 'B', 1, 'B-P1', 'placed', 1, 'USD', '2026-01-01', 'c', '');"
    )
    line = (
        "INSERT INTO collector_batches (id, collector, kind, made_at, made_by) "
        "VALUES (1, 'c', 'report', '2026-01-01', 'a');"
        "INSERT INTO collector_lines (id, batch_id, placement_id, key, row) VALUES (1, 1, 1, 'k', '{}')"
    )
    answered = (
        "INSERT INTO payers (id, name, kind) VALUES ('P', 'P', 'insurer');"
        "INSERT INTO claims (key, bill_id, customer_id, payer_id, sequence, number, state, currency, amount, "
        "lines, diagnoses, replaces, their_reference, reason, created_at) "
        "VALUES ('B-C1', 'B', '1', 'P', 1, 1, 'sent', 'USD', 1, '[]', '[]', '', '', '', '2026-01-01');"
        "INSERT INTO claim_answers (id, claim_key, source, source_id, verdict, answered_on, paid, lines, "
        "their_reference, payment_reference, recorded_at) VALUES (1, 'B-C1', 'csv', '1', 'paid', "
        "'2026-01-01', 1, '[]', '', '', '2026-01-01')"
    )
    checked = (
        "INSERT INTO payers (id, name, kind) VALUES ('P', 'P', 'insurer');"
        "INSERT INTO coverages (id, customer_id, payer_id, member_id, priority, starts_on) "
        "VALUES ('C', '1', 'P', 'M', 1, '2026-01-01');"
        "INSERT INTO eligibility_checks (id, coverage_id, service_on, checked_at, source, result, reason, "
        "detail) VALUES (1, 'C', '2026-01-01', '2026-01-01', 'fhir', 'active', '', '{}')"
    )
    remitted = (
        "INSERT INTO remittances (id, collector, remittance_id, placement_id, kind, collected_on, gross, "
        "fee, net, expected_fee, currency, recorded_at, recorded_by) VALUES (1, 'c', 'R', 1, 'payment', "
        "'2026-01-01', 1, 0, 1, 0, 'USD', '2026-01-01', 'a')"
    )
    rows = {
        "collector_lines": customer + placed + line,
        "eligibility_checks": customer + checked,
        "remittances": customer + placed + remitted,
        "acceptances": customer
        + "INSERT INTO acceptances (id, customer_id, kind, text, language, accepted_at) "
        "VALUES (1, '1', 'terms', 'what was shown', 'en', '2026-01-01')",
        "entries": (
            customer + "INSERT INTO accounts (id, customer_id, guarantor_id, currency, policy_version) "
            "VALUES ('A-1', '1', '1', 'USD', '');"
            "INSERT INTO entries (id, account_id, kind, amount, currency, booked_on, recorded_at, source) "
            "VALUES (1, 'A-1', 'charge', 1, 'USD', '2026-01-01', '2026-01-01', 's')"
        ),
        "decisions": (
            "INSERT INTO decisions (id, at, made_by, verdict, reason, policy, policy_version, inputs) "
            "VALUES (1, '2026-01-01', 'run', 'wait', '', '', '', '{}')"
        ),
        "audit": "INSERT INTO audit (id, at, actor, action, subject, detail) "
        "VALUES (1, '2026-01-01', 'a', 'b', 'c', '{}')",
        "case_events": (
            "INSERT INTO escalations (id, key, kind, severity, reason, detail, opened_at, deadline, stale, "
            "outcome) VALUES (1, 'k', 'person', 2, '', '{}', '2026-01-01', '2026-01-02', false, '');"
            "INSERT INTO case_events (id, escalation_id, at, actor, what, detail) "
            "VALUES (1, 1, '2026-01-01', 'a', 'opened', '{}')"
        ),
        "claim_answers": customer + placed + answered,
        "bank_lines": (
            "INSERT INTO bank_files (id, digest, name, kind, read_at, read_by) "
            "VALUES (1, 'd', 'f.xml', 'camt', '2026-01-01', 'a');"
            "INSERT INTO bank_lines (id, file_id, position, booked_on, amount, currency, fate, reason) "
            "VALUES (1, 1, 'entry 1', '2026-01-01', 1, 'USD', 'booked', '')"
        ),
        "closed_periods": (
            "INSERT INTO closed_periods (id, through, closed_at, closed_by) "
            "VALUES (1, '2025-12-31', '2026-01-05', 'a')"
        ),
    }
    with database.write() as session:
        for statement in rows[table].split(";"):
            session.execute(text(statement))
    with pytest.raises(DBAPIError, match="appended"), database.write() as session:
        session.execute(text(change.format(table)))


def test_placements_of_the_first_schema_get_their_keys(tmp_path: Path, database_url: str) -> None:
    """An older database is brought up to date: its placements are numbered by bill, in their order."""
    url = f"sqlite:///{tmp_path / 'old.db'}" if database_url.startswith("sqlite") else database_url
    old = Database(url, KEYS)
    with old.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in _OLD.split(";"):
            connection.execute(text(statement))
    schema.upgrade(old.engine)
    with old.engine.connect() as connection:
        found = connection.execute(text("SELECT key, number, state FROM placements ORDER BY id")).all()
    assert [tuple(one) for one in found] == [
        ("B-P1", 1, "returned"), ("C-P1", 1, "flagged"), ("B-P2", 2, "placed"),
    ]  # fmt: skip
    old.close()


_OLD = """
INSERT INTO customers (id, name, language, country, region, address, postal_code, city, note, created_at)
VALUES ('1', 'A', 'en', '', '', '', '', '', '', '2026-01-01');
INSERT INTO accounts (id, customer_id, guarantor_id, currency, policy_version)
VALUES ('A', '1', '1', 'USD', '');
INSERT INTO bills
(id, number, account_id, issued_on, due_on, currency, amount, description, fee_agreed, episode) VALUES
('B', 1, 'A', '2026-01-01', '2026-01-01', 'USD', 1, '', FALSE, 1),
('C', 2, 'A', '2026-01-01', '2026-01-01', 'USD', 1, '', FALSE, 1);
INSERT INTO placements (id, bill_id, state, amount, currency, flagged_at, collector, reason) VALUES
(1, 'B', 'returned', 1, 'USD', '2026-01-01', '', ''),
(2, 'C', 'flagged', 1, 'USD', '2026-01-01', '', ''),
(3, 'B', 'placed', 1, 'USD', '2026-01-01', '', '')
"""


def test_open_cases_get_the_severity_back_that_they_had(tmp_path: Path, database_url: str) -> None:
    """A case that was raised twice for being late says again what is at stake; a closed one stays."""
    url = f"sqlite:///{tmp_path / 'old.db'}" if database_url.startswith("sqlite") else database_url
    old = Database(url, KEYS)
    with old.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0017")
        for statement in _RAISED.split(";"):
            # Through the driver: the colons of JSON are no parameters.
            connection.exec_driver_sql(statement)
    schema.upgrade(old.engine)
    with old.engine.connect() as connection:
        found = connection.execute(text("SELECT severity FROM escalations ORDER BY id")).scalars().all()
    assert found == [3, 1, 2]
    old.close()


_RAISED = """
INSERT INTO escalations
(id, key, kind, severity, reason, detail, opened_at, deadline, stale, closed_at, outcome) VALUES
(1, 'a', 'copy', 1, '', '{}', '2026-01-01', '2026-01-01', FALSE, NULL, ''),
(2, 'b', 'copy', 1, '', '{}', '2026-01-01', '2026-01-01', FALSE, '2026-01-02', ''),
(3, 'c', 'copy', 2, '', '{}', '2026-01-01', '2026-01-01', FALSE, NULL, '');
INSERT INTO case_events (id, escalation_id, at, actor, what, detail) VALUES
(1, 1, '2026-01-01', 'kvitt', 'opened', '{}'),
(2, 1, '2026-01-01', 'kvitt', 'climbed', '{"from": 3, "to": 2}'),
(3, 1, '2026-01-02', 'kvitt', 'climbed', '{"from": 2, "to": 1}'),
(4, 2, '2026-01-01', 'kvitt', 'climbed', '{"from": 3, "to": 2}')
"""


def test_a_book_whose_amounts_would_become_others_is_not_upgraded(tmp_path: Path, database_url: str) -> None:
    """5000 RWF that were counted in hundredths never read as 500000: refused, and nothing is changed."""
    url = f"sqlite:///{tmp_path / 'old.db'}" if database_url.startswith("sqlite") else database_url
    old = Database(url, KEYS)
    with old.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in _OLD.replace("'USD'", "'RWF'").split(";"):
            connection.execute(text(statement))
    with pytest.raises(schema.SchemaNotUpgraded, match=r"amounts in RWF \(accounts\).*hundredths"):
        schema.upgrade(old.engine)
    assert schema.version(old.engine) == "0001"
    old.close()


def test_head_names_the_newest_migration() -> None:
    """The release knows the newest migration by name, so that an old database is noticed."""
    files = sorted(path.name[:4] for path in (schema.MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert files[-1] == schema.HEAD
    assert isinstance(schema.MIGRATIONS, Path)


def test_a_database_of_another_release_is_refused(database: Database) -> None:
    """A database at another migration is refused with what to do: upgrade, or go back to its release."""
    for found, refusal, sentence in (
        ("0001", schema.SchemaOutOfDate, "kvitt db upgrade"),
        ("9999", schema.SchemaTooNew, "later release"),
        ("0000", schema.TablesMissing, "no release has"),
        ("٣", schema.AnotherProgramsDatabase, "another program"),
        ("4f2a", schema.AnotherProgramsDatabase, "another program"),
    ):
        with database.write() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
        with pytest.raises(refusal, match=sentence):
            schema.ensure(database.engine)
    with pytest.raises(schema.AnotherProgramsDatabase):
        schema.upgrade(database.engine)


def test_an_upgrade_from_a_schema_the_database_is_past_says_so(database: Database) -> None:
    """Whichever it is set back to by hand: the tables are said to be there, and nothing is changed."""
    for found in sorted(schema.known() - {schema.HEAD}):
        with database.write() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
        with pytest.raises(DBAPIError) as failed:
            schema.upgrade(database.engine)
        explained = trouble.explained(failed.value, None)
        assert explained is not None, found
        assert "its schema is not the one it says" in str(explained), found
        assert schema.version(database.engine) == found


def test_a_file_of_another_program_is_refused_and_not_changed(tmp_path: Path) -> None:
    """Not a byte of it, neither by asking nor by upgrading."""
    file = tmp_path / "notes.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE notes (text)")
        other.commit()
    before = file.read_bytes()
    database = Database(f"sqlite:///{file}", KEYS)
    for refuses in (schema.version, schema.upgrade, schema.ensure):
        with pytest.raises(schema.AnotherProgramsDatabase, match="a table notes"):
            refuses(database.engine)
    database.engine.dispose()
    assert file.read_bytes() == before
