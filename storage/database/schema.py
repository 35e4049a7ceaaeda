"""The database schema: creates it, upgrades it, and refuses one of another release."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, inspect, text

from billing.refusals import Refusal
from storage import tables
from storage.database import advisory_locks, sealed_rows, sealing_keys
from storage.database.advisory_locks import AdvisoryLock
from storage.database.engine import for_writing
from storage.tables import APPEND_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from storage.database.sealed_rows import Progress

HEAD: Final = "0033"
"""The newest migration; a test compares it with the files."""

VERSION_TABLE: Final = "alembic_version"

MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"


class SchemaOutOfDate(Refusal):
    """The database was made by another release."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has schema {found}, this release needs {HEAD}: "
            "take a backup and run kvitt db upgrade"
        )


class SchemaTooNew(Refusal):
    """The database was made by a later release."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database has schema {found} of a later release, this one knows {HEAD}: install that "
            "release, or a later one, and start it instead; nothing was changed"
        )


class AnotherProgramsDatabase(Refusal):
    """The database has tables, and they are not Kvitt's."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"KVITT_DATABASE_URL names a database of another program (it has {found}): "
            "name one of Kvitt's own"
        )


class TablesMissing(Refusal):
    """The database has Kvitt's tables and no schema, or a schema and not all of its tables."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database {found}: it was changed or is damaged; stop every Kvitt process and bring back "
            "the latest backup"
        )


class SchemaNotUpgraded(Refusal):
    """A migration refuses the database because of what is in it; nothing was changed."""


def load() -> None:
    """Load and map every table: before a process serves, so that no first message waits for one."""
    tables.load_all()
    tables.Table.registry.configure()


def upgrade(engine: Engine, *, additive: bool = False, progress: Progress | None = None) -> str | None:
    """Migrate the database to the newest schema and seal its rows; an empty one is created.

    Returns the schema before. With ``additive`` only what the release before can work with is done: nothing
    is sealed.

    Raises:
        SchemaNotUpgraded: a migration refuses what is in the database.
        SchemaTooNew: the database was made by a later release.
        AnotherProgramsDatabase: its tables are not Kvitt's.
        TablesMissing: it has not all tables of its schema, or no schema to its tables.
    """
    from alembic import command  # noqa: PLC0415 - slow to import, and few commands need it
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with for_writing(engine).begin() as connection:
        # Of two processes that start at once only one upgrades; the other waits, then finds it done.
        advisory_locks.hold(connection, AdvisoryLock.SCHEMA_UPGRADE)
        before = _version(connection)
        _older(before)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as refusal:
            raise SchemaNotUpgraded(str(refusal)) from None
        check_tables(connection)
    if not additive:
        seal(engine, progress)
    return before


def seal(engine: Engine, progress: Progress | None = None) -> None:
    """Seal every row that is not sealed by the newest key, and leave no plain value in free pages of SQLite.

    After a kill it goes on where it was.

    Raises:
        KeyUnknown: the database is sealed by another key.
    """
    sealing_keys.begin(engine)
    count = sealed_rows.seal_rows(engine, progress)
    sealing_keys.finish(engine)
    if count:
        tidy(engine)


def tidy(engine: Engine) -> None:
    """Rewrite a SQLite file, so that neither its free pages nor its log keep what rows were before."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA secure_delete = ON")
        driver.execute("VACUUM")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def ensure(engine: Engine) -> None:
    """Create the schema in an empty database; refuse one of another release.

    Raises:
        SchemaOutOfDate: the database was made by an earlier release.
        SchemaTooNew: the database was made by a later release.
        AnotherProgramsDatabase: its tables are not Kvitt's.
        KeyUnknown: the keys are not those of the database.
        NotSealed: the rows are not all sealed yet.
    """
    found = version(engine)
    if found is None:
        upgrade(engine, additive=True)
        sealing_keys.begin(engine)
        sealing_keys.finish(engine)
    else:
        check(found)
        sealing_keys.check(engine)


def check(found: str) -> None:
    """Refuse a schema that is not of this release.

    Raises:
        SchemaOutOfDate: it was made by an earlier release.
        SchemaTooNew: it was made by a later release.
        AnotherProgramsDatabase: it is not Kvitt's.
    """
    _older(found)
    if found != HEAD:
        raise SchemaOutOfDate(found)


def check_tables(connection: Connection) -> None:
    """Refuse a database of this release's schema that has not all of its tables.

    Raises:
        TablesMissing: a table is not there.
    """
    missing = _own_tables() - set(inspect(connection).get_table_names())
    if missing:
        raise TablesMissing(f"has schema {HEAD} and no table {min(missing)}")


def _older(found: str | None) -> None:
    """Refuse what no upgrade of this release can begin from.

    Raises:
        SchemaTooNew: a later release made it.
        AnotherProgramsDatabase: what it says is no schema of Kvitt's.
        TablesMissing: what it says was never a schema of Kvitt's.
    """
    if found is None or found in known():
        return
    if not (found.isascii() and found.isdecimal()):
        raise AnotherProgramsDatabase(f"schema {found!r}")
    if int(found) > int(HEAD):
        raise SchemaTooNew(found)
    raise TablesMissing(f"says schema {found}, which no release has")


def version(engine: Engine) -> str | None:
    """The newest migration that a database has; ``None`` for an empty one.

    Raises:
        AnotherProgramsDatabase: it is not empty, and its tables are not Kvitt's.
        TablesMissing: it has Kvitt's tables and says no schema.
    """
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    found = inspect(connection)
    if not found.has_table(VERSION_TABLE):
        there = set(found.get_table_names())
        # A PostgreSQL database may be shared with others, as long as no table has two owners.
        foreign = there if connection.dialect.name == "sqlite" else there & _own_tables()
        if foreign:
            raise AnotherProgramsDatabase(f"a table {min(foreign)}")
        return None
    known: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
    if known is None and (unnamed := _own_tables() & set(found.get_table_names())):
        raise TablesMissing(f"has a table {min(unnamed)} and no schema in {VERSION_TABLE}")
    return known


def _own_tables() -> set[str]:
    tables.load_all()
    return set(tables.Table.metadata.tables)


@cache
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
