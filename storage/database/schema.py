"""The database schema: creates it, upgrades it, and refuses one of another release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from billing.refusals import Refusal
from storage import tables
from storage.database import advisory_locks
from storage.database.advisory_locks import AdvisoryLock
from storage.tables import APPEND_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

HEAD: Final = "0023"
"""The newest migration; a test compares it with the files."""

MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"


class SchemaOutOfDate(Refusal):
    """The database was made by another release."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has schema {found}, this release needs {HEAD}: "
            "take a backup and run kvitt db upgrade"
        )


class SchemaNotUpgraded(Refusal):
    """A migration refuses the database because of what is in it; nothing was changed."""


def load() -> None:
    """Load and map every table: before a process serves, so that no first message waits for one."""
    tables.load_all()
    tables.Table.registry.configure()


def upgrade(engine: Engine) -> None:
    """Migrate the database to the newest schema; an empty one is created.

    Raises:
        SchemaNotUpgraded: a migration refuses what is in the database.
    """
    from alembic import command  # noqa: PLC0415 - slow to import, and few commands need it
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        # Of two processes that start at once only one upgrades.
        advisory_locks.hold(connection, AdvisoryLock.SCHEMA_UPGRADE)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as refusal:
            raise SchemaNotUpgraded(str(refusal)) from None


def ensure(engine: Engine) -> None:
    """Create the schema in an empty database; refuse one of another release.

    Raises:
        SchemaOutOfDate: the database was made by another release.
    """
    found = version(engine)
    if found is None:
        upgrade(engine)
    elif found != HEAD:
        raise SchemaOutOfDate(found)


def version(engine: Engine) -> str | None:
    """The newest migration that a database has; ``None`` for an empty one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def known() -> frozenset[str]:
    """The schemas that this release can bring up to its own: one for each migration."""
    return frozenset(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def protect(connection: Connection, names: Iterable[str] = APPEND_ONLY) -> None:
    """Create the triggers in the schema that refuse updates and deletes on append-only tables."""
    for table in names:
        for statement in _triggers(table, connection.dialect.name):
            connection.execute(text(statement))


def _triggers(table: str, dialect: str) -> list[str]:
    message = f"{table} are appended, never changed: add a reversing row"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for verb in ("update", "delete")
        ]
    function, refuse = f"{table}_append_only()", f"RAISE EXCEPTION '{message}'"
    body = f"RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse}; END $$"
    return [
        f"CREATE OR REPLACE FUNCTION {function} {body}",
        (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION {function}"
        ),
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {function}",
    ]


def close_periods(connection: Connection) -> None:
    """Create the trigger that refuses an entry on a day in a closed period, whichever program inserts it.

    The code books such entries on the first open day; the trigger is for programs that do not.
    """
    for statement in _CLOSED[connection.dialect.name]:
        connection.execute(text(statement))


_REFUSAL: Final = "the period is closed: book it on the first open day"
_IS_CLOSED: Final = "EXISTS (SELECT 1 FROM closed_periods WHERE through >= NEW.booked_on)"
_REFUSE: Final = f"IF {_IS_CLOSED} THEN RAISE EXCEPTION '{_REFUSAL}'; END IF; RETURN NEW;"
_CLOSED: Final = {
    "sqlite": (
        f"""CREATE TRIGGER entries_open_period BEFORE INSERT ON entries WHEN {_IS_CLOSED}
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION entries_open_period() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN {_REFUSE} END $$""",
        """CREATE TRIGGER entries_open_period BEFORE INSERT ON entries FOR EACH ROW
        EXECUTE FUNCTION entries_open_period()""",
    ),
}
