"""Triggers that note what changed of what the desk shows, whichever way it was changed.

They write one short row a change, in the transaction that makes it: pages ask for it once a second
(:mod:`storage.desk.changes`), and the index of words is brought up to date from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection


class Watched(NamedTuple):
    """A table, what the desk calls a change of it, and which columns of the row say what and whose it is."""

    table: str
    kind: str
    ref: str
    owner: str
    columns: tuple[str, ...] = ()
    """The columns a change of which is noted; none: only new rows are."""


WATCHED: Final = (
    Watched("escalations", "case", "id", "customer_id", ("version", "late_noted", "closed_at")),
    Watched("inbox", "came_in", "id", "contact_point_id", ("text",)),
    Watched("outbox", "went_out", "id", "customer_id", ("state",)),
    Watched("entries", "account", "account_id", "account_id"),
    Watched("plans", "account", "account_id", "account_id", ("state",)),
    Watched("promises", "account", "account_id", "account_id", ("state",)),
    Watched("holds", "person", "customer_id", "customer_id", ("lifted_at", "until")),
    Watched("contacts", "person", "customer_id", "customer_id", ("removed_at",)),
    Watched("customers", "person", "id", "id", ("name", "stopped_at", "erased_at")),
    Watched("bills", "bill", "id", "account_id", ("invoice_number", "state", "due_on")),
)


def create(connection: Connection, tables: Collection[str]) -> None:
    """Create the triggers of these tables, which a migration names: later ones may watch more."""
    make = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for watched in (one for one in WATCHED if one.table in tables):
        for statement in make(watched):
            connection.execute(text(statement))


def _sqlite(watched: Watched) -> Iterator[str]:
    table, kind, ref, owner, columns = watched
    note = (
        "INSERT INTO desk_changes (transaction_id, kind, ref, owner) "  # noqa: S608 - names of ours
        f"VALUES (0, '{kind}', CAST(NEW.{ref} AS TEXT), CAST(NEW.{owner} AS TEXT));"
    )
    yield f"CREATE TRIGGER {table}_noted_new AFTER INSERT ON {table} BEGIN {note} END"
    if columns:
        differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
        yield (
            f"CREATE TRIGGER {table}_noted_change AFTER UPDATE OF {', '.join(columns)} ON {table} "
            f"WHEN {differs} BEGIN {note} END"
        )


def _postgresql(watched: Watched) -> Iterator[str]:
    table, kind, ref, owner, columns = watched
    note = (
        "INSERT INTO desk_changes (transaction_id, kind, ref, owner) VALUES "  # noqa: S608 - names of ours
        f"(pg_current_xact_id()::text::bigint, '{kind}', NEW.{ref}::text, NEW.{owner}::text)"
    )
    yield (
        f"CREATE OR REPLACE FUNCTION {table}_noted() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN {note}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_noted_new AFTER INSERT ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {table}_noted()"
    )
    if columns:
        differs = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
        yield (
            f"CREATE TRIGGER {table}_noted_change AFTER UPDATE OF {', '.join(columns)} ON {table} "
            f"FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION {table}_noted()"
        )
