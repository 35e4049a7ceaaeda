"""What is wrong with a database itself, in one sentence: known by the driver's code, never by its words."""

from __future__ import annotations

import sqlite3
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exc
from sqlalchemy.engine import make_url

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL


class TroubleKind(Enum):
    """Kinds of trouble with a database: what is so, and what to do."""

    AWAY = "does not answer{said}: see that its server runs, and that KVITT_DATABASE_URL is right"
    UNOPENED = "cannot be opened: see that the folder KVITT_DATABASE_URL names is there and can be written to"
    MISSING = "is not there: name another in KVITT_DATABASE_URL, or bring back the latest backup"
    FOLDER = "is a folder, not a file: name a file in KVITT_DATABASE_URL"
    BUSY = (
        "is busy: another process has been writing for longer than Kvitt waits; try again when it has ended"
    )
    FULL = "has no room left, its disk is full: make room; what was not finished has been undone"
    DISK = (
        "cannot be read or written, its disk fails or is full: look at the disk and at limits on file sizes"
    )
    READ_ONLY = "cannot be written to: file, folder, disk or server is read-only"
    DAMAGED = "is damaged: stop every Kvitt process and bring back the latest backup"
    NO_DATABASE = "is no database: correct KVITT_DATABASE_URL, or bring back the latest backup"
    RIGHTS = "does not give Kvitt's user the rights it needs: the user has to own the tables"
    TABLES = "lacks tables of this release: kvitt doctor says which; bring back the latest backup"
    AHEAD = (
        "has tables that an upgrade was to make, so its schema is not the one it says: bring back the latest "
        "backup"
    )


MADE_AT: Final = "kvitt_url"
"""Where an error of an engine has the engine's URL."""
_NEEDS_WRITING: Final = frozenset(
    {TroubleKind.BUSY, TroubleKind.FULL, TroubleKind.DISK, TroubleKind.READ_ONLY}
)
_FOR_GOOD: Final = frozenset({TroubleKind.DAMAGED, TroubleKind.NO_DATABASE})

_SQLITE: Final[Mapping[int, TroubleKind]] = {
    sqlite3.SQLITE_BUSY: TroubleKind.BUSY,
    sqlite3.SQLITE_LOCKED: TroubleKind.BUSY,
    sqlite3.SQLITE_FULL: TroubleKind.FULL,
    sqlite3.SQLITE_IOERR: TroubleKind.DISK,
    sqlite3.SQLITE_NOLFS: TroubleKind.DISK,
    sqlite3.SQLITE_CANTOPEN: TroubleKind.UNOPENED,
    sqlite3.SQLITE_PERM: TroubleKind.UNOPENED,
    sqlite3.SQLITE_AUTH: TroubleKind.UNOPENED,
    sqlite3.SQLITE_READONLY: TroubleKind.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: TroubleKind.DAMAGED,
    sqlite3.SQLITE_NOTADB: TroubleKind.NO_DATABASE,
}
_POSTGRESQL: Final[Mapping[str, TroubleKind]] = {
    # Classes of SQLSTATE, and single states where a class says too little.
    "08": TroubleKind.AWAY,
    "28": TroubleKind.AWAY,
    "3D": TroubleKind.AWAY,
    "53": TroubleKind.AWAY,
    "57P": TroubleKind.AWAY,
    "58": TroubleKind.DISK,
    "XX001": TroubleKind.DAMAGED,
    "XX002": TroubleKind.DAMAGED,
    "53100": TroubleKind.FULL,
    "25006": TroubleKind.READ_ONLY,
    "42501": TroubleKind.RIGHTS,
    "55P03": TroubleKind.BUSY,
    "57014": TroubleKind.BUSY,
    # A table or a column that is not there; a table, a column or a trigger that is there already.
    "42P01": TroubleKind.TABLES,
    "42703": TroubleKind.TABLES,
    "42P07": TroubleKind.AHEAD,
    "42701": TroubleKind.AHEAD,
    "42710": TroubleKind.AHEAD,
}


_OUT_OF_RANGE: Final = "22003"


class DatabaseTrouble(Refusal):
    """The database cannot be worked with."""

    def __init__(self, kind: TroubleKind, place: str, said: str = "") -> None:
        super().__init__(f"the database {place} {kind.value.format(said=f' ({said})' if said else '')}")
        self.kind = kind


def kind_of(error: BaseException) -> TroubleKind | None:
    """The trouble that the database itself is in; None where the error is about a row or a statement."""
    if isinstance(error, exc.TimeoutError):
        return TroubleKind.BUSY  # every connection of the pool is taken
    if not isinstance(error, exc.DBAPIError):
        return None
    original: Any = error.orig
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF) or _of_its_tables(original)
    state = getattr(original, "sqlstate", None)
    if state:
        return next((_POSTGRESQL[state[:size]] for size in (5, 3, 2) if state[:size] in _POSTGRESQL), None)
    if error.connection_invalidated or (error.statement is None and isinstance(error, exc.OperationalError)):
        return TroubleKind.AWAY
    return None


def _of_its_tables(original: Any) -> TroubleKind | None:
    """SQLite has one code for whatever is wrong with a statement; ours are right, so the tables are not."""
    said = str(original)
    if said.startswith(("no such table", "no such column")):
        return TroubleKind.TABLES
    there = said.endswith("already exists") or said.startswith("duplicate column name")
    return TroubleKind.AHEAD if there else None


def is_too_large(original: BaseException) -> bool:
    """Whether a driver's error is about a number beyond 64 bits, in a value or in a sum."""
    if isinstance(original, sqlite3.OperationalError):
        return str(original) == "integer overflow"
    return isinstance(original, OverflowError) or getattr(original, "sqlstate", None) == _OUT_OF_RANGE


def of_the_database(error: BaseException) -> bool:
    """Whether an error is nobody's row: all of it can be tried again later."""
    return isinstance(error, exc.OperationalError | exc.InterfaceError) or kind_of(error) is not None


def explained(error: BaseException, url: str | URL | None) -> DatabaseTrouble | None:
    """The sentence for an error that is the database's own; None for others.

    Where the URL is not at hand it is that of the engine that raised the error.
    """
    kind = kind_of(error)
    if kind is None:
        return None
    parsed = getattr(error, MADE_AT, None) if url is None else make_url(url)
    if kind is TroubleKind.UNOPENED and parsed and parsed.database and Path(parsed.database).is_dir():
        kind = TroubleKind.FOLDER
    said = _said_at_connecting(error) if kind is TroubleKind.AWAY else ""
    return DatabaseTrouble(kind, place_of(parsed) if parsed else "of KVITT_DATABASE_URL", said)


def place_of(url: str | URL) -> str:
    """A database's URL without its password."""
    return make_url(url).set(query={}).render_as_string(hide_password=True)


def _said_at_connecting(error: BaseException) -> str:
    """Why the server cannot be reached, in the driver's words: before any statement these quote nobody."""
    original = getattr(error, "orig", None)
    if original is None or getattr(error, "statement", None) is not None:
        return ""
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    return lines[0].rpartition(" failed: ")[2][:200] if lines else ""


def ends_with_reading(kind: TroubleKind) -> bool:
    """Whether a transaction that could read shows that the trouble is over."""
    return kind not in _NEEDS_WRITING and not lasts(kind)


def lasts(kind: TroubleKind) -> bool:
    """Whether the trouble stays until a person has dealt with it and started Kvitt again."""
    return kind in _FOR_GOOD
