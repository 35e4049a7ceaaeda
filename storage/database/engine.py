"""Opens the engine for SQLite or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, StatementError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from billing.refusals import Refusal
from billing.whole_numbers import NumberTooLarge
from storage import private_files
from storage.database import changes, trouble
from storage.tables import written

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect, ExceptionContext
    from sqlalchemy.pool import ConnectionPoolEntry

    from storage.sealing.keys import Keys

_WRITES = "kvitt_writes"
PATIENCE: Final = 30.0
"""Seconds to wait for another process that writes to SQLite, unless the URL says ``?timeout=``."""
_CONNECTING: Final = {
    # Of a server that is gone without a word, a connection would else never hear.
    "connect_timeout": "10",
    "tcp_user_timeout": "30000",
}

_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(1000)
_DIALECTS: Final[dict[tuple[str, Keys], Dialect]] = {}
"""What engines of one kind and with the same keys share: the dialect, and the statements compiled for it.

A simulation opens a database for every fifty people, and would otherwise compile each statement for each.
"""


_RAISED_BY_US: Final = "P0001"
"""The state of what our own triggers raise: their words quote nothing."""


class BadDatabaseUrl(Refusal):
    """KVITT_DATABASE_URL names no database Kvitt can use."""

    def __init__(self, found: str = "") -> None:
        super().__init__(
            f"KVITT_DATABASE_URL{f' {found!r}' if found else ''} is not a database Kvitt can use: write "
            "sqlite:///kvitt.db or postgresql+psycopg://user:password@host/name"
        )


def open_engine(url: str | URL, keys: Keys) -> Engine:
    """An engine for SQLite (WAL, foreign keys on) or PostgreSQL (psycopg 3), whose columns these keys seal.

    Raises:
        BadDatabaseUrl: the URL is malformed or names another database.
    """
    parsed = read_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed, keys)
        case "postgresql":
            parsed = parsed.set(query=_CONNECTING | dict(parsed.query))
            return _sharing(create_engine(parsed, pool_pre_ping=True, hide_parameters=True), keys)
    raise BadDatabaseUrl(parsed.render_as_string(hide_password=True))


def read_url(url: str | URL) -> URL:
    """A database's URL in its parts. One that cannot be read is not shown: a password may be anywhere in it.

    Raises:
        BadDatabaseUrl: the URL is malformed.
    """
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrl from None


def for_writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take SQLite's write lock at once (``BEGIN IMMEDIATE``).

    If every transaction began like this, readers would wait for writers; if none did, two writers could read
    the same state and one of them would fail at its first write.
    """
    return engine.execution_options(**{_WRITES: True})


def _open_sqlite(url: URL, keys: Keys) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": _patience(url), "check_same_thread": False},
        hide_parameters=True,
        # The usual one of a file; for memory that connections share another would be taken.
        **({"poolclass": QueuePool} if url.query.get("mode") == "memory" else {}),
    )
    if url.database and not url.database.startswith((":", "file:")):
        file = Path(url.database)
        # SQLite makes it by the umask, and its log and index beside it with the mode it has.
        event.listen(engine, "do_connect", lambda *_: private_files.make_file(file))
    event.listen(engine, "connect", _on_connect)
    # The driver begins transactions by itself, too late and never immediate: we begin them.
    event.listen(engine, "begin", _on_begin)
    return _sharing(engine, keys)


def _patience(url: URL) -> float:
    given = url.query.get("timeout")
    try:
        return float(given) if isinstance(given, str) else PATIENCE
    except ValueError:
        raise BadDatabaseUrl(url.render_as_string(hide_password=True)) from None


def _sharing(engine: Engine, keys: Keys) -> Engine:
    """Give the engine the compiled statements and the dialect of engines of its kind.

    A dialect reads its server's version at its first connection, so one that never connected is not shared.
    """
    changes.watch(engine)
    event.listen(engine, "handle_error", _without_values)
    written.watch(engine)
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
    if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",) and _may_be_ours(cursor):
        cursor.execute("PRAGMA journal_mode=WAL")  # readers go on while one connection writes
    for pragma in (
        "synchronous=NORMAL",  # safe with WAL, and it syncs far less
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE slips past a delete trigger
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _may_be_ours(cursor: Any) -> bool:
    """Whether a SQLite file is empty or has tables of ours; another program's file is not changed."""
    names = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master")}
    return not names or {"alembic_version", "contact_points"} <= names


def _without_values(context: ExceptionContext) -> None:
    """Take out of an error what PostgreSQL quotes of the rows: a key, a whole row, a text it cannot read.

    Raises:
        NumberTooLarge: a value or a sum does not fit into 64 bits.
    """
    original, raised = context.original_exception, context.sqlalchemy_exception
    if trouble.is_too_large(original):
        raise NumberTooLarge from None
    if raised is not None and context.engine is not None:
        setattr(raised, trouble.MADE_AT, context.engine.url)
    state = getattr(original, "sqlstate", None)
    if not state or state == _RAISED_BY_US or not isinstance(raised, StatementError):
        return
    diagnosed: Any = getattr(original, "diag", None)
    parts = (state, getattr(diagnosed, "table_name", None), getattr(diagnosed, "constraint_name", None))
    said = " ".join((type(original).__name__, *filter(None, parts)))
    original.args = raised.args = (said,)


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
