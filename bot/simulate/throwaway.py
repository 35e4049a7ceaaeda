"""A database that lives as long as it is used: as quick as SQLite goes, safe from nothing."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import event

from storage.database import schema
from storage.database.transaction import Database
from storage.sealing import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry


_KEYS: Final = keys.throwaway()
"""All databases of a process have the same: engines with the same keys share their compiled statements."""


@contextmanager
def throwaway() -> Iterator[Database]:
    """A fresh SQLite file with the schema, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kvitt-simulate-", ignore_cleanup_errors=True) as folder:
        database = Database(f"sqlite:///{Path(folder) / 'world.db'}", _KEYS)
        event.listen(database.engine, "connect", _hurry)
        try:
            schema.ensure(database.engine)
            yield database
        finally:
            database.close()


def _hurry(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Nothing here has to outlive a power cut."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "temp_store=MEMORY", "locking_mode=EXCLUSIVE"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
