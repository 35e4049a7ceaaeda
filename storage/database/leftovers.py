"""Leftovers of deleted values: what the file of a database still has after rows were changed."""

from __future__ import annotations

from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine


def clean(engine: Engine) -> bool:
    """Write the file anew without free pages, and empty the write-ahead log; returns whether all is gone.

    PostgreSQL cleans by ``VACUUM``, which needs a moment without old readers too. Nothing is lost where
    it cannot be done now.
    """
    if engine.dialect.name == "sqlite":
        return _clean_sqlite(engine)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM")
    return True


def _clean_sqlite(engine: Engine) -> bool:
    raw: Any = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone() or (1,)
        cursor.close()
    except OperationalError:
        return False
    finally:
        raw.close()
    return not busy
