"""A book of so many accounts on PostgreSQL, made by the database itself; a part of it is due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

NOW: Final = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in California."""

_REGION = "(ARRAY['CA','NY','TX','WA','IL','FL'])[1 + i % 6]"
_ZONE = (
    "(ARRAY['[\"America/Los_Angeles\"]','[\"America/New_York\"]','[\"America/Chicago\"]',"
    "'[\"America/Los_Angeles\"]','[\"America/Chicago\"]','[\"America/New_York\"]'])[1 + i % 6]::json"
)
_LANGUAGE = "(ARRAY['en','en','en','es','en'])[1 + i % 5]"
_BILLS = "generate_series(1, CASE WHEN i % 5 = 0 THEN 2 ELSE 1 END) AS k"

_STATEMENTS: Final = (
    # People, each with one account, one phone and a consent; one in fifty wants no more messages.
    f"""INSERT INTO customers (id, name, birth_date, language, country, region, address, postal_code, city,
        note, created_at, stopped_at)
        SELECT 'C' || i, 'Person ' || i, date '1940-01-01' + i % 20000, {_LANGUAGE}, 'US', {_REGION},
        i || ' Elm Street', '90001', 'Town', '', :now, CASE WHEN i % 50 = 49 THEN CAST(:now AS timestamptz) END
        FROM generate_series(1, :accounts) AS i""",
    """INSERT INTO accounts (id, customer_id, guarantor_id, currency, next_action_at, policy_version)
        SELECT 'A-C' || i, 'C' || i, 'C' || i, 'USD',
        CASE WHEN i <= :due THEN CAST(:now AS timestamptz) - interval '1 hour'
             WHEN i % 3 = 0 THEN NULL
             ELSE CAST(:now AS timestamptz) + interval '1 day' * (1 + i % 60) END, :version
        FROM generate_series(1, :accounts) AS i""",
    f"""INSERT INTO contact_points (id, channel, address, language, zones, created_at, wrong_tries)
        SELECT i, 'sms', '+1' || (2000000000 + i), {_LANGUAGE}, {_ZONE}, :now, 0
        FROM generate_series(1, :accounts) AS i""",
    """INSERT INTO contacts (customer_id, contact_point_id, added_at)
        SELECT 'C' || i, i, :now FROM generate_series(1, :accounts) AS i""",
    """INSERT INTO consents (customer_id, contact_point_id, granted_on, basis)
        SELECT 'C' || i, i, date '2026-02-01', 'form' FROM generate_series(1, :accounts) AS i""",
    # One bill in most accounts, two in every fifth; of those that are due a third was reminded before.
    f"""INSERT INTO bills (id, number, account_id, issued_on, due_on, currency, amount, description,
        fee_agreed, episode)
        SELECT 'B' || i || '-' || k, i * 2 + k, 'A-C' || i,
        date '2026-03-04' - 40 - i % 20, date '2026-03-04' - (CASE WHEN i <= :due THEN 20 ELSE -5 END) - i % 10,
        'USD', 5000 + i % 20000, 'Visit', false, 1
        FROM generate_series(1, :accounts) AS i, {_BILLS}""",
    f"""INSERT INTO entries (account_id, bill_id, kind, amount, currency, booked_on, recorded_at, source)
        SELECT 'A-C' || i, 'B' || i || '-' || k, 'charge', 5000 + i % 20000, 'USD', date '2026-01-10', :now,
        'bill:B' || i || '-' || k FROM generate_series(1, :accounts) AS i, {_BILLS}""",
    """INSERT INTO entries (account_id, bill_id, kind, amount, currency, booked_on, recorded_at, source)
        SELECT 'A-C' || i, 'B' || i || '-1', 'payment', -1000, 'USD', date '2026-02-01', :now, 'pay:' || i
        FROM generate_series(1, :accounts) AS i WHERE i % 4 = 0""",
    f"""INSERT INTO steps (bill_id, episode, level, state, at)
        SELECT 'B' || i || '-' || k, 1, 1, 'heard', CAST(:now AS timestamptz) - interval '15 days'
        FROM generate_series(1, :due) AS i, {_BILLS} WHERE i % 3 = 0""",
    """INSERT INTO holds (customer_id, kind, reason, placed_at, placed_by)
        SELECT 'C' || i, 'dispute', 'says it is wrong', :now, 'kvitt'
        FROM generate_series(1, :accounts) AS i WHERE i % 50 = 7""",
)


def make(engine: Engine, accounts: int, due: int, version: str) -> None:
    """Fill an empty database: ``accounts`` in all, the first ``due`` of them due an hour ago."""
    with engine.begin() as connection:
        for statement in _STATEMENTS:
            wanted = {"accounts": accounts, "due": due, "now": NOW, "version": version}
            named = {name: value for name, value in wanted.items() if f":{name}" in statement}
            connection.execute(text(statement), named)
        _catch_up(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _catch_up(connection: Connection) -> None:
    """The numbers we gave ourselves are taken: the sequence goes on after them."""
    connection.exec_driver_sql(
        "SELECT setval(pg_get_serial_sequence('contact_points', 'id'), (SELECT max(id) FROM contact_points))"
    )
