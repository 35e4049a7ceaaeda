"""PostgreSQL's locks that belong to no row: each thing to hold has a number of its own.

SQLite has one writer at a time, who holds everything: there the functions do nothing.
"""

from __future__ import annotations

from enum import IntEnum, unique
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from sqlalchemy import Connection


@unique
class AdvisoryLock(IntEnum):
    """What is held. A number is kept for good: processes of two releases meet on one database."""

    SCHEMA_UPGRADE = 7588
    SENDING = 7589
    BILLING_RUN = 7590
    BILL_NUMBER = 7591
    OPEN_ITEMS = 7592
    BANK_FILE = 7595


def hold(connection: Session | Connection, lock: AdvisoryLock, *, shared: bool = False) -> None:
    """Wait for a lock and hold it until the transaction ends; several may hold it ``shared``."""
    bind = connection if hasattr(connection, "dialect") else connection.get_bind()
    if bind.dialect.name == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        connection.execute(text(f"SELECT {function}(:lock)"), {"lock": int(lock)})
        if isinstance(connection, Session):
            note_lock(connection)
