"""Asks a database whether it can be worked with: its schema, a write that leaves nothing, room left."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import exc, text

from storage.database import schema, trouble
from storage.database.engine import for_writing, open_engine, read_url
from storage.database.trouble import DatabaseTrouble, TroubleKind
from storage.sealing.keys import throwaway

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

WAIT: Final = 3
"""Seconds to wait for others that write: who asks wants to know now."""
NO_ROOM: Final = 1024 * 1024
"""Bytes; with less the next transaction may fail, even if a small one still goes through."""


def probe(url: str | URL, *, write: bool = True) -> str | None:
    """The schema of a database that can be written to; None if it is empty.

    Its version is written as it was and committed: a real write, after which every row is what it was.

    Raises:
        DatabaseTrouble: it cannot be reached, read or written to.
        AnotherProgramsDatabase: its tables are not Kvitt's.
        TablesMissing: it has not all tables of its schema, or no schema to its tables.
    """
    parsed = read_url(url)
    file = file_of(parsed)
    if file is not None and not file.exists():
        raise DatabaseTrouble(TroubleKind.MISSING, trouble.place_of(parsed))
    if file is not None and not file.is_dir() and free_beside(file) < NO_ROOM:
        raise DatabaseTrouble(TroubleKind.FULL, trouble.place_of(parsed))
    patient = parsed.set(query={**parsed.query, "timeout": str(WAIT)}) if file is not None else parsed
    engine = open_engine(patient, throwaway())
    try:
        return _asked(engine, write=write)
    except exc.SQLAlchemyError as error:
        raise trouble.explained(error, parsed) or error from None
    finally:
        engine.dispose()


def _asked(engine: Engine, *, write: bool) -> str | None:
    found = schema.version(engine)
    if found == schema.HEAD:
        with engine.connect() as connection:
            schema.check_tables(connection)
    if write and found is not None:
        _write(engine)
    return found


def _write(engine: Engine) -> None:
    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            for limit in ("lock_timeout", "statement_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {limit} = '{WAIT}s'")
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = version_num"))  # noqa: S608


def file_of(url: str | URL) -> Path | None:
    """The file of a SQLite database; None for one on a server or in memory."""
    parsed = read_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database.removeprefix("file:"))


def free_beside(file: Path) -> int:
    """How many bytes are free where a file is or will be."""
    return shutil.disk_usage(file.parent).free


def damage(url: str | URL) -> bool:
    """Whether a SQLite file is damaged inside, where no probe looks; it reads all of the file."""
    engine = open_engine(url, throwaway())
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok"
    finally:
        engine.dispose()
