"""A SQLite database: copied while others write, and replaced in one transaction of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote

from billing.refusals import Refusal
from bot.backup import workplace
from bot.backup.archive import CHUNK, BadBackup
from bot.backup.place import DatabaseInUse, NothingToBackUp, NotWholeCopy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from bot.backup.archive import Backup

_PAGES: Final = 1000
"""Pages copied at once; others may write between and meanwhile, since the copy reads one state in the WAL."""
_WAIT: Final = 5.0
"""Seconds that a restore waits for processes that are just ending."""


class CannotCopy(Refusal):
    """SQLite refused to copy the database."""

    def __init__(self, path: Path, error: sqlite3.Error) -> None:
        super().__init__(f"{path}: the database cannot be copied ({error}); nothing was changed")


class SQLitePlace:
    """A SQLite database as the place of a backup or a restore."""

    kind: ClassVar = "sqlite"
    namespace = ""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target: sqlite3.Connection | None = None
        self._readable = True

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Iterator[bytes]]:
        """A copy of the database as it is at one moment, piece by piece, after a check of it.

        Raises:
            NothingToBackUp: there is no database.
            CannotCopy: it is damaged, or the disk is full.
        """
        if not self.path.exists():
            raise NothingToBackUp(str(self.path))
        made = workplace.empty_file(folder / "copy.sqlite")
        try:
            with closing(_connect(self.path)) as source, closing(_connect(made)) as target:
                # Within a transaction the copy never begins anew, however much is written meanwhile.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                source.backup(target, pages=_PAGES, sleep=0)
                source.execute("ROLLBACK")
                target.execute("PRAGMA journal_mode=DELETE")
                _check(target, self.path)
        except sqlite3.Error as error:
            raise CannotCopy(self.path, error) from None
        yield _pieces(made)

    def verify(self, backup: Backup) -> None:
        """Check a backup that was written: all of it is read."""
        backup.check()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else reads or writes the database until the end.

        Raises:
            DatabaseInUse: a process has it open.
        """
        if not self.path.exists():
            workplace.empty_file(self.path)
        with closing(_connect(self.path, _WAIT)) as target:
            try:
                target.execute("PRAGMA locking_mode=EXCLUSIVE")
                # Leaving the WAL needs the file alone: refused while any other connection has it open.
                target.execute("PRAGMA journal_mode=DELETE")
                target.execute("BEGIN EXCLUSIVE")
                target.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if _busy(error):
                    raise DatabaseInUse(f"a process has {self.path} open") from None
                raise CannotCopy(self.path, error) from None
            except sqlite3.DatabaseError:
                self._readable = False
            self._target = target
            yield
            self._target = None

    def ask(self, query: str) -> list[tuple[Any, ...]] | None:
        """The rows of a query of the database that is held; None if it cannot be read."""
        assert self._target is not None
        if not self._readable:
            return None
        try:
            return self._target.execute(query).fetchall()
        except sqlite3.DatabaseError:
            return None

    @contextmanager
    def staged(self, backup: Backup, folder: Path) -> Iterator[str]:
        """The backup's database beside the one that it will replace, as a URL.

        Raises:
            BadBackup: it is damaged.
        """
        made = workplace.empty_file(folder / "restored.sqlite")
        with made.open("wb") as out:
            for chunk in backup.chunks():
                out.write(chunk)
        try:
            with closing(_connect(made)) as copy:
                _check(copy, backup.file)
        except sqlite3.DatabaseError:
            raise BadBackup(backup.file, "is damaged: its database cannot be read") from None
        yield f"sqlite:///{made}"

    def swap(self, folder: Path, now: datetime, *, keep_old: bool) -> str | None:
        """Put the staged database in place; returns the file that the old one is kept in.

        SQLite writes it in one transaction: killed at any moment, the database is wholly the old or the new.

        Raises:
            CannotCopy: the disk is full.
        """
        made = folder / "restored.sqlite"
        aside = self.path.with_name(f"{self.path.name}.before-{now:%Y%m%dT%H%M%SZ}") if keep_old else None
        try:
            with closing(_connect(made)) as copy:
                copy.execute("PRAGMA journal_mode=DELETE")
                self._put(copy, made, aside, folder)
        except sqlite3.Error as error:
            raise CannotCopy(self.path, error) from None
        return str(aside) if aside else None

    def _put(self, copy: sqlite3.Connection, made: Path, aside: Path | None, folder: Path) -> None:
        assert self._target is not None
        if not self._readable:
            copy.close()
            self._put_instead(made, aside)
            return
        if aside:
            kept = workplace.empty_file(folder / "before.sqlite")
            with closing(_connect(kept)) as old:
                self._target.backup(old)
            workplace.put(kept, aside)
        copy.backup(self._target)

    def _put_instead(self, made: Path, aside: Path | None) -> None:
        """Replace a file that is no database: nothing in it can be written."""
        if aside:
            for ending in ("", "-wal"):
                with suppress(FileNotFoundError):
                    aside.with_name(aside.name + ending).hardlink_to(f"{self.path}{ending}")
        for ending in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        workplace.put(made, self.path)


def _connect(path: Path, timeout: float = 30) -> sqlite3.Connection:
    named = f"file:{quote(str(path.absolute()))}?mode=rw"
    return sqlite3.connect(named, timeout=timeout, isolation_level=None, uri=True)


def _check(connection: sqlite3.Connection, file: Path) -> None:
    """Let SQLite read every page and index."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise NotWholeCopy(file, str(found).replace("\n", " "))


def _busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
