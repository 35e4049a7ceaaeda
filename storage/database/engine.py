"""Opens the engine for SQLite or PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.util import LRUCache

from billing.refusals import Refusal
from storage.database import changes

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
    from sqlalchemy.pool import ConnectionPoolEntry

    from storage.sealing.keys import Keys

_WRITES = "kvitt_writes"

_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(1000)
_DIALECTS: Final[dict[tuple[str, Keys], Dialect]] = {}
"""What engines of one kind and with the same keys share: the dialect, and the statements compiled for it.

A simulation opens a database for every fifty people, and would otherwise compile each statement for each.
"""


class BadDatabaseUrl(Refusal):
    """KVITT_DATABASE_URL names no database Kvitt can use."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"KVITT_DATABASE_URL {found!r} is not a database Kvitt can use: write sqlite:///kvitt.db or "
            "postgresql+psycopg://user:password@host/name"
        )


def open_engine(url: str, keys: Keys) -> Engine:
    """An engine for SQLite (WAL, foreign keys on) or PostgreSQL (psycopg 3), whose columns these keys seal.

    Raises:
        BadDatabaseUrl: the URL is malformed or names another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadDatabaseUrl(url) from None
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed, keys)
        case "postgresql":
            return _sharing(create_engine(parsed, pool_pre_ping=True), keys)
    raise BadDatabaseUrl(parsed.render_as_string(hide_password=True))


def for_writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take SQLite's write lock at once (``BEGIN IMMEDIATE``).

    If every transaction began like this, readers would wait for writers; if none did, two writers could read
    the same state and one of them would fail at its first write.
    """
    return engine.execution_options(**{_WRITES: True})


def _open_sqlite(url: URL, keys: Keys) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _on_connect)
    # The driver begins transactions by itself, too late and never immediate: we begin them.
    event.listen(engine, "begin", _on_begin)
    return _sharing(engine, keys)


def _sharing(engine: Engine, keys: Keys) -> Engine:
    """Give the engine the compiled statements and the dialect of engines of its kind.

    A dialect reads its server's version at its first connection, so one that never connected is not shared.
    """
    changes.watch(engine)
    engine.update_execution_options(compiled_cache=_COMPILED)
    shared = _DIALECTS.get((engine.dialect.name, keys), engine.dialect)
    if shared.server_version_info is None:
        shared = engine.dialect
    _DIALECTS[shared.name, keys] = engine.dialect = shared
    # Column types are given the dialect and nothing else: the keys of a database are found there.
    shared.kvitt_keys = keys  # type: ignore[attr-defined]
    event.listen(engine, "begin", lambda _: keys.refresh())
    return engine


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    raw: Any = connection
    raw.isolation_level = None  # the begin event below decides how a transaction begins
    cursor = connection.cursor()
    for pragma in (
        # Readers go on while one connection writes; NORMAL is safe with WAL and syncs far less.
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE slips past a delete trigger
        # Another process may hold the write lock: wait for it rather than fail.
        "busy_timeout=30000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
