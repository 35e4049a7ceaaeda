"""Which keys a database is sealed by: a probe of each is opened at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, func, inspect, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from billing.refusals import Refusal
from storage import tables
from storage.database.engine import for_writing
from storage.sealing.keys import KeyUnknown, of_dialect

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from storage.sealing.keys import Key

ROWS: Final = "rows"
STOPS: Final = "stops"
SEALING: Final = "sealing"
SEALED: Final = "sealed"
_PROBE: Final = "kvitt"


class NotSealed(Refusal):
    """The rows of a database are not all sealed yet."""

    def __init__(self) -> None:
        super().__init__(
            "the database is not sealed yet, or not all of it: take a backup and run kvitt db upgrade, which "
            "goes on where it was"
        )


def known(engine: Engine) -> bool:
    """Whether anything in the database is sealed, by whatever key."""
    with engine.connect() as connection:
        return bool(inspect(connection).has_table("sealing_keys") and _all(connection))


def check(engine: Engine) -> None:
    """Check that the keys open what the database has sealed.

    Raises:
        KeyUnknown: a key is not there, or is another one.
        NotSealed: the rows are not all sealed yet.
    """
    with engine.connect() as connection:
        _check(connection)
        states = [state for _, purpose, _, state in _all(connection) if purpose == ROWS]
    if SEALED not in states:
        raise NotSealed


def begin(engine: Engine) -> None:
    """Save a probe of the newest key, before any row is sealed by it, and one of the key of stops.

    Raises:
        KeyUnknown: a key that the database is sealed by is not there.
    """
    with for_writing(engine).begin() as connection:
        _check(connection)
        keys = of_dialect(connection.dialect)
        for key, purpose in ((keys.newest, ROWS), (keys.stops, STOPS)):
            row = {"key_id": key.id, "purpose": purpose, "probe": key.seal(_PROBE), "state": SEALING}
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            connection.execute(insert(tables.SealingKey).values(row).on_conflict_do_nothing())


def finish(engine: Engine) -> None:
    """Record that every row is sealed by the newest key: of others nothing is needed any more."""
    row = tables.SealingKey
    with for_writing(engine).begin() as connection:
        newest = of_dialect(connection.dialect).newest
        connection.execute(delete(row).where(row.purpose == ROWS, row.key_id != newest.id))
        connection.execute(update(row).values(state=SEALED))


def _check(connection: Connection) -> None:
    keys = of_dialect(connection.dialect)
    ring = {ROWS: keys.rows, STOPS: (keys.stops,)}
    for key_id, purpose, probe, _ in _all(connection):
        key = next((one for one in ring[purpose] if one.id == key_id), None)
        if key is None or not _opens(key, probe):
            raise KeyUnknown(key_id, keys.where)


def _opens(key: Key, probe: str) -> bool:
    try:
        return key.open(probe) == _PROBE
    except ValueError:
        return False


def _all(connection: Connection) -> list[tuple[str, str, str, str]]:
    row = tables.SealingKey
    found = connection.execute(select(row.key_id, row.purpose, row.probe, row.state).order_by(row.key_id))
    return [(one[0], one[1], one[2], one[3]) for one in found]


def moment(engine: Engine) -> datetime | None:
    """Now, by the database's clock; None on SQLite, where one transaction at a time writes."""
    with engine.connect() as connection:
        return connection.scalar(select(func.now())) if connection.dialect.name == "postgresql" else None


def transactions_before(engine: Engine, began: datetime | None) -> int:
    """How many transactions go on in this database that began before a moment: they may know older keys."""
    if began is None:
        return 0
    with engine.connect() as connection:
        return connection.scalar(_OLDER, {"began": began}) or 0


_OLDER: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < :began "
    "AND pid <> pg_backend_pid()"
)
